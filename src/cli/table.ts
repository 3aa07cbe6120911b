import type { Output } from './output.js'
import { cutTo, padTo, plain, widthOf } from './text.js'

const GAP = 2
/** No column is cut to less, however narrow the terminal is. */
const NARROWEST = 5

/** Columns under their titles. On a terminal what is too wide is cut; elsewhere it never is. Nothing at all without rows. */
export function printTable(out: Output, titles: readonly string[], rows: readonly (readonly string[])[]): void {
  if (rows.length === 0) return
  const [head = '', ...lines] = tableLines(titles, rows, out.columns)
  out.line(out.styled(head, 'bold'))
  for (const line of lines) out.line(line)
}

/** The line of the titles, and one for each row; each fits in so many cells, unless that is too few for a table. */
export function tableLines(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | undefined,
): readonly string[] {
  const cells = rows.map((row) => row.map(plain))
  const widths = fitted(
    // Not as arguments of one call: a hundred thousand rows are more than the stack holds.
    titles.map((title, at) => cells.reduce((most, row) => Math.max(most, widthOf(row[at] ?? '')), widthOf(title))),
    columns,
  )
  return [titles, ...cells].map((row) => lineOf(row, widths))
}

function lineOf(row: readonly string[], widths: readonly number[]): string {
  const parts = row.map((text, at) => padTo(cutTo(text, widths[at] ?? 0), widths[at] ?? 0))
  return parts.join(' '.repeat(GAP)).trimEnd()
}

/** The widest column gives way until the line fits. */
function fitted(widths: readonly number[], columns: number | undefined): readonly number[] {
  const fitting = [...widths]
  if (columns === undefined) return fitting
  const total = (): number => fitting.reduce((sum, width) => sum + width, 0) + GAP * (fitting.length - 1)
  for (let over = total() - columns; over > 0; over = total() - columns) {
    const widest = Math.max(...fitting)
    if (widest <= NARROWEST) break
    fitting[fitting.indexOf(widest)] = Math.max(
      NARROWEST,
      widest - Math.max(1, Math.min(over, widest - secondOf(fitting))),
    )
  }
  return fitting
}

const secondOf = (widths: readonly number[]): number => [...widths].sort((a, b) => b - a)[1] ?? 0
