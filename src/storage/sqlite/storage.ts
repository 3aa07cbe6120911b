import { RosterError } from '../../core/errors.js'
import type { OwnersFilter, RosterChange, RosterStorage, StoredRoster } from '../port.js'
import { Connection } from './connection.js'
import type { SqliteDatabase } from './database.js'
import { type Driver, findDriver } from './drivers.js'
import { asRosterError } from './failure.js'
import { pauseFor } from './patience.js'
import { type Place, Rosters } from './rosters.js'
import { examine, Session } from './session.js'
import { DEFAULT_PREFIX, type Tables, tablesOf } from './tables.js'

/** Owners that a walk reads at once. */
const PAGE = 500

/** Rosters that {@link SqliteStorage.loadMany} reads before it lets others go on. */
const BATCH = 100

/** What {@link SqliteStorage} is made of. */
export interface SqliteStorageOptions {
  /** An open database of node:sqlite, better-sqlite3 or libsql. Its settings stay as they are, and it is not closed. */
  readonly database: SqliteDatabase
  /** What the names of the tables begin with: ASCII letters, digits and underscores. Default `roster_`. */
  readonly prefix?: string
}

/**
 * Keeps rosters in an SQLite database: one file, which several processes on one machine may share.
 *
 * `open` is the usual way. It uses a write-ahead log with `synchronous = FULL`: what was committed is on the disk when
 * `commit` resolves, so that neither a killed process nor a power cut loses any of it. A database that the application
 * opened itself keeps its own `journal_mode`, `synchronous` and `busy_timeout`; whatever they are, a killed process loses
 * nothing that was committed, unless the journal is `OFF` or `MEMORY`.
 *
 * The tables are made, or brought up to date, when they are first needed. Before that the structure of the file is read
 * once, whole, and a damaged one is not written to. What other processes commit shows with the next `load`, or as a
 * conflict.
 *
 * Every call may reject with `STORAGE_FAILED` (disk full, file gone, busy for 5 seconds …), `STORAGE_CORRUPT` (the file is
 * damaged; from then on it is not written to), `UNSUPPORTED` (a newer xmpp-roster has made the tables) or `CLOSED`. Nothing
 * was written then, and everything that was committed before is still there.
 */
export class SqliteStorage implements RosterStorage {
  readonly #session: Session
  readonly #rosters: Rosters

  /** @throws {RosterError} `UNSUPPORTED` for a prefix that is none */
  constructor({ database, prefix = DEFAULT_PREFIX }: SqliteStorageOptions) {
    const tables = tablesOf(prefix)
    const connection = new Connection(database)
    this.#session = new Session(connection, tables)
    this.#rosters = new Rosters(connection, tables)
  }

  /**
   * Opens a file with the first driver that is there: node:sqlite, better-sqlite3, libsql. Makes the file when there is
   * none. `:memory:` is a database of its own, gone when it is closed. Done when the tables are there and up to date.
   *
   * @throws {RosterError} `UNSUPPORTED` when none of the three is there, the path is empty, the prefix is none or a newer
   * xmpp-roster has made the tables; `STORAGE_CORRUPT` when the file is damaged; `STORAGE_FAILED` when it cannot be opened.
   * Nothing was changed then.
   */
  static async open(path: string, options: { readonly prefix?: string } = {}): Promise<SqliteStorage> {
    const tables = tablesOf(options.prefix ?? DEFAULT_PREFIX)
    if (path === '') throw noPath()
    const driver = await findDriver()
    const isChecked = path !== ':memory:' && examineFile(driver, path, tables)
    const storage = new SqliteStorage({ ...options, database: openFile(driver, path) })
    storage.#session.takeOver({ isChecked })
    try {
      await storage.#session.attempt({}, () => undefined)
    } catch (cause) {
      await storage.close()
      throw cause
    }
    return storage
  }

