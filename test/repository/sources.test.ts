import { describe, expect, test } from 'vitest'
import {
  givenTime,
  noAny,
  nothingLeftOpen,
  nothingSingledOut,
  ownErrors,
  plainDeclarations,
  type Rule,
  shortFiles,
  shortFunctions,
} from './support/rules.js'
import { sourcesIn } from './support/source.js'

const library = sourcesIn('src')
const everything = [...library, ...sourcesIn('test')]

const fileOf = (lines: number): string => 'a()\n'.repeat(lines)
const functionOf = (lines: number, head = 'export function a(): void {'): string =>
  [head, ...Array.from({ length: lines - 2 }, () => '  b()'), '}', ''].join('\n')

describe.each<[promise: string, rule: Rule, files: typeof library, good: readonly string[], bad: readonly string[]]>([
  ['no file is longer than 300 lines', shortFiles, library, [fileOf(300)], [fileOf(301)]],
  [
    'no function is longer than 40 lines',
    shortFunctions,
    library,
    [functionOf(40), `/**\n${' *\n'.repeat(60)} */\n${functionOf(40)}`],
    [
      functionOf(41),
      functionOf(41, 'export const a = (): void => {'),
      `class A {\n${functionOf(41, 'async a(): Promise<void> {')}}`,
      `class A {\n${functionOf(41, 'constructor() {')}}`,
    ],
  ],
  [
    'nothing is any',
    noAny,
    library,
    ['// any', `export const any = 'any'`, 'export const a: unknown = 1'],
    ['export const a: any = 1', 'export type A = (...all: any[]) => void', 'export const a = b as any'],
  ],
  [
    'every error is a RosterError',
    ownErrors,
    library,
    [`throw new RosterError('CLOSED', 'Gone.')`, 'export class A extends Error {}', '// new Error(1)'],
    [`throw new Error('a')`, `throw new TypeError('a')`, `export const a = Error('a')`, 'new  RangeError'],
  ],
  [
    'time comes from the clock that is given',
    givenTime,
    library,
    [
      'clock.now() + clock.after(1, run)',
      'setTimeout(run, 0)',
      'new Date(clock.now())',
      '// Date.now()',
      'Date.UTC(2026, 0)',
      'a.setTimeout(1)',
    ],
    [
      'Date.now()',
      'const now = globalThis.Date.now',
      'performance.now()',
      'new Date()',
      'Date()',
      'setTimeout(run, 10)',
      'globalThis.setTimeout(run, ms)',
      'setTimeout(run)',
      'setInterval(run, 1)',
    ],
  ],
  [
    'no enums, no namespaces, no default exports',
    plainDeclarations,
    library,
    [`declare module 'a' {}`, 'export const a = 1', `export { default as a } from './a.js'`],
    [
      'export enum A {}',
      'namespace A {}',
      'export default 1',
      'export default class A {}',
      'export default function a() {}',
      'const a = 1\nexport { a as default }',
    ],
  ],
  [
    'nothing is left open',
    nothingLeftOpen,
    everything,
    ['// mastodon, fix me a drink'],
    // Put together here, or this file would break its own rule.
    ['TO', 'FIX'].map((half, at) => `// ${half}${['DO', 'ME'][at]}: later`),
  ],
  [
    'no test runs alone',
    nothingSingledOut,
    everything,
    [`test('only', () => {})`, 'expect(a.only).toBe(1)'],
    ['test', 'describe', 'it.concurrent'].map((call) => `${call}${'.on'}ly('a', () => {})`),
  ],
])('%s', (_promise, rule, files, good, bad) => {
  test('in this repository', () => {
    expect(files.flatMap(rule)).toEqual([])
  })

  test.each(good)('allows %j', (text) => {
    expect(rule({ path: 'src/sample.ts', text })).toEqual([])
  })

  test.each(bad)('reports %j', (text) => {
    expect(rule({ path: 'src/sample.ts', text })).toHaveLength(1)
  })
})

test('the system clock may ask for the time, and so may the tools for tests', () => {
  const text = 'export const now = Date.now()'
  for (const path of ['src/core/clock.ts', 'src/testing/server.ts']) expect(givenTime({ path, text })).toEqual([])
  expect(givenTime({ path: 'src/core/policy.ts', text })).toEqual(['src/core/policy.ts:1 asks Date.now for the time'])
})

test('where xmpp.js and Kysely meet us may be any, and nowhere else', () => {
  const text = 'export type Listener = (...all: any[]) => void'
  expect(noAny({ path: 'src/xmpp/entity.ts', text })).toEqual([])
  expect(noAny({ path: 'src/storage/sql/connection.ts', text })).toEqual([])
  expect(noAny({ path: 'src/xmpp/codec.ts', text })).toEqual(['src/xmpp/codec.ts:1 says any'])
})
