import { expect, test } from 'vitest'
import { answerRequest } from '../../src/admin.js'
import { MemoryStorage } from '../../src/index.js'
import { manualClock } from '../../src/testing/clock.js'
import { type Bots, bringInto, connectBots, expectAgreed } from './support/bots.js'
import { freshHuman, type Human } from './support/human.js'
import type { TestedServer } from './support/index.js'
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

/** Owners that get stanzas, and from how many humans each. */
const OWNERS = Array.from({ length: 8 }, (_, nr) => `owner${nr}@comp.localhost`)
/** 23.01 breaks off every connection of the component when `component_number` is missing. */
const BALANCED = { domain_balancing: { 'comp.localhost': { type: 'bare_destination', component_number: 2 } } }

/** How many requests for each owner each of the processes got. */
const requestsOf = (both: readonly Bots[]): readonly (readonly number[])[] =>
  OWNERS.map((owner) =>
    both.map(({ log }) => log.incoming('presence', 'subscribe').filter(({ attrs }) => attrs['to'] === owner).length),
  )

const askAll = async (server: TestedServer): Promise<readonly Bots[]> => {
  const options = { storage: new MemoryStorage(), owners: OWNERS, autoAuthorize: true, autoSubscribe: false }
  const both = [await connectBots(server, options), await connectBots(server, options)]
  const people = await Promise.all(['ann', 'ben', 'cat', 'dan'].map((name) => freshHuman(server, name)))
  for (const person of people) for (const owner of OWNERS) await person.says('subscribe', owner)
  for (const person of people) for (const owner of OWNERS) await person.hearing(owner, 'subscribed')
  return both
}

describeServers('a component with two connections to ejabberd, as it comes', { only: ['ejabberd'] }, (server) => {
  test('gets the stanzas for one owner on both of them', async () => {
    const all = requestsOf(await askAll(server))
    const [first = 0, second = 0] = [0, 1].map((index) => all.reduce((sum, one) => sum + (one[index] ?? 0), 0))
    expect([first + second, first > 0, second > 0]).toEqual([4 * OWNERS.length, true, true])
  })

  test('gets everything on the one that is left', async () => {
    const [one, two] = (await askAll(server)) as [Bots, Bots]
    await one.stop({ announce: false })
    two.log.clear()
    const late = await freshHuman(server, 'late')
    for (const owner of OWNERS) await late.says('subscribe', owner)
    for (const owner of OWNERS) await late.hearing(owner, 'subscribed')
    expect(requestsOf([two])).toEqual(OWNERS.map(() => [1]))
  })
})

describeServers(
  'a component with two, balanced by bare_destination,',
  { only: ['ejabberd'], ejabberd: BALANCED },
  (server) => {
    test('gets all stanzas for one owner on one of them', async () => {
      const all = requestsOf(await askAll(server))
      expect(all.map((counts) => [...counts].sort())).toEqual(OWNERS.map(() => [0, 4]))
    })

    test('keeps the place of one that left: what is for it is dropped until another one takes it', async () => {
      const [one, two] = (await askAll(server)) as [Bots, Bots]
      const ofTwo = OWNERS.filter((_, index) => requestsOf([two])[index]?.[0] !== 0)
      const ofOne = OWNERS.filter((owner) => !ofTwo.includes(owner))
      await one.stop({ announce: false })
      const late = await freshHuman(server, 'late')
      for (const owner of OWNERS) await late.says('subscribe', owner)
      for (const owner of ofTwo) await late.hearing(owner, 'subscribed')
      await settled(late.client)
      expect(ofOne.flatMap((owner) => late.hears(owner))).toEqual([])

      await connectBots(server, { storage: two.storage, owners: OWNERS, autoAuthorize: true })
      const later = await freshHuman(server, 'later')
      for (const owner of OWNERS) await later.says('subscribe', owner)
      for (const owner of OWNERS) await later.hearing(owner, 'subscribed')
    })
  },
)

describeServers('a request that is answered by a process without a connection', (server) => {
  test('is granted by the one that has one, with the presence behind it (promise 5, RFC 6121 §3.1.5)', async () => {
    const bots = await connectBots(server, { presence: { status: 'here' } })
    const bot = await bots.roster.open(BOT)
    const alice = await freshHuman(server, 'alice')
    await bringInto('none+in', bots, bot, alice)
    alice.log.clear()
    expect(await answerRequest(bots.storage, BOT, alice.jid, 'authorize')).toBe(true)
    await alice.hearing(BOT, 'available "here"')
    await settled(alice.client, bots.entity)
    expect(alice.hears(BOT).filter((word) => !word.startsWith('available'))).toEqual(['subscribed'])
    await expectAgreed(bot, alice, 'from')
  })

  test('is declined by the one that has one', async () => {
    const bots = await connectBots(server)
    const bot = await bots.roster.open(BOT)
    const alice = await freshHuman(server, 'alice')
    await bringInto('none+in', bots, bot, alice)
    expect(await answerRequest(bots.storage, BOT, alice.jid, 'deny')).toBe(true)
    await alice.hearing(BOT, 'unsubscribed')
    await expectAgreed(bot, alice, 'none')
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
    // It is found by what it owes, when the first one has had its time: nobody opens the owner.
    const second = await connectBots(server, { storage: first.storage, clock })
    const hasOwner = (): boolean => {
      void clock.advance(1_000)
      return second.roster.has(BOT)
    }
    await until(hasOwner, 'who owes is loaded')
    await alice.hearing(BOT, 'subscribed')
    await clock.advance(GRACE_MS + 1_000)
    await settled(alice.client, second.entity)
    expect(alice.hears(BOT)).toEqual(['subscribed'])
    await expectAgreed(second.roster.get(BOT)!, alice, 'from')
    expect((await second.storage.load(BOT))?.owed).toEqual([])
  })
})
