import { describe, expect, test } from 'vitest'
import { MemoryStorage } from '../../src/index.js'
import {
  BOT,
  JULIET,
  openBot,
  presence,
  probe,
  ROMEO,
  stage,
  store,
  subscribe,
  subscribed,
  turn,
  withContacts,
} from './stage.js'

const DAY = 86_400_000

describe('a connection that is cut (promise 18)', () => {
  test("ends the component's session: every resource leaves, then each contact is offline, once (ME8, ME9)", async () => {
    const { bot, fake, hear, told } = await withContacts({ [ROMEO]: 'both', [JULIET]: 'to' })
    await hear(presence(`${ROMEO}/a`), presence(`${ROMEO}/b`), presence(`${JULIET}/c`))
    told()
    fake.cut()
    expect(told()).toEqual([
      'presence romeo/a left',
      'presence romeo/b left',
      'offline romeo',
      'presence juliet/c left',
      'offline juliet',
    ])
    expect([bot.presence(ROMEO).available, bot.get(ROMEO)?.state]).toEqual([false, 'both'])
    fake.stop()
    expect(told()).toEqual([])
  })

  test('tells with offline that the session ended: no resource, no stanza', async () => {
    const { fake, hear, log } = await withContacts({ [ROMEO]: 'both' })
    await hear(presence(`${ROMEO}/a`))
    fake.cut()
    expect(log.of('offline')).toMatchObject([{ contact: ROMEO, resource: undefined, stanza: undefined }])
  })

  test('comes back: the owner announces itself, then probes whom it may see (SM17)', async () => {
    const { bot, fake, said } = await withContacts({
      'from@x.example': 'from',
      'to@x.example': 'to',
      'both@x.example': 'both',
      'none@x.example': 'none',
      'out@x.example': 'none+out',
    })
    await bot.sendPresence({ show: 'chat' })
    said()
    fake.cut()
    fake.online()
    await turn()
    expect(said()).toEqual([
      'bot > from@x.example: chat',
      'bot > both@x.example: chat',
      'bot > to@x.example: probe',
      'bot > both@x.example: probe',
    ])
  })

  test('an unanswered request is repeated when a day has passed, not sooner, and once (SM17)', async () => {
    const { bot, fake, clock, said } = await withContacts({})
    await bot.subscribe(ROMEO)
    expect(said()).toEqual(['bot > romeo: subscribe'])
    const reconnect = async (): Promise<readonly string[]> => {
      fake.cut()
      fake.online()
      await turn()
      return said()
    }
    await clock.advance(DAY - 1)
    expect(await reconnect()).toEqual([])
    await clock.advance(1)
    expect(await reconnect()).toEqual(['bot > romeo: subscribe'])
    expect(await reconnect()).toEqual([])
  })

  test('a restart repeats it as well, but not what was answered (SM17)', async () => {
    const first = await withContacts({})
    await first.bot.subscribe(ROMEO)
    await first.bot.subscribe(JULIET)
    await first.hear(subscribed(JULIET))
    await first.clock.advance(DAY)
    first.kill()
    const next = await stage({ storage: first.storage, clock: first.clock })
    await next.roster.open(BOT)
    await turn()
    expect(next.said()).toEqual(['bot > juliet: probe', 'bot > romeo: subscribe'])
  })

  test('reading commands resolve and nothing is sent; what is owed goes out in order afterwards (promises 19, 20)', async () => {
    const { bot, fake, said, clock, storage } = await withContacts({ [JULIET]: 'none+in', 'eve@x.example': 'both' })
    fake.cut()
    await bot.subscribe(ROMEO, { status: 'please' })
    await bot.authorize(JULIET)
    await bot.remove('eve@x.example')
    expect(said()).toEqual([])
    expect([bot.get(ROMEO)?.state, bot.get(JULIET)?.state, bot.has('eve@x.example')]).toEqual([
      'none+out',
      'from',
      false,
    ])
    expect((await storage.load(BOT))?.owed).toHaveLength(5)
    fake.online()
    await turn()
    expect(said()).toEqual([
      'bot > romeo: subscribe "please"',
      'bot > juliet: subscribed',
      'bot > eve@x.example: unsubscribe',
      'bot > eve@x.example: unavailable',
      'bot > eve@x.example: unsubscribed',
    ])
    await clock.advance(2_000)
    expect((await storage.load(BOT))?.owed).toEqual([])
    fake.cut()
    fake.online()
    await turn()
    expect(said()).toEqual([])
  })

  test('what was overtaken by a later decision is not sent: above all no grant that was taken back (promise 20)', async () => {
    const { bot, fake, said } = await withContacts({ [JULIET]: 'none+in' })
    fake.cut()
    await bot.subscribe(ROMEO)
    await bot.unsubscribe(ROMEO)
    await bot.authorize(JULIET)
    await bot.unauthorize(JULIET)
    fake.online()
    await turn()
    const words = said()
    expect(words).not.toContain('bot > romeo: subscribe')
    expect(words).not.toContain('bot > juliet: subscribed')
    expect(words).toEqual(['bot > romeo: unsubscribe', 'bot > juliet: unavailable', 'bot > juliet: unsubscribed'])
  })

  test('what a killed process owed is sent by the next one, after the grace time, also for owners nobody opens (promise 20)', async () => {
    const first = await withContacts({ [JULIET]: 'none+in' })
    first.fake.cut()
    await first.bot.authorize(JULIET)
    first.kill()
    const next = await stage({ storage: first.storage, clock: first.clock })
    await turn()
    expect(next.said()).toEqual([])
    await next.clock.advance(31_000)
    expect(next.said()).toEqual(['bot > juliet: subscribed'])
    await next.clock.advance(2_000)
    expect((await next.storage.load(BOT))?.owed).toEqual([])
  })

  test('a write that fails leaves it owed, and the next connection sends it (promise 20)', async () => {
    const { bot, fake, said } = await withContacts({ [JULIET]: 'none+in' })
    fake.breakSocket(new Error('EPIPE'))
    expect(await bot.authorize(JULIET)).toBe(true)
    expect(said()).toEqual([])
    fake.cut()
    fake.breakSocket(undefined)
    fake.online()
    await turn()
    expect(said()).toEqual(['bot > juliet: subscribed'])
  })
})

