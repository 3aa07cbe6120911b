import Libsql from 'libsql'
import type { SqliteDatabase } from '../../../../src/sqlite.js'

/**
 * Opens a database with the driver that `SqliteStorage.open` finds here: node:sqlite where it is there, or else libsql. Two
 * copies of SQLite in one process do not see each other's locks.
 */
export const openDatabase: (path: string) => SqliteDatabase = await import('node:sqlite').then(
  ({ DatabaseSync }) =>
    (path) =>
      new DatabaseSync(path),
  () => (path) => new Libsql(path),
)
