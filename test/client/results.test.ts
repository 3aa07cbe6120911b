import { expect, test } from 'vitest'
import { MemoryStorage, Roster, type RosterStorage } from '../../src/index.js'
import { EventLog } from '../support/event-log.js'
import { ACCOUNT, FakeClient, item, push, turn } from '../support/fake-client.js'

const ROMEO = 'romeo@example.net'
const NURSE = 'nurse@example.com'
const TYBALT = 'tybalt@example.com'

test('the first roster is told as a whole: one "loaded", nothing else (promise 11)', async () => {
  const juliet = new FakeClient()
  const log = new EventLog(new Roster(juliet.entity))
  await juliet.login(item(ROMEO, 'both') + item(NURSE, 'to'), 'v1')
  expect(log.events).toMatchObject([{ type: 'loaded', event: { owner: ACCOUNT, version: 'v1' } }])
})

test('an item is what RFC 6121 §2.1.2 says, frozen', async () => {
  const juliet = new FakeClient()
  const { own } = new Roster(juliet.entity)
  const attributes = ' name="Rómeo &amp; co" ask="subscribe" approved="true"'
  await juliet.login(
    `<item jid="${ROMEO}" subscription="from"${attributes}><group>Friends</group><group>Verona</group></item>`,
  )
  const romeo = own.get(ROMEO)
  expect(romeo).toEqual({
    jid: ROMEO,
    name: 'Rómeo & co',
    groups: ['Friends', 'Verona'],
    state: 'from+out',
    subscription: 'from',
    pendingOut: true,
    pendingIn: false,
    approved: true,
  })
  expect([Object.isFrozen(romeo), Object.isFrozen(romeo?.groups)]).toEqual([true, true])
})

test('a later result replaces the roster: gone is removed, different is updated, new is added (IQ1, promise 11)', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  const log = new EventLog(roster)
  await juliet.login(item(ROMEO, 'both') + item(NURSE, 'to') + item('paris@example.org', 'from'), 'v1')
  log.take()
  const resynced = roster.own.resync()
  await turn()
  juliet.answer(item(NURSE, 'both') + item(TYBALT, 'none') + item('paris@example.org', 'from'), 'v2')
  await resynced
  expect(log.take()).toEqual([
    `removed ${ROMEO}`,
    `${ROMEO} both > none by result`,
    `updated ${NURSE}`,
    `${NURSE} to > both by result`,
    `added ${TYBALT}`,
    'loaded 3 items',
  ])
  expect([...roster.own.keys()].sort()).toEqual([NURSE, 'paris@example.org', TYBALT])
  expect(roster.own.version).toBe('v2')
})

test.each([
  ['no jid', '<item subscription="both"/>'],
  ['an empty jid', '<item jid="" subscription="both"/>'],
  ['a malformed jid', '<item jid="@@example.net" subscription="both"/>'],
  ['a jid that is too long', `<item jid="${'a'.repeat(1_100)}@example.net" subscription="both"/>`],
])(
  'one item with %s is skipped and reported; the rest and the version count (IQ5, IQ6, IQ14, promise 11)',
  async (_, bad) => {
    const juliet = new FakeClient()
    const roster = new Roster(juliet.entity)
    const log = new EventLog(roster)
    await juliet.login(item(ROMEO, 'both') + bad + item(NURSE, 'to'), 'v1')
    expect([...roster.own.keys()]).toEqual([ROMEO, NURSE])
    expect(roster.own.version).toBe('v1')
    expect(log.of('rejected')).toMatchObject([{ owner: ACCOUNT, error: { code: 'STANZA_INVALID' } }])
    // Nothing is answered to a result.
    expect(juliet.written.map((stanza) => stanza.attrs['type'])).toEqual(['get', undefined])
  },
)

test('a hundred bad items in one result are reported once and counted', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  const log = new EventLog(roster)
  await juliet.login('<item subscription="both"/>'.repeat(100) + item(ROMEO, 'both'))
  expect(log.of('rejected')).toHaveLength(1)
  expect(roster.counters['rejected.STANZA_INVALID']).toBe(100)
})

test.each([
  ['missing', `<item jid="${ROMEO}"/>`],
  ['unknown', `<item jid="${ROMEO}" subscription="sideways"/>`],
  ['like a property of every object', `<item jid="${ROMEO}" subscription="constructor"/>`],
])('a subscription that is %s means none (RFC 6121 §2.1.2.5, IQ11)', async (_, odd) => {
  const juliet = new FakeClient()
  const { own } = new Roster(juliet.entity)
  await juliet.login(odd)
  expect(own.get(ROMEO)?.state).toBe('none')
})

