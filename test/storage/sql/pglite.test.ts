import { PGlite } from '@electric-sql/pglite'
import { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Listen, SqlStorageOptions } from '../../../src/sql.js'
import { storageContract } from '../../../src/testing.js'
import { opener } from './support/databases.js'
import { pgliteDialect } from './support/pglite.js'

// WebAssembly in one thread: the same work takes several times as long as on a server.
describe('SqlStorage on PGlite', { timeout: 240_000 }, () => {
  let pglite: PGlite
  let db: SqlStorageOptions['db']
  beforeAll(async () => {
    pglite = await PGlite.create()
    db = new Kysely({ dialect: pgliteDialect(pglite) })
  })
  afterAll(() => db.destroy())

  /** An application's own way to hear: PGlite tells within the process, and never loses a connection. */
  const listen: Listen = (channel, onMessage) => pglite.listen(channel, onMessage)
  storageContract(
    { describe, test },
    opener(
      () => db,
      'postgres',
      () => ({ listen }),
    ),
  )
})
