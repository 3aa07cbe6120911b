import { plainJson } from './text.js'

/** One value for other programs, with two spaces for each level. */
export const jsonOf = (value: unknown): string => plainJson(JSON.stringify(value, undefined, 2))

/** One value in one line. */
export const jsonLineOf = (value: unknown): string => plainJson(JSON.stringify(value))

/** What spreadsheets take for a formula. */
const FORMULA = /^[=+\-@\t\r]/
const QUOTED = /[",\r\n]/
/** Whatever CSV does not need and a terminal would obey. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g

/**
 * One line of CSV (RFC 4180), without its end. A cell that a spreadsheet would compute gets an apostrophe in front; controls
 * become `\u{9b}`. For what must come back as it was there is JSON.
 */
export const csvLineOf = (cells: readonly string[]): string => cells.map(csvCell).join(',')

function csvCell(text: string): string {
  const safe = (FORMULA.test(text) ? `'${text}` : text).replace(
    CONTROLS,
    (char) => `\\u{${char.charCodeAt(0).toString(16)}}`,
  )
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
