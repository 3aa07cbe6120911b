import { plainCell, plainJson } from './text.js'

/** One value for other programs, with two spaces for each level. */
export const jsonOf = (value: unknown): string => plainJson(JSON.stringify(value, undefined, 2))

/** One value in one line. */
export const jsonLineOf = (value: unknown): string => plainJson(JSON.stringify(value))

/** What spreadsheets take for a formula; tabs and ends of lines in front are nothing to them. */
const FORMULA = /^[=+\-@\t\r\n]/
const QUOTED = /[",\n]/

/**
 * One line of CSV (RFC 4180), without its end. A cell that a spreadsheet would compute gets an apostrophe in front; what a
 * terminal would obey or not show becomes `\u{9b}`. For what must come back as it was there is JSON.
 */
export const csvLineOf = (cells: readonly string[]): string => cells.map(csvCell).join(',')

function csvCell(text: string): string {
  const safe = plainCell(FORMULA.test(text) ? `'${text}` : text)
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
