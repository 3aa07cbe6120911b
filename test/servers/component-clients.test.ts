import { expect, test } from 'vitest'
import { Roster, type RosterOptions } from '../../src/index.js'
import { type BotOptions, type Bots, connectBots } from './support/bots.js'
import { presences } from './support/human.js'
import {
  connectClient,
  describeServers,
  freshUser,
  type Recording,
  record,
  type ServerFixture,
  settled,
  type TestClient,
  until,
} from './support/index.js'

const BOT = 'bot@comp.localhost'
const OWNERS = ['one', 'two', 'three', 'four', 'five'].map((name) => `${name}@comp.localhost`)

/** Somebody whose client has a roster of ours. */
interface Person {
  readonly jid: string
  readonly client: TestClient
  readonly roster: Roster
  readonly log: Recording
}

const login = async (server: ServerFixture, base: string, options: RosterOptions = {}): Promise<Person> => {
  const user = await freshUser(server, base)
  const made: { roster: Roster; log: Recording }[] = []
  const client = await connectClient(server, {
    ...user,
    before: (entity) => void made.push({ log: record(entity), roster: new Roster(entity, options) }),
  })
  const { roster, log } = made[0]!
  await roster.ready()
  await settled(client)
  return { jid: user.jid, client, roster, log }
}

/** The subscription stanzas between an owner and a person, as the component saw them. */
const exchanged = (bots: Bots, owner: string, person: Person): readonly string[] => [
  ...presences(bots.log, 'out', owner, person.jid).filter((word) => word.includes('subscribe')),
  ...presences(bots.log, 'in', person.jid, owner).filter((word) => word.includes('subscribe')),
]

const FEWEST = ['subscribe', 'subscribe', 'subscribed', 'subscribed']

