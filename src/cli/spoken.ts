import { isXmlText } from '../core/text.js'
import { usage } from './errors.js'

/**
 * Words for people as they were typed, looked at before anything is sent.
 *
 * @param what says in an error where they stand: `--status`
 * @throws {CommandError} `USAGE`
 */
export function spoken<T extends string | undefined>(text: T, what: string): T {
  if (text === undefined || isXmlText(text)) return text
  throw usage(`${what} is text that XML can carry.`)
}
