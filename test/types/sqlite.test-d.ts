import type { DatabaseSync } from 'node:sqlite'
import type BetterSqlite3 from 'better-sqlite3'
import type Libsql from 'libsql'
import { describe, expectTypeOf, test } from 'vitest'
import type { RosterStorage } from '../../src/index.js'
import type { SqliteDatabase, SqliteStorage, SqliteStorageOptions } from '../../src/sqlite.js'

describe('a database that an application hands over', () => {
  test('may be of any of the three drivers', () => {
    expectTypeOf<DatabaseSync>().toExtend<SqliteDatabase>()
    expectTypeOf<BetterSqlite3.Database>().toExtend<SqliteDatabase>()
    expectTypeOf<Libsql.Database>().toExtend<SqliteDatabase>()
  })

  test('is none without a way to prepare statements', () => {
    expectTypeOf<Omit<DatabaseSync, 'prepare'>>().not.toExtend<SqliteDatabase>()
  })
})

describe('SqliteStorage', () => {
  test('is a storage that loads many at once, and has neither changes nor watch', () => {
    expectTypeOf<SqliteStorage>().toExtend<
      Required<Pick<RosterStorage, 'load' | 'commit' | 'owners' | 'loadMany' | 'close'>>
    >()
    expectTypeOf<SqliteStorage>().not.toHaveProperty('changes')
    expectTypeOf<SqliteStorage>().not.toHaveProperty('watch')
  })

  test('needs a database, and takes a prefix', () => {
    expectTypeOf<SqliteStorageOptions>().toEqualTypeOf<{
      readonly database: SqliteDatabase
      readonly prefix?: string
    }>()
  })
})
