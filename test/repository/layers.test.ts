import { describe, expect, test } from 'vitest'
import { breaches, cycles, folderOf } from './support/layers.js'
import { type Source, sourcesIn } from './support/source.js'

const file = (path: string, text: string): Source => ({ path, text })

describe('the layers', () => {
  const sources = sourcesIn('src')

  test('there is something to look at', () => {
    expect(sources.map(({ path }) => path)).toContain('src/core/state.ts')
  })

  test('each file imports only what its layer may', () => {
    expect(breaches(sources)).toEqual([])
  })

  test('no two layers load each other', () => {
    expect(cycles(sources, folderOf)).toEqual([])
  })

  test('no two files load each other', () => {
    expect(cycles(sources, (path) => path)).toEqual([])
  })
})

describe('the check of the layers', () => {
  test.each([
    ['core', 'src/core/a.ts', `import { b } from '../roster/b.js'`, 'src/roster/b.ts'],
    ['core', 'src/core/a.ts', `import type { B } from '../storage/port.js'`, 'types of src/storage/port.ts'],
    ['core', 'src/core/a.ts', `import { randomUUID } from 'node:crypto'`, 'node:crypto'],
    ['core', 'src/core/a.ts', `import { EventEmitter } from 'eventemitter3'`, 'eventemitter3'],
    ['core', 'src/core/a.ts', `export const a = await import('ltx/lib/ltx.js')`, 'ltx/lib/ltx.js'],
    ['core', 'src/core/deep/a.ts', `export * from '../../xmpp/codec.js'`, 'src/xmpp/codec.ts'],
    ['core', 'src/core/a.ts', `export const a = (name: string) => import(name)`, 'name'],
    ['core', 'src/core/a.ts', `export type A = import('../xmpp/b.js').B`, 'types of src/xmpp/b.ts'],
    ['storage', 'src/storage/memory.ts', `import { a } from '../roster/a.js'`, 'src/roster/a.ts'],
    ['storage', 'src/storage/memory.ts', `import { open } from 'node:sqlite'`, 'node:sqlite'],
    ['an adapter', 'src/storage/redis/a.ts', `import type { Kysely } from 'kysely'`, 'types of kysely'],
    ['roster', 'src/roster/a.ts', `import { a } from '../xmpp/a.js'`, 'src/xmpp/a.ts'],
    ['roster', 'src/roster/a.ts', `import { a } from '../storage/sqlite.js'`, 'src/storage/sqlite.ts'],
    ['roster', 'src/roster/a.ts', `import ltx from 'ltx/lib/ltx.js'`, 'ltx/lib/ltx.js'],
    ['xmpp', 'src/xmpp/a.ts', `import { a } from '../storage/memory.js'`, 'src/storage/memory.ts'],
    ['xmpp', 'src/xmpp/a.ts', `import { Element } from 'ltx'`, 'ltx'],
    ['xmpp', 'src/xmpp/a.ts', `import { type Element } from 'ltx'`, 'ltx'],
    ['xmpp', 'src/xmpp/a.ts', `import 'node:net'`, 'node:net'],
    ['an entry point', 'src/index.ts', `import { client } from '@xmpp/client'`, '@xmpp/client'],
    ['a tool', 'src/admin/a.ts', `import { b } from '../clients/b.js'`, 'src/clients/b.ts'],
    ['a tool', 'src/admin/a.ts', `import { client } from '@xmpp/client'`, '@xmpp/client'],
    ['a tool', 'src/admin/a.ts', `import { Roster } from '../index.js'`, 'src/index.ts'],
    ['the command', 'src/cli/a.ts', `import { b } from '../admin/b.js'`, 'src/admin/b.ts'],
    ['the command', 'src/cli/a.ts', `import { RedisStorage } from '../redis.js'`, 'src/redis.ts'],
    ['the command', 'src/cli/a.ts', `import pg from 'pg'`, 'pg'],
    ['the program', 'src/cli.ts', `import { client } from '@xmpp/client'`, '@xmpp/client'],
  ])('%s: %s may not say %s', (_layer, path, text, target) => {
    expect(breaches([file(path, text)])).toEqual([`${path}:1 imports ${target}`])
  })

  test.each([
    ['src/core/a.ts', `import type { Element } from 'ltx'`],
    ['src/core/a.ts', `import { b } from './deep/b.js'`],
    ['src/core/a.ts', `// import { b } from '../roster/b.js'\nexport const text = "import 'node:fs'"`],
    ['src/storage/sqlite/open.ts', `export const load = () => import('node:sqlite')`],
    ['src/storage/sql.ts', `import type { Kysely } from 'kysely'`],
    ['src/roster/a.ts', `import { MemoryStorage } from '../storage/memory.js'`],
    ['src/roster/a.ts', `import { EventEmitter } from 'eventemitter3'`],
    ['src/xmpp/a.ts', `import type { Element } from 'ltx'\nimport ltx from 'ltx/lib/ltx.js'`],
    ['src/testing/a.ts', `import { createServer } from 'node:net'`],
    ['src/index.ts', `export { a } from './xmpp/a.js'`],
    ['src/cli.ts', `import { homedir } from 'node:os'\nimport { main } from './cli/main.js'`],
    ['src/cli/commands/a.ts', `import type { RosterAdmin } from '../../admin.js'`],
    ['src/cli/admin/database.ts', `export const load = () => Promise.all([import('pg'), import('../../redis.js')])`],
    ['src/cli/a.ts', `export const load = () => Promise.all([import('../clients.js'), import('../sqlite.js')])`],
    ['src/cli/a.ts', `export const load = () => Promise.all([import('@xmpp/client'), import('@xmpp/component')])`],
  ])('%s may say %s', (path, text) => {
    expect(breaches([file(path, text)])).toEqual([])
  })

  test('a folder that nobody has heard of is reported', () => {
    expect(breaches([file('src/utilities/a.ts', '')])).toEqual(['src/utilities/a.ts belongs to no layer'])
  })

  test('a circle of values is found between layers and between files, one of types is none', () => {
    const circle = [
      file('src/core/a.ts', `import { b } from '../roster/b.js'`),
      file('src/roster/b.ts', `import { c } from './c.js'`),
      file('src/roster/c.ts', `export { a } from '../core/a.js'`),
    ]
    expect(cycles(circle, folderOf)).toEqual(['src/core → src/roster → src/core'])
    expect(cycles(circle, (path) => path)).toEqual([
      'src/core/a.ts → src/roster/b.ts → src/roster/c.ts → src/core/a.ts',
    ])
    const types = [file('src/core/a.ts', `import type { B } from './b.js'`), file('src/core/b.ts', `import './a.js'`)]
    expect(cycles(types, (path) => path)).toEqual([])
  })
})
