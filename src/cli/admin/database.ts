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
  const [, written = 'sqlite', rest = ''] = /^([a-z][a-z\d+.-]+):(.*)$/is.exec(place) ?? [undefined, 'sqlite', place]
  const scheme = written.toLowerCase()
  switch (scheme) {
    case 'sqlite':
      return openFile(rest)
    case 'redis':
    case 'rediss':
      return openRedis(`${scheme}:${rest}`)
    case 'postgres':
    case 'postgresql':
      return openPostgres(`${scheme}:${rest}`)
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
  const client = await understood(async () => createClient({ url, socket: { reconnectStrategy: false } }))
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
  await understood(async () => pool.query('select 1').catch(unreachable))
  const db = new Kysely<object>({ dialect: new PostgresDialect({ pool }) })
  const storage = new SqlStorage({ db, dialect: 'postgres' })
  return { storage, close: () => ending(storage, () => db.destroy()) }
}

/** What the drivers throw at once is about the address, which is not repeated: it may hold a password. */
async function understood<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use()
  } catch (cause) {
    if (cause instanceof RosterError) throw cause
    throw usage(
      'The storage is an address such as redis://localhost:6379/0 or postgres://localhost/name: this is none.',
    )
  }
}

/** @throws what says that the address is none, as it is; {@link RosterError} `NOT_CONNECTED` */
function unreachable(cause: unknown): never {
  if (cause instanceof TypeError || cause instanceof URIError) throw cause
  throw new RosterError('NOT_CONNECTED', `No connection to the storage: ${inWords(cause)}`, { cause })
}

async function ending(storage: { close(): Promise<void> }, disconnect: () => unknown): Promise<void> {
  await storage.close()
  await disconnect()
}
