import { RosterError } from './errors.js'
import { shorten, utf8Length } from './text.js'
import { breaksBidi, breaksContext, foldCase, hasCompatibility, NOT_FREEFORM, NOT_IDENTIFIER } from './unicode.js'

/** The longest local part, domain or resource, in bytes of UTF-8 (RFC 7622 §3.1). */
const MAX_PART = 1023

/** Longer text cannot shrink to 1023 bytes, neither by a mapping nor by decoding its `xn--` labels: it is refused unread. */
export const MAX_RAW = 4 * MAX_PART

/** The error of everything that should have been a JID: what was expected, and what came. */
export function malformed(expected: string, came: unknown, cause?: unknown): RosterError {
  const shown =
    typeof came === 'string' ? `'${shorten(came)}'` : `a value of type ${came === null ? 'null' : typeof came}`
  return new RosterError('JID_MALFORMED', `Malformed JID: expected ${expected}, but got ${shown}`, { cause })
}

/** Refuses what is empty or too long: before mapping, because mapping costs; afterwards, because only that length counts. */
export function checkLength(part: 'local part' | 'domain' | 'resource', mapped: string, raw = mapped): void {
  const fits = mapped.length > 0 && raw.length <= MAX_RAW && utf8Length(mapped) <= MAX_PART
  if (!fits) throw malformed(`a ${part} of 1 to ${MAX_PART} bytes`, raw)
}

/** What the IdentifierClass allows and a JID does not (RFC 7622 §3.3.1). */
const FORBIDDEN_LOCAL = /["&'/:<>@]/

/**
 * The local part in its canonical form: UsernameCaseMapped (RFC 8265 §3.3) without the eight characters of RFC 7622 §3.3.1.
 * XEP-0106 escapes (`\20`) are letters like any other.
 *
 * @throws {RosterError} `JID_MALFORMED`
 */
export function prepareLocal(raw: string): string {
  if (raw.length > MAX_RAW) checkLength('local part', raw)
  const local = foldCase(raw)
  checkLength('local part', local, raw)
  if (FORBIDDEN_LOCAL.test(local)) throw malformed(`a local part without any of " & ' / : < > @`, raw)
  if (NOT_IDENTIFIER.test(local) || hasCompatibility(local)) {
    throw malformed('a local part of letters, digits and ASCII symbols, without spaces', raw)
  }
  if (breaksContext(local))
    throw malformed('a local part whose joiners and marks stand where their script uses them', raw)
  if (breaksBidi(local)) throw malformed('a local part that is written in one direction', raw)
  return local
}

/** What is canonical as it stands: nearly every resource there is. */
const PLAIN_RESOURCE = /^[ -~]{1,256}$/

/**
 * The resource in its canonical form: OpaqueString (RFC 8265 §4.2), so case and width stay.
 *
 * @throws {RosterError} `JID_MALFORMED`
 */
export function prepareResource(raw: string): string {
  if (PLAIN_RESOURCE.test(raw)) return raw
  if (raw.length > MAX_RAW) checkLength('resource', raw)
  const resource = raw.replace(/\p{Zs}/gu, ' ').normalize('NFC')
  checkLength('resource', resource, raw)
  if (NOT_FREEFORM.test(resource)) throw malformed('a resource without control and invisible characters', raw)
  if (breaksContext(resource))
    throw malformed('a resource whose joiners and marks stand where their script uses them', raw)
  return resource
}
