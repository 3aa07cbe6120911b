import { expect, test } from 'vitest'
import { type Bots, bringInto, connectBots, expectAgreed } from './support/bots.js'
import { freshHuman, type Human } from './support/human.js'
import { describeServers, settled, until, xml } from './support/index.js'

const BOT = 'bot@comp.localhost'
const NOBODY = 'nobody@comp.localhost'

const INVALID = [
  '<presence type="invisible"/>',
  '<presence type="hasOwnProperty"/>',
  '<presence><show>constructor</show><priority>9999</priority></presence>',
  '<presence><show/><show/><priority>high</priority></presence>',
]

const stored = async ({ roster }: Bots): Promise<readonly string[]> => {
  const owners: string[] = []
  for await (const owner of roster.owners()) owners.push(owner)
  return owners.sort()
}

describeServers('strangers of a component', (server) => {
  const meet = async () => {
    const bots = await connectBots(server)
    return { bots, bot: await bots.roster.open(BOT), alice: await freshHuman(server, 'alice') }
  }

  /** What somebody says to an owner, until the component has it. */
  const delivered = async (bots: Bots, alice: Human, to: string, stanza: string): Promise<void> => {
    const before = bots.log.received.length
    await server.deliver(alice.jid, to, stanza)
    await until(() => bots.log.received.length > before, `${stanza} has come`)
    await settled(alice.client, bots.entity)
  }

  test('who asks an owner that does not exist leaves no trace, and is not answered (promise 15)', async () => {
    const { bots, alice } = await meet()
    await alice.says('subscribe', NOBODY)
    await until(() => bots.heard(NOBODY, alice.jid).includes('subscribe'), 'the request has come')
    await settled(alice.client, bots.entity)
    for (const type of ['unsubscribe', 'subscribed', 'unsubscribed', 'unavailable', 'error'])
      await delivered(bots, alice, NOBODY, `<presence type="${type}"/>`)
    await delivered(bots, alice, NOBODY, '<presence/>')
    expect(bots.said(NOBODY)).toEqual([])
    expect(bots.roster.has(NOBODY)).toBe(false)
    expect(await stored(bots)).toEqual([BOT])
    expect(await alice.sees(NOBODY)).toBe('none+out')
  })

  test('a probe for nobody is answered like one of a stranger for somebody: nobody can tell who exists (promise 16)', async () => {
    const { bots, bot, alice } = await meet()
    await server.deliver(alice.jid, NOBODY, '<presence type="probe"/>')
    await server.deliver(alice.jid, BOT, '<presence type="probe"/>')
    await until(() => bots.said(NOBODY).length === 1 && bots.said(BOT).length === 1, 'both are answered')
    const answers = bots.log.sent.filter((stanza) => stanza.is('presence')).map(({ attrs }) => attrs)
    const unlike = answers.map(({ from: _from, id: _id, ...rest }) => rest)
    expect(unlike).toEqual([
      { to: alice.jid, type: 'unsubscribed' },
      { to: alice.jid, type: 'unsubscribed' },
    ])
    expect(answers.map(({ id }) => typeof id)).toEqual(['string', 'string'])
    expect(bot.size).toBe(0)
    expect(await stored(bots)).toEqual([BOT])
  })

  test('a predicate decides which owners a request can bring to life (promise 15)', async () => {
    const asked: string[] = []
    const bots = await connectBots(server, {
      autoAuthorize: true,
      owners: async (owner) => {
        asked.push(owner)
        return owner.startsWith('room-')
      },
    })
    const alice = await freshHuman(server, 'alice')
    await alice.says('subscribe', NOBODY)
    await alice.says('subscribe', 'room-1@comp.localhost')
    await alice.hearing('room-1@comp.localhost', 'subscribe')
    await settled(alice.client, bots.entity)
    expect(asked).toEqual([NOBODY, 'room-1@comp.localhost'])
    expect(await stored(bots)).toEqual(['room-1@comp.localhost'])
    await expectAgreed(bots.roster.get('room-1@comp.localhost')!, alice, 'from+out')
    expect(alice.hears(NOBODY)).toEqual([])
    // Somebody's presence and probes are no reason to bring anybody to life.
    await delivered(bots, alice, 'room-2@comp.localhost', '<presence/>')
    await delivered(bots, alice, 'room-2@comp.localhost', '<presence type="probe"/>')
    expect(await stored(bots)).toEqual(['room-1@comp.localhost'])
  })

  test("stray answers and a stranger's presence change nothing (promise 3)", async () => {
    const { bots, bot, alice } = await meet()
    const told: string[] = []
    bots.roster.on('transition', ({ contact }) => told.push(contact)).on('online', ({ contact }) => told.push(contact))
    for (const type of ['subscribed', 'unsubscribed', 'unsubscribe'])
      await delivered(bots, alice, BOT, `<presence type="${type}"/>`)
    await delivered(bots, alice, BOT, '<presence><show>chat</show></presence>')
    expect(told).toEqual([])
    expect(bot.size).toBe(0)
    expect(bots.said(BOT)).toEqual([])
    expect((await bots.storage.load(BOT))?.items).toEqual([])
  })

  test('odd presences neither throw nor stick: the next request is served (promise 26)', async () => {
    const { bots, bot, alice } = await meet()
    await bringInto('both', bots, bot, alice)
    await until(() => bot.presence(alice.jid).available, 'Alice is there')
    const rejected: string[] = []
    bots.roster.on('rejected', ({ error }) => rejected.push(error.code))
    const odd = [
      '<presence><show/><status/><priority>-128</priority></presence>',
      '<presence type="error"/>',
      '<presence type="subscribe"><subscribe/><status><b>bold</b></status></presence>',
    ]
    for (const stanza of odd) await delivered(bots, alice, BOT, stanza)
    for (const stanza of INVALID) {
      // What the schema forbids ejabberd does not let through.
      if (server.kind !== 'ejabberd') await delivered(bots, alice, BOT, stanza)
      else await expect(server.deliver(alice.jid, BOT, stanza), stanza).rejects.toThrow('refused')
    }
    await server.deliver('__proto__@localhost', BOT, '<presence type="subscribe"/>')
    await bots.until(BOT, '__proto__@localhost', 'none+in')
    await server.deliver('localhost', BOT, '<presence type="subscribe"/>')
    await bots.until(BOT, 'localhost', 'none+in')
    await server.deliver(BOT, BOT, '<presence type="subscribe"/>')
    await until(() => rejected.length === 1, 'an owner that asks itself is refused')
    expect(rejected).toEqual(['STANZA_INVALID'])
    expect(bot.requests().map(({ contact }) => contact)).toEqual(['__proto__@localhost', 'localhost'])
    expect(await bot.requests()[0]?.deny()).toBe(true)
    await settled(alice.client, bots.entity)
    await expectAgreed(bot, alice, 'both')
    const bob = await freshHuman(server, 'bob')
    await bringInto('from', bots, bot, bob)
    await expectAgreed(bot, bob, 'from')
  })

  test('a flood of repeated requests is one request, with the stanza of the first (promise 5)', async () => {
    const { bots, bot, alice } = await meet()
    for (let nr = 0; nr < 20; nr++)
      await alice.client.send(xml('presence', { type: 'subscribe', to: BOT }, xml('status', {}, `ask ${nr}`)))
    await until(() => bot.requests().length === 1, 'she has asked')
    await settled(alice.client, bots.entity)
    expect(bot.requests()).toMatchObject([{ contact: alice.jid, status: 'ask 0' }])
    expect(bots.said(BOT)).toEqual([])
    await expectAgreed(bot, alice, 'none+in')
  })
})

