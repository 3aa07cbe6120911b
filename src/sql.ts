export type { Listen } from './storage/listen.js'
export type { AnyKysely } from './storage/sql/connection.js'
export { postgresListen } from './storage/sql/postgres-listen.js'
export { SqlStorage, type SqlStorageOptions } from './storage/sql/storage.js'
