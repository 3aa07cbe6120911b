import { describe, expect, test } from 'vitest'
import { MemoryStorage, Roster, type SubscriptionPolicy } from '../../src/index.js'
import { FakeComponent } from '../support/fake-component.js'
import {
  BOT,
  JULIET,
  openBot,
  presence,
  probe,
  ROMEO,
  type Stage,
  stage,
  store,
  subscribe,
  turn,
  withContacts,
} from './stage.js'

/** A storage that cannot tell of changes. */
class Silent extends MemoryStorage {
  override async watch(): Promise<() => Promise<void>> {
    return async () => undefined
  }
}

/** A process that has the bot in memory, as storage has it. */
async function withContactsOf(storage: MemoryStorage): Promise<Stage> {
  const played = await stage({ storage })
  await openBot(played)
  return played
}

describe('close() (promise 18)', () => {
  test('says unavailable to whoever was told otherwise, subscribers and others (SM17)', async () => {
    const { bot, roster, said } = await withContacts({ [ROMEO]: 'from', [JULIET]: 'to' })
    await bot.sendPresence({ show: 'chat' })
    await bot.sendPresence({}, { to: 'eve@x.example/y' })
    said()
    await roster.close()
    expect(said()).toEqual(['bot > romeo: unavailable', 'bot > eve@x.example/y: unavailable'])
  })

  test('says nothing for owners that never announced themselves', async () => {
    const { roster, said } = await withContacts({ [ROMEO]: 'both' })
    await roster.close()
    expect(said()).toEqual([])
  })

  test('says nothing where another process goes on (announce: false)', async () => {
    const { bot, roster, said } = await withContacts({ [ROMEO]: 'from' })
    await bot.sendPresence({})
    said()
    await roster.close({ announce: false })
    expect(said()).toEqual([])
  })

  test('sends and writes what is due first', async () => {
    const { bot, roster, said, storage } = await withContacts({ [ROMEO]: 'none+in' })
    void bot.authorize(ROMEO)
    await roster.close()
    expect(said()).toEqual(['bot > romeo: subscribed'])
    expect((await storage.load(BOT))?.owed).toEqual([])
  })

  test('while disconnected it ends, and what is owed stays owed', async () => {
    const { bot, roster, fake, storage } = await withContacts({ [ROMEO]: 'none+in' })
    fake.cut()
    await bot.authorize(ROMEO)
    await roster.close()
    expect((await storage.load(BOT))?.owed).toHaveLength(1)
  })

  test('a policy that still thinks is told that nobody waits, and nothing comes of it afterwards', async () => {
    const signals: AbortSignal[] = []
    const autoAuthorize: SubscriptionPolicy = (_, { signal }) => {
      signals.push(signal)
      return new Promise(() => undefined)
    }
    const { roster, clock, log, hear } = await withContacts({}, { autoAuthorize })
    await hear(subscribe(ROMEO))
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])

    await roster.close()

    expect(signals[0]?.reason).toMatchObject({ code: 'CLOSED' })
    expect(clock.waiting).toBe(0)
    await clock.advance(3_600_000)
    expect(log.of('error')).toEqual([])
  })

  test('afterwards every call rejects with CLOSED, and closing again is the same', async () => {
    const { bot, roster } = await withContacts({ [ROMEO]: 'both' })
    await roster.close()
    await roster.close()
    const CLOSED = { code: 'CLOSED' }
    await expect(bot.update(ROMEO, {})).rejects.toMatchObject(CLOSED)
    await expect(bot.subscribe(ROMEO)).rejects.toMatchObject(CLOSED)
    await expect(bot.sendPresence({})).rejects.toMatchObject(CLOSED)
    await expect(roster.open(BOT)).rejects.toMatchObject(CLOSED)
    await expect(roster.ready()).rejects.toMatchObject(CLOSED)
    await expect(roster.forget(BOT)).rejects.toMatchObject(CLOSED)
    await expect(roster.pending().next()).rejects.toMatchObject(CLOSED)
  })

  test('leaves no listener on the connection, and stanzas that still come change nothing (promise 26)', async () => {
    const fresh = new FakeComponent('bots.example')
    const before = fresh.entity.eventNames().map((name) => [name, fresh.entity.listenerCount(String(name))])
    const roster = new Roster(fresh.entity, { autoAuthorize: true })
    fresh.online()
    await roster.open(BOT)
    expect(fresh.entity.listenerCount('stanza')).toBeGreaterThan(0)
    await roster.close()
    const after = fresh.entity.eventNames().map((name) => [name, fresh.entity.listenerCount(String(name))])
    expect(after).toEqual(before)
    fresh.sent()
    fresh.receive(subscribe(ROMEO), probe(ROMEO), presence(`${ROMEO}/x`))
    fresh.cut()
    fresh.online()
    await turn()
    expect([fresh.sent(), fresh.errors]).toEqual([[], []])
  })

  test('leaves no timer behind (promise 26)', async () => {
    const { bot, roster, clock } = await withContacts({}, { autoAuthorize: true })
    await bot.subscribe(ROMEO)
    await roster.close()
    expect(clock.waiting).toBe(0)
  })

  test('does not wait for what another process owes', async () => {
    const storage = new Silent()
    await store(storage, { [ROMEO]: 'none+in' })
    const other = await stage({ storage })
    const theirs = await openBot(other)
    other.fake.fill()
    await theirs.authorize(ROMEO)
    const { roster, clock } = await withContactsOf(storage)
    await roster.close({ announce: false })
    expect(clock.waiting).toBe(0)
    expect((await storage.load(BOT))?.owed).toHaveLength(1)
  })

  test('hears nobody and makes nobody from its beginning on', async () => {
    const storage = new Silent()
    const two = 'two@bots.example'
    await store(storage, {}, two)
    const played = await withContacts({ [ROMEO]: 'none+in' }, { storage, autoAuthorize: true })
    played.fake.fill()
    await played.bot.authorize(ROMEO)
    played.said()
    const closing = played.roster.close()
    await played.hear(
      subscribe(JULIET),
      subscribe(JULIET, two),
      probe(JULIET, two),
      probe(JULIET, 'nobody@bots.example'),
    )
    await expect(played.bot.subscribe(JULIET)).rejects.toMatchObject({ code: 'CLOSED' })
    played.fake.drain()
    await closing
    expect(played.said()).toEqual([])
    expect([(await storage.load(BOT))?.items.length, (await storage.load(two))?.items]).toEqual([1, []])
  })

  test('a probe whose owner was on its way from storage is not told that there is none', async () => {
    const storage = new Silent()
    await store(storage, { [ROMEO]: 'both' })
    const played = await stage({ storage })
    const loadMany = storage.loadMany.bind(storage)
    let answer: () => void = () => undefined
    const late = new Promise<void>((resolve) => (answer = resolve))
    storage.loadMany = (owners) => late.then(() => loadMany(owners))
    await played.hear(probe(ROMEO))
    await played.roster.close()
    answer()
    await turn()
    await turn()
    expect(played.said()).toEqual([])
  })

  test('what was given before ends as it would have', async () => {
    const { bot, roster, said, storage } = await withContacts({ [ROMEO]: 'none+in' })
    const given = [bot.authorize(ROMEO), bot.subscribe(JULIET)]
    await roster.close({ announce: false })
    await expect(Promise.all(given)).resolves.toEqual([true, undefined])
    expect(said()).toEqual(['bot > romeo: subscribed', 'bot > juliet: subscribe'])
    expect((await storage.load(BOT))?.owed).toEqual([])
  })

  test('a command that waits for a connection that never came rejects', async () => {
    const storage = new MemoryStorage()
    storage.loadMany = () => new Promise(() => undefined)
    const { roster } = await stage({ storage })
    const waiting = roster.own.subscribe(ROMEO)
    await roster.close()
    await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('that takes too long is the end all the same: nothing is looked for, sent or written after it', async () => {
    const storage = new MemoryStorage()
    const played = await withContacts({ [ROMEO]: 'none+in' }, { storage })
    played.fake.fill()
    await played.bot.authorize(ROMEO)
    played.said()
    const closing = played.roster.close({ timeout: 1_000 })
    const end = expect(closing).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await played.clock.advance(1_000)
    await end
    expect(played.clock.waiting).toBe(0)

    const before = await storage.load(BOT)
    const xml = `<presence from="x@bots.example" to="${JULIET}" type="subscribed" id="x"/>`
    const put = [{ jid: JULIET, state: 'from' as const, groups: [] }]
    await storage.commit('x@bots.example', { base: undefined, revision: 'r', put, owe: [{ id: 'x', at: 1, xml }] })
    played.fake.drain()
    await turn()
    await played.clock.advance(120_000)
    expect([played.said(), played.clock.waiting]).toEqual([[], 0])
    // What has left after that is not written down: it is sent again, at least once.
    expect(await storage.load(BOT)).toEqual(before)
  })

  test('closes the storage that it made, and no other', async () => {
    const { roster, storage } = await withContacts({})
    await roster.close()
    expect(await storage.load(BOT)).toBeDefined()
  })

  test('ends the streams of events, and await using closes', async () => {
    const { roster } = await withContacts({})
    const stream = roster.events()
    const next = stream.next()
    await roster[Symbol.asyncDispose]()
    expect((await next).done).toBe(true)
    await expect(roster.open(BOT)).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
