import { fullJid, parseJid } from '../core/jid.js'
import { usage } from './errors.js'
import { plain } from './text.js'

/**
 * A contact as it was typed, in canonical form.
 *
 * @throws {CommandError} `USAGE` for a resource: rosters are about bare JIDs; {@link RosterError} `JID_MALFORMED`
 */
export function contactIn(text: string): string {
  const { bare, resource } = parseJid(text)
  if (resource === undefined) return bare
  throw usage(`A contact has no resource: write ${plain(bare)} instead of ${plain(fullJid(bare, resource))}.`)
}

/** The same for several, each once. */
export const contactsIn = (texts: readonly string[]): readonly string[] => [...new Set(texts.map(contactIn))]
