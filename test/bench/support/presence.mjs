import { MemoryStorage, Roster } from 'xmpp-roster'
import { compare } from './measure.mjs'
import { microseconds, row, table } from './report.mjs'
import { chunksOf, feed, openSession } from './session.mjs'
import { itemsOf, presencesOf, storedOf } from './stanzas.mjs'

export const CONTACTS = 1_000
/** Each presence of a contact differs from its last one, or it would be no news. */
export const WAVES = 4
/** How often all waves come in one round. */
const REPEATS = 5
const STANZAS = CONTACTS * WAVES

export async function rosterSession(kind) {
  const storage = new MemoryStorage()
  const setting = { Roster, items: itemsOf(CONTACTS), options: { storage } }
  if (kind === 'component')
    await storage.commit('romeo@bots.montague.example', { base: undefined, revision: '1', put: storedOf(CONTACTS) })
  const session = await openSession(kind, setting)
  const { size } = session.roster.get(session.owner)
  if (size !== CONTACTS) throw new Error(`The roster has ${size} contacts.`)
  return session
}

export const wavesFor = (owner) =>
  Array.from({ length: WAVES }, (_, wave) => presencesOf(CONTACTS, wave, owner).join(''))

/** The stanzas as xmpp.js' own parser makes them. */
export async function parsed(kind) {
  const { entity, owner } = await openSession(kind)
  const stanzas = []
  entity.on('stanza', (stanza) => stanzas.push(stanza))
  await feed(entity, chunksOf(wavesFor(owner).join('')))
  return stanzas
}

/** The roster's listener: the one that was added last. */
export const listenerOf = (entity) => entity.listeners('stanza').at(-1)

/**
 * What a program must do by hand to know the same: whose roster, which contact and resource, what it says; kept in maps.
 * No copies, no events, no duplicates told apart, nothing canonical, no limits.
 */
function byHand() {
  const owners = new Map()
  const inner = (map, key) => {
    let found = map.get(key)
    if (found === undefined) {
      found = new Map()
      map.set(key, found)
    }
    return found
  }
  return (stanza) => {
    const { from, to } = stanza.attrs
    const slash = from.indexOf('/')
    inner(inner(owners, to), from.slice(0, slash)).set(from.slice(slash + 1), {
      show: stanza.getChildText('show'),
      status: stanza.getChildText('status'),
      priority: Number(stanza.getChildText('priority')),
    })
  }
}

async function ownShare(kind) {
  const stanzas = await parsed(kind)
  const session = await rosterSession(kind)
  let told = 0
  session.roster.on('presence', () => told++)
  const hear = listenerOf(session.entity)
  const update = byHand()
  const all = (act) => () => {
    for (let repeat = 0; repeat < REPEATS; repeat++) for (const stanza of stanzas) act(stanza)
  }
  const { ratio, theirs } = await compare(all(hear), all(update))
  if (told !== 20 * REPEATS * STANZAS) throw new Error(`${told} presences were told.`)
  const calls = REPEATS * STANZAS
  row('our own share', ratio, {
    text: `${ratio.toFixed(2)} × ${microseconds(theirs / calls)}`,
    most: 2.5,
    unit: ' ×',
  })
}

async function throughput(kind) {
  const bare = await openSession(kind)
  const full = await rosterSession(kind)
  const chunks = chunksOf(wavesFor(bare.owner).join(''))
  let heard = 0
  let told = 0
  bare.entity.on('stanza', () => heard++)
  full.roster.on('presence', () => told++)
  const { ratio, ours } = await compare(
    () => feed(full.entity, chunks),
    () => feed(bare.entity, chunks),
    { rounds: 21 },
  )
  if (told !== heard || told === 0) throw new Error(`${told} presences were told of ${heard}.`)
  row('throughput, XML in to event out', 100 / ratio, {
    text: `${(100 / ratio).toFixed(0)} % (${microseconds(ours / STANZAS)})`,
    least: 82,
    unit: ' %',
  })
}

/** Budgets 1 and 2 of the architecture: what a presence of a known contact costs. */
export async function measurePresence(kind) {
  table(
    `A presence of one of ${CONTACTS} contacts`,
    'Our own share: from the parsed stanza to the told event, in multiples of what a program by hand needs, which splits',
    '`from`, reads show, status and priority with getChildText and keeps them in nested maps, without copies or events.',
    'Throughput: from bytes to our event of `presence`, as a share of bare xmpp.js with one listener of `stanza`.',
  )
  await ownShare(kind)
  await throughput(kind)
}