  /**
   * The owner's roster as of the last commit; `undefined` when there is none.
   *
   * @throws {RosterError} see {@link SqliteStorage}
   */
  load(owner: string): Promise<StoredRoster | undefined> {
    return this.#session.attempt({ owner }, () => this.#rosters.load([owner]).get(owner))
  }

  /**
   * Those of the owners that have a roster; each roster is of one moment. Many are read in batches, and others go on between
   * them.
   *
   * @throws {RosterError} see {@link SqliteStorage}
   */
  async loadMany(owners: readonly string[]): Promise<ReadonlyMap<string, StoredRoster>> {
    const rosters = new Map<string, StoredRoster>()
    for (let from = 0; from === 0 || from < owners.length; from += BATCH) {
      if (from > 0) await pauseFor(0)
      const batch = owners.slice(from, from + BATCH)
      const loaded = await this.#session.attempt({}, () => this.#rosters.load(batch))
      for (const [owner, roster] of loaded) rosters.set(owner, roster)
    }
    return rosters
  }

  /**
   * One transaction, all or nothing; on the disk when it resolves (see {@link SqliteStorage} for a database that the
   * application opened).
   *
   * @throws {RosterError} `STORAGE_CONFLICT` when the roster is not at `change.base`, or when others kept the database busy
   * for 5 seconds; otherwise see {@link SqliteStorage}. Nothing was written then.
   */
  commit(owner: string, change: RosterChange): Promise<void> {
    return this.#session.attempt({ owner, commits: true }, () => this.#rosters.commit(owner, change))
  }

  /**
   * Each owner once that is there when the walk comes to it. Owners are read by the page, in an order that commits do not
   * change: who is there all the time is named, whatever is committed meanwhile.
   *
   * @throws {RosterError} see {@link SqliteStorage}; the reason of `signal` when it is aborted
   */
  async *owners(options: OwnersFilter = {}): AsyncGenerator<string, void, undefined> {
    let last: Place = { domain: options.domain ?? '', jid: '' }
    let page: readonly Place[]
    do {
      options.signal?.throwIfAborted()
      page = await this.#session.attempt({}, () => this.#rosters.page(options, last, PAGE))
      for (const place of page) {
        options.signal?.throwIfAborted()
        this.#session.checkOpen()
        last = place
        yield place.jid
      }
    } while (page.length === PAGE)
    options.signal?.throwIfAborted()
  }

  /**
   * Closes what `open` opened; a database that the application handed over stays open. Every later call rejects with
   * `CLOSED`. Closing again does nothing.
   *
   * @throws {RosterError} `STORAGE_FAILED` when the database does not close
   */
  async close(): Promise<void> {
    try {
      this.#session.close()
    } catch (cause) {
      throw asRosterError(cause, {})
    }
  }
}

/** SQLite takes it for a file that nobody else needs, and deletes that when it is closed. */
const noPath = (): RosterError =>
  new RosterError(
    'UNSUPPORTED',
    'A path should name a file (":memory:": none), but an empty text came. Nothing was opened.',
  )

/** Looks at the file without being able to write. `false`: it is not there, or cannot be read that way. */
function examineFile(driver: Driver, path: string, tables: Tables): boolean {
  let database: SqliteDatabase
  try {
    database = driver.openToRead(path)
  } catch {
    // Whoever opens it to write says what is wrong.
    return false
  }
  try {
    // A folder can be opened to read as well, and what is read from it is anything. Opening alone writes nothing.
    openFile(driver, path).close()
    examine(new Connection(database), tables)
    return true
  } catch (cause) {
    const error = asRosterError(cause, {})
    // A journal that a crash left behind must be played back first, which takes somebody who may write.
    if (error.code === 'STORAGE_FAILED') return false
    throw error
  } finally {
    database.close()
  }
}

function openFile(driver: Driver, path: string): SqliteDatabase {
  try {
    return driver.open(path)
  } catch (cause) {
    throw asRosterError(cause, {})
  }
}
