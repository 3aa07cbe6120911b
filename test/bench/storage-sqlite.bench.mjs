// SQLite: commits per second through the library, and the very same statements issued directly on the same kind of database.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { Roster } from 'xmpp-roster'
import { SqliteStorage } from 'xmpp-roster/sqlite'
import { row, table } from './support/report.mjs'
import { openSession } from './support/session.mjs'
import { jidOf } from './support/stanzas.mjs'

/** A commit that waits for the disk takes milliseconds, one that does not some ten microseconds. */
const COMMITS = { FULL: 500, NORMAL: 5_000 }
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
  step(storage, at) {
    const put = [{ jid: jidOf(at), name: `Contact ${at}`, groups: ['Friends'], state: 'both' }]
    return storage.commit('romeo@bots.montague.example', { base: String(at), revision: String(at + 1), put })
  },
}

/** The commands of a component, each when the one before it is stored. */
const commands = {
  async open(database) {
    const storage = new SqliteStorage({ database })
    const { roster, owner } = await openSession('component', { Roster, options: { storage } })
    return roster.get(owner)
  },
  step: (own, at) => own.update(jidOf(at), { name: `Contact ${at}`, groups: ['Friends'] }),
}

/**
 * What the work asks of its database: before it begins, and in each step. It is repeated until Node.js has compiled it: the
 * first thousands of steps are slow wherever they are stored.
 */
async function recorded({ open, step }) {
  let before = []
  let steps = []
  for (let round = 0; round < 3; round++) {
    const calls = []
    const subject = await open(recorder(new Database(':memory:'), calls))
    before = calls.splice(0)
    steps = []
    for (let at = 0; at < COMMITS.NORMAL; at++) {
      await step(subject, at)
      steps.push(calls.splice(0))
    }
  }
  return { before, steps }
}

/** Nanoseconds on the wall: a commit waits for the disk, and that is no processor time. */
async function onTheWall(work) {
  const start = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - start)
}

const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

/** In turn, commit by commit: a disk is slow at one moment and fast at the next. */
async function measure({ open, step }, { before, steps }, synchronous) {
  const subject = await open(openFile(synchronous))
  const database = openFile(synchronous)
  const statements = new Map()
  replay(database, statements, before)
  const times = { ours: [], theirs: [] }
  for (let at = 0; at < COMMITS[synchronous]; at++) {
    const ours = async () => times.ours.push(await onTheWall(() => step(subject, at)))
    const theirs = async () => times.theirs.push(await onTheWall(() => replay(database, statements, steps[at])))
    for (const one of at % 2 === 0 ? [ours, theirs] : [theirs, ours]) await one()
  }
  return { ours: middle(times.ours), theirs: middle(times.theirs) }
}

const perSecond = (nanoseconds) => Math.round(1_000_000_000 / nanoseconds)

table(
  'SQLite: one commit after the other',
  'Commits per second through the library, as a share of the very same statements issued directly: the same file system,',
  'driver (libsql) and `synchronous`, in turn. Time on the wall, because a commit waits for the disk; the middle commit.',
)
try {
  for (const [what, work] of [
    ['SqliteStorage.commit', commits],
    ["a component's commands", commands],
  ]) {
    const record = await recorded(work)
    for (const synchronous of ['FULL', 'NORMAL']) {
      const { ours, theirs } = await measure(work, record, synchronous)
      const share = theirs / ours
      const text = `${share.toFixed(2)} (${perSecond(ours)} / ${perSecond(theirs)})`
      row(`${what}, synchronous = ${synchronous}`, share, { text, least: LEAST })
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit()
