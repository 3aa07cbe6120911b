import type { Connection } from './connection.js'
import { damaged } from './failure.js'

/** Rows of an application's own tables that break its own rules are no damage of the file. */
const RULE = /^(?:NULL value in|CHECK constraint failed in|non-\w+ value in|\w+ value in) /

/**
 * Reads the whole structure of the file, and writes nothing.
 *
 * @throws {RosterError} `STORAGE_CORRUPT`; what SQLite itself throws when it cannot read at all
 */
export function checkDamage(connection: Connection): void {
  const found = connection
    .all('PRAGMA quick_check')
    .map(({ quick_check: line }) => String(line))
    .filter((line) => line !== 'ok' && !RULE.test(line))
  if (found.length > 0) throw damaged(`The database should be a sound SQLite file, but it is damaged: ${found[0]}`)
}
