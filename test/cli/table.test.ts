import { expect, test } from 'vitest'
import { Output } from '../../src/cli/output.js'
import { printTable } from '../../src/cli/table.js'
import { widthOf } from '../../src/cli/text.js'

const ROWS = [
  ['romeo@example.net', 'Romeo', 'both'],
  ['luo@example.cn', '羅密歐', 'to'],
  ['ju@example.com', 'Ju\u0308liet', 'none'],
  ['fam@example.com', '👩‍👩‍👧', ''],
]

const print = (
  columns: number | undefined,
  env: Record<string, string> = { NO_COLOR: '1' },
  rows: readonly (readonly string[])[] = ROWS,
): readonly string[] => {
  let text = ''
  const write = (more: string): boolean => {
    text += more
    return true
  }
  const out = new Output(
    { ...(columns === undefined ? {} : { isTTY: true, columns }), write, on: () => undefined },
    env,
  )
  printTable(out, ['JID', 'NAME', 'SUBSCRIPTION'], rows)
  return text.split('\n').slice(0, -1)
}

test('columns stand under each other, also with wide characters, combining marks and pictures', () => {
  const lines = print(undefined)
  expect(lines[0]).toBe('JID                NAME    SUBSCRIPTION')
  expect(lines[1]).toBe('romeo@example.net  Romeo   both')
  const at = ['both', 'to', 'none'].map((word, row) => {
    const line = lines[row + 1] ?? ''
    return widthOf(line.slice(0, line.lastIndexOf(word)))
  })
  expect(at).toEqual([27, 27, 27])
})

test('on a narrow terminal no line is longer than the terminal, and the widest column gives way', () => {
  const lines = print(34)
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(34)
  expect(lines[1]).toContain('…')
  expect(lines[2]).toContain('羅密歐')
})

test('where there is no terminal nothing is cut', () => {
  expect(print(undefined).join('\n')).not.toContain('…')
})

test('a terminal that says it has no columns has 80, and one without lines 24', () => {
  expect(print(0)).toEqual(print(80))
  const out = new Output({ isTTY: true, columns: 0, rows: 0, write: () => true, on: () => undefined }, {})
  expect([out.columns, out.rows]).toEqual([80, 24])
})

test('there may be more rows than a function has room for arguments', () => {
  const rows = Array.from({ length: 130_001 }, (_, at) => [`contact${at}@example.net`, '', 'both'])
  expect(print(undefined, {}, rows)).toHaveLength(130_002)
})

test('the titles are bold on a terminal, and not with NO_COLOR, nor on a dumb one', () => {
  expect(print(80, {})[0]?.startsWith('\u001b[1mJID')).toBe(true)
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) expect(print(80, env)[0]).toMatch(/^JID/)
  expect(print(80, { NO_COLOR: '' })[0]?.startsWith('\u001b[1mJID')).toBe(true)
  expect(print(undefined, {})[0]).toMatch(/^JID/)
})
