import { RosterError } from '../../core/errors.js'
import type { Listen } from '../listen.js'
import type {
  OwnersFilter,
  RosterChange,
  RosterChanges,
  RosterStorage,
  StorageListener,
  StoredRoster,
} from '../port.js'
import { type AnyKysely, Connection } from './connection.js'
import type { Dialect } from './dialect.js'
import { asFailure, conflict, isLost } from './failures.js'
import { hear, hearGap, noticeText } from './hearing.js'
import { checkReady, migrate } from './migrate.js'
import { MysqlDialect } from './mysql.js'
import { PostgresDialect } from './postgres.js'
import { tablesOf } from './tables.js'
import { walk } from './walk.js'
import { writeOf } from './write.js'

/** How many connections a read may lose. */
const READS = 3

/** How a {@link SqlStorage} finds its tables. */
export interface SqlStorageOptions {
  /**
   * The application's: 0.28 to 0.30. It stays open when the storage is closed. Plugins do not apply.
   *
   * A pool of `pg` needs two listeners of the application, or a connection that is lost ends the process:
   * `pool.on('error', log)` and `pool.on('connect', (client) => client.on('error', log))`.
   */
  readonly db: AnyKysely
  /**
   * `'postgres'`: PostgreSQL (tested with 15) and PGlite. `'mysql'`: MariaDB (tested with 10.11) and what MySQL 8 has in
   * common with it.
   */
  readonly dialect: 'postgres' | 'mysql'
  /** What the names of the tables begin with: at most 40 letters, digits and underscores. Default `roster_`. */
  readonly prefix?: string
  /**
   * PostgreSQL: commits send a notification, and `watch` hears those of all processes. Each process that commits has to be
   * given one. Default: none, for a notification makes commits wait for each other. MySQL sends none: `UNSUPPORTED`.
   */
  readonly listen?: Listen
}

/**
 * Rosters in PostgreSQL, MariaDB or MySQL, through the Kysely that the application made and closes.
 *
 * Several processes may share the tables. Call {@link SqlStorage.migrate} before anything else. A commit is done when the
 * database says that it is committed: how durable that is, is the database's setting. When the connection is lost in
 * between, its outcome is unknown (`STORAGE_FAILED`); the revision tells. Deadlocks and the like are `STORAGE_CONFLICT`.
 *
 * Every rejection is a `RosterError`. Besides what is named below: `STORAGE_FAILED` when the database cannot be reached,
 * refuses, or has no tables yet, `UNSUPPORTED` when a newer version made them, `CLOSED` after {@link SqlStorage.close}.
 */
export class SqlStorage implements RosterStorage {
  readonly #connection: Connection
  readonly #dialect: Dialect
  readonly #listen: Listen | undefined
  readonly #channel: string
  readonly #stops = new Set<() => Promise<void>>()
  #ready: Promise<void> | undefined
  #closed = false

  /** @throws {RosterError} `UNSUPPORTED` for a prefix that is no part of a name, and for `listen` with MySQL */
  constructor({ db, dialect, prefix = 'roster_', listen }: SqlStorageOptions) {
    if (dialect === 'mysql' && listen !== undefined) {
      const message =
        'MySQL has no notifications: leave `listen` out, and changes of other processes are found at the next commit.'
      throw new RosterError('UNSUPPORTED', message)
    }
    const channel = `${prefix}changes`
    const notice =
      listen && ((owner: string, revision: string | undefined) => ({ channel, text: noticeText(owner, revision) }))
    this.#connection = new Connection(db)
    this.#dialect =
      dialect === 'mysql' ? new MysqlDialect(tablesOf(prefix, '`')) : new PostgresDialect(tablesOf(prefix, '"'), notice)
    this.#listen = listen
    this.#channel = channel
  }

