import { expect, test } from 'vitest'
import { bringInto, connectBots, expectAgreed } from './support/bots.js'
import { freshHuman, type Human } from './support/human.js'
import {
  connectClient,
  cut,
  describeServers,
  jidOf,
  type ServerFixture,
  settled,
  stopEntity,
  type TestClient,
  until,
  xml,
} from './support/index.js'

const BOT = 'bot@comp.localhost'
const OWNERS = ['one', 'two', 'three', 'four', 'five'].map((name) => `${name}@comp.localhost`)
/** ejabberd admits twenty sessions of one account. */
const DEVICES = 10

/** One after the other: the queue of a port is short, and the storm begins with the presences. */
const devicesOf = async (server: ServerFixture, { username }: Human, count: number): Promise<readonly TestClient[]> => {
  const devices: TestClient[] = []
  for (let nr = 0; nr < count; nr++) devices.push(await connectClient(server, { username, resource: `device${nr}` }))
  return devices
}

describeServers('a login storm', (server) => {
  test('50 resources of five accounts at once: each probe is answered, each resource is seen, and seen to leave', async () => {
    const bots = await connectBots(server)
    const bot = await bots.roster.open(BOT)
    const people: Human[] = []
    for (const name of ['alice', 'bob', 'carol', 'dave', 'erin']) people.push(await freshHuman(server, name))
    for (const person of people) await bringInto('both', bots, bot, person)
    await bot.sendPresence({ show: 'chat', status: 'welcome' })
    const devices = (await Promise.all(people.map((person) => devicesOf(server, person, DEVICES)))).flat()
    for (const { client } of people) await stopEntity(client)
    await until(() => people.every(({ jid }) => !bot.presence(jid).available), 'everybody has left')
    const online: string[] = []
    bots.roster.on('online', ({ contact }) => online.push(contact))
    bots.log.clear()
    await Promise.all(
      devices.map((device, nr) => device.send(xml('presence', {}, xml('priority', {}, String(nr % DEVICES))))),
    )
    const seen = (): number => people.reduce((sum, { jid }) => sum + bot.presence(jid).resources.size, 0)
    await until(() => seen() === devices.length, 'all fifty are seen')
    const answered = (): Set<unknown> =>
      new Set(
        bots.log.sent.filter((stanza) => stanza.getChildText('status') === 'welcome').map(({ attrs }) => attrs['to']),
      )
    await until(() => answered().size === devices.length, 'all fifty are answered')
    expect([...answered()].sort()).toEqual(devices.map(jidOf).sort())
    expect(online.sort()).toEqual(people.map(({ jid }) => jid).sort())
    for (const { jid } of people) expect(bot.presence(jid).best?.resource).toBe(`device${DEVICES - 1}`)
    expect(bots.said(BOT).filter((word) => word.includes('subscribe'))).toEqual([])
    for (const device of devices.slice(0, 5)) await stopEntity(device)
    await until(() => seen() === devices.length - 5, 'five have left')
    await server.kick(jidOf(devices[9]!))
    await until(() => bot.presence(people[0]!.jid).resources.size === 4, 'one was thrown out')
    expect(bot.presence(people[0]!.jid).best?.resource).toBe('device8')
  })

  test('the component comes back to ten resources: it asks once, and sees them all', async () => {
    const bots = await connectBots(server)
    const bot = await bots.roster.open(BOT)
    const alice = await freshHuman(server, 'alice')
    await bringInto('both', bots, bot, alice)
    const devices = await devicesOf(server, alice, DEVICES)
    await Promise.all(devices.map((device) => device.send(xml('presence'))))
    await until(() => bot.presence(alice.jid).resources.size === DEVICES + 1, 'all are seen')
    await settled(bots.entity, alice.client)
    cut(bots.entity)
    await until(() => !bot.presence(alice.jid).available, 'the session is over')
    bots.log.clear()
    await until(() => bot.presence(alice.jid).resources.size === DEVICES + 1, 'all are seen again')
    await settled(bots.entity, alice.client)
    expect(bots.said(BOT, alice.jid)).toEqual(['available', 'probe'])
  })

  test('more resources than are kept of one contact: the oldest goes first, and the contact stays online', async () => {
    const bots = await connectBots(server, { maxResources: 3 })
    const bot = await bots.roster.open(BOT)
    const alice = await freshHuman(server, 'alice')
    await bringInto('both', bots, bot, alice)
    const told: string[] = []
    bots.roster.on('offline', ({ contact }) => told.push(contact))
    for (const device of await devicesOf(server, alice, 5)) {
      await device.send(xml('presence'))
      await until(() => bot.presence(alice.jid).resources.has(jidOf(device).split('/')[1]!), 'the device is seen')
    }
    expect([...bot.presence(alice.jid).resources.keys()]).toEqual(['device2', 'device3', 'device4'])
    expect(bots.roster.counters['resources.dropped']).toBe(3)
    expect(told).toEqual([])
  })

  test('five owners and two accounts, everybody with everybody, both directions at once', async () => {
    const bots = await connectBots(server, { owners: OWNERS, autoAuthorize: true })
    await until(() => OWNERS.every((jid) => bots.roster.get(jid)?.loaded), 'five owners are open')
    const alice = await freshHuman(server, 'alice')
    const bob = await freshHuman(server, 'bob')
    const accept = (person: Human) => {
      person.client.on('stanza', (stanza) => {
        if (stanza.is('presence') && stanza.attrs.type === 'subscribe')
          void person.says('subscribed', stanza.attrs.from)
      })
    }
    for (const person of [alice, bob]) accept(person)
    await Promise.all(OWNERS.flatMap((jid) => [alice, bob].map((person) => person.says('subscribe', jid))))
    await Promise.all(
      OWNERS.flatMap((jid) => [alice, bob].map((person) => bots.roster.get(jid)!.subscribe(person.jid))),
    )
    for (const jid of OWNERS) {
      for (const person of [alice, bob]) {
        await bots.until(jid, person.jid, 'both')
        await until(() => bots.roster.get(jid)!.presence(person.jid).available, `${jid} sees ${person.jid}`)
        await person.hearing(jid, 'available')
      }
    }
    await settled(alice.client, bob.client, bots.entity)
    for (const jid of OWNERS) {
      for (const person of [alice, bob]) await expectAgreed(bots.roster.get(jid)!, person, 'both')
      expect(bots.said(jid).filter((word) => word === 'subscribed')).toHaveLength(2)
    }
    bots.log.clear()
    await settled(alice.client, bob.client, bots.entity)
    expect(bots.log.all.map(({ text }) => text)).toEqual([])
  })
})
