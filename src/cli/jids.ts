import { fullJid, isDomainJid, parseJid } from '../core/jid.js'
import { usage } from './errors.js'
import { plain } from './text.js'

/**
 * A contact as it was typed, in canonical form.
 *
 * @throws {CommandError} `USAGE` for a resource: rosters are about bare JIDs; {@link RosterError} `JID_MALFORMED`
 */
export const contactIn = (text: string): string => bareIn(text, 'A contact')

/** The same for several, each once. */
export const contactsIn = (texts: readonly string[]): readonly string[] => [...new Set(texts.map(contactIn))]

/** The same for somebody whose roster is meant. */
export const ownerIn = (text: string): string => bareIn(text, 'An owner')

export const ownersIn = (texts: readonly string[]): readonly string[] => [...new Set(texts.map(ownerIn))]

function bareIn(text: string, what: 'A contact' | 'An owner'): string {
  const { bare, resource } = parseJid(text)
  if (resource === undefined) return bare
  throw usage(`${what} has no resource: write ${plain(bare)} instead of ${plain(fullJid(bare, resource))}.`)
}

/**
 * A domain as it was typed behind an option, in canonical form.
 *
 * @throws {CommandError} `USAGE` for a JID with more than that; {@link RosterError} `JID_MALFORMED`
 */
export function domainIn(text: string, option: '--component' | '--domain'): string {
  const { bare, resource } = parseJid(text)
  if (resource === undefined && isDomainJid(bare)) return bare
  throw usage(`${option} is a domain such as example.com, but "${plain(text)}" came.`)
}
