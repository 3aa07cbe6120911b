// Budget 3 of the architecture: what a contact costs in memory, and that no packet stays behind it.
import { Roster } from 'xmpp-roster'
import { heapOf } from './support/measure.mjs'
import { row, table } from './support/report.mjs'
import { chunksOf, feed, openSession, rosterResult } from './support/session.mjs'
import { itemsOf, presencesOf } from './support/stanzas.mjs'

const CONTACTS = 100_000
const MOST = 300

/** A storage elsewhere: in a file, or a database. */
const elsewhere = {
  load: async () => undefined,
  commit: async () => undefined,
  owners: async function* () {},
}

/** What is kept of all contacts, in bytes for one. The first session of a process pays for what all share. */
async function bytesEach(make) {
  await make(1_000)
  const { bytes, kept } = await heapOf(() => make(CONTACTS))
  if (sizeOf(kept) !== CONTACTS) throw new Error(`${sizeOf(kept)} contacts were kept.`)
  return bytes / CONTACTS
}

const sizeOf = (kept) => kept.size ?? kept.roster.own.size

const rosterOf = (options) => (count) => openSession('client', { Roster, items: itemsOf(count), options })

/** The same contacts from the same parser in maps by hand, as the attributes come: they hold the packet. */
async function mapsOf(count) {
  const { entity } = await openSession('client')
  const roster = new Map()
  entity.on('stanza', (iq) => {
    for (const { attrs, children } of iq.getChild('query').getChildren('item')) {
      const groups = new Set(children.map((group) => group.getText()))
      roster.set(attrs.jid, { name: attrs.name, subscription: attrs.subscription, groups })
    }
  })
  await feed(entity, chunksOf(rosterResult('1', itemsOf(count))))
  return roster
}

const bytes = (value) => ({ text: `${value.toFixed(0)} bytes` })

const WAVES = 3

/** Presences over and over: what is kept is the last of each contact, and nothing of its packet. */
async function presenceBytes() {
  const session = await openSession('client', {
    Roster,
    items: itemsOf(CONTACTS / 10),
    options: { storage: elsewhere },
  })
  const { bytes } = await heapOf(async () => {
    for (let wave = 0; wave < WAVES; wave++)
      await feed(session.entity, chunksOf(presencesOf(CONTACTS / 10, wave, session.owner).join('')))
  })
  if (!session.roster.own.presence('contact7.of-the-house@capulet7.example').available) throw new Error('Nobody came.')
  return bytes / (CONTACTS / 10)
}

table(
  `One of ${CONTACTS} contacts in memory`,
  'Name and one of four groups, as they come in a roster result; without presence.',
)
const ours = await bytesEach(rosterOf({ storage: elsewhere }))
row('in the roster', ours, { ...bytes(ours), most: MOST, unit: ' bytes' })
const stored = await bytesEach(rosterOf({}))
row('in the roster and in MemoryStorage', stored, bytes(stored))
const plain = await bytesEach(mapsOf)
row('in nested maps by hand, packets held', plain, bytes(plain))
const presence = await presenceBytes()
row('a presence besides', presence, bytes(presence))
process.exit()
