// A process that writes to a database until it has done its work or is killed: `writer.child.ts <task> <path> …`.
import { once } from 'node:events'
import { SqliteStorage } from '../../../../src/sqlite.js'
import { create, item, owed, retrying } from '../../../../src/testing/contract/subject.js'

const [, , task = '', path = '', name = '', count = ''] = process.argv
const storage = await SqliteStorage.open(path)

/** A pipe is written to at once, so what was said is known even when the process is killed right after it. */
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const TASKS: Readonly<Record<string, () => Promise<void>>> = {
  /** One new roster after the other, without end; each is said when it was acknowledged. */
  async create() {
    for (let at = 0; ; at++) {
      const owner = `${name}-${at}@example.net`
      await create(storage, owner, { put: [item(owner, { name: 'x'.repeat(500) })], owe: [owed('a')] })
      say(owner)
    }
  },
  /** One contact after the other in a roster that others write to as well. */
  async share() {
    say('ready')
    await once(process.stdin, 'data')
    for (let at = 0; at < Number(count); at++) {
      await retrying(storage, 'shared@example.net', (roster) => ({
        put: [item(`${name}-${at}@example.com`)],
        version: String(Number(roster?.version ?? '0') + 1),
      }))
    }
    process.stdin.destroy()
    await storage.close()
  },
  /** Holds the lock for writing until it is told to let it go. */
  async lock() {
    const { default: Database } = await import('libsql')
    const database = new Database(path)
    database.exec('BEGIN IMMEDIATE')
    say('locked')
    await once(process.stdin, 'data')
    database.exec('COMMIT')
    process.stdin.destroy()
    say('free')
  },
}

await TASKS[task]?.()