test('"remove" in a result is ignored (RFC 6121 §2.1.2.5 MUST, IQ12)', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  const log = new EventLog(roster)
  await juliet.login(item(ROMEO, 'remove') + item(NURSE, 'to'))
  expect([...roster.own.keys()]).toEqual([NURSE])
  expect(log.take()).toEqual(['loaded 1 items'])
})

test('a group that comes twice counts once, an empty one not at all (RFC 6121 §2.1.2.6)', async () => {
  const juliet = new FakeClient()
  const { own } = new Roster(juliet.entity)
  const groups = '<group>A</group><group>B</group><group>A</group><group/>'
  await juliet.login(`<item jid="${ROMEO}">${groups}</item>${item(NURSE)}`)
  expect(own.get(ROMEO)?.groups).toEqual(['A', 'B'])
  expect([...own.groups()].map(([name, items]) => [name, items.map(({ jid }) => jid)])).toEqual([
    ['A', [ROMEO]],
    ['B', [ROMEO]],
    ['', [NURSE]],
  ])
})

test('an item with 5,000 groups, and names that every object has, come whole (promise 25)', async () => {
  const juliet = new FakeClient()
  const { own } = new Roster(juliet.entity)
  const many = Array.from({ length: 5_000 }, (_, i) => `g${i}`)
  const groups = [...many, '__proto__', 'constructor', '"quoted"', '日本']
  const xml = groups.map((group) => `<group>${group}</group>`).join('')
  await juliet.login(`<item jid="${ROMEO}" name="__proto__">${xml}</item>${item('__proto__@example.net', 'to')}`)
  expect(own.get(ROMEO)).toMatchObject({ name: '__proto__', groups })
  expect(own.groups().get('__proto__')).toEqual([own.get(ROMEO)])
  expect(own.get('__proto__@example.net')?.state).toBe('to')
})

test('two spellings of one contact are one item, found under any spelling (JID1, JID3, promise 25)', async () => {
  const juliet = new FakeClient()
  const { own } = new Roster(juliet.entity)
  await juliet.login(item('Romeo@Example.NET/orchard', 'from') + item('romeo@example.net', 'both'))
  expect([...own.keys()]).toEqual([ROMEO])
  expect(own.get('ROMEO@example.net/x')?.state).toBe('both')
  expect(own.has('romeo@EXAMPLE.net')).toBe(true)
})

test('reading creates nothing (ME1, ME15)', async () => {
  const juliet = new FakeClient()
  const { own } = new Roster(juliet.entity)
  await juliet.login()
  expect([own.get(ROMEO), own.has(ROMEO), own.state(ROMEO), own.presence(ROMEO).available]).toEqual([
    undefined,
    false,
    'none',
    false,
  ])
  expect([own.size, [...own]]).toEqual([0, []])
})

test('a storage that cannot write stops nothing and heals with the next change (promise 11)', async () => {
  const kept = new MemoryStorage()
  let broken = true
  const storage: RosterStorage = {
    load: (owner) => kept.load(owner),
    commit: (owner, change) => (broken ? Promise.reject(new Error('disk full')) : kept.commit(owner, change)),
    owners: (options) => kept.owners(options),
  }
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity, { storage })
  const log = new EventLog(roster)
  await juliet.login(item(ROMEO, 'both') + item(NURSE, 'to'), 'v1')
  expect([roster.own.loaded, roster.own.size, roster.own.version]).toEqual([true, 2, 'v1'])
  expect(log.of('error')).toMatchObject([{ code: 'STORAGE_FAILED' }])

  broken = false
  juliet.receive(push(item(TYBALT, 'from'), { ver: 'v2' }))
  await turn()
  const stored = await kept.load(ACCOUNT)
  expect(stored).toMatchObject({ version: 'v2' })
  expect(stored?.items.map(({ jid }) => jid).sort()).toEqual([NURSE, ROMEO, TYBALT])
})

test('items and version are one commit (IQ5, DB9, promise 11)', async () => {
  const kept = new MemoryStorage()
  const commits: unknown[] = []
  const storage: RosterStorage = {
    load: (owner) => kept.load(owner),
    commit: (owner, change) => {
      commits.push({
        items: change.put?.map(({ jid }) => jid) ?? [],
        gone: change.remove ?? [],
        version: change.version,
      })
      return kept.commit(owner, change)
    },
    owners: (options) => kept.owners(options),
  }
  const juliet = new FakeClient()
  new Roster(juliet.entity, { storage })
  await juliet.login(item(ROMEO, 'both') + item(NURSE, 'to'), 'v1')
  juliet.receive(push(item(ROMEO, 'remove'), { ver: 'v2' }))
  await turn()
  expect(commits).toEqual([
    { items: [ROMEO, NURSE], gone: [], version: 'v1' },
    { items: [], gone: [ROMEO], version: 'v2' },
  ])
})
