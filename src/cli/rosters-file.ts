import { existsSync } from 'node:fs'
import type { SqliteStorage } from '../sqlite.js'
import { fileInvalid, notFound } from './errors.js'

/**
 * Opens a SQLite file that somebody has named. Whoever mistypes a name wants no new database, and no tables in that of another
 * program.
 *
 * @throws {CommandError} `NOT_FOUND`, `FILE_INVALID` for one without rosters: it is as it was; {@link RosterError} as
 * `SqliteStorage.open` says
 */
export async function openRosters(path: string): Promise<SqliteStorage> {
  if (!existsSync(path)) throw notFound(`${shown(path)} is not there; nothing was made.`)
  const { hasRosters } = await import('./rosters-look.js')
  if (!(await hasRosters(path)))
    throw fileInvalid(`${shown(path)} should hold rosters of xmpp-roster, but holds none; it was left as it is.`)
  const { SqliteStorage } = await import('../sqlite.js')
  return SqliteStorage.open(path)
}

/** What was meant for an address may have a password in it. */
const shown = (path: string): string => path.replace(/:\/\/.*@/s, '://…@')
