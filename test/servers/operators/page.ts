import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../repository/support/source.js'

const PAGE = readFileSync(join(ROOT, 'examples/guides/operators.md'), 'utf8')

/** What stands between a heading and the next one of its level or above, without the heading. */
export function sectionOf(heading: string): string {
  const start = PAGE.indexOf(`\n${heading}\n`)
  if (start < 0) throw new Error(`The page has no heading "${heading}"`)
  const rest = PAGE.slice(start + heading.length + 2)
  const level = heading.indexOf(' ')
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'))
  return end < 0 ? rest : rest.slice(0, end)
}

/** The cells of the rows of all tables in a text, those of titles left out. */
export const rowsIn = (text: string): readonly (readonly string[])[] =>
  text.split('\n').flatMap((line, at, lines) => {
    const isTitle = /^\|[\s|-]*-[\s|-]*\|$/.test(lines[at + 1] ?? '')
    if (!line.startsWith('|') || isTitle || /^\|[\s|-]*$/.test(line)) return []
    return [
      line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim()),
    ]
  })

const codeIn = (cell: string): string | undefined => /^`([^`]+)`$/.exec(cell)?.[1]

/** What stands in the columns "here": commands and code, each once. */
export interface Here {
  readonly texts: readonly string[]
  /** Cells that are neither, and do not say why there is nothing. */
  readonly strange: readonly string[]
}

/** Of the tables under these headings. */
export function hereUnder(headings: readonly string[]): Here {
  const cells = headings.flatMap((heading) => rowsIn(sectionOf(heading)).map(([, here = '']) => here))
  return {
    texts: [...new Set(cells.flatMap((cell) => codeIn(cell) ?? []))],
    strange: cells.filter((cell) => codeIn(cell) === undefined && !/^none: \S/.test(cell)),
  }
}

/** The programs for a shell below a heading, by the headings right above them. */
export function recipesUnder(heading: string): ReadonlyMap<string, string> {
  const parts = sectionOf(heading).split(/^### /m).slice(1)
  return new Map(
    parts.flatMap((part) => {
      const program = /^```sh\n(.*?)^```$/ms.exec(part)?.[1]
      return program === undefined ? [] : [[part.split('\n')[0] ?? '', program] as const]
    }),
  )
}
