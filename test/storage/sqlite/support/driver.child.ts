// Runs the contract and what else is promised of a driver under node:test, with the driver that is named as an argument:
// `open` finds that one and no other.
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type SqliteDatabase, SqliteStorage } from '../../../../src/sqlite.js'
import { storageContract } from '../../../../src/testing/contract/contract.js'
import { faultPromises } from './faults.js'

const [, , driver = ''] = process.argv

/** npx has put it beside Node.js itself. */
const betterSqlite3 = createRequire(process.execPath).resolve('better-sqlite3')

registerHooks({
  resolve(name, context, next) {
    if (['node:sqlite', 'better-sqlite3', 'libsql'].includes(name) && name !== driver)
      throw new Error(`no ${name} here`)
    return next(name === 'better-sqlite3' ? pathToFileURL(betterSqlite3).href : name, context)
  },
})

async function opener(): Promise<(path: string) => SqliteDatabase> {
  if (driver === 'node:sqlite') {
    const { DatabaseSync } = await import('node:sqlite')
    return (path) => new DatabaseSync(path)
  }
  const { default: Database } = await import('better-sqlite3')
  return (path) => new Database(path)
}

const folder = mkdtempSync(join(tmpdir(), 'xmpp-roster-sqlite-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string): string => join(folder, name)

const runner = {
  describe: (title: string, body: () => void) => void describe(title, body),
  test: (title: string, body: () => Promise<void>) => void test(title, body),
}
storageContract(runner, (name) => SqliteStorage.open(file(`${name}.db`)))
faultPromises(runner, { file, open: await opener() })
