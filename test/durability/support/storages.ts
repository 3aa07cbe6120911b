import type { RosterStorage } from '../../../src/index.js'

/** A storage as one process has it. */
export interface OpenStorage {
  readonly storage: RosterStorage
  /** Ends the connections of this process at once, as the server's administrator does it; `undefined`: there are none. */
  readonly disturb: (() => Promise<void>) | undefined
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
  return { storage, disturb: undefined, close: () => storage.close() }
}

async function openRedis(url: string): Promise<OpenStorage> {
  const { RedisStorage } = await import('../../../src/redis.js')
  const { Redis } = await import('ioredis')
  const [client, administrator] = [new Redis(url), new Redis(url)]
  let id: unknown
  client.on('error', () => undefined)
  client.on('connect', () => {
    client.call('CLIENT', 'ID').then(
      (now) => (id = now),
      () => undefined,
    )
  })
  return {
    storage: new RedisStorage({ client }),
    async disturb() {
      await administrator.call('CLIENT', 'KILL', 'ID', String(id)).catch(() => undefined)
    },
    async close() {
      client.disconnect()
      administrator.disconnect()
    },
  }
}

/** Connections to PostgreSQL of one process have one name, which no other has. */
const NAME = `storage of ${process.pid}`
const KILL = 'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1'

async function openPostgres(url: string) {
  const { SqlStorage } = await import('../../../src/sql.js')
  const { Kysely, PostgresDialect } = await import('kysely')
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({ connectionString: url, max: 4, application_name: NAME })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const administrator = new pg.Pool({ connectionString: url, max: 1 })
  const db = new Kysely<never>({ dialect: new PostgresDialect({ pool }) })
  return {
    storage: new SqlStorage({ db, dialect: 'postgres' }),
    disturb: async () => void (await administrator.query(KILL, [NAME])),
    async close() {
      await db.destroy()
      await administrator.end()
    },
  }
}

/** What has to be there before the first process comes. */
export async function prepareStorage(url: string): Promise<void> {
  if (!url.startsWith('postgres:')) return
  const { storage, close } = await openPostgres(url)
  await storage.migrate()
  await close()
}
