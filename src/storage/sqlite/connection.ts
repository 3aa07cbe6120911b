import { RosterError } from '../../core/errors.js'
import type { SqliteDatabase, SqliteRow, SqliteStatement, SqliteValue } from './database.js'

/** One connection to a database: its statements, each prepared once, and its transactions. */
export class Connection {
  readonly #database: SqliteDatabase
  readonly #statements = new Map<string, SqliteStatement>()

  constructor(database: SqliteDatabase) {
    this.#database = database
  }

  /** One statement or several, without values; what they give is dropped. */
  exec(sql: string): void {
    this.#database.exec(sql)
  }

  all(sql: string, ...values: readonly SqliteValue[]): readonly SqliteRow[] {
    return this.#prepared(sql).all(...checked(values)) as readonly SqliteRow[]
  }

  get(sql: string, ...values: readonly SqliteValue[]): SqliteRow | undefined {
    return this.#prepared(sql).get(...checked(values)) as SqliteRow | undefined
  }

  run(sql: string, ...values: readonly SqliteValue[]): void {
    this.#prepared(sql).run(...checked(values))
  }

  /** Everything that `work` reads is of one moment. The lock is taken at once, as for writing. */
  read<T>(work: () => T): T {
    return this.#transaction('BEGIN', () => {
      this.exec('SELECT 1 FROM sqlite_master LIMIT 0')
      return work()
    })
  }

  /** Takes the lock for writing before anything is read, so that nobody comes in between; all or nothing. */
  write<T>(work: () => T): T {
    return this.#transaction('BEGIN IMMEDIATE', work)
  }

  /** Lets go of the statements. */
  forget(): void {
    this.#statements.clear()
  }

  close(): void {
    this.#database.close()
  }

  /**
   * What may find the database busy is not prepared: libsql does not reset a statement that failed so, and it stands in the
   * way of every transaction from then on.
   */
  #transaction<T>(begin: string, work: () => T): T {
    // When this fails there is no transaction, or one of the application, which is not ours to end.
    this.exec(begin)
    try {
      const result = work()
      this.exec('COMMIT')
      return result
    } catch (cause) {
      this.#rollBack()
      throw cause
    }
  }

  #rollBack(): void {
    try {
      this.exec('ROLLBACK')
    } catch {
      // After a full disk or an I/O error SQLite has rolled back by itself, and says that there is nothing to roll back.
    }
  }

  #prepared(sql: string): SqliteStatement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

/** The types promise it, but what an application hands over may be anything, and libsql ends the process over a boolean. */
function checked(values: readonly SqliteValue[]): readonly SqliteValue[] {
  for (const value of values) {
    if (typeof value === 'string' || typeof value === 'number' || value === null) continue
    throw new RosterError('STORAGE_FAILED', `Text, a number or nothing can be stored, but ${typeof value} came.`)
  }
  return values
}
