// Character classes of RFC 8264 §9, as far as the properties that JavaScript's regular expressions know can say them.
// What is assigned follows the runtime's Unicode version, as RFC 8264 §13.5 expects.

/** Exceptions (§9.6) that are allowed although their category is not among the letters and digits. */
const ALSO_ALLOWED = '\\u06FD\\u06FE\\u0F0B\\u3007'
/** Exceptions (§9.6) that are letters or marks and yet disallowed. */
const NEVER = '\\u0640\\u07FA\\u302E\\u302F\\u3031-\\u3035\\u303B'
/** Conjoining Hangul jamo (§9.9): modern Korean text never needs them once it is composed. */
const OLD_JAMO = '\\u1100-\\u11FF\\uA960-\\uA97C\\uD7B0-\\uD7FB'
/** Allowed in some contexts only (§9.6, §9.8); {@link breaksContext} looks at the neighbours. */
const CONTEXT = '\\u00B7\\u0375\\u05F3\\u05F4\\u200C\\u200D\\u30FB'
/** LetterDigits (§9.1). */
const LETTERS = '\\p{Ll}\\p{Lu}\\p{Lo}\\p{Nd}\\p{Lm}\\p{Mn}\\p{Mc}'

const outside = (allowed: string): RegExp =>
  new RegExp(`[^${allowed}${CONTEXT}]|[${NEVER}${OLD_JAMO}]|(?![\\u200C\\u200D])\\p{Default_Ignorable_Code_Point}`, 'u')

/** Finds what the PRECIS IdentifierClass disallows (RFC 8264 §4.2), compatibility characters aside. */
export const NOT_IDENTIFIER = outside(`!-~${LETTERS}${ALSO_ALLOWED}`)
/** Finds what the PRECIS FreeformClass disallows (RFC 8264 §4.3). */
export const NOT_FREEFORM = outside(' -~\\p{L}\\p{N}\\p{M}\\p{Zs}\\p{S}\\p{P}')
/** Finds what neither an NR-LDH label nor a U-label holds (RFC 5892 §3), compatibility characters aside. */
export const NOT_LABEL = outside(`a-z0-9\\-\\p{Ll}\\p{Lo}\\p{Nd}\\p{Lm}\\p{Mn}\\p{Mc}${ALSO_ALLOWED}`)

/** Viramas (canonical combining class 9) of the Basic Multilingual Plane. */
const VIRAMA =
  '[\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D3B\\u0D3C\\u0D4D\\u0DCA\\u0E3A\\u0EBA\\u0F84\\u1039\\u103A' +
  '\\u1714\\u1715\\u1734\\u17D2\\u1A60\\u1B44\\u1BAA\\u1BAB\\u1BF2\\u1BF3\\u2D7F\\uA806\\uA82C\\uA8C4\\uA953\\uA9C0\\uAAF6\\uABED]'
/** Arabic letters that join to the right only, and those that do not join. */
const JOINS_BACK =
  '\\u0622-\\u0625\\u0627\\u0629\\u062F-\\u0632\\u0648\\u0671-\\u0673\\u0675-\\u0677\\u0688-\\u0699\\u06C0\\u06C3-\\u06CB\\u06CD\\u06CF\\u06D2\\u06D3\\u06D5\\u06EE\\u06EF'
const JOINS_NOT = '\\u0621\\u0674'
const ARABIC = '(?=[\\u0620-\\u06FF])\\p{L}'
const JOINING = `(?<=(?![${JOINS_BACK}${JOINS_NOT}])${ARABIC}\\p{Mn}*)\\u200C(?=\\p{Mn}*(?![${JOINS_NOT}])${ARABIC})`

const MAY_BREAK_CONTEXT = new RegExp(`[${CONTEXT}\\u0660-\\u0669]`)

/** RFC 5892 appendix A, one alternative a rule: each finds its character where its neighbours do not allow it. */
const OUT_OF_PLACE = new RegExp(
  [
    `(?!${JOINING})(?<!${VIRAMA})\\u200C`,
    `(?<!${VIRAMA})\\u200D`,
    '(?<!l)\\u00B7|\\u00B7(?!l)',
    '\\u0375(?!\\p{Script=Greek})',
    '(?<!\\p{Script=Hebrew})[\\u05F3\\u05F4]',
    '^(?=.*\\u30FB)[^\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Han}]*$',
    '[\\u0660-\\u0669].*[\\u06F0-\\u06F9]|[\\u06F0-\\u06F9].*[\\u0660-\\u0669]',
  ].join('|'),
  'su',
)

/**
 * Whether a character stands where RFC 5892 appendix A does not allow it (CONTEXTJ, CONTEXTO).
 *
 * Joining types are known for the Arabic block only, viramas for the Basic Multilingual Plane: elsewhere a zero-width
 * joiner is refused.
 */
export function breaksContext(text: string): boolean {
  return MAY_BREAK_CONTEXT.test(text) && OUT_OF_PLACE.test(text)
}

const RTL_RANGES = '[\\u0590-\\u08FF\\uFB1D-\\uFDFF\\uFE70-\\uFEFF\\u{10800}-\\u{10FFF}\\u{1E800}-\\u{1EFFF}]'
const RTL = `(?=${RTL_RANGES})(?![\\u0660-\\u0669\\u06F0-\\u06F9])[\\p{L}\\p{Nd}\\u05F3\\u05F4\\u06FD\\u06FE]`
const LTR = `(?![0-9]|${RTL_RANGES})[\\p{L}\\p{Nd}\\p{Mc}]`

const SPEAKS_RTL = new RegExp(`${RTL}|[\\u0660-\\u0669]`, 'u')
const RTL_ONLY = new RegExp(`^${RTL}(?:(?!${LTR}).)*$`, 'su')
const RTL_END = new RegExp(`^.*(?:${RTL}|[0-9\\u0660-\\u0669\\u06F0-\\u06F9])[\\p{Mn}\\p{Me}]*$`, 'su')
const BOTH_DIGITS = /[\u0660-\u0669].*[0-9\u06F0-\u06F9]|[0-9\u06F0-\u06F9].*[\u0660-\u0669]/su

/**
 * Whether the text breaks the Bidi rule (RFC 5893 §2), so that it could be shown in the order of another text.
 *
 * The runtime does not tell a character's Bidi_Class: letters and digits of the right-to-left blocks stand for R and AL,
 * all other letters for L, everything else is neutral.
 */
export function breaksBidi(text: string): boolean {
  if (!SPEAKS_RTL.test(text)) return false
  return !RTL_ONLY.test(text) || !RTL_END.test(text) || BOTH_DIGITS.test(text)
}

/** Full-width ASCII, and half-width katakana with its punctuation. */
const WIDE = /[\uFF01-\uFF5E\uFF61-\uFF9F]/g

/**
 * Width map, case map, NFC: what UsernameCaseMapped (RFC 8265 §3.3.2) and domains (RFC 5895 §2) do in the same way.
 *
 * Other wide and narrow characters map to symbols or jamo, which both refuse anyway. `Σ` always becomes `σ`: JavaScript
 * would write `ς` at a word's end, so that upper and lower case of one name were two contacts (RFC 7622 §3.5).
 */
export function foldCase(text: string): string {
  return text
    .replace(WIDE, (char) => char.normalize('NFKC'))
    .replaceAll('Σ', 'σ')
    .toLowerCase()
    .normalize('NFC')
}

/** Whether the text holds a character that only looks like others (HasCompat, RFC 8264 §9.17); the text must be in NFC. */
export function hasCompatibility(text: string): boolean {
  return text.normalize('NFKC') !== text
}