describeServers("an application's own stanzas", (server) => {
  const meet = async () => {
    const bots = await connectBots(server)
    return { bots, bot: await bots.roster.open(BOT), alice: await freshHuman(server, 'alice') }
  }

  test('Roster.send: a subscription stanza is decided, stored, then sent as it was written (promise 2)', async () => {
    const { bots, bot, alice } = await meet()
    const pet = xml('pet', { xmlns: 'urn:example:pet' }, 'Rex')
    await bots.roster.send(xml('presence', { type: 'subscribe', from: `${BOT}/desk`, to: alice.jid, id: 'mine' }, pet))
    expect(bot.state(alice.jid)).toBe('none+out')
    await alice.hearing(BOT, 'subscribe')
    const [asked] = alice.log.incoming('presence', 'subscribe')
    expect(asked?.getChildText('pet')).toBe('Rex')
    expect(asked?.attrs).toMatchObject({ id: 'mine', from: BOT })
    await alice.says('subscribed', BOT)
    await bots.until(BOT, alice.jid, 'to')
    await bots.roster.send(xml('presence', { type: 'unsubscribe', from: BOT, to: alice.jid }))
    expect(bot.state(alice.jid)).toBe('none')
    await settled(bots.entity, alice.client)
    await expectAgreed(bot, alice, 'none')
  })

  test('entity.send, past the roster: it is recorded, and sent once (promise 2)', async () => {
    const { bots, bot, alice } = await meet()
    await bringInto('none+in', bots, bot, alice)
    await bots.entity.send(xml('presence', { type: 'subscribed', from: BOT, to: alice.jid }))
    await bots.until(BOT, alice.jid, 'from')
    await alice.hearing(BOT, 'available')
    await bots.entity.send(xml('presence', { type: 'subscribe', from: BOT, to: alice.jid }))
    await bots.until(BOT, alice.jid, 'from+out')
    await alice.says('subscribed', BOT)
    await bots.until(BOT, alice.jid, 'both')
    await settled(bots.entity, alice.client)
    await expectAgreed(bot, alice, 'both')
    await bots.entity.send(xml('presence', { type: 'unsubscribed', from: BOT, to: alice.jid }))
    await bots.until(BOT, alice.jid, 'to')
    await settled(bots.entity, alice.client)
    await expectAgreed(bot, alice, 'to')
    expect(bots.said(BOT).filter((word) => word.includes('sub'))).toEqual(['subscribed', 'subscribe', 'unsubscribed'])
  })
})
