import { CompiledQuery } from 'kysely'
import { expect, onTestFinished, vi } from 'vitest'
import { SqlStorage, type SqlStorageOptions } from '../../../../src/sql.js'
import type { DatabaseServer } from '../../../databases/server.js'

export type Db = SqlStorageOptions['db']

/** What the tests of both kinds of databases need to know of one. */
export interface Kit {
  readonly dialect: SqlStorageOptions['dialect']
  server(): DatabaseServer
  /** The application's Kysely, on a pool of so many connections. */
  connect(url: string, connections?: number): Db
  /** What stands in the message that makes a commit of an existing roster final. */
  readonly finalWords: string
  /** The connections of others that wait for a lock are ended by the administrator; how many there were. */
  endWaiting(db: Db): Promise<number>
}

/** The server's address by another port: that of a proxy. */
export const throughPort = (server: DatabaseServer, port: number): string => {
  const url = new URL(server.url)
  url.port = String(port)
  return url.href
}

let count = 0
/** Tables that no other test knows. */
export const newPrefix = (): string => `test${++count}_`

/** A pool that ends with the test. */
export function database(kit: Kit, connections = 8, url = kit.server().url): Db {
  const db = kit.connect(url, connections)
  onTestFinished(() => db.destroy())
  return db
}

/** A storage with tables of its own. */
export async function storageOn(kit: Kit, db: Db, prefix = newPrefix(), options: Partial<SqlStorageOptions> = {}) {
  const storage = new SqlStorage({ db, dialect: kit.dialect, prefix, ...options })
  await storage.migrate()
  return storage
}

/** What a test looks at, or does, behind the storage's back. */
export async function query<R = Record<string, unknown>>(db: Db, sql: string): Promise<readonly R[]> {
  return (await db.executeQuery<R>(CompiledQuery.raw(sql))).rows
}

/** Looks again until it is so. */
export const eventually = <T>(look: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(look, { timeout: 60_000, interval: 10 })

export const expectFailure = (promise: Promise<unknown>, code: string): Promise<void> =>
  expect(promise).rejects.toMatchObject({ name: 'RosterError', code })
