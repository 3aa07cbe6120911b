import { RosterError } from '../../core/errors.js'
import type { Connection } from './connection.js'
import { checkDamage } from './damage.js'
import { asRosterError, type Task } from './failure.js'
import { patiently } from './patience.js'
import { migrate, versionOf } from './schema.js'
import type { Tables } from './tables.js'

/**
 * How the storage sets a connection that it opened. Waiting inside of SQLite stops the whole process, so that is short. FULL:
 * what was committed is on the disk when `commit` resolves, and a power cut loses none of it.
 */
const SETTINGS = ['PRAGMA busy_timeout = 10', 'PRAGMA journal_mode = WAL', 'PRAGMA synchronous = FULL']

/** A connection from the first look at the file to the end: what is done on it, and what goes wrong, passes here. */
export class Session {
  readonly connection: Connection
  readonly #tables: Tables
  #isOurs = false
  #isChecked = false
  #isReady = false
  #isClosed = false
  #damage: RosterError | undefined

  constructor(connection: Connection, tables: Tables) {
    this.connection = connection
    this.#tables = tables
  }

  /** The connection was opened by the storage: it sets it as it likes, and closes it. */
  takeOver(state: { readonly isChecked: boolean }): void {
    this.#isOurs = true
    this.#isChecked = state.isChecked
  }

  /** Runs `work` when the database is ready and not busy. Whatever goes wrong is a `RosterError`. */
  async attempt<T>(task: Task, work: () => T): Promise<T> {
    try {
      return await patiently(() => {
        this.#checkUsable(task)
        if (!this.#isReady) this.#prepare()
        return work()
      })
    } catch (cause) {
      const error = asRosterError(cause, task)
      if (error.code === 'STORAGE_CORRUPT') this.#damage ??= error
      throw error
    }
  }

  checkOpen(): void {
    if (this.#isClosed) throw new RosterError('CLOSED', 'This storage was closed; open the database again.')
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.connection.forget()
    if (!this.#isOurs) return
    try {
      // libsql leaves that undone. A damaged file is not touched any more.
      if (this.#isReady && this.#damage === undefined) this.connection.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      this.connection.close()
    }
  }

  /** What was read from a damaged file may still be of use; what would be written to it may damage the rest. */
  #checkUsable({ commits = false }: Task): void {
    this.checkOpen()
    if (this.#damage === undefined || (this.#isReady && !commits)) return
    throw this.#damage
  }

  /** Nothing is written, not even by a setting, before the file was looked at. */
  #prepare(): void {
    if (!this.#isChecked) examine(this.connection, this.#tables)
    this.#isChecked = true
    if (this.#isOurs) for (const setting of SETTINGS) this.connection.exec(setting)
    migrate(this.connection, this.#tables)
    this.#isReady = true
  }
}

/** Only reads. Throws when the file is damaged, or when a newer version of the library has made the tables. */
export function examine(connection: Connection, tables: Tables): void {
  connection.read(() => {
    checkDamage(connection)
    versionOf(connection, tables)
  })
}