describe('coming online (promise 18)', () => {
  test('ready() waits for the connection and the own roster', async () => {
    const played = await stage({ online: false })
    const waiting = played.roster.ready()
    played.fake.online()
    const own = await waiting
    expect([own, own.owner, own.loaded]).toEqual([played.roster.own, 'bots.example', true])
  })

  test('a roster made on a connection that is there begins at once', async () => {
    const storage = new MemoryStorage()
    await store(storage, { [ROMEO]: 'to' })
    const first = await stage({ storage })
    await first.roster.close()
    const { Roster } = await import('../../src/index.js')
    const late = new Roster(first.fake.entity, { storage, presence: false, clock: first.clock })
    await late.open(BOT)
    await turn()
    expect(first.said()).toEqual(['bot > romeo: probe'])
  })

  test('an owner is loaded only because it owes something, is open, or somebody asks', async () => {
    const storage = new MemoryStorage()
    for (let at = 0; at < 50; at++) await store(storage, { [ROMEO]: 'both' }, `o${at}@bots.example`)
    const played = await stage({ storage })
    expect([...played.roster.keys()]).toEqual(['bots.example'])
    expect(played.said()).toEqual([])
    await played.hear(probe(ROMEO, 'o7@bots.example'))
    expect(played.roster.has('o7@bots.example')).toBe(true)
  })

  test('opening twice at a time is one load, one event, one roster (promise 23)', async () => {
    const storage = new MemoryStorage()
    await store(storage, { [ROMEO]: 'from' })
    const { roster, said, told } = await stage({ storage, presence: {} })
    const loads = roster.counters['loads'] ?? 0
    const [one, two] = await Promise.all([roster.open(BOT), roster.open(`${BOT}/x`)])
    const three = await roster.open(BOT)
    await turn()
    expect([one === two, two === three, (roster.counters['loads'] ?? 0) - loads]).toEqual([true, true, 1])
    expect(told()).toEqual(['loaded 1 items'])
    expect(said()).toEqual(['bot > romeo: available'])
  })

  test('many owners at once are one round trip (promise 23)', async () => {
    const { roster } = await stage()
    const loads = roster.counters['loads'] ?? 0
    await Promise.all(Array.from({ length: 100 }, (_, at) => roster.open(`o${at}@bots.example`)))
    expect((roster.counters['loads'] ?? 0) - loads).toBe(1)
  })

  test('a new owner is stored, empty, when open resolves', async () => {
    const { roster, storage } = await stage()
    const bot = await roster.open(BOT)
    expect([bot.size, bot.loaded, (await storage.load(BOT))?.items]).toEqual([0, true, []])
  })

  test('the first load raises loaded alone', async () => {
    const storage = new MemoryStorage()
    await store(storage, { [ROMEO]: 'both', [JULIET]: 'to' })
    const { roster, told } = await stage({ storage })
    await roster.open(BOT)
    expect(told()).toEqual(['loaded 2 items'])
  })
})

