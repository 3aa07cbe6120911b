import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

export interface Block {
  readonly language: string
  readonly text: string
  /** Where it begins, for the report of a failure. */
  readonly line: number
}

/** The fenced blocks of a text, in order; `prefix` stands before each line, as ` * ` does in doc comments. */
export function blocksOf(text: string, prefix = ''): readonly Block[] {
  const blocks: Block[] = []
  let open: { readonly language: string; readonly line: number; readonly lines: string[] } | undefined
  for (const [at, whole] of text.split('\n').entries()) {
    const line = whole.startsWith(prefix) ? whole.slice(prefix.length) : whole.trimStart().replace(/^\* ?/, '')
    const fence = /^```(\w*)$/.exec(line)
    if (fence === null) open?.lines.push(line)
    else if (open === undefined) open = { language: fence[1] ?? '', line: at + 1, lines: [] }
    else {
      blocks.push({ language: open.language, line: open.line, text: `${open.lines.join('\n')}\n` })
      open = undefined
    }
  }
  return blocks
}

export const README = readFileSync(`${ROOT}README.md`, 'utf8')

/** The first code block under a heading of the README. */
export function blockUnder(heading: string, language: string): string {
  const start = README.indexOf(`\n## ${heading}\n`)
  if (start < 0) throw new Error(`The README has no heading "${heading}"`)
  const block = blocksOf(README.slice(start)).find((one) => one.language === language)
  if (block === undefined) throw new Error(`There is no ${language} under "${heading}"`)
  return block.text
}

/** The first cells of the rows of a table under a heading, without their backticks. */
export function firstCellsUnder(heading: string): readonly string[] {
  const section = README.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const cells = section.split('\n').flatMap((line) => /^\| ([^|]*) \|/.exec(line)?.[1] ?? [])
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''))
}