describeServers('a component and clients, all ours', (server) => {
  const meet = async (options: BotOptions = { autoAuthorize: true }) => {
    const bots = await connectBots(server, options)
    return { bots, bot: await bots.roster.open(BOT), alice: await login(server, 'alice') }
  }

  const untilBoth = async (bots: Bots, owner: string, person: Person): Promise<void> => {
    await bots.until(owner, person.jid, 'both')
    const { own } = person.roster
    await until(() => own.presence(owner).available, `${owner} is online for ${person.jid}`)
    await until(() => bots.roster.get(owner)!.presence(person.jid).available, `${person.jid} is online for ${owner}`)
    await settled(bots.entity, person.client)
    // What two processes change in one item at once, ejabberd may push in another order than it stored it.
    if (server.kind === 'ejabberd' && own.state(owner) !== 'both') await own.resync()
    await until(() => own.state(owner) === 'both', `${person.jid} holds ${owner} as both`)
  }

  const expectSilence = async (bots: Bots, ...people: readonly Person[]): Promise<void> => {
    await settled(bots.entity, ...people.map(({ client }) => client))
    for (const { log } of [bots, ...people]) log.clear()
    await settled(bots.entity, ...people.map(({ client }) => client))
    expect([bots, ...people].flatMap(({ log }) => log.all.map(({ text }) => text))).toEqual([])
  }

  test('the client asks first: four stanzas make both, then silence (promise 4)', async () => {
    const { bots, alice } = await meet()
    await alice.roster.own.subscribe(BOT)
    await untilBoth(bots, BOT, alice)
    await settled(bots.entity, alice.client)
    expect([...exchanged(bots, BOT, alice)].sort()).toEqual(FEWEST)
    await expectSilence(bots, alice)
  })

  test('the component asks first: four stanzas make both, then silence (promise 4)', async () => {
    const { bots, bot, alice } = await meet()
    await bot.subscribe(alice.jid)
    await untilBoth(bots, BOT, alice)
    await settled(bots.entity, alice.client)
    expect([...exchanged(bots, BOT, alice)].sort()).toEqual(FEWEST)
    await expectSilence(bots, alice)
  })

  test('the client speaks as soon as it is ready: in the session that it began, after roster and presence (RFC 6121 §2.2)', async () => {
    const bots = await connectBots(server, { autoAuthorize: true })
    await bots.roster.open(BOT)
    const user = await freshUser(server, 'alice')
    const made: { roster: Roster; log: Recording }[] = []
    let sessions = 0
    const client = await connectClient(server, {
      ...user,
      before: (entity) => {
        entity.on('online', () => void sessions++)
        made.push({ log: record(entity), roster: new Roster(entity) })
      },
    })
    const alice: Person = { jid: user.jid, client, ...made[0]! }
    await (await alice.roster.ready()).subscribe(BOT)
    await untilBoth(bots, BOT, alice)
    await settled(bots.entity, client)
    const spoken = alice.log.sent.filter(({ attrs }) => attrs['type'] !== 'result' && attrs['type'] !== 'set')
    expect(spoken.map(({ name, attrs }) => `${name} ${attrs['type']}`)).toEqual([
      'iq get',
      'presence undefined',
      'presence subscribe',
      'presence subscribed',
    ])
    expect(sessions).toBe(1)
    expect([...exchanged(bots, BOT, alice)].sort()).toEqual(FEWEST)
  })

  test('both ask at once: four stanzas make both, then silence (promise 4)', async () => {
    const { bots, bot, alice } = await meet()
    await Promise.all([bot.subscribe(alice.jid), alice.roster.own.subscribe(BOT)])
    await untilBoth(bots, BOT, alice)
    await settled(bots.entity, alice.client)
    expect([...exchanged(bots, BOT, alice)].sort()).toEqual(FEWEST)
    await expectSilence(bots, alice)
  })

  test('five owners and two accounts become friends, each with each', async () => {
    const bots = await connectBots(server, { autoAuthorize: true, owners: OWNERS })
    await until(() => OWNERS.every((jid) => bots.roster.get(jid)?.loaded), 'five owners are open')
    const people = [await login(server, 'alice'), await login(server, 'bob')]
    const pairs = OWNERS.flatMap((owner) => people.map((person) => ({ owner, person })))
    await Promise.all(
      pairs.map(({ owner, person }, nr) =>
        nr % 2 === 0 ? person.roster.own.subscribe(owner) : bots.roster.get(owner)!.subscribe(person.jid),
      ),
    )
    for (const { owner, person } of pairs) await untilBoth(bots, owner, person)
    await settled(bots.entity, ...people.map(({ client }) => client))
    for (const { owner, person } of pairs) expect([...exchanged(bots, owner, person)].sort()).toEqual(FEWEST)
    for (const { roster } of people) expect([...roster.own.keys()].sort()).toEqual([...OWNERS].sort())
    await expectSilence(bots, ...people)
  })

  test('presence goes both ways, and ends with the session of either', async () => {
    const { bots, bot, alice } = await meet()
    await alice.roster.own.subscribe(BOT)
    await untilBoth(bots, BOT, alice)
    await bot.sendPresence({ show: 'away', status: 'lunch', priority: 3 })
    await until(() => alice.roster.own.presence(BOT).best?.show === 'away', 'Alice sees the change')
    expect(alice.roster.own.presence(BOT).best).toMatchObject({ status: 'lunch', priority: 3, resource: '' })
    await alice.roster.own.sendPresence({ show: 'dnd', status: 'busy' })
    await until(() => bot.presence(alice.jid).best?.show === 'dnd', 'the bot sees the change')
    await alice.roster.close()
    await alice.client.stop()
    await until(() => !bot.presence(alice.jid).available, 'Alice is offline')
    const bob = await login(server, 'bob')
    await bob.roster.own.subscribe(BOT)
    await untilBoth(bots, BOT, bob)
    expect(bob.roster.own.presence(BOT).best).toMatchObject({ show: 'away', status: 'lunch' })
    await bots.stop()
    await until(() => !bob.roster.own.presence(BOT).available, 'the bot is offline')
    expect(bob.roster.own.state(BOT)).toBe('both')
  })

  test('the client removes the owner: it is over on both sides, and stays so (promise 8)', async () => {
    const { bots, bot, alice } = await meet()
    await alice.roster.own.subscribe(BOT)
    await untilBoth(bots, BOT, alice)
    expect(await alice.roster.own.remove(BOT)).toBe(true)
    await bots.until(BOT, alice.jid, 'none')
    await settled(bots.entity, alice.client)
    expect(alice.roster.own.has(BOT)).toBe(false)
    expect(bot.presence(alice.jid).available).toBe(false)
    await expectSilence(bots, alice)
    expect(bot.state(alice.jid)).toBe('none')
  })

  test('the owner removes the client: it is over on both sides, and stays so (promise 8)', async () => {
    const { bots, bot, alice } = await meet()
    await alice.roster.own.subscribe(BOT)
    await untilBoth(bots, BOT, alice)
    expect(await bot.remove(alice.jid)).toBe(true)
    await until(() => alice.roster.own.state(BOT) === 'none', 'Alice has lost the bot')
    expect(alice.roster.own.presence(BOT).available).toBe(false)
    await settled(bots.entity, alice.client)
    expect(bot.has(alice.jid)).toBe(false)
    await expectSilence(bots, alice)
    expect(alice.roster.own.get(BOT)).toMatchObject({ subscription: 'none', pendingOut: false })
  })

  test('a deferred request of the client is answered by the component after its restart (promise 5)', async () => {
    const { bots: first, alice } = await meet({})
    await alice.roster.own.subscribe(BOT)
    await first.until(BOT, alice.jid, 'none+in')
    await until(() => alice.roster.own.state(BOT) === 'none+out', 'Alice knows that she has asked')
    await first.stop()
    const second = await connectBots(server, { storage: first.storage })
    for await (const request of second.roster.pending()) expect(await request.authorize()).toBe(true)
    await second.roster.open(BOT)
    await untilBoth(second, BOT, alice)
    await expectSilence(second, alice)
  })
})