describe('memory (promise 24)', () => {
  test('keeps maxLoaded rosters besides the open ones; the least recently used goes', async () => {
    const storage = new MemoryStorage()
    for (const name of ['a', 'b', 'c', 'd', 'e']) await store(storage, { [ROMEO]: 'both' }, `${name}@bots.example`)
    const played = await stage({ storage, maxLoaded: 2 })
    const touch = (name: string): Promise<void> => played.hear(probe(ROMEO, `${name}@bots.example`))
    await touch('a')
    await touch('b')
    await touch('a')
    await touch('c')
    expect([...played.roster.keys()].sort()).toEqual(['a@bots.example', 'bots.example', 'c@bots.example'])
    expect(played.roster.counters['evictions']).toBe(1)
  })

  test('evicting ends like a session; loading again probes; an old handle finds its way', async () => {
    const storage = new MemoryStorage()
    for (const name of ['a', 'b', 'c']) await store(storage, { [ROMEO]: 'both' }, `${name}@bots.example`)
    const played = await stage({ storage, maxLoaded: 1 })
    await played.hear(probe(ROMEO, 'a@bots.example'))
    const old = played.roster.get('a@bots.example')
    await played.hear(presence(`${ROMEO}/x`, 'a@bots.example'))
    played.told()
    await played.hear(probe(ROMEO, 'b@bots.example'))
    expect(played.told()).toEqual(['presence romeo/x left', 'offline romeo'])
    expect([old?.loaded, played.roster.has('a@bots.example')]).toEqual([false, false])
    played.said()

    expect((await old?.update(ROMEO, { name: 'Ro' }))?.name).toBe('Ro')
    await turn()
    expect(played.said()).toContain('a > romeo: probe')
    expect((await storage.load('a@bots.example'))?.items[0]?.name).toBe('Ro')
  })

  test('an open one is never evicted', async () => {
    const played = await stage({ maxLoaded: 1 })
    const bot = await openBot(played)
    for (const name of ['a', 'b', 'c']) await played.roster.open(`${name}@bots.example`)
    await played.hear(subscribe(ROMEO))
    expect([bot.loaded, bot.requests().length, played.roster.size]).toEqual([true, 1, 5])
  })

  test('who is loaded for a stanza is there until it was heard, however many come at once', async () => {
    const storage = new MemoryStorage()
    const owners = Array.from({ length: 20 }, (_, at) => `o${at}@bots.example`)
    for (const owner of owners) await store(storage, { [ROMEO]: 'none+in' }, owner)
    const played = await stage({ storage, maxLoaded: 1 })
    await played.hear(...owners.map((owner) => presence(ROMEO, owner, 'unsubscribe')))
    await turn()
    for (const owner of owners) expect((await storage.load(owner))?.items).toMatchObject([{ state: 'none' }])
  })

  test('opening that could not be stored is no opening: the next one makes up for it', async () => {
    const storage = new MemoryStorage()
    const played = await stage({ storage })
    storage.commit = () => Promise.reject(new Error('down'))
    await expect(played.roster.open(BOT)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    played.told()
    Reflect.deleteProperty(storage, 'commit')
    await Promise.all([played.roster.open(BOT), played.roster.open(BOT)])
    expect(played.told()).toEqual(['loaded 0 items'])
    expect(await storage.load(BOT)).toBeDefined()
  })
})
