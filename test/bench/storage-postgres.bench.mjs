// PostgreSQL: commits of many owners at once through the library, and the very same statements issued directly; and what
// loading many owners together saves.
import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { tsImport } from 'tsx/esm/api'
import { Roster } from 'xmpp-roster'
import { SqlStorage } from 'xmpp-roster/sql'
import { compare } from './support/measure.mjs'
import { milliseconds, row, table } from './support/report.mjs'
import { openSession } from './support/session.mjs'
import { jidOf } from './support/stanzas.mjs'

const OWNERS = 64
const COMMITS = 20
const ROUNDS = 20
const LEAST = 0.6
const LOADED = 1_000
const TIMES = 5
/** Connections of each side: fewer than owners, as in life. */
const POOL = 8

const { startPostgres } = await tsImport('../databases/postgres.ts', import.meta.url)
const server = await startPostgres()
const poolOf = () => new pg.Pool({ connectionString: server.url, max: POOL })
const ownerOf = (at) => `owner${at}@bots.montague.example`

/** A Kysely that tells of each statement. */
const kyselyOf = (pool, log) => new Kysely({ dialect: new PostgresDialect({ pool }), ...(log && { log }) })

/** Tables of that name, made or emptied. */
async function emptied(db, prefix) {
  const storage = new SqlStorage({ db, dialect: 'postgres', prefix })
  await storage.migrate()
  const names = ['owners', 'items', 'owed', 'log'].map((name) => prefix + name)
  await db.executeQuery(CompiledQuery.raw(`TRUNCATE ${names.join(', ')}`))
  return storage
}

/** A component whose owners are open, and the work: each owner's commands one by one, all owners at once. */
async function commands(storage) {
  const { roster } = await openSession('component', { Roster, options: { storage } })
  const rosters = []
  for (let at = 0; at < OWNERS; at++) rosters.push(await roster.open(ownerOf(at)))
  const work = async (own) => {
    for (let at = 0; at < COMMITS; at++) await own.update(jidOf(at), { name: `Contact ${at}`, groups: ['Friends'] })
  }
  return { run: () => Promise.all(rosters.map(work)), close: () => roster.close() }
}

/** What the work asks of its database, owner by owner: before it begins, and then. */
async function recorded(pool) {
  const calls = []
  const db = kyselyOf(
    pool,
    ({ level, query: { sql, parameters } }) => level === 'query' && calls.push({ sql, parameters }),
  )
  const { run, close } = await commands(await emptied(db, 'bare_'))
  const before = calls.splice(0).filter(({ sql }) => sql.includes('INSERT INTO "bare_owners"'))
  await run()
  const byOwner = new Map()
  for (const call of calls.splice(0)) {
    const [owner] = call.parameters
    byOwner.set(owner, [...(byOwner.get(owner) ?? []), call])
  }
  if (byOwner.size !== OWNERS) throw new Error(`${byOwner.size} owners have asked for something.`)
  await close()
  return { before, byOwner }
}

/** Nanoseconds on the wall: who waits for a database needs no processor. */
async function onTheWall(work) {
  const start = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - start)
}

/**
 * The fastest round of each side. A server, its ten processes and this one share the processors with whatever else runs:
 * that slows a round, in both sides differently, but never makes it faster.
 */
async function fastest(ours, theirs) {
  const best = { ours: Number.POSITIVE_INFINITY, theirs: Number.POSITIVE_INFINITY }
  for (let round = 0; round < ROUNDS; round++) {
    best.ours = Math.min(best.ours, await ours())
    best.theirs = Math.min(best.theirs, await theirs())
  }
  return { ...best, ratio: best.ours / best.theirs }
}

async function measureCommits(pool, db) {
  const { before, byOwner } = await recorded(pool)
  const ask = ({ sql, parameters }) => pool.query(sql, parameters)
  const ours = async () => {
    const { run, close } = await commands(await emptied(db, 'ours_'))
    const time = await onTheWall(run)
    await close()
    return time
  }
  const theirs = async () => {
    await emptied(db, 'bare_')
    for (const call of before) await ask(call)
    const work = async (calls) => {
      for (const call of calls) if ((await ask(call)).rowCount !== 1) throw new Error('A commit was refused.')
    }
    return onTheWall(() => Promise.all([...byOwner.values()].map(work)))
  }
  return fastest(ours, theirs)
}

async function measureLoads(db) {
  const storage = await emptied(db, 'many_')
  const owners = Array.from({ length: LOADED }, (_, at) => ownerOf(at))
  const put = Array.from({ length: 20 }, (_, at) => ({ jid: jidOf(at), groups: ['Friends'], state: 'both' }))
  await Promise.all(owners.map((owner) => storage.commit(owner, { base: undefined, revision: '1', put })))
  await db.executeQuery(CompiledQuery.raw('ANALYZE'))
  const together = async () => {
    if ((await storage.loadMany(owners)).size !== LOADED) throw new Error('Somebody is missing.')
  }
  const alone = async () => {
    for (const owner of owners) if ((await storage.load(owner)) === undefined) throw new Error('Somebody is missing.')
  }
  return compare(
    () => onTheWall(together),
    () => onTheWall(alone),
    { rounds: 7, warmups: 1 },
  )
}

const pool = poolOf()
const db = kyselyOf(pool)
try {
  table(
    'PostgreSQL: many owners at once',
    `Commits per second of ${OWNERS} owners in flight through the library, as a share of the very same statements issued directly,`,
    `both over ${POOL} connections of pg. Time on the wall, of the fastest of ${ROUNDS} rounds.`,
  )
  const commits = await measureCommits(pool, db)
  const rates = [commits.ours, commits.theirs].map((time) => Math.round((OWNERS * COMMITS * 1e9) / time))
  const text = `${(1 / commits.ratio).toFixed(2)} (${rates.join(' / ')})`
  row("a component's commands", 1 / commits.ratio, { text, least: LEAST })

  table('PostgreSQL: loading many owners', `${LOADED} owners of 20 contacts: how many times as long one by one takes.`)
  const loads = await measureLoads(db)
  const times = [loads.theirs, loads.ours].map(milliseconds).join(' / ')
  row('loadMany', 1 / loads.ratio, { text: `${(1 / loads.ratio).toFixed(1)} × (${times})`, least: TIMES, unit: ' ×' })
} finally {
  await db.destroy()
  await server.stop()
}
process.exit()
