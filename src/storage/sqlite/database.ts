/** A prepared statement, as far as the storage uses it. */
export interface SqliteStatement {
  /** All rows, as objects. */
  all(...values: unknown[]): unknown[]
  /** The first row, or `undefined`. */
  get(...values: unknown[]): unknown
  /** For what gives no rows. */
  run(...values: unknown[]): unknown
}

/**
 * What better-sqlite3, node:sqlite (`DatabaseSync`) and libsql have in common: all three answer at once, without promises.
 */
export interface SqliteDatabase {
  /** Runs statements without values. */
  exec(sql: string): unknown
  /** Makes a statement that can be run again and again. */
  prepare(sql: string): SqliteStatement
  /** Called only where the storage has opened the database itself. */
  close(): unknown
}

/** What a statement is given. Booleans and objects are no values: libsql ends the process over them. */
export type SqliteValue = string | number | null

/** A row as the drivers give it: any column may hold anything. */
export type SqliteRow = Readonly<Record<string, unknown>>
