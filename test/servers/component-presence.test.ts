import { expect, test } from 'vitest'
import { bringInto, connectBots, expectAgreed } from './support/bots.js'
import { freshHuman } from './support/human.js'
import { connectClient, describeServers, jidOf, settled, until, xml } from './support/index.js'

const BOT = 'bot@comp.localhost'

describeServers("a component's presence", (server) => {
  const meet = async (states: readonly ('from' | 'both')[] = ['from']) => {
    const bots = await connectBots(server)
    const bot = await bots.roster.open(BOT)
    const people = []
    for (const state of states) {
      const person = await freshHuman(server, 'alice')
      await bringInto(state, bots, bot, person)
      await person.hearing(BOT, 'available')
      people.push(person)
    }
    await settled(bots.entity, ...people.map(({ client }) => client))
    for (const { log } of [bots, ...people]) log.clear()
    return { bots, bot, alice: people[0]!, bob: people[1]! }
  }

  test('changes of show, status and priority reach every subscriber, and nobody else (promise 17)', async () => {
    const { bots, bot, alice, bob } = await meet(['from', 'both'])
    const carol = await freshHuman(server, 'carol')
    await bringInto('to', bots, bot, carol)
    await bot.sendPresence({ show: 'dnd', status: 'deploying', priority: 5 })
    await bot.sendPresence({ show: 'chat', priority: -1 })
    await bot.sendPresence()
    for (const person of [alice, bob]) await until(() => person.hears(BOT).length === 3, 'three changes have come')
    await settled(bots.entity, alice.client, bob.client, carol.client)
    for (const person of [alice, bob]) {
      expect(person.hears(BOT)).toEqual(['dnd "deploying"', 'chat', 'available'])
      const priorities = person.log.incoming('presence').map((stanza) => stanza.getChildText('priority'))
      expect(priorities).toEqual(['5', '-1', null])
    }
    expect(carol.hears(BOT)).toEqual(['subscribe'])
  })

  test('a new subscriber gets the last presence, after the answer (RFC 6121 §3.1.5)', async () => {
    const { bots, bot } = await meet()
    await bot.sendPresence({ show: 'away', status: 'lunch' })
    const bob = await freshHuman(server, 'bob')
    await bringInto('from', bots, bot, bob)
    await bob.hearing(BOT, 'away "lunch"')
    await settled(bots.entity, bob.client)
    // Whatever her server asks, the answer is the last presence and no other.
    expect([...new Set(bob.hears(BOT))]).toEqual(['subscribed', 'away "lunch"'])
  })

  test('an owner that withdrew is unavailable to whom asks, and says nothing of it to new subscribers', async () => {
    const { bots, bot, alice } = await meet()
    await bot.sendPresence({ type: 'unavailable', status: 'good night' })
    await alice.hearing(BOT, 'unavailable "good night"')
    bots.log.clear()
    await server.deliver(alice.jid, BOT, '<presence type="probe"/>')
    await until(() => bots.said(BOT, alice.jid).length === 1, 'she is answered')
    expect(bots.said(BOT, alice.jid)).toEqual(['unavailable'])
    const bob = await freshHuman(server, 'bob')
    await bringInto('from', bots, bot, bob)
    await settled(bots.entity, alice.client, bob.client)
    expect(bob.hears(BOT)).toEqual(['subscribed'])
    expect(alice.hears(BOT)).not.toContain('available')
    // From now on she is answered with what is announced then.
    await bot.sendPresence({ status: 'up' })
    await bob.hearing(BOT, 'available "up"')
    await alice.hearing(BOT, 'available "up"')
  })

  test('who logs in learns the presence of the owner, by the probe of her server (RFC 6121 §4.3.2 MUST)', async () => {
    const { bots, bot, alice } = await meet()
    await bot.sendPresence({ status: 'here' })
    await alice.hearing(BOT, 'available "here"')
    bots.log.clear()
    const phone = await connectClient(server, { username: alice.username, resource: 'phone' })
    await phone.send(xml('presence'))
    await until(() => bots.heard(BOT, alice.jid).includes('probe'), 'her server asks')
    await until(() => bots.said(BOT, alice.jid).length === 1, 'the bot answers')
    const [answer] = bots.log.sent.filter((stanza) => stanza.is('presence'))
    expect(answer?.attrs).toMatchObject({ from: BOT, to: jidOf(phone) })
    expect(answer?.getChildText('status')).toBe('here')
  })

  test('an owner that speaks from two resources shows both, and each leaves for itself', async () => {
    const { bots, bot, alice } = await meet()
    await bot.sendPresence({ type: 'unavailable' })
    await bot.sendPresence({ resource: 'day', status: 'day', priority: 1 })
    await bot.sendPresence({ resource: 'night', status: 'night' })
    await alice.hearing(BOT, 'available "night"')
    const phone = await connectClient(server, { username: alice.username, resource: 'phone' })
    bots.log.clear()
    await phone.send(xml('presence'))
    await until(() => bots.said(BOT, alice.jid).length === 2, 'both resources are shown to the phone')
    expect([...bots.said(BOT, alice.jid)].sort()).toEqual(['available "day"', 'available "night"'])
    alice.log.clear()
    await bot.sendPresence({ resource: 'day', type: 'unavailable' })
    await alice.hearing(BOT, 'unavailable')
    await settled(bots.entity, alice.client)
    const [left] = alice.log.incoming('presence', 'unavailable')
    expect(left?.attrs['from']).toBe(`${BOT}/day`)
    expect(alice.hears(BOT)).toEqual(['unavailable'])
  })

  test('probes for an owner that is stored but not open: unavailable to its subscribers, unsubscribed to strangers (promise 16)', async () => {
    const { bots, bot, alice } = await meet()
    const bob = await freshHuman(server, 'bob')
    await bot.release()
    await alice.hearing(BOT, 'unavailable')
    expect(bots.roster.has(BOT)).toBe(false)
    bots.log.clear()
    await server.deliver(alice.jid, BOT, '<presence type="probe"/>')
    await until(() => bots.said(BOT, alice.jid).length === 1, 'the subscriber is answered')
    await server.deliver(bob.jid, BOT, '<presence type="probe"/>')
    await until(() => bots.said(BOT, bob.jid).length === 1, 'the stranger is answered')
    expect(bots.said(BOT, alice.jid)).toEqual(['unavailable'])
    expect(bots.said(BOT, bob.jid)).toEqual(['unsubscribed'])
    await expectAgreed(await bots.roster.open(BOT), alice, 'from')
  })

  test('a probe of somebody whose request is pending is not answered at all (promise 16)', async () => {
    const bots = await connectBots(server)
    const bot = await bots.roster.open(BOT)
    const alice = await freshHuman(server, 'alice')
    await bringInto('none+in', bots, bot, alice)
    await server.deliver(alice.jid, BOT, '<presence type="probe"/>')
    await until(() => bots.heard(BOT, alice.jid).includes('probe'), 'the probe has come')
    await settled(alice.client, bots.entity)
    expect(bots.said(BOT)).toEqual([])
    await expectAgreed(bot, alice, 'none+in')
  })

  test('directed presence goes to one stranger, is what she gets when she probes, and ends when she is told so (RFC 6121 §4.6)', async () => {
    const bots = await connectBots(server)
    const bot = await bots.roster.open(BOT)
    const alice = await freshHuman(server, 'alice')
    const bob = await freshHuman(server, 'bob')
    await bot.sendPresence({ status: 'only for you' }, { to: alice.jid })
    await alice.hearing(BOT, 'available "only for you"')
    bots.log.clear()
    await server.deliver(alice.jid, BOT, '<presence type="probe"/>')
    await until(() => bots.said(BOT, alice.jid).length === 1, 'she is answered')
    expect(bots.said(BOT, alice.jid)).toEqual(['available "only for you"'])
    await bot.sendPresence({ type: 'unavailable' }, { to: alice.jid })
    await alice.hearing(BOT, 'unavailable')
    await settled(bots.entity, alice.client, bob.client)
    expect(bob.hears(BOT)).toEqual([])
    expect(bot.size).toBe(0)
  })

  test('release: the subscribers see it leave, its roster stays in storage', async () => {
    const { bots, bot, alice } = await meet(['both'])
    await bot.release()
    await alice.hearing(BOT, 'unavailable')
    await settled(bots.entity, alice.client)
    expect(alice.hears(BOT)).toEqual(['unavailable'])
    await expect(bot.sendPresence()).rejects.toMatchObject({ code: 'CLOSED' })
    const again = await bots.roster.open(BOT)
    await alice.hearing(BOT, 'available')
    await until(() => again.presence(alice.jid).available, 'it has asked who is there')
    await settled(bots.entity, alice.client)
    await expectAgreed(again, alice, 'both')
  })

  test('forget: everybody is told that it is over, and nothing is left of it', async () => {
    const { bots, alice, bob } = await meet(['from', 'both'])
    expect(await bots.roster.forget(BOT)).toBe(true)
    for (const person of [alice, bob]) await person.hearing(BOT, 'unsubscribed')
    await settled(bots.entity, alice.client, bob.client)
    for (const person of [alice, bob]) expect(await person.sees(BOT)).toBe('none')
    expect(await bots.storage.load(BOT)).toBeUndefined()
    expect(bots.roster.has(BOT)).toBe(false)
    expect(await bots.roster.forget(BOT)).toBe(false)
    bots.log.clear()
    await alice.says('subscribe', BOT)
    await until(() => bots.heard(BOT, alice.jid).includes('subscribe'), 'a late request has come')
    await settled(bots.entity, alice.client)
    expect(bots.said(BOT, alice.jid)).toEqual([])
    expect(await bots.storage.load(BOT)).toBeUndefined()
  })
})
