import { RosterError } from '../../core/errors.js'
import type { Connection } from './connection.js'
import type { Dialect } from './dialect.js'
import { isMissingTable } from './failures.js'

/** Brings the tables to the newest version, whoever else tries the same at the same moment. */
export async function migrate(connection: Connection, dialect: Dialect): Promise<void> {
  await checkDatabase(connection, dialect)
  // Who may only read and write rows can still start a process: where nothing is to be done, nothing is touched.
  if ((await knownVersion(connection, dialect)) === dialect.migrations.length) return
  await dialect.migrating(connection, async (locked) => {
    const from = await dialect.version(locked)
    refuseNewer(from, dialect)
    for (const [index, statements] of dialect.migrations.entries()) {
      if (index < from) continue
      for (const sql of statements) await locked.affected({ sql, parameters: [] })
    }
    if (from < dialect.migrations.length) await dialect.setVersion(locked, dialect.migrations.length)
  })
}

/** @throws {RosterError} `UNSUPPORTED` for tables that a newer version made, `STORAGE_FAILED` when `migrate()` is still to come */
export async function checkReady(connection: Connection, dialect: Dialect): Promise<void> {
  await checkDatabase(connection, dialect)
  const version = await knownVersion(connection, dialect)
  if (version === dialect.migrations.length) return
  refuseNewer(version, dialect)
  const found = version === 0 ? 'there are none' : `these are at version ${version}`
  throw new RosterError(
    'STORAGE_FAILED',
    `The tables of the rosters should be at version ${dialect.migrations.length}, but ${found}: call migrate() first.`,
  )
}

/** 0: there are no tables. */
async function knownVersion(connection: Connection, dialect: Dialect): Promise<number> {
  try {
    return await dialect.version(connection)
  } catch (error) {
    if (isMissingTable(error)) return 0
    throw error
  }
}

async function checkDatabase(connection: Connection, dialect: Dialect): Promise<void> {
  const objection = await dialect.objection(connection)
  if (objection === undefined) return
  throw new RosterError('UNSUPPORTED', `Rosters cannot be kept in this database: ${objection}.`)
}

function refuseNewer(version: number, { migrations }: Dialect): void {
  if (version <= migrations.length) return
  const message = `The tables of the rosters are at version ${version}, made by a newer xmpp-roster; this one knows ${migrations.length} at the most. Nothing was changed.`
  throw new RosterError('UNSUPPORTED', message)
}
