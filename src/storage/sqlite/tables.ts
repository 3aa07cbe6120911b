import { RosterError } from '../../core/errors.js'
import { shorten } from '../../core/text.js'

/** What the names of the tables begin with unless something else is said. */
export const DEFAULT_PREFIX = 'roster_'

/** The names of the tables, quoted for SQL. */
export interface Tables {
  readonly prefix: string
  readonly schema: string
  readonly owners: string
  readonly items: string
  readonly owed: string
}

/**
 * The tables of a prefix.
 *
 * @throws {RosterError} `UNSUPPORTED` for a prefix that is not made of letters, digits and underscores, or that SQLite
 * keeps for itself
 */
export function tablesOf(prefix: string): Tables {
  if (!/^\w*$/.test(prefix) || /^sqlite_/i.test(prefix)) {
    throw new RosterError(
      'UNSUPPORTED',
      `A prefix should be ASCII letters, digits and underscores and not begin with "sqlite_", but "${shorten(prefix)}" came.`,
    )
  }
  const named = (name: string): string => `"${prefix}${name}"`
  return { prefix, schema: named('schema'), owners: named('owners'), items: named('items'), owed: named('owed') }
}
