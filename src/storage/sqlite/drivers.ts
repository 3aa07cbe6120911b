import { inWords, RosterError } from '../../core/errors.js'
import type { SqliteDatabase } from './database.js'

/** How a package opens files. */
export interface Driver {
  open(path: string): SqliteDatabase
  /** Never makes a file, and never writes to it: not even when it is closed. */
  openToRead(path: string): SqliteDatabase
}

/** In the order in which they are tried. Bundlers leave the imports alone: no application has all three. */
const DRIVERS: readonly (readonly [name: string, load: () => Promise<Driver>])[] = [
  ['node:sqlite', nodeSqlite],
  ['better-sqlite3', betterSqlite3],
  ['libsql', libsql],
]

/**
 * The first driver that is there and works.
 *
 * @throws {RosterError} `UNSUPPORTED` when none of the three is
 */
export async function findDriver(): Promise<Driver> {
  const reasons: string[] = []
  for (const [name, load] of DRIVERS) {
    try {
      const driver = await load()
      // A package may be there without the binary that it needs: it says so when it opens something.
      driver.open(':memory:').close()
      return driver
    } catch (cause) {
      reasons.push(`${name}: ${inWords(cause)}`)
    }
  }
  throw new RosterError(
    'UNSUPPORTED',
    'SQLite should be there: in Node.js itself (node:sqlite, from 22.13 on), or as the package better-sqlite3 or libsql. ' +
      `None of the three could be loaded (${reasons.join('; ')}).`,
  )
}

async function nodeSqlite(): Promise<Driver> {
  const { DatabaseSync } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:sqlite')
  return {
    open: (path) => new DatabaseSync(path),
    openToRead: (path) => new DatabaseSync(path, { readOnly: true }),
  }
}

async function betterSqlite3(): Promise<Driver> {
  const { default: Database } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'better-sqlite3')
  return {
    open: (path) => new Database(path),
    openToRead: (path) => new Database(path, { readonly: true }),
  }
}

async function libsql(): Promise<Driver> {
  const { default: Database } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'libsql')
  return {
    open: (path) => new Database(path),
    // It has no option for it, but takes a URI (https://www.sqlite.org/uri.html).
    openToRead: (path) => new Database(`file:${path.replace(/[%?#]/g, encodeURIComponent)}?mode=ro`),
  }
}
