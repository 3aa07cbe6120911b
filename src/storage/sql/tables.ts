import { RosterError } from '../../core/errors.js'

/** The names of the tables, ready to stand in a statement. */
export interface Tables {
  readonly owners: string
  readonly items: string
  readonly owed: string
  readonly log: string
  readonly schema: string
  /** The name of an index of a table. */
  index(name: string): string
}

/** PostgreSQL has room for 63 bytes in a name; the longest of ours needs 14 of them. */
const PREFIX = /^[A-Za-z0-9_]{0,40}$/

/** @throws {RosterError} `UNSUPPORTED` for a prefix that is no part of a name */
export function tablesOf(prefix: string, quote: '"' | '`'): Tables {
  if (!PREFIX.test(prefix)) {
    const expected = 'at most 40 letters, digits and underscores'
    throw new RosterError('UNSUPPORTED', `The prefix of the tables should be ${expected}, but "${prefix}" came.`)
  }
  const named = (name: string): string => `${quote}${prefix}${name}${quote}`
  return {
    owners: named('owners'),
    items: named('items'),
    owed: named('owed'),
    log: named('log'),
    schema: named('schema'),
    index: named,
  }
}
