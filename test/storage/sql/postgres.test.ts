import { afterAll, beforeAll, describe, test } from 'vitest'
import { postgresListen, type SqlStorageOptions } from '../../../src/sql.js'
import { storageContract } from '../../../src/testing.js'
import { describeDatabase } from '../../databases/describe.js'
import { opener, postgresClient, postgresDb } from './support/databases.js'

describeDatabase('postgres', 'SqlStorage on PostgreSQL', (server) => {
  let db: SqlStorageOptions['db']
  beforeAll(() => {
    db = postgresDb(server().url)
  })
  afterAll(() => db.destroy())

  const listen = postgresListen(() => postgresClient(server().url))
  storageContract(
    { describe, test },
    opener(
      () => db,
      'postgres',
      () => ({ listen }),
    ),
  )
})
