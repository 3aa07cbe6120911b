import { expect, test } from 'vitest'
import type { SubscriptionEvent } from '../../src/index.js'
import { bringInto, connectBots, expectAgreed } from './support/bots.js'
import { freshHuman, human } from './support/human.js'
import { describeServers, settled, stopEntity, until } from './support/index.js'

const BOT = 'bot@comp.localhost'

describeServers("a component's subscriptions", (server) => {
  const meet = async (autoAuthorize: boolean | null = null) => {
    const bots = await connectBots(server, { autoAuthorize })
    return { bots, bot: await bots.roster.open(BOT), alice: await freshHuman(server, 'alice') }
  }

  test('four steps make both, in this order on the wire (RFC 6121 §3.1)', async () => {
    const { bots, bot, alice } = await meet()
    await alice.says('subscribe', BOT)
    await bots.until(BOT, alice.jid, 'none+in')
    expect(bot.get(alice.jid)).toBeUndefined()
    expect(await bot.requests()[0]?.authorize()).toBe(true)
    await alice.hearing(BOT, 'subscribe')
    expect(alice.hears(BOT)).toEqual(['subscribed', 'available', 'subscribe'])
    await alice.says('subscribed', BOT)
    await bots.until(BOT, alice.jid, 'both')
    await until(() => bot.presence(alice.jid).available, 'Alice is available to the bot')
    await settled(alice.client, bots.entity)
    await expectAgreed(bot, alice, 'both')
    expect(bots.said(BOT).filter((word) => word.startsWith('sub'))).toEqual(['subscribed', 'subscribe'])
  })

  test('the owner asks first: granted, it sees who is available', async () => {
    const { bots, bot, alice } = await meet()
    await bot.subscribe(alice.jid, { nick: 'Robot', status: 'may I?' })
    await alice.hearing(BOT, 'subscribe "may I?"')
    expect(await alice.sees(BOT)).toBe('none')
    await alice.says('subscribed', BOT)
    await bots.until(BOT, alice.jid, 'to')
    await until(() => bot.presence(alice.jid).available, 'Alice is available to the bot')
    await expectAgreed(bot, alice, 'to')
    expect(bot.presence(alice.jid).best?.jid).toBe(alice.client.jid?.toString())
  })

  test('the human denies: both sides end in none, and the owner is told (RFC 6121 §3.2)', async () => {
    const { bots, bot, alice } = await meet()
    const told: SubscriptionEvent[] = []
    bots.roster.on('unsubscribed', (event) => told.push(event))
    await bringInto('none+out', bots, bot, alice)
    await alice.says('unsubscribed', BOT)
    await bots.until(BOT, alice.jid, 'none')
    await settled(alice.client, bots.entity)
    await expectAgreed(bot, alice, 'none')
    expect(told).toMatchObject([{ owner: BOT, contact: alice.jid, previous: 'none+out' }])
    expect(bot.get(alice.jid)).toMatchObject({ subscription: 'none', pendingOut: false })
  })

  test('the owner denies: nothing of the request is left, and no unavailable goes to whom was never subscribed (RFC 6121 §3.2.2 MUST NOT)', async () => {
    const { bots, bot, alice } = await meet()
    await bringInto('none+in', bots, bot, alice)
    expect(await bot.requests()[0]?.deny({ status: 'no robots' })).toBe(true)
    await alice.hearing(BOT, 'unsubscribed "no robots"')
    await settled(alice.client, bots.entity)
    expect(alice.hears(BOT)).toEqual(['unsubscribed "no robots"'])
    await expectAgreed(bot, alice, 'none')
    expect(bot.requests()).toEqual([])
    expect((await bots.storage.load(BOT))?.items).toEqual([])
  })

  test('the owner cancels: unavailable comes before unsubscribed (promise 6)', async () => {
    const { bots, bot, alice } = await meet()
    await bringInto('from', bots, bot, alice)
    alice.log.clear()
    expect(await bot.unauthorize(alice.jid)).toBe(true)
    await alice.hearing(BOT, 'unsubscribed')
    await settled(alice.client, bots.entity)
    expect(bots.said(BOT).slice(-2)).toEqual(['unavailable', 'unsubscribed'])
    expect(alice.hears(BOT).filter((word) => word.startsWith('un'))).toEqual(['unavailable', 'unsubscribed'])
    await expectAgreed(bot, alice, 'none')
  })

  test('the human cancels: the owner loses her presence at once (promise 6)', async () => {
    const { bots, bot, alice } = await meet()
    await bringInto('to', bots, bot, alice)
    await until(() => bot.presence(alice.jid).available, 'Alice is available to the bot')
    await alice.says('unsubscribed', BOT)
    await bots.until(BOT, alice.jid, 'none')
    expect(bot.presence(alice.jid).available).toBe(false)
    await settled(alice.client, bots.entity)
    await expectAgreed(bot, alice, 'none')
  })

  test('the human withdraws her request: it can no longer be answered (promise 5)', async () => {
    const { bots, bot, alice } = await meet()
    await bringInto('none+in', bots, bot, alice)
    const [request] = bot.requests()
    await alice.says('unsubscribe', BOT)
    await bots.until(BOT, alice.jid, 'none')
    expect(await request?.authorize()).toBe(false)
    expect(await request?.deny()).toBe(false)
    await settled(alice.client, bots.entity)
    await expectAgreed(bot, alice, 'none')
    expect(bots.said(BOT, alice.jid)).not.toContain('subscribed')
  })

  test('the owner withdraws its request: at her next login, she is not asked any more', async () => {
    const { bots, bot, alice } = await meet()
    await bringInto('none+out', bots, bot, alice)
    await bot.unsubscribe(alice.jid)
    await settled(bots.entity, alice.client)
    // ejabberd forgets the request, answers for her, and does not bother her with it.
    expect(alice.hears(BOT)).toEqual(server.kind === 'ejabberd' ? ['subscribe'] : ['subscribe', 'unsubscribe'])
    await expectAgreed(bot, alice, 'none')
    await stopEntity(alice.client)
    const again = await human(server, alice)
    await settled(again.client, bots.entity)
    expect(again.hears(BOT)).toEqual([])
  })

  test('the human unsubscribes: she gets unavailable from the owner (RFC 6121 §3.3.3 MUST)', async () => {
    const { bots, bot, alice } = await meet()
    await bringInto('both', bots, bot, alice)
    bots.log.clear()
    await alice.says('unsubscribe', BOT)
    await bots.until(BOT, alice.jid, 'to')
    await until(() => bots.said(BOT, alice.jid).includes('unavailable'), 'the bot ends its presence')
    await settled(alice.client, bots.entity)
    await expectAgreed(bot, alice, 'to')
    await bot.sendPresence({ status: 'not for her' })
    await settled(bots.entity, alice.client)
    expect(alice.hears(BOT).at(-1)).not.toContain('not for her')
    expect(alice.hears(BOT).filter((word) => word === 'available')).toHaveLength(1)
  })

  test('the human removes the owner: none on both sides, whichever JID the server says it from (promise 8)', async () => {
    const { bots, bot, alice } = await meet()
    await bringInto('both', bots, bot, alice)
    await until(() => bot.presence(alice.jid).available, 'Alice is available to the bot')
    bots.log.clear()
    await alice.removes(BOT)
    await bots.until(BOT, alice.jid, 'none')
    await until(() => bots.heard(BOT, alice.jid).includes('unsubscribed'), 'the server has cancelled too')
    await settled(alice.client, bots.entity)
    await expectAgreed(bot, alice, 'none')
    expect(bot.presence(alice.jid).available).toBe(false)
    const from = bots.log.incoming('presence', 'unsubscribe').map(({ attrs }) => attrs['from'])
    // servers.md §4: Prosody speaks for the session, ejabberd for the account.
    expect(from).toEqual([server.kind === 'prosody' ? alice.client.jid?.toString() : alice.jid])
    const answered = bots.log.sent.filter(({ attrs }) => attrs['to'] !== undefined && attrs['type'] !== 'result')
    expect(answered.length).toBeGreaterThan(0)
    expect(answered.every(({ attrs }) => !String(attrs['to']).includes('/'))).toBe(true)
  })

  test('the owner removes the human: both directions end, and no later stanza brings her back (promise 8)', async () => {
    const { bots, bot, alice } = await meet()
    await bringInto('both', bots, bot, alice)
    bots.log.clear()
    expect(await bot.remove(alice.jid)).toBe(true)
    await alice.hearing(BOT, 'unsubscribed')
    await settled(alice.client, bots.entity)
    expect(bots.said(BOT, alice.jid).slice(0, 3)).toEqual(['unsubscribe', 'unavailable', 'unsubscribed'])
    expect(bot.size).toBe(0)
    expect((await bots.storage.load(BOT))?.items).toEqual([])
    await expectAgreed(bot, alice, 'none')
    await server.deliver(alice.jid, BOT, '<presence type="subscribed"/>')
    await server.deliver(alice.jid, BOT, '<presence/>')
    await settled(alice.client, bots.entity)
    expect(bot.size).toBe(0)
    expect(await bot.remove(alice.jid)).toBe(false)
  })
})
