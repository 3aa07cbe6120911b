import { describe, expect, test } from 'vitest'
import { MemoryStorage, type OwnerRoster } from '../../src/index.js'
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
  subscribed,
  turn,
} from './stage.js'

type Process = Stage & { readonly bot: OwnerRoster }

/** Two processes of one component, on one storage, both with the bot open. */
async function two(
  storage = new MemoryStorage(),
  options: Parameters<typeof stage>[0] = {},
): Promise<[Process, Process]> {
  if ((await storage.load(BOT)) === undefined) await store(storage, {})
  const one = await stage({ ...options, storage })
  const other = await stage({ ...options, storage, clock: one.clock })
  const bots = [await openBot(one), await openBot(other)] as const
  return [
    { ...one, bot: bots[0] },
    { ...other, bot: bots[1] },
  ]
}

/** A storage that cannot tell of changes: each finds out with its next commit. */
class Silent extends MemoryStorage {
  override async watch(): Promise<() => Promise<void>> {
    return async () => undefined
  }
}

describe('two processes on one storage', () => {
  test('a change in one shows in the other as the same events, caused by storage (promise 22)', async () => {
    const [one, other] = await two()
    await one.bot.update(ROMEO, { name: 'Ro' })
    await one.bot.subscribe(ROMEO)
    await turn()
    expect(other.told()).toEqual(['added romeo', 'updated romeo', 'romeo none > none+out by storage'])
    await other.hear(subscribed(ROMEO))
    expect(one.told().filter((word) => word.includes('storage'))).toEqual(['romeo none+out > to by storage'])
    await one.bot.remove(ROMEO)
    await turn()
    expect(other.told().slice(-2)).toEqual(['removed romeo', 'romeo to > none by storage'])
    expect([one.bot.size, other.bot.size]).toEqual([0, 0])
  })

  test('what one sends, the other does not: exactly one subscribed (promise 20)', async () => {
    const [one, other] = await two()
    await one.hear(subscribe(ROMEO))
    await turn()
    expect(other.bot.requests()).toHaveLength(1)
    expect(await Promise.all([one.bot.authorize(ROMEO), other.bot.authorize(ROMEO)])).toContain(true)
    await turn()
    await one.clock.advance(60_000)
    const all = [...one.said(), ...other.said()]
    expect(all.filter((word) => word === 'bot > romeo: subscribed')).toHaveLength(1)
    expect([one.bot.get(ROMEO)?.state, other.bot.get(ROMEO)?.state]).toEqual(['from', 'from'])
  })

  test('only one of two that answer at the same time hears true', async () => {
    const [one, other] = await two(new Silent())
    await one.hear(subscribe(ROMEO))
    await other.bot.resync()
    const answers = await Promise.all([one.bot.authorize(ROMEO), other.bot.authorize(ROMEO)])
    expect([...answers].sort()).toEqual([false, true])
  })

  test('the loser of a conflict decides again: no update is lost (DB2, DB7, promise 21)', async () => {
    const [one, other] = await two(new Silent())
    await one.bot.update(ROMEO, { name: 'Ro' })
    await other.bot.update(ROMEO, { groups: ['friends'] })
    await other.bot.update(JULIET, { name: 'Ju' })
    await one.bot.update(JULIET, { groups: ['family'] })
    expect(one.bot.get(ROMEO)).toMatchObject({ name: 'Ro', groups: ['friends'] })
    expect(one.bot.get(JULIET)).toMatchObject({ name: 'Ju', groups: ['family'] })
    expect((one.roster.counters['conflicts'] ?? 0) + (other.roster.counters['conflicts'] ?? 0)).toBeGreaterThan(0)
  })

  test('a hundred changes from both at once all arrive (promise 21)', async () => {
    const [one, other] = await two()
    const changes = Array.from({ length: 100 }, async (_, at) => {
      await turn()
      await (at % 2 === 0 ? one : other).bot.update(ROMEO, { groups: { add: [`g${at}`] } })
    })
    let isDone = false
    const all = Promise.all(changes).finally(() => (isDone = true))
    while (!isDone) await one.clock.advance(50)
    await all
    expect(one.bot.get(ROMEO)?.groups.length).toBe(100)
    expect((await one.storage.load(BOT))?.items[0]?.groups.length).toBe(100)
  })

  test('a request denied in one is not accepted by a stale other (DB7)', async () => {
    const [one, other] = await two(new Silent())
    await one.hear(subscribe(ROMEO))
    await other.bot.resync()
    await one.bot.unauthorize(ROMEO)
    expect(await other.bot.authorize(ROMEO)).toBe(false)
    expect([other.said(), other.bot.state(ROMEO)]).toEqual([[], 'none'])
  })

  test('erased by one, it is empty for the other, and comes back only by a new change', async () => {
    const [one, other] = await two()
    await one.bot.update(ROMEO, { name: 'Ro' })
    await turn()
    await one.roster.forget(BOT)
    await turn()
    expect(other.bot.size).toBe(0)
    await other.bot.update(JULIET, {})
    expect((await one.storage.load(BOT))?.items.map(({ jid }) => jid)).toEqual([JULIET])
  })

  test.each([
    ['is told of it', new MemoryStorage()],
    ['finds out by itself', new Silent()],
  ])('erased by one, it is nobody for the other that has not opened it and %s (promise 15)', async (_, storage) => {
    await store(storage, {})
    const one = await stage({ storage })
    const other = await stage({ storage, autoAuthorize: true, clock: one.clock })
    await openBot(one)
    await other.hear(probe(ROMEO))
    expect(other.roster.has(BOT)).toBe(true)
    other.said()
    await one.roster.forget(BOT)
    await turn()
    await other.hear(subscribe(JULIET))
    await turn()
    expect([other.said(), other.told(), other.roster.has(BOT), await storage.load(BOT)]).toEqual([
      [],
      [],
      false,
      undefined,
    ])
  })

  test('erased by one, it comes back by whom the predicate of the other admits, though it had the owner', async () => {
    const storage = new Silent()
    await store(storage, {})
    const one = await stage({ storage })
    const other = await stage({
      storage,
      clock: one.clock,
      autoAuthorize: true,
      autoSubscribe: false,
      owners: () => true,
    })
    await openBot(one)
    await other.hear(probe(ROMEO))
    other.said()
    await one.roster.forget(BOT)
    await other.hear(subscribe(JULIET))
    await turn()
    expect([other.said(), other.roster.get(BOT)?.get(JULIET)?.state]).toEqual([['bot > juliet: subscribed'], 'from'])
  })

  test('a command for an owner that the other one has erased, and nobody has opened here, rejects with CLOSED', async () => {
    const storage = new Silent()
    await store(storage, {})
    const one = await stage({ storage })
    const other = await stage({ storage, clock: one.clock })
    await openBot(one)
    await other.hear(probe(ROMEO))
    const bot = other.roster.get(BOT)
    await one.roster.forget(BOT)
    await expect(bot?.subscribe(JULIET)).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await storage.load(BOT)).toBeUndefined()
  })

  test('presence is per process; a subscription that ends in the other drops it here (promise 22)', async () => {
    const storage = new MemoryStorage()
    await store(storage, { [ROMEO]: 'both' })
    const [one, other] = await two(storage)
    await one.hear(presence(`${ROMEO}/x`))
    expect([one.bot.presence(ROMEO).available, other.bot.presence(ROMEO).available]).toEqual([true, false])
    one.told()
    await other.bot.remove(ROMEO)
    await turn()
    expect(one.bot.presence(ROMEO).available).toBe(false)
    expect(one.told().slice(-1)).toEqual(['offline romeo'])
  })

  test('after a gap what is held is checked again (promise 22)', async () => {
    const gaps: (() => void)[] = []
    class Gappy extends MemoryStorage {
      override async watch(listener: Parameters<MemoryStorage['watch']>[0]): Promise<() => Promise<void>> {
        gaps.push(() => listener.gap())
        return async () => undefined
      }
    }
    const storage = new Gappy()
    await store(storage, {})
    const here = await stage({ storage })
    const bot = await openBot(here)
    const there = await stage({ storage })
    await (await openBot(there)).update(ROMEO, { name: 'Ro' })
    expect(bot.size).toBe(0)
    gaps[0]?.()
    await turn()
    expect(bot.get(ROMEO)?.name).toBe('Ro')
  })

  test('a stanza that both connections hear is decided once, and told by each', async () => {
    const [one, other] = await two(undefined, { autoAuthorize: true, autoSubscribe: false })
    one.fake.receive(subscribe(ROMEO))
    other.fake.receive(subscribe(ROMEO))
    for (let turns = 0; turns < 5; turns++) await one.clock.advance(10)
    const sent = [...one.said(), ...other.said()].filter((word) => word === 'bot > romeo: subscribed')
    expect(sent.length).toBeGreaterThanOrEqual(1)
    expect([one.bot.get(ROMEO)?.state, other.bot.get(ROMEO)?.state]).toEqual(['from', 'from'])
  })
})
