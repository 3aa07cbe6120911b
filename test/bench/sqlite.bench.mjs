// SQLite: commits per second through the library, and the very same statements issued directly on the same kind of database.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { Roster } from 'xmpp-roster'
import { SqliteStorage } from 'xmpp-roster/sqlite'
import { compare } from './support/measure.mjs'
import { row, table } from './support/report.mjs'
import { openSession } from './support/session.mjs'
import { jidOf } from './support/stanzas.mjs'

/** A commit that waits for the disk takes milliseconds, one that does not some ten microseconds. */
const COMMITS = { FULL: 100, NORMAL: 2_000 }
const LEAST = 0.6

const folder = mkdtempSync(join(tmpdir(), 'xmpp-roster-bench-'))
let files = 0

/** An empty database in a file of its own, set as `SqliteStorage.open` sets it but for `synchronous`. */
function openFile(synchronous) {
  const database = new Database(join(folder, `${files++}.db`))
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
  return database
}

/** Hands everything on to a database and keeps what was asked of it. */
function recorder(database, calls) {
  return {
    exec: (sql) => {
      calls.push({ method: 'exec', sql })
      return database.exec(sql)
    },
    prepare: (sql) => {
      const statement = database.prepare(sql)
      const called =
        (method) =>
        (...values) => {
          calls.push({ method, sql, values })
          return statement[method](...values)
        }
      return { all: called('all'), get: called('get'), run: called('run') }
    },
    close: () => database.close(),
  }
}

/** Issues what was recorded, each statement prepared once. */
function replay(database, statements, calls) {
  for (const { method, sql, values } of calls) {
    if (method === 'exec') {
      database.exec(sql)
      continue
    }
    if (!statements.has(sql)) statements.set(sql, database.prepare(sql))
    statements.get(sql)[method](...values)
  }
}

/** `SqliteStorage.commit`: one item at a time. */
const commits = {
  async open(database) {
    const storage = new SqliteStorage({ database })
    await storage.commit('romeo@bots.montague.example', { base: undefined, revision: '0' })
    return storage
  },
  async run(storage, count) {
    for (let at = 0; at < count; at++) {
      const put = [{ jid: jidOf(at), name: `Contact ${at}`, groups: ['Friends'], state: 'both' }]
      await storage.commit('romeo@bots.montague.example', { base: String(at), revision: String(at + 1), put })
    }
  },
}

/** The commands of a component, each when the one before it is stored. */
const commands = {
  async open(database) {
    const storage = new SqliteStorage({ database })
    const { roster, owner } = await openSession('component', { Roster, options: { storage } })
    return roster.get(owner)
  },
  async run(own, count) {
    for (let at = 0; at < count; at++) await own.update(jidOf(at), { name: `Contact ${at}`, groups: ['Friends'] })
  },
}

/** What the work asks of its database: before it begins, and then. */
async function recorded({ open, run }, count) {
  const calls = []
  const subject = await open(recorder(new Database(':memory:'), calls))
  const before = calls.splice(0)
  await run(subject, count)
  return { before, calls: calls.splice(0) }
}

/** Nanoseconds on the wall: a commit waits for the disk, and that is no processor time. */
async function onTheWall(work) {
  const start = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - start)
}

async function measure(work, synchronous) {
  const count = COMMITS[synchronous]
  const { before, calls } = await recorded(work, count)
  const ours = async () => {
    const database = openFile(synchronous)
    const subject = await work.open(database)
    return onTheWall(() => work.run(subject, count))
  }
  const theirs = () => {
    const database = openFile(synchronous)
    const statements = new Map()
    replay(database, statements, before)
    return onTheWall(() => replay(database, statements, calls))
  }
  return compare(ours, theirs, { rounds: 9, warmups: 2 })
}

const perSecond = (count, nanoseconds) => Math.round((count * 1_000_000_000) / nanoseconds)

table(
  'SQLite: one commit after the other',
  'Commits per second through the library, as a share of the very same statements issued directly: the same file system,',
  'driver (libsql) and `synchronous`. Time on the wall, because a commit waits for the disk.',
)
try {
  for (const synchronous of ['FULL', 'NORMAL']) {
    for (const [what, work] of [
      ['SqliteStorage.commit', commits],
      ["a component's commands", commands],
    ]) {
      const { ratio, ours, theirs } = await measure(work, synchronous)
      const [ourRate, theirRate] = [ours, theirs].map((time) => perSecond(COMMITS[synchronous], time))
      const text = `${(1 / ratio).toFixed(2)} (${ourRate} / ${theirRate})`
      row(`${what}, synchronous = ${synchronous}`, 1 / ratio, { text, least: LEAST })
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit()
