import { expect, test } from 'vitest'
import { MemoryStorage, Roster, type StoredItem } from '../../src/index.js'
import { EventLog } from '../support/event-log.js'
import { ACCOUNT, FakeClient, item, OFFERS, push, turn } from '../support/fake-client.js'

const ROMEO = 'romeo@example.net'
const NURSE = 'nurse@example.com'

const cached = async (items: readonly StoredItem[], version?: string): Promise<MemoryStorage> => {
  const storage = new MemoryStorage()
  const change = { base: undefined, revision: 'r1', put: items }
  await storage.commit(ACCOUNT, version === undefined ? change : { ...change, version })
  return storage
}

const romeo: StoredItem = { jid: ROMEO, name: 'Romeo', groups: [], state: 'both' }

/** The `ver` that a login asks with. */
const asked = (juliet: FakeClient): unknown => juliet.question().getChild('query')?.attrs['ver']

test('a server that does not offer versioning is asked without a version (RFC 6121 §2.6.1)', async () => {
  const juliet = new FakeClient()
  new Roster(juliet.entity, { storage: await cached([romeo], 'v7') })
  juliet.online([])
  await turn()
  expect(asked(juliet)).toBeUndefined()
})

test('a cached roster is asked for with its version (RFC 6121 §2.6.2)', async () => {
  const juliet = new FakeClient()
  new Roster(juliet.entity, { storage: await cached([romeo], 'v7') })
  juliet.online([OFFERS.ver])
  await turn()
  expect(asked(juliet)).toBe('v7')
})

test('without a cache the version is empty: versions are wanted (RFC 6121 §2.6.2)', async () => {
  const juliet = new FakeClient()
  new Roster(juliet.entity)
  juliet.online([OFFERS.ver])
  await turn()
  expect(asked(juliet)).toBe('')
})

test('the version of an empty cached roster is never sent (promise 11)', async () => {
  const juliet = new FakeClient()
  new Roster(juliet.entity, { storage: await cached([], 'v7') })
  juliet.online([OFFERS.ver])
  await turn()
  expect(asked(juliet)).toBe('')
})

test('a roster that has not changed is the cached one: "loaded", and no differences (RFC 6121 §2.6.3, IQ7)', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity, { storage: await cached([romeo], 'v7') })
  const log = new EventLog(roster)
  await juliet.login('unchanged', undefined, [OFFERS.ver])
  juliet.sent()
  expect(log.take()).toEqual(['loaded 1 items'])
  expect([roster.own.version, roster.own.get(ROMEO)?.name]).toEqual(['v7', 'Romeo'])
})

test('pushes that follow "not modified" change the cached roster and its version (RFC 6121 §2.6.3)', async () => {
  const juliet = new FakeClient()
  const storage = await cached([romeo], 'v7')
  const roster = new Roster(juliet.entity, { storage })
  const log = new EventLog(roster)
  juliet.online([OFFERS.ver])
  await turn()
  juliet.receive(juliet.result(), push(item(NURSE, 'to'), { ver: 'v8' }), push(item(ROMEO, 'remove'), { ver: 'v9' }))
  await turn()
  expect(log.take()).toEqual([
    'loaded 1 items',
    `added ${NURSE}`,
    `${NURSE} none > to by push`,
    `removed ${ROMEO}`,
    `${ROMEO} both > none by push`,
  ])
  expect(roster.own.version).toBe('v9')
  expect(await storage.load(ACCOUNT)).toMatchObject({ version: 'v9', items: [{ jid: NURSE }] })
})

test('what changed since the cache was written is told when the whole roster comes (IQ1)', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity, { storage: await cached([romeo], 'v7') })
  const log = new EventLog(roster)
  await juliet.login(item(NURSE, 'to'), 'v8', [OFFERS.ver])
  expect(log.take()).toEqual([
    `removed ${ROMEO}`,
    `${ROMEO} both > none by result`,
    `added ${NURSE}`,
    `${NURSE} none > to by result`,
    'loaded 1 items',
  ])
})

