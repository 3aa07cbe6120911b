import { inWords, RosterError } from '../../core/errors.js'

/**
 * Somebody was in the way and nothing was written: try again. Serialization failure, deadlock, lock not to be had, key
 * there already (PostgreSQL, appendix A); the same of MySQL, and MariaDB's "record has changed since last read".
 */
const BUSY = new Set<unknown>(['40001', '40P01', '55P03', '23505', 1213, 1205, 1062, 3572, 1020])

/** There is no such table. */
const MISSING = new Set<unknown>(['42P01', 1146])

/** The connection is gone, and others may be there: sockets, shutdown of PostgreSQL (class 57P), the same of MySQL. */
const LOST = new Set<unknown>([
  ...['ECONNRESET', 'EPIPE', 'PROTOCOL_CONNECTION_LOST', '57P01', '57P02', '08003', '08006'],
  ...[1053, 1927, 4031],
])

/** What `pg` and `mysql2` say without a code, of a connection that a pool gave out although it was gone. */
const GONE = /connection terminated|connection error|closed state/i

/** Drivers tell by `code` (five characters in PostgreSQL) and `errno` (a number in MySQL). */
function has(codes: ReadonlySet<unknown>, error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  return ('code' in error && codes.has(error.code)) || ('errno' in error && codes.has(error.errno))
}

export const isMissingTable = (error: unknown): boolean => has(MISSING, error)

/** Whether the next connection of the pool may do better. */
export const isLost = (error: unknown): boolean => has(LOST, error) || GONE.test(inWords(error))

/** One of ours, whatever the driver threw. */
export function asFailure(error: unknown, owner: string | undefined): RosterError {
  if (error instanceof RosterError) return error
  const whose = owner === undefined ? '' : ` for ${owner}`
  if (has(BUSY, error)) {
    const message = `Somebody else was at the same rows${whose}, and the database chose them; nothing was written: ${inWords(error)}`
    return new RosterError('STORAGE_CONFLICT', message, { owner, cause: error })
  }
  return new RosterError('STORAGE_FAILED', `The database failed${whose}: ${inWords(error)}`, { owner, cause: error })
}

export function conflict(owner: string): RosterError {
  const message = `The roster of ${owner} is not at the revision that this change was made from; nothing was written.`
  return new RosterError('STORAGE_CONFLICT', message, { owner })
}
