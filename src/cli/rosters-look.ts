import { Connection } from '../storage/sqlite/connection.js'
import { type Driver, findDriver } from '../storage/sqlite/drivers.js'
import { asRosterError, failureOf } from '../storage/sqlite/failure.js'
import { patiently } from '../storage/sqlite/patience.js'
import { versionOf } from '../storage/sqlite/schema.js'
import { DEFAULT_PREFIX, tablesOf } from '../storage/sqlite/tables.js'

/**
 * Whether a SQLite file has the tables of rosters. Nothing is written to it.
 *
 * @throws {RosterError} `UNSUPPORTED` without a driver, or when a newer xmpp-roster has made the tables; `STORAGE_CORRUPT`,
 * `STORAGE_FAILED` when that cannot be told
 */
export async function hasRosters(path: string): Promise<boolean> {
  const driver = await findDriver()
  const look = (open: Driver['open']): Promise<boolean> => patiently(() => hasTables(open, path))
  try {
    return await look(driver.openToRead).catch((cause: unknown) => {
      // What a crash has left beside a file is played back by somebody who may write.
      if (failureOf(cause) === 'other') return look(driver.open)
      throw cause
    })
  } catch (cause) {
    throw asRosterError(cause, {})
  }
}

function hasTables(open: Driver['open'], path: string): boolean {
  const connection = new Connection(open(path))
  try {
    return versionOf(connection, tablesOf(DEFAULT_PREFIX)) > 0
  } finally {
    connection.forget()
    connection.close()
  }
}