test('a push without a version keeps the known one', async () => {
  const juliet = new FakeClient()
  const { own } = new Roster(juliet.entity)
  await juliet.login(item(ROMEO, 'both'), 'v1', [OFFERS.ver])
  juliet.receive(push(item(NURSE, 'to')))
  await turn()
  expect(own.version).toBe('v1')
})

test('a reconnect asks with the version that the last push brought', async () => {
  const juliet = new FakeClient()
  new Roster(juliet.entity)
  await juliet.login(item(ROMEO, 'both'), 'v1', [OFFERS.ver])
  juliet.receive(push(item(NURSE, 'to'), { ver: 'v2' }))
  await turn()
  juliet.stop()
  juliet.online([OFFERS.ver])
  await turn()
  expect(asked(juliet)).toBe('v2')
})

test('the cache can be read before the server says more, when the account is known', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity, { storage: await cached([romeo], 'v7') })
  await turn()
  expect([roster.own.get(ROMEO)?.name, roster.own.loaded, roster.own.version]).toEqual(['Romeo', false, 'v7'])
})

test('"account" tells whose cache to read when the connection does not', async () => {
  const juliet = new FakeClient()
  Object.assign(juliet.entity, { jid: null })
  const roster = new Roster(juliet.entity, { account: 'Juliet@example.com', storage: await cached([romeo], 'v7') })
  await turn()
  expect([roster.own.owner, roster.own.get(ROMEO)?.name]).toEqual([ACCOUNT, 'Romeo'])
})

test('a login as another account brings that account and nothing of the former one', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity, { account: 'nurse@example.com', storage: await cached([romeo], 'v7') })
  await juliet.login('unchanged', undefined, [OFFERS.ver])
  expect([roster.own.owner, roster.own.size, roster.size]).toEqual([ACCOUNT, 1, 1])
})

test('a cache that cannot be read is dropped with an error, and the roster fetched anew (promise 11)', async () => {
  const juliet = new FakeClient()
  const storage = await cached([{ ...romeo, state: 'sideways' as never }], 'v7')
  const roster = new Roster(juliet.entity, { storage })
  const log = new EventLog(roster)
  juliet.online([OFFERS.ver])
  await turn()
  expect(log.of('error')).toMatchObject([{ code: 'STORAGE_CORRUPT', owner: ACCOUNT }])
  expect(asked(juliet)).toBe('')

  juliet.answer(item(NURSE, 'to'), 'v8')
  await turn()
  expect(roster.own.loaded).toBe(true)
  expect(await storage.load(ACCOUNT)).toMatchObject({ version: 'v8', items: [{ jid: NURSE }] })
})

test('a storage that cannot be read is an error, and the roster comes from the server (promise 11)', async () => {
  const juliet = new FakeClient()
  const kept = new MemoryStorage()
  let broken = true
  const roster = new Roster(juliet.entity, {
    storage: {
      load: (owner) => (broken ? Promise.reject(new Error('no disk')) : kept.load(owner)),
      commit: (owner, change) => kept.commit(owner, change),
      owners: () => kept.owners(),
    },
  })
  const log = new EventLog(roster)
  juliet.online([])
  await turn()
  expect(log.of('error')).toMatchObject([{ code: 'STORAGE_FAILED' }])
  broken = false
  juliet.answer(item(ROMEO, 'both'))
  await turn()
  expect([...roster.own.keys()]).toEqual([ROMEO])
  expect((await kept.load(ACCOUNT))?.items).toHaveLength(1)
})

test('the cache holds no requests: the server delivers them anew (promise 12)', async () => {
  const juliet = new FakeClient()
  const storage = new MemoryStorage()
  new Roster(juliet.entity, { storage, autoAuthorize: null })
  await juliet.login(item(ROMEO, 'to'), 'v1')
  juliet.receive(
    `<presence from="${ROMEO}" type="subscribe"/>`,
    `<presence from="${NURSE}" type="subscribe"/>`,
    push(item(ROMEO, 'to', ' name="R"'), { ver: 'v2' }),
  )
  await turn()
  expect((await storage.load(ACCOUNT))?.items).toEqual([{ jid: ROMEO, name: 'R', groups: [], state: 'to' }])
})
