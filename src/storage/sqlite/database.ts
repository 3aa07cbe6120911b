/** A prepared statement, as far as the storage uses it. */
export interface SqliteStatement {
  all(...values: unknown[]): unknown[]
  get(...values: unknown[]): unknown
  run(...values: unknown[]): unknown
}

/** What better-sqlite3, node:sqlite (`DatabaseSync`) and libsql have in common: all three answer at once, without promises. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
  close(): unknown
}

/** What a statement is given. Booleans and objects are no values: libsql ends the process over them. */
export type SqliteValue = string | number | null

/** A row as the drivers give it: any column may hold anything. */
export type SqliteRow = Readonly<Record<string, unknown>>
