import type { RosterStorage } from '../../../src/index.js'

/** A storage as one process has it. */
export interface OpenStorage {
  readonly storage: RosterStorage
  close(): Promise<void>
}

/** Where a storage is: `sqlite:/path`, `redis://…` or `postgres://…`. Only the driver that it needs is loaded. */
export async function openStorage(url: string): Promise<OpenStorage> {
  if (url.startsWith('sqlite:')) return openSqlite(url.slice('sqlite:'.length))
  return url.startsWith('redis:') ? openRedis(url) : openPostgres(url)
}

async function openSqlite(path: string): Promise<OpenStorage> {
  const { SqliteStorage } = await import('../../../src/sqlite.js')
  const storage = await SqliteStorage.open(path)
  return { storage, close: () => storage.close() }
}

async function openRedis(url: string): Promise<OpenStorage> {
  const { RedisStorage } = await import('../../../src/redis.js')
  const { Redis } = await import('ioredis')
  const client = new Redis(url)
  client.on('error', () => undefined)
  return { storage: new RedisStorage({ client }), close: async () => client.disconnect() }
}

async function openPostgres(url: string) {
  const { SqlStorage } = await import('../../../src/sql.js')
  const { Kysely, PostgresDialect } = await import('kysely')
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db = new Kysely<never>({ dialect: new PostgresDialect({ pool }) })
  return { storage: new SqlStorage({ db, dialect: 'postgres' }), close: () => db.destroy() }
}

/** What has to be there before the first process comes. */
export async function prepareStorage(url: string): Promise<void> {
  if (!url.startsWith('postgres:')) return
  const { storage, close } = await openPostgres(url)
  await storage.migrate()
  await close()
}
