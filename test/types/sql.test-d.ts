import { PGlite } from '@electric-sql/pglite'
import type { Generated, Kysely } from 'kysely'
import { Client } from 'pg'
import { describe, expectTypeOf, test } from 'vitest'
import type { RosterStorage } from '../../src/index.js'
import { type Listen, postgresListen, type SqlStorage, type SqlStorageOptions } from '../../src/sql.js'

interface Tables {
  readonly person: { readonly id: Generated<number>; readonly name: string }
}

describe('SqlStorage', () => {
  test('takes the Kysely of an application, whatever tables that knows', () => {
    expectTypeOf<Kysely<Tables>>().toExtend<SqlStorageOptions['db']>()
    expectTypeOf<Kysely<unknown>>().toExtend<SqlStorageOptions['db']>()
    expectTypeOf<{ readonly name: string }>().not.toExtend<SqlStorageOptions['db']>()
    expectTypeOf<'sqlite'>().not.toExtend<SqlStorageOptions['dialect']>()
  })

  test('has every method of a storage', () => {
    expectTypeOf<SqlStorage>().toExtend<Required<RosterStorage>>()
  })

  test('hears through pg, or through what the application has', () => {
    const own: Listen = async (channel, onMessage) => new PGlite().listen(channel, onMessage)
    const options = { dialect: 'postgres', listen: own } satisfies Partial<SqlStorageOptions>
    expectTypeOf(options.listen).toEqualTypeOf<Listen>()
    expectTypeOf(postgresListen).toBeCallableWith(async () => {
      const client = new Client()
      await client.connect()
      return client
    })
  })
})
