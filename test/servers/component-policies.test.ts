import { expect, test } from 'vitest'
import type { Decision, SubscriptionRequest } from '../../src/index.js'
import { type Bots, bringInto, connectBots, expectAgreed } from './support/bots.js'
import { freshHuman, type Human } from './support/human.js'
import { describeServers, settled, until } from './support/index.js'

const at = (name: string): string => `${name}@comp.localhost`

/** Somebody who knows now what the policy is to say, and says it later. */
const later = () => {
  let decide: (decision: Decision) => void = () => undefined
  const decision = new Promise<Decision>((resolve) => {
    decide = resolve
  })
  return { decision, decide }
}

const requestsTold = ({ roster }: Bots): SubscriptionRequest[] => {
  const told: SubscriptionRequest[] = []
  roster.on('subscribe', (request) => told.push(request))
  return told
}

describeServers("a component's policies", (server) => {
  test('five owners, five policies: true, false, null, a function and one that has to think (promise 7)', async () => {
    const bots = await connectBots(server)
    const told = requestsTold(bots)
    const { decision, decide } = later()
    const open = async (name: string) => bots.roster.open(at(name))
    const [yes, no, ask, picky, slow] = await Promise.all(['yes', 'no', 'ask', 'picky', 'slow'].map(open))
    const alice = await freshHuman(server, 'alice')
    const bob = await freshHuman(server, 'bob')
    Object.assign(yes!, { autoAuthorize: true })
    Object.assign(no!, { autoAuthorize: false })
    Object.assign(picky!, { autoAuthorize: ({ contact }: { contact: string }) => contact === alice.jid })
    Object.assign(slow!, { autoAuthorize: () => decision })
    for (const person of [alice, bob]) {
      for (const owner of [yes!, no!, ask!, picky!, slow!]) await person.says('subscribe', owner.owner)
    }
    await until(() => told.length === 8, 'eight of the ten requests are decided')
    await settled(alice.client, bob.client, bots.entity)
    for (const person of [alice, bob]) {
      await expectAgreed(yes!, person, 'from+out')
      await expectAgreed(no!, person, 'none')
      await expectAgreed(ask!, person, 'none+in')
      await expectAgreed(picky!, person, person === alice ? 'from+out' : 'none')
      await expectAgreed(slow!, person, 'none+in')
      expect(person.hears(at('no'))).toEqual(['unsubscribed'])
      expect([...person.hears(at('ask')), ...person.hears(at('slow'))]).toEqual([])
    }
    decide('authorize')
    for (const person of [alice, bob]) await person.hearing(at('slow'), 'subscribe')
    await expectAgreed(slow!, alice, 'from+out')
    await expectAgreed(slow!, bob, 'from+out')
    expect(told.filter(({ owner }) => owner === at('ask')).map((request) => request.decision)).toEqual([
      'defer',
      'defer',
    ])
  })

  test('automatic acceptance that subscribes back ends in both with four stanzas, and stops (promise 4)', async () => {
    const bots = await connectBots(server, { autoAuthorize: true })
    const bot = await bots.roster.open(at('eager'))
    const alice = await freshHuman(server, 'alice')
    await alice.says('subscribe', at('eager'))
    await alice.hearing(at('eager'), 'subscribe')
    await alice.says('subscribed', at('eager'))
    await bots.until(at('eager'), alice.jid, 'both')
    await settled(alice.client, bots.entity)
    await expectAgreed(bot, alice, 'both')
    const isSubscription = (word: string): boolean => word.includes('subscribe')
    expect(bots.said(at('eager')).filter(isSubscription)).toEqual(['subscribed', 'subscribe'])
    expect(bots.heard(at('eager'), alice.jid).filter(isSubscription)).toEqual(['subscribe', 'subscribed'])
  })

  test('without autoSubscribe an accepted contact is not asked in return', async () => {
    const bots = await connectBots(server, { autoAuthorize: true, autoSubscribe: false })
    const bot = await bots.roster.open(at('modest'))
    const alice = await freshHuman(server, 'alice')
    await alice.says('subscribe', at('modest'))
    await alice.hearing(at('modest'), 'available')
    await settled(alice.client, bots.entity)
    await expectAgreed(bot, alice, 'from')
    expect(alice.hears(at('modest'))).toEqual(['subscribed', 'available'])
  })

  test('"ignore" leaves neither state nor answer (promise 15)', async () => {
    const bots = await connectBots(server, { autoAuthorize: () => 'ignore' })
    const bot = await bots.roster.open(at('deaf'))
    const alice = await freshHuman(server, 'alice')
    await alice.says('subscribe', at('deaf'))
    await until(() => bots.roster.counters['requests.ignore'] === 1, 'the request was ignored')
    await settled(alice.client, bots.entity)
    expect(bot.state(alice.jid)).toBe('none')
    expect(alice.hears(at('deaf'))).toEqual([])
    expect((await bots.storage.load(at('deaf')))?.items).toEqual([])
  })

  test('a policy that throws defers: never accepted, and the application can still answer (promise 7)', async () => {
    const refuse = () => {
      throw new Error('the database is away')
    }
    const bots = await connectBots(server, { autoAuthorize: refuse, expected: ['POLICY_FAILED'] })
    const told = requestsTold(bots)
    const bot = await bots.roster.open(at('broken'))
    const alice = await freshHuman(server, 'alice')
    await alice.says('subscribe', at('broken'))
    const request = await until(() => told[0], 'the application is told')
    expect(request.decision).toBe('defer')
    expect(await request.authorize({ subscribe: false })).toBe(true)
    await alice.hearing(at('broken'), 'subscribed')
    await settled(alice.client, bots.entity)
    await expectAgreed(bot, alice, 'from')
  })

  test('a decision that comes after the request was withdrawn changes nothing (promise 7)', async () => {
    const { decision, decide } = later()
    const bots = await connectBots(server, { autoAuthorize: () => decision })
    const bot = await bots.roster.open(at('late'))
    const alice = await freshHuman(server, 'alice')
    await alice.says('subscribe', at('late'))
    await bots.until(at('late'), alice.jid, 'none+in')
    await alice.says('unsubscribe', at('late'))
    await bots.until(at('late'), alice.jid, 'none')
    decide('authorize')
    await settled(alice.client, bots.entity)
    await expectAgreed(bot, alice, 'none')
    expect(alice.hears(at('late'))).not.toContain('subscribed')
  })

  const answered = async (bots: Bots, alice: Human) => {
    await alice.hearing(at('patient'), 'subscribe')
    await settled(alice.client, bots.entity)
    await expectAgreed(bots.roster.get(at('patient'))!, alice, 'from+out')
  }

  test('a deferred request survives the component: it is announced again when its owner is opened, and answered (promise 5)', async () => {
    const first = await connectBots(server)
    const alice = await freshHuman(server, 'alice')
    await bringInto('none+in', first, await first.roster.open(at('patient')), alice)
    const receivedAt = first.roster.get(at('patient'))?.requests()[0]?.receivedAt
    await first.stop()
    const second = await connectBots(server, { storage: first.storage })
    const told = requestsTold(second)
    await second.roster.open(at('patient'))
    expect(told).toMatchObject([{ owner: at('patient'), contact: alice.jid, decision: 'defer', receivedAt }])
    expect(await told[0]?.authorize()).toBe(true)
    expect(await told[0]?.authorize()).toBe(false)
    await answered(second, alice)
  })

  test('a deferred request of an owner that nobody has opened is found, and answered (promise 5)', async () => {
    const first = await connectBots(server)
    const alice = await freshHuman(server, 'alice')
    await bringInto('none+in', first, await first.roster.open(at('patient')), alice)
    await first.stop()
    const second = await connectBots(server, { storage: first.storage })
    expect(second.roster.has(at('patient'))).toBe(false)
    const found: SubscriptionRequest[] = []
    for await (const request of second.roster.pending()) found.push(request)
    expect(found).toMatchObject([{ owner: at('patient'), contact: alice.jid }])
    expect(second.roster.has(at('patient'))).toBe(false)
    expect(await found[0]?.authorize()).toBe(true)
    await answered(second, alice)
  })

  test('a process that dies while the policy thinks: the next one asks again (promise 7)', async () => {
    const first = await connectBots(server, { autoAuthorize: () => later().decision })
    const alice = await freshHuman(server, 'alice')
    await bringInto('none+in', first, await first.roster.open(at('patient')), alice)
    await first.die()
    const asked: string[] = []
    const policy = ({ contact }: { contact: string }) => asked.push(contact) > 0
    const second = await connectBots(server, { storage: first.storage, autoAuthorize: policy })
    await second.roster.open(at('patient'))
    await answered(second, alice)
    expect(asked).toEqual([alice.jid])
  })
})
