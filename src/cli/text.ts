/**
 * What a terminal would obey or not show: control characters, line separators, halves of surrogate pairs, marks that turn the
 * direction of writing, and what has no width and joins nothing. Joiners and variation selectors stay: scripts and emoji
 * need them.
 */
const HARMFUL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu

const escaped = (char: string): string => `\\u{${char.codePointAt(0)?.toString(16)}}`

/** Other people's text for a terminal: what is harmful is written as `\u{1b}`. */
export const plain = (text: string): string => text.replace(HARMFUL, escaped)

/** The same in CSV, where cells may have several lines, and tabs. */
export const plainCell = (text: string): string =>
  text.replace(HARMFUL, (char) => (char === '\n' || char === '\t' ? char : escaped(char)))

/** The same in JSON, where it means the very character: `\u001b`. */
export const plainJson = (json: string): string =>
  json.replace(HARMFUL, (char) => (char === '\n' ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`))

/** `1 contact`, `2 contacts`. */
export const amountOf = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

/** Two cells wide: W and F of Unicode Standard Annex #11, in whole blocks, and what is a picture by itself. */
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115e\u2329\u232a\u2e80-\u303e\u3041-\u3163\u3165-\u3247\u3250-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18d8f}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u
/** A character that becomes a picture by the selector behind it, and flags of two letters. */
const PICTURE = /\p{Emoji}\ufe0f|\p{Regional_Indicator}{2}/u
/** Nothing that takes a cell. */
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}]*$/u

const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function cells(cluster: string): number {
  if (cluster.length === 1 && cluster >= ' ' && cluster <= '~') return 1
  if (NOTHING.test(cluster)) return 0
  if (PICTURE.test(cluster)) return 2
  return WIDE.test(cluster) ? 2 : 1
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
