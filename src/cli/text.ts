/**
 * What a terminal would obey or not show: control characters, line separators, halves of surrogate pairs, marks that turn the
 * direction of writing, and what has no width and joins nothing. Joiners and variation selectors stay: scripts and emoji
 * need them.
 */
const HARMFUL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu

const escaped = (char: string): string => `\\u{${char.codePointAt(0)?.toString(16)}}`

/** Other people's text for a terminal: what is harmful is written as `\u{1b}`. */
export const plain = (text: string): string => text.replace(HARMFUL, escaped)

/** The same in JSON, where it means the very character: `\u001b`. */
export const plainJson = (json: string): string =>
  json.replace(HARMFUL, (char) => (char === '\n' ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`))

/** Two cells wide (Unicode Standard Annex #11: W and F), as far as names and groups are concerned. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Tangut}\p{Script=Nushu}\p{Emoji_Presentation}\u3001-\u303e\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u
/** Scripts have narrow members: halfwidth forms. */
const HALF = /[\uff61-\uffdc\uffe8-\uffee]/u
/** A character that becomes a picture by the selector behind it, and flags of two letters. */
const PICTURE = /\p{Emoji}\ufe0f|\p{Regional_Indicator}{2}/u
/** Nothing that takes a cell. */
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}]*$/u

const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function cells(cluster: string): number {
  if (cluster.length === 1 && cluster >= ' ' && cluster <= '~') return 1
  if (NOTHING.test(cluster)) return 0
  if (PICTURE.test(cluster)) return 2
  return WIDE.test(cluster) && !HALF.test(cluster) ? 2 : 1
}

const isAscii = (text: string): boolean => /^[ -~]*$/.test(text)

/** How many cells of a terminal a text takes that {@link plain} has made harmless. */
export function widthOf(text: string): number {
  if (isAscii(text)) return text.length
  let width = 0
  for (const { segment } of segments.segment(text)) width += cells(segment)
  return width
}

/** The text with spaces up to a width. */
export const padTo = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

/** As much of a text as a width holds, with `…` where something is missing. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let cut = ''
  let left = width - 1
  for (const { segment } of segments.segment(text)) {
    left -= cells(segment)
    if (left < 0) break
    cut += segment
  }
  return `${cut}…`
}
