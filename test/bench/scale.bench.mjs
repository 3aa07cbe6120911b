// Large rosters: what twice as much costs. Linear work takes twice as long, quadratic work four times.
import { MemoryStorage, Roster } from 'xmpp-roster'
import { doubling } from './support/measure.mjs'
import { milliseconds, row, table } from './support/report.mjs'
import { chunksOf, feed, openSession } from './support/session.mjs'
import { itemsOf, jidOf, presencesOf } from './support/stanzas.mjs'

const SIZE = 10_000
/** Twice, and room for caches that overflow and for the garbage collector. */
const MOST = 3

const CONTACTS = new Map([1, 2].map((times) => [times * SIZE, itemsOf(times * SIZE)]))
const PRESENCES = new Map(
  [1, 2].map((times) => [times * SIZE, chunksOf(presencesOf(times * SIZE, 0, 'romeo@montague.example').join(''))]),
)

const expectSize = (roster, count) => {
  if (roster.own.size !== count) throw new Error(`The roster has ${roster.own.size} contacts.`)
}

/** Login: the roster comes as one result. */
const login = async (count) => async () => {
  const { roster } = await openSession('client', { Roster, items: CONTACTS.get(count) })
  expectSize(roster, count)
}

/** The roster again, from a server that does not say what is new, and nothing is. */
const resync = async (count) => {
  const { roster, answerRoster } = await openSession('client', { Roster, items: CONTACTS.get(count) })
  return async () => {
    const answered = answerRoster(CONTACTS.get(count))
    await roster.own.resync()
    await answered
    expectSize(roster, count)
  }
}

/** Everybody is online: all presences in one burst; then the session ends under them. */
const burst = async (count) => {
  const { entity, roster } = await openSession('client', { Roster, items: CONTACTS.get(count) })
  let online = 0
  let offline = 0
  roster.on('online', () => online++)
  roster.on('offline', () => offline++)
  return async () => {
    await feed(entity, PRESENCES.get(count))
    if (online !== count) throw new Error(`${online} contacts are online.`)
    entity._status('disconnect', {})
    if (offline !== count) throw new Error(`${offline} contacts are offline.`)
  }
}

/** Commands for one owner of a component, all at once. */
const queue = async (count) => {
  const { roster, owner } = await openSession('component', { Roster, options: { storage: new MemoryStorage() } })
  const own = roster.get(owner)
  return async () => {
    await Promise.all(Array.from({ length: count }, (_, at) => own.update(jidOf(at), { name: `Contact ${at}` })))
    if (own.size !== count) throw new Error(`The roster has ${own.size} contacts.`)
  }
}

/** The same, each when the one before it is done. */
const oneByOne = async (count) => {
  const { roster, owner } = await openSession('component', { Roster, options: { storage: new MemoryStorage() } })
  const own = roster.get(owner)
  return async () => {
    for (let at = 0; at < count; at++) await own.update(jidOf(at), { name: `Contact ${at}` })
    if (own.size !== count) throw new Error(`The roster has ${own.size} contacts.`)
  }
}

/** Subscriptions are owed: written, sent and settled. */
const subscriptions = async (count) => {
  const { roster, owner } = await openSession('component', { Roster, options: { storage: new MemoryStorage() } })
  const own = roster.get(owner)
  return async () => {
    await Promise.all(Array.from({ length: count }, (_, at) => own.subscribe(jidOf(at))))
    if (own.size !== count) throw new Error(`The roster has ${own.size} contacts.`)
  }
}

table(
  'Twice as much',
  `How many times as long ${2 * SIZE} take as ${SIZE}, and the time of ${SIZE}: 2 is linear, 4 would be quadratic.`,
)
const rows = [
  ['client: a roster at login', login],
  ['client: the same roster once more', resync],
  ['client: presences of all in one burst, then the end', burst],
  ['component: commands for one owner, at once', queue],
  ['component: commands for one owner, one by one', oneByOne],
  ['component: subscriptions of one owner, at once', subscriptions],
]
for (const [what, prepare] of rows) {
  const { ratio, single } = await doubling(prepare, SIZE)
  row(what, ratio, { text: `${ratio.toFixed(2)} × ${milliseconds(single)}`, most: MOST, unit: ' ×' })
}
process.exit()
