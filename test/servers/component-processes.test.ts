import { expect, test } from 'vitest'
import { MemoryStorage } from '../../src/index.js'
import { manualClock } from '../../src/testing/clock.js'
import { type Bots, bringInto, connectBots, expectAgreed } from './support/bots.js'
import { freshHuman, type Human } from './support/human.js'
import { connectComponent, cut, describeServers, settled, until } from './support/index.js'

const BOT = 'bot@comp.localhost'
const GRACE_MS = 30_000
const HUMANS = 8

/** The answers to a process's own pings may come to the other one: only humans are waited for with `settled` here. */
const held = (bots: Bots, person: Human): string => bots.roster.get(BOT)!.state(person.jid)

describeServers('two processes of one component, at the same time', { only: ['ejabberd'] }, (server) => {
  const pair = async (options: Parameters<typeof connectBots>[1] = {}) => {
    const storage = new MemoryStorage()
    const one = await connectBots(server, { ...options, storage })
    const two = await connectBots(server, { ...options, storage })
    await Promise.all([one.roster.open(BOT), two.roster.open(BOT)])
    return { storage, one, two, both: [one, two] }
  }

  const crowd = async (): Promise<readonly Human[]> => {
    const people: Human[] = []
    for (let nr = 0; nr < HUMANS; nr++) people.push(await freshHuman(server, 'crowd'))
    return people
  }

  test('no request is lost, and each is granted exactly once (promise 21)', async () => {
    const { one, two, both } = await pair({ autoAuthorize: true })
    const people = await crowd()
    await Promise.all(people.map((person) => person.says('subscribe', BOT)))
    for (const person of people) await person.hearing(BOT, 'subscribe')
    await settled(...people.map(({ client }) => client))
    for (const person of people) {
      expect(person.hears(BOT).filter((word) => word.includes('subscribe'))).toEqual(['subscribed', 'subscribe'])
      expect(both.flatMap((bots) => bots.said(BOT, person.jid)).filter((word) => word === 'subscribed')).toHaveLength(1)
    }
    await Promise.all(people.map((person) => person.says('subscribed', BOT)))
    const agree = (): boolean => people.every((person) => both.every((bots) => held(bots, person) === 'both'))
    await until(agree, 'each process knows what the other one did')
    for (const person of people) expect(await person.sees(BOT)).toBe('both')
    const received = both.map((bots) => bots.log.incoming('presence', 'subscribe').length)
    expect(received[0]! + received[1]!).toBe(HUMANS)
    expect(one.roster.counters['conflicts'] ?? 0).toBeLessThan(100)
    expect(two.roster.get(BOT)!.size).toBe(HUMANS)
  })

  test('a request that one received is answered by the other, and then by nobody else (promise 5)', async () => {
    const { one, two } = await pair()
    const alice = await freshHuman(server, 'alice')
    await alice.says('subscribe', BOT)
    await until(() => held(one, alice) === 'none+in' && held(two, alice) === 'none+in', 'both know of it')
    const requests = [one, two].map((bots) => bots.roster.get(BOT)!.requests()[0]!)
    const answers = await Promise.all(requests.map((request) => request.authorize({ subscribe: false })))
    expect([...answers].sort()).toEqual([false, true])
    await alice.hearing(BOT, 'available')
    await settled(alice.client)
    expect(alice.hears(BOT).filter((word) => word === 'subscribed')).toHaveLength(1)
    expect(await alice.sees(BOT)).toBe('to')
  })

  test('one goes and says that the other goes on: the subscribers see nothing of it', async () => {
    const { one, two } = await pair({ autoAuthorize: true, autoSubscribe: false })
    const alice = await freshHuman(server, 'alice')
    await alice.says('subscribe', BOT)
    await alice.hearing(BOT, 'available')
    await until(() => held(two, alice) === 'from', 'both know of it')
    await settled(alice.client)
    alice.log.clear()
    await one.stop({ announce: false })
    await two.roster.get(BOT)!.sendPresence({ status: 'still here' })
    await alice.hearing(BOT, 'available "still here"')
    expect(alice.hears(BOT)).toEqual(['available "still here"'])
  })

  test('one dies with an answer that it has stored but not sent: the other sends it after a grace time (promise 20)', async () => {
    const clock = manualClock(Date.now())
    const storage = new MemoryStorage()
    const one = await connectBots(server, { storage, reconnect: false })
    const bot = await one.roster.open(BOT)
    const alice = await freshHuman(server, 'alice')
    await bringInto('none+in', one, bot, alice)
    const two = await connectBots(server, { storage, clock })
    await two.roster.open(BOT)
    cut(one.entity)
    await bot.authorize(alice.jid)
    await one.die()
    await two.until(BOT, alice.jid, 'from')
    expect(two.said(BOT, alice.jid)).toEqual([])
    await clock.advance(GRACE_MS + 1_000)
    await alice.hearing(BOT, 'subscribed')
    await settled(alice.client, two.entity)
    expect(alice.hears(BOT).filter((word) => word === 'subscribed')).toHaveLength(1)
    await expectAgreed(two.roster.get(BOT)!, alice, 'from')
  })
})

describeServers('a second connection of one component', { only: ['prosody'] }, (server) => {
  test('is refused by Prosody with "conflict": the first one goes on', async () => {
    const bots = await connectBots(server)
    const bot = await bots.roster.open(BOT)
    const second = connectComponent(server, { reconnect: false })
    await expect(second).rejects.toMatchObject({ condition: 'conflict' })
    const alice = await freshHuman(server, 'alice')
    await bringInto('both', bots, bot, alice)
    await expectAgreed(bot, alice, 'both')
  })
})

describeServers('one process of a component after another', (server) => {
  test('what the first has stored but not sent, the next sends, once (promise 20)', async () => {
    const first = await connectBots(server, { reconnect: false })
    const bot = await first.roster.open(BOT)
    const alice = await freshHuman(server, 'alice')
    await bringInto('none+in', first, bot, alice)
    cut(first.entity)
    await bot.authorize(alice.jid)
    await first.die()
    const clock = manualClock(Date.now())
    // It is found by what it owes: nobody opens the owner.
    const second = await connectBots(server, { storage: first.storage, clock })
    await until(() => second.roster.has(BOT), 'who owes is loaded')
    await clock.advance(GRACE_MS + 1_000)
    await alice.hearing(BOT, 'subscribed')
    await clock.advance(GRACE_MS + 1_000)
    await settled(alice.client, second.entity)
    expect(alice.hears(BOT)).toEqual(['subscribed'])
    await expectAgreed(second.roster.get(BOT)!, alice, 'from')
    expect((await second.storage.load(BOT))?.owed).toEqual([])
  })
})
