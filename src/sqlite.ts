export type { SqliteDatabase, SqliteStatement } from './storage/sqlite/database.js'
export { SqliteStorage, type SqliteStorageOptions } from './storage/sqlite/storage.js'
