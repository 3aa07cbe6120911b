import { afterAll, beforeAll, describe, test } from 'vitest'
import type { SqlStorageOptions } from '../../../src/sql.js'
import { storageContract } from '../../../src/testing.js'
import { describeDatabase } from '../../databases/describe.js'
import { mysqlDb, opener } from './support/databases.js'

describeDatabase('mariadb', 'SqlStorage on MariaDB', (server) => {
  let db: SqlStorageOptions['db']
  beforeAll(() => {
    db = mysqlDb(server().url)
  })
  afterAll(() => db.destroy())

  storageContract(
    { describe, test },
    opener(() => db, 'mysql'),
  )
})
