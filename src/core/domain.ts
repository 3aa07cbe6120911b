import { checkLength, MAX_RAW, malformed } from './precis.js'
import { decodePunycode, encodePunycode } from './punycode.js'
import { breaksBidi, breaksContext, foldCase, hasCompatibility, NOT_LABEL } from './unicode.js'

/** The longest label, in bytes of its ASCII form (RFC 1034 §3.1). */
const MAX_LABEL = 63

/** What IDNA takes for a dot between labels (RFC 5895 §2): itself, and the ideographic full stops. */
const DOTS = /[.\u3002\uFF0E\uFF61]/g

const isAscii = (text: string): boolean => !/[^!-~]/.test(text)

/**
 * The domain in its canonical form (RFC 7622 §3.2): lower-case U-labels in NFC without the final dot, or an IP literal.
 * The DNS limit of 253 bytes for a whole name is not applied: RFC 7622 says 1023.
 *
 * @throws {RosterError} `JID_MALFORMED`
 */
export function prepareDomain(raw: string): string {
  if (raw.length > MAX_RAW) checkLength('domain', raw)
  const folded = foldCase(raw.replace(DOTS, '.').replace(/\.$/, ''))
  if (folded.startsWith('[')) return prepareAddress(folded, raw)
  const domain = folded
    .split('.')
    .map((label) => prepareLabel(label, raw))
    .join('.')
  checkLength('domain', domain, raw)
  return domain
}

/** One label as a U-label or NR-LDH label (RFC 5890 §2.3.2). */
function prepareLabel(label: string, raw: string): string {
  if (label.startsWith('xn--')) return decodeLabel(label, raw)
  checkLabel(label, raw)
  return label
}

/** RFC 7622 §3.2.1: "each A-label MUST be converted to a U-label". It must be the only way to write that U-label. */
function decodeLabel(label: string, raw: string): string {
  const decoded = label.length > MAX_LABEL ? undefined : decodePunycode(label.slice(4))
  // Upper case and decomposed text need no look here: no U-label has either, so checkLabel refuses them.
  if (decoded === undefined || isAscii(decoded) || `xn--${encodePunycode(decoded)}` !== label)
    throw malformed('a domain whose xn-- labels decode', raw)
  checkLabel(decoded, raw)
  return decoded
}

function checkLabel(label: string, raw: string): void {
  if (label === '') throw malformed('a domain without empty labels', raw)
  if (label.length > MAX_LABEL) throw malformed(`labels of at most ${MAX_LABEL} bytes`, raw)
  // RFC 5891 §4.2.3.1: hyphens in the third and fourth place are reserved for codes such as xn--.
  if (/^-|-$|^..--/u.test(label))
    throw malformed('labels without a hyphen at either end or two in the third place', raw)
  if (NOT_LABEL.test(label)) throw malformed('labels of letters, digits and hyphens', raw)
  if (isAscii(label)) return
  if (hasCompatibility(label) || /^\p{M}/u.test(label)) throw malformed('labels of letters, digits and hyphens', raw)
  if (breaksContext(label)) throw malformed('labels whose joiners and marks stand where their script uses them', raw)
  if (breaksBidi(label)) throw malformed('labels that are written in one direction', raw)
  if (encodePunycode(label).length + 4 > MAX_LABEL) throw malformed(`labels of at most ${MAX_LABEL} bytes as xn--`, raw)
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/
const HEX_GROUPS = /^[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*$/

/** How many 16-bit groups one side of `::` has; `undefined`: none that could stand there. */
function countGroups(side: string, mayEndInIPv4: boolean): number | undefined {
  if (side === '') return 0
  const colon = side.lastIndexOf(':')
  const last = side.slice(colon + 1)
  const embedded = mayEndInIPv4 && IPV4.test(last)
  if (embedded && colon < 0) return 2
  const hex = embedded ? side.slice(0, colon) : side
  return HEX_GROUPS.test(hex) ? hex.split(':').length + (embedded ? 2 : 0) : undefined
}

/** `[IPv6]`, with a zone if it has one (RFC 3986 §3.2.2, RFC 6874 §2). Its text stays: `[::1]` is not `[0:0:0:0:0:0:0:1]`. */
function prepareAddress(folded: string, raw: string): string {
  const address = /^\[([0-9a-f:.]{2,45})(?:%25[a-z0-9._~-]{1,64})?\]$/.exec(folded)?.[1] ?? ''
  const sides = address.split('::')
  const counts = sides.map((side, i) => countGroups(side, i === sides.length - 1))
  const groups = counts.reduce<number>((sum, count) => sum + (count ?? Number.NaN), 0)
  const fits = sides.length === 2 ? groups <= 7 : sides.length === 1 && groups === 8
  if (!fits) throw malformed('a domain, or an IPv6 address in brackets', raw)
  return folded
}
