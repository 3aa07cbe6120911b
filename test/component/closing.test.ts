import { describe, expect, test } from 'vitest'
import { MemoryStorage, Roster } from '../../src/index.js'
import { FakeComponent } from '../support/fake-component.js'
import { BOT, JULIET, openBot, presence, probe, ROMEO, stage, store, subscribe, turn, withContacts } from './stage.js'

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

describe('release()', () => {
  test('says unavailable, lets the roster go from memory, not from storage; the object then rejects', async () => {
    const { bot, roster, storage, hear, said, told } = await withContacts({ [ROMEO]: 'both' })
    await bot.sendPresence({})
    await hear(presence(`${ROMEO}/x`))
    said()
    told()
    await bot.release()
    expect(said()).toEqual(['bot > romeo: unavailable'])
    expect(told()).toEqual(['presence romeo/x left', 'offline romeo'])
    expect([roster.has(BOT), bot.loaded, bot.size, (await storage.load(BOT))?.items.length]).toEqual([
      false,
      false,
      0,
      1,
    ])
    await expect(bot.update(ROMEO, {})).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(bot.release()).rejects.toMatchObject({ code: 'CLOSED' })

    const again = await roster.open(BOT)
    expect([again === bot, again.get(ROMEO)?.state]).toEqual([false, 'both'])
  })

  test('what is owed is still sent', async () => {
    const played = await withContacts({ [ROMEO]: 'none+in' })
    played.fake.cut()
    await played.bot.authorize(ROMEO)
    await played.bot.release()
    played.fake.online()
    await turn()
    await played.clock.advance(31_000)
    expect(played.said()).toEqual(['bot > romeo: subscribed'])
  })

  test('the own roster stays', async () => {
    const { roster } = await stage()
    await roster.ready()
    await expect(roster.own.release()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

describe('forget()', () => {
  test('ends every subscription, answers what waits, and erases the roster', async () => {
    const { roster, storage, said } = await withContacts({
      'none@x.example': 'none',
      'out@x.example': 'none+out',
      'in@x.example': 'none+in',
      'to@x.example': 'to',
      'both@x.example': 'both',
    })
    expect(await roster.forget(BOT)).toBe(true)
    expect(said()).toEqual([
      'bot > out@x.example: unsubscribe',
      'bot > in@x.example: unsubscribed',
      'bot > to@x.example: unsubscribe',
      'bot > both@x.example: unsubscribe',
      'bot > both@x.example: unavailable',
      'bot > both@x.example: unsubscribed',
    ])
    expect([await storage.load(BOT), roster.has(BOT)]).toEqual([undefined, false])
    expect(await roster.forget(BOT)).toBe(false)
  })

  test('of an owner that is not there is false, and creates nobody', async () => {
    const { roster, storage } = await stage()
    expect([await roster.forget('ghost@bots.example'), await storage.load('ghost@bots.example')]).toEqual([
      false,
      undefined,
    ])
  })

  test('while disconnected: the end is stored, and the roster erased when its stanzas were sent', async () => {
    const played = await withContacts({ [ROMEO]: 'both' })
    played.fake.cut()
    expect(await played.roster.forget(BOT)).toBe(true)
    expect((await played.storage.load(BOT))?.items).toEqual([])
    played.fake.online()
    await turn()
    expect(played.said()).toEqual(['bot > romeo: unsubscribe', 'bot > romeo: unavailable', 'bot > romeo: unsubscribed'])
    expect(await played.storage.load(BOT)).toBeUndefined()
  })

  test('an owner that is made again begins empty', async () => {
    const played = await withContacts({ [ROMEO]: 'both' })
    await played.roster.forget(BOT)
    const bot = await openBot(played)
    expect([bot.size, bot.loaded]).toEqual([0, true])
    await played.hear(subscribe(ROMEO))
    expect(bot.requests()).toHaveLength(1)
  })

  test('owners() names those in storage, by domain', async () => {
    const storage = new MemoryStorage()
    await store(storage, {}, 'a@bots.example')
    await store(storage, {}, 'b@sub.bots.example')
    const { roster } = await stage({ storage })
    const all: string[] = []
    for await (const owner of roster.owners()) all.push(owner)
    const some: string[] = []
    for await (const owner of roster.owners({ domain: 'sub.bots.example' })) some.push(owner)
    expect([all, some]).toEqual([['a@bots.example', 'b@sub.bots.example'], ['b@sub.bots.example']])
  })
})
