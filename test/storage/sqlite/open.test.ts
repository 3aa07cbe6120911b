import { existsSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { RosterError } from '../../../src/core/errors.js'
import type { SqliteDatabase } from '../../../src/sqlite.js'
import { ownersOf } from '../../../src/testing/contract/assertions.js'
import { create, OWNER } from '../../../src/testing/contract/subject.js'
import { temporaryFolder } from './support/folder.js'

const file = temporaryFolder()
const DRIVERS = ['node:sqlite', 'better-sqlite3', 'libsql'] as const

/** A driver that says which one it is: what it opens is libsql's. */
async function namedDriver(name: string, opened: string[]) {
  const { default: Libsql } = await vi.importActual<{ default: new (path: string) => SqliteDatabase }>('libsql')
  const Database = class extends Libsql {
    constructor(path: string) {
      super(path)
      if (path !== ':memory:') opened.push(name)
    }
  }
  return name === 'node:sqlite' ? { DatabaseSync: Database } : { default: Database }
}

/** The library in a world where only these drivers are there. */
async function worldWith(there: readonly string[], opened: string[] = []) {
  vi.resetModules()
  for (const name of DRIVERS) {
    vi.doMock(name, () => {
      if (!there.includes(name)) throw new Error(`Cannot find package '${name}'`)
      return namedDriver(name, opened)
    })
  }
  return (await import('../../../src/sqlite.js')).SqliteStorage
}

afterEach(() => {
  for (const name of DRIVERS) vi.doUnmock(name)
  vi.resetModules()
})

describe('SqliteStorage.open', () => {
  test.each([
    [DRIVERS, 'node:sqlite'],
    [['better-sqlite3', 'libsql'], 'better-sqlite3'],
    [['libsql'], 'libsql'],
  ] as const)('with %j there takes %s', async (there, expected) => {
    const opened: string[] = []
    const SqliteStorage = await worldWith(there, opened)
    const storage = await SqliteStorage.open(file(`${expected.replace(':', '')}.db`))
    await create(storage, OWNER)
    expect(await ownersOf(storage)).toEqual([OWNER])
    expect(new Set(opened)).toEqual(new Set([expected]))
    await storage.close()
  })

  test('with none there names the three, and makes no file', async () => {
    const SqliteStorage = await worldWith([])
    const path = file('never.db')
    const error = await SqliteStorage.open(path).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ name: 'RosterError', code: 'UNSUPPORTED' })
    for (const name of DRIVERS) expect((error as RosterError).message).toContain(`${name}: `)
    expect(existsSync(path)).toBe(false)
  })

  test('passes over a package whose binary is missing', async () => {
    const opened: string[] = []
    const SqliteStorage = await worldWith(['better-sqlite3', 'libsql'], opened)
    vi.doMock('better-sqlite3', () => ({
      default: class {
        constructor() {
          throw new Error('Could not locate the bindings file')
        }
      },
    }))
    const storage = await SqliteStorage.open(file('bindings.db'))
    expect(new Set(opened)).toEqual(new Set(['libsql']))
    await storage.close()
  })

  test('keeps what is in memory apart, and forgets it when it is closed', async () => {
    const SqliteStorage = await worldWith(['libsql'])
    const [first, second] = [await SqliteStorage.open(':memory:'), await SqliteStorage.open(':memory:')]
    await create(first, OWNER)
    expect([await ownersOf(first), await ownersOf(second)]).toEqual([[OWNER], []])
    await first.close()
    const third = await SqliteStorage.open(':memory:')
    expect(await ownersOf(third)).toEqual([])
    expect(existsSync(':memory:')).toBe(false)
  })
})

describe('a prefix', () => {
  test('keeps rosters apart in one database', async () => {
    const SqliteStorage = await worldWith(['libsql'])
    const path = file('prefixes.db')
    const open = (prefix?: string) => SqliteStorage.open(path, prefix === undefined ? {} : { prefix })
    const [plain, ...others] = [
      await open(),
      await open(''),
      await open('a_'),
      await open('roster_owners_'),
      await open('1'),
    ]
    await create(plain!, OWNER, { owe: [{ id: 'a', at: 0, xml: '<presence/>' }] })
    for (const other of others) {
      expect(await other.load(OWNER)).toBeUndefined()
      expect(await ownersOf(other, { with: 'owed' })).toEqual([])
      await create(other, OWNER)
    }
    expect((await plain!.load(OWNER))?.owed).toHaveLength(1)
    const again = await open('roster_')
    expect((await again.load(OWNER))?.owed).toHaveLength(1)
  })

  test.each(['a-b', 'a b', 'a"', "a'", 'é', 'a;', '%', 'sqlite_', 'SQLite_a', 'a\n'])(
    'may not be %j',
    async (prefix) => {
      const SqliteStorage = await worldWith(['libsql'])
      const path = file('refused.db')
      await expect(SqliteStorage.open(path, { prefix })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
      expect(existsSync(path)).toBe(false)
      const database = {} as SqliteDatabase
      expect(() => new SqliteStorage({ database, prefix })).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }))
    },
  )
})
