/** A surrogate's code unit counts only with its other half. */
const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff

/** Whether XML 1.0 can carry every character (§2.2 `Char`): no controls but tab and newlines, no lone surrogates, no U+FFFE, U+FFFF. */
export function isXmlText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20) {
      if (unit !== 0x09 && unit !== 0x0a && unit !== 0x0d) return false
    } else if (unit >= 0xd800) {
      if (isHigh(unit)) {
        if (!isLow(text.charCodeAt(++i))) return false
      } else if (isLow(unit) || unit >= 0xfffe) return false
    }
  }
  return true
}

/** V8 copies what is shorter; a longer slice points into the text that it was cut from. */
const SHORTEST_SLICE = 13

/**
 * The same text, standing alone in memory.
 *
 * A slice points into the text that it was cut from: one JID kept as a key can hold the whole packet it came in. What is
 * joined from an array is written anew, character by character. Joining with `+` would only note the two halves.
 */
export function copyText(text: string): string {
  return text.length < SHORTEST_SLICE ? text : [text.slice(0, 1), text.slice(1)].join('')
}

/** How many bytes the text has in UTF-8; a lone surrogate counts as the three of U+FFFD, which encoders put in its place. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) bytes += 1
    else {
      bytes += 2
      // A pair is four bytes for two units, so its other half adds nothing more.
      if (isHigh(unit) && isLow(text.charCodeAt(i + 1))) i++
    }
  }
  return bytes
}

/** Characters that a log or a terminal would not show, or would obey. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** At most `max` characters of the text for an error message, cut with `…`; what is invisible is written as `\u{200b}`. */
export function shorten(text: string, max = 80): string {
  const cut = text.length > max
  const split = cut && isHigh(text.charCodeAt(max - 1)) && isLow(text.charCodeAt(max))
  const shown = cut ? text.slice(0, split ? max - 1 : max) : text
  return shown.replace(INVISIBLE, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`) + (cut ? '…' : '')
}
