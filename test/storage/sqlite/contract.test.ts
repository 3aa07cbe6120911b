import { describe, test } from 'vitest'
import { type SqliteDatabase, SqliteStorage } from '../../../src/sqlite.js'
import { storageContract } from '../../../src/testing/contract/contract.js'
import { openDatabase } from './support/database.js'
import { temporaryFolder } from './support/folder.js'

const runner = { describe, test }
const file = temporaryFolder()

function set(database: SqliteDatabase): SqliteDatabase {
  database.exec('PRAGMA journal_mode = DELETE')
  database.exec('PRAGMA synchronous = OFF')
  return database
}

describe('SqliteStorage.open', () => storageContract(runner, (name) => SqliteStorage.open(file(`${name}.db`))))

describe('SqliteStorage, many in one database', () =>
  storageContract(runner, (name) => SqliteStorage.open(file('all.db'), { prefix: `${name}_` })))

// Its journal is not a write-ahead log, so readers and writers wait for each other.
describe('SqliteStorage in a database of the application, as that has set it', () =>
  storageContract(runner, async (name) => new SqliteStorage({ database: set(openDatabase(file(`${name}.own.db`))) })))
