import { inWords, RosterError } from '../../core/errors.js'
import type { RosterStorage } from '../../storage/port.js'
import { missingPackage } from '../connection-errors.js'
import { usage } from '../errors.js'
import { openRosters } from '../rosters-file.js'

/** A storage, and how to part from it. */
export interface OpenedStorage {
  readonly storage: RosterStorage
  close(): Promise<void>
}

/**
 * Opens the storage that an address names.
 *
 * @throws {CommandError} `USAGE`, `NOT_FOUND`, `FILE_INVALID`; {@link RosterError} `UNSUPPORTED` without the driver, `NOT_CONNECTED`
 */
export function openDatabase(place: string): Promise<OpenedStorage> {
  const [, scheme = 'sqlite', rest = ''] = /^([a-z][a-z\d+.-]+):(.*)$/s.exec(place) ?? [undefined, 'sqlite', place]
  switch (scheme) {
    case 'sqlite':
      return openFile(rest)
    case 'redis':
    case 'rediss':
      return openRedis(place)
    case 'postgres':
    case 'postgresql':
      return openPostgres(place)
    default:
      throw usage(`There is no storage "${scheme}:"; there are sqlite:, redis:, rediss: and postgres:.`)
  }
}

async function openFile(path: string): Promise<OpenedStorage> {
  const storage = await openRosters(path)
  return { storage, close: () => storage.close() }
}

async function openRedis(url: string): Promise<OpenedStorage> {
  const { createClient } = await import('redis').catch(missingPackage('redis'))
  const { RedisStorage } = await import('../../redis.js')
  const client = createClient({ url, socket: { reconnectStrategy: false } })
  // Said by the call that it made fail.
  client.on('error', () => undefined)
  await client.connect().catch(unreachable)
  const storage = new RedisStorage({ client })
  return { storage, close: () => ending(storage, () => client.close()) }
}

async function openPostgres(url: string): Promise<OpenedStorage> {
  const { Kysely, PostgresDialect } = await import('kysely').catch(missingPackage('kysely'))
  const { default: pg } = await import('pg').catch(missingPackage('pg'))
  const { SqlStorage } = await import('../../sql.js')
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  pool.on('error', () => undefined)
  await pool.query('select 1').catch(unreachable)
  const db = new Kysely<object>({ dialect: new PostgresDialect({ pool }) })
  const storage = new SqlStorage({ db, dialect: 'postgres' })
  return { storage, close: () => ending(storage, () => db.destroy()) }
}

/** The address is not repeated: it may hold a password. */
function unreachable(cause: unknown): never {
  throw new RosterError('NOT_CONNECTED', `No connection to the storage: ${inWords(cause)}`, { cause })
}

async function ending(storage: { close(): Promise<void> }, disconnect: () => unknown): Promise<void> {
  await storage.close()
  await disconnect()
}
