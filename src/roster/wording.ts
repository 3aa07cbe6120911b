import { RosterError } from '../core/errors.js'
import type { Wording } from '../core/step.js'
import { isXmlText } from '../core/text.js'

/**
 * Checked before anything is decided: what is decided together is stored together, and one that cannot be said must not
 * take the others with it.
 *
 * @throws RosterError `STANZA_INVALID`; nothing was changed or sent then
 */
export function checkWording({ nick, status, stanza }: Wording): void {
  for (const text of [nick, status, stanza]) {
    if (text !== undefined && !(typeof text === 'string' && isXmlText(text)))
      throw new RosterError(
        'STANZA_INVALID',
        'Expected text that XML can carry in a subscription stanza; nothing was sent.',
      )
  }
}