  /**
   * Creates the tables or brings them to the newest version. May be called at every start, by several processes at once;
   * where there is nothing to do it writes nothing. What was there stays.
   *
   * @throws {RosterError} `UNSUPPORTED` when a newer version made the tables, or the database does not speak UTF-8: nothing
   * was changed; `STORAGE_FAILED`: PostgreSQL has undone all of it, elsewhere the next call goes on
   */
  migrate(): Promise<void> {
    return this.#guard(undefined, async () => {
      await migrate(this.#connection, this.#dialect)
      this.#ready = Promise.resolve()
    })
  }

  /** The owner's roster as one moment shows it; `undefined` when there is none. */
  async load(owner: string): Promise<StoredRoster | undefined> {
    const loaded = await this.#read(owner, () => this.#dialect.load(this.#connection, [owner]))
    return loaded.get(owner)
  }

  /** Those of the owners that have a roster: a few round trips for some hundreds of them. Each is of one moment. */
  loadMany(owners: readonly string[]): Promise<ReadonlyMap<string, StoredRoster>> {
    return this.#read(undefined, () => this.#dialect.load(this.#connection, [...new Set(owners)]))
  }

  /**
   * All or nothing, done when it resolves. PostgreSQL: one statement. MySQL: a transaction of its own. It writes what
   * changed.
   *
   * @throws {RosterError} `STORAGE_CONFLICT` when the roster is not at `change.base`, or a deadlock or a lock was in the
   * way: nothing was written; `STORAGE_FAILED`: if the connection was lost, only the revision tells what happened
   */
  async commit(owner: string, change: RosterChange): Promise<void> {
    const write = writeOf(change)
    const done = await this.#prepared(owner, () => this.#dialect.commit(this.#connection, owner, write))
    if (!done) throw conflict(owner)
  }

  /**
   * The owners that were there when the walk began and still are when it comes to them; each once. It reads some hundreds
   * at a time.
   *
   * @throws {RosterError} as all calls; the reason of `signal` when it is aborted
   */
  async *owners(options: OwnersFilter = {}): AsyncGenerator<string, void, undefined> {
    const read = <T>(run: () => Promise<T>): Promise<T> => this.#read(undefined, run)
    yield* walk(this.#connection, this.#dialect, options, read)
  }

  /** What was written since a revision; `undefined` when that is more than some 32 commits ago, or too much to say. */
  changes(owner: string, since: string): Promise<RosterChanges | undefined> {
    return this.#read(owner, () => this.#dialect.changes(this.#connection, owner, since))
  }

  /**
   * Tells of the commits of all processes that were given `listen`, this one included, once they are committed. Without
   * `listen` here there is nothing to tell, and the next commit finds out. What a listener throws is dropped.
   *
   * @throws {RosterError} `STORAGE_FAILED` when the channel cannot be heard, `CLOSED`
   */
  watch(listener: StorageListener): Promise<() => Promise<void>> {
    return this.#guard(undefined, () => this.#watch(listener))
  }

  /** Ends what `watch` began. The application's Kysely stays open. Closing again does nothing. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#stops].map((stop) => stop()))
  }

  async #watch(listener: StorageListener): Promise<() => Promise<void>> {
    if (this.#listen === undefined) return async () => undefined
    let isOn = true
    const end = await this.#listen(
      this.#channel,
      (text) => isOn && hear(listener, text),
      () => isOn && hearGap(listener),
    )
    const stop = async (): Promise<void> => {
      isOn = false
      if (this.#stops.delete(stop)) await this.#guard(undefined, end, true)
    }
    this.#stops.add(stop)
    if (this.#closed) await stop()
    return stop
  }

  /** Pools give out connections that have just been lost: who only reads asks the next one. */
  #read<T>(owner: string | undefined, run: () => Promise<T>): Promise<T> {
    return this.#prepared(owner, async () => {
      for (let left = READS; ; left--) {
        try {
          return await run()
        } catch (error) {
          if (left === 1 || !isLost(error)) throw error
        }
      }
    })
  }

  /** What needs the tables. They are looked at once; again as long as they are not there. */
  #prepared<T>(owner: string | undefined, run: () => Promise<T>): Promise<T> {
    return this.#guard(owner, async () => {
      this.#ready ??= checkReady(this.#connection, this.#dialect)
      try {
        await this.#ready
      } catch (error) {
        this.#ready = undefined
        throw error
      }
      return run()
    })
  }

  /** Whatever a driver throws is one of ours from here on. */
  async #guard<T>(owner: string | undefined, run: () => Promise<T>, evenClosed = false): Promise<T> {
    if (this.#closed && !evenClosed)
      throw new RosterError(
        'CLOSED',
        'This storage was closed: its rosters are in the database, but not to be had here.',
      )
    try {
      return await run()
    } catch (error) {
      throw asFailure(error, owner)
    }
  }
}
