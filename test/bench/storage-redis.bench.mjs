// Redis: commits per second of many owners at once through the library, and the very same commands over the same connection.
import { Roster } from 'xmpp-roster'
import { RedisStorage } from 'xmpp-roster/redis'
import { compare } from './support/measure.mjs'
import { startRedis } from './support/redis.mjs'
import { row, table } from './support/report.mjs'
import { openSession } from './support/session.mjs'
import { jidOf } from './support/stanzas.mjs'

const IN_FLIGHT = 64
const COMMITS_EACH = 200
const LEAST = 0.6
const LOADED = 1_000
const ITEMS_EACH = [3, 20]
const LEAST_TOGETHER = 5

const owners = (count) => Array.from({ length: count }, (_, at) => `owner${at}@bots.montague.example`)

/** Hands everything on to a client and keeps what was asked of it, by the key that comes first: one list for each owner. */
function recorder(client, lists) {
  return {
    call(...command) {
      const [name, , , key] = command
      if (name === 'EVALSHA') {
        if (!lists.has(key)) lists.set(key, [])
        lists.get(key).push(command)
      }
      return client.call(...command)
    },
  }
}

/** `RedisStorage.commit`: one item at a time. */
const commits = {
  async open(client) {
    const storage = new RedisStorage({ client })
    const names = owners(IN_FLIGHT)
    await Promise.all(names.map((owner) => storage.commit(owner, { base: undefined, revision: '0' })))
    return names.map((owner) => (at) => {
      const put = [{ jid: jidOf(at), name: `Contact ${at}`, groups: ['Friends'], state: 'both' }]
      return storage.commit(owner, { base: String(at), revision: String(at + 1), put })
    })
  },
}

/** The commands of a component: each owner's next one when the one before it is stored. */
const commands = {
  async open(client) {
    const storage = new RedisStorage({ client })
    const { roster } = await openSession('component', { Roster, options: { storage } })
    const rosters = await Promise.all(owners(IN_FLIGHT).map((owner) => roster.open(owner)))
    return rosters.map((own) => (at) => own.update(jidOf(at), { name: `Contact ${at}`, groups: ['Friends'] }))
  },
}

const run = (works) =>
  Promise.all(
    works.map(async (work) => {
      for (let at = 0; at < COMMITS_EACH; at++) await work(at)
    }),
  )

/** What the work asks of Redis: before it begins, and then. */
async function recorded({ open }, client) {
  await client.flushdb()
  const lists = new Map()
  const works = await open(recorder(client, lists))
  const before = [...lists.values()].flat()
  lists.clear()
  await run(works)
  return { before, lists: [...lists.values()] }
}

/** Nanoseconds on the wall: half of the work is done in another process. */
async function onTheWall(work) {
  const start = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - start)
}

async function measureCommits(work, client) {
  const { before, lists } = await recorded(work, client)
  const ours = async () => {
    await client.flushdb()
    const works = await work.open(client)
    return onTheWall(() => run(works))
  }
  const theirs = async () => {
    await client.flushdb()
    for (const command of before) await client.call(...command)
    const replay = async (list) => {
      for (const command of list) await client.call(...command)
    }
    return onTheWall(() => Promise.all(lists.map(replay)))
  }
  return compare(ours, theirs, { rounds: 7, warmups: 3 })
}

/** One after the other, and all together. */
async function measureLoads(client, items) {
  await client.flushdb()
  const storage = new RedisStorage({ client })
  const names = owners(LOADED)
  const put = Array.from({ length: items }, (_, at) => ({ jid: jidOf(at), groups: ['Friends'], state: 'both' }))
  await Promise.all(names.map((owner) => storage.commit(owner, { base: undefined, revision: '0', put })))
  const one = async () => {
    for (const owner of names) await storage.load(owner)
  }
  const many = () => storage.loadMany(names)
  return compare(
    () => onTheWall(many),
    () => onTheWall(one),
    { rounds: 9, warmups: 5 },
  )
}

const perSecond = (count, nanoseconds) => Math.round((count * 1_000_000_000) / nanoseconds)

const server = await startRedis()
if (server === undefined) {
  console.log('  Left out: redis-server is not installed.')
  process.exit()
}
try {
  table(
    `Redis: ${IN_FLIGHT} owners in flight`,
    'Commits per second through the library, as a share of the very same commands over the same connection of ioredis.',
  )
  for (const [what, work] of [
    ['RedisStorage.commit', commits],
    ["a component's commands", commands],
  ]) {
    const { ratio, ours, theirs } = await measureCommits(work, server.client)
    const [ourRate, theirRate] = [ours, theirs].map((time) => perSecond(IN_FLIGHT * COMMITS_EACH, time))
    row(what, 1 / ratio, { text: `${(1 / ratio).toFixed(2)} (${ourRate} / ${theirRate})`, least: LEAST })
  }
  table(
    `Redis: ${LOADED} owners`,
    'How many times as fast loadMany is as one load after the other. What is loaded costs the same either way: the more',
    'contacts, the less the way there and back counts, of which the loopback interface has the shortest.',
  )
  for (const items of ITEMS_EACH) {
    const { ratio, ours, theirs } = await measureLoads(server.client, items)
    const [many, one] = [ours, theirs].map((time) => `${(time / 1_000_000).toFixed(1)} ms`)
    const budget = items === ITEMS_EACH[0] ? { least: LEAST_TOGETHER } : {}
    row(`${items} contacts each`, 1 / ratio, { text: `${(1 / ratio).toFixed(1)} (${many} / ${one})`, ...budget })
  }
} finally {
  await server.stop()
}
process.exit()
