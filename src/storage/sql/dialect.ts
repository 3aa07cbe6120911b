import type { RosterChanges, StoredRoster } from '../port.js'
import type { Connection } from './connection.js'
import type { Write } from './write.js'

/** The owners that one page of a walk is about. */
export interface Page {
  /** Ids behind this one, */
  readonly after: string
  /** and up to this one. */
  readonly last: string
  readonly domain: string | undefined
  readonly having: 'owed' | 'request' | undefined
  readonly limit: number
}

/** One row of such a page. */
export interface PageRow {
  readonly id: string
  readonly owner: string
}

/** The commits that the log keeps of each owner: at least this many, */
export const KEPT_COMMITS = 32
/** and at most so many more, because they are deleted together. */
export const SPARE_COMMITS = 16

/** What differs between PostgreSQL and MySQL: the statements. What goes wrong in them is thrown as the driver does. */
export interface Dialect {
  /** `false`: the roster is not at `write.base`; nothing was written. */
  commit(connection: Connection, owner: string, write: Write): Promise<boolean>
  /** Each roster as one moment shows it. Owners without one are missing. */
  load(connection: Connection, owners: readonly string[]): Promise<ReadonlyMap<string, StoredRoster>>
  changes(connection: Connection, owner: string, since: string): Promise<RosterChanges | undefined>
  /** The greatest id that was given so far; `undefined` when there is no owner. */
  lastId(connection: Connection): Promise<string | undefined>
  page(connection: Connection, page: Page): Promise<readonly PageRow[]>
  /** Why this database cannot be used; `undefined` when it can. */
  objection(connection: Connection): Promise<string | undefined>
  /** The version of the tables; throws when there are none. */
  version(connection: Connection): Promise<number>
  /** Runs while no other process migrates, in a transaction where that is of use; the table of versions is there. */
  migrating(connection: Connection, run: (locked: Connection) => Promise<void>): Promise<void>
  /** Writes down that the tables are at this version. */
  setVersion(connection: Connection, version: number): Promise<void>
  /** The statements that lead from each version to the next; the first makes the tables. Each may run again after a crash. */
  readonly migrations: readonly (readonly string[])[]
}
