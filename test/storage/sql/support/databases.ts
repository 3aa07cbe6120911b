import { Kysely, MysqlDialect, PostgresDialect } from 'kysely'
import { createPool } from 'mysql2'
import pg from 'pg'
import { SqlStorage, type SqlStorageOptions } from '../../../../src/sql.js'
import type { RosterStorage } from '../../../../src/storage/port.js'

type Db = SqlStorageOptions['db']
type Rest = Omit<SqlStorageOptions, 'db' | 'dialect'>

/** A pool of `pg`, as an application has it. Without these listeners a server that goes away would end the process. */
function postgresPool(url: string, options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 8, ...options })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

export const postgresDb = (url: string, options: pg.PoolConfig = {}): Db =>
  new Kysely({ dialect: new PostgresDialect({ pool: postgresPool(url, options) }) })

export const mysqlDb = (url: string, connectionLimit = 8): Db =>
  new Kysely({ dialect: new MysqlDialect({ pool: createPool({ uri: url, connectionLimit }) }) })

/** A connected client of its own, for `postgresListen` and for what tests look at behind the storage's back. */
export async function postgresClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** How the contract opens storages: tables of their own for each name. Each view has an object of its own. */
export function opener(db: () => Db, dialect: SqlStorageOptions['dialect'], options: () => Rest = () => ({})) {
  const made = new Map<string, Promise<void>>()
  return async (name: string): Promise<RosterStorage> => {
    const storage = new SqlStorage({ db: db(), dialect, prefix: `${name}_`, ...options() })
    const first = made.get(name) ?? storage.migrate()
    made.set(name, first)
    await first
    // Nothing is told without `listen`: what the contract promises of `watch` is about storages that can.
    return options().listen === undefined ? Object.assign(storage, { watch: undefined }) : storage
  }
}
