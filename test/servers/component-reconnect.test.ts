import { expect, test } from 'vitest'
import type { RosterEvents, SubscriptionState } from '../../src/index.js'
import { manualClock } from '../../src/testing/clock.js'
import { type Bots, bringInto, connectBots, expectAgreed } from './support/bots.js'
import { freshHuman } from './support/human.js'
import { cut, describeServers, settled, until } from './support/index.js'

const BOT = 'bot@comp.localhost'
const DAY_MS = 86_400_000

const STATES: readonly SubscriptionState[] = [
  ...(['none', 'none+out', 'none+in', 'none+out+in', 'to', 'to+in', 'from', 'from+out', 'both'] as const),
]

const isSubscription = (word: string): boolean => word.includes('subscribe')

const lose = async ({ entity }: Bots): Promise<void> => {
  cut(entity)
  await until(() => entity.status !== 'online', 'the component is cut off')
}

const back = ({ entity }: Bots): Promise<unknown> => until(() => entity.status === 'online', 'the component is back')

describeServers("a component's connection", (server) => {
  const inState = async (state: SubscriptionState, clock = manualClock(Date.now())) => {
    const bots = await connectBots(server, { clock })
    const bot = await bots.roster.open(BOT)
    const alice = await freshHuman(server, 'alice')
    await bringInto(state, bots, bot, alice)
    await settled(alice.client, bots.entity)
    bots.log.clear()
    alice.log.clear()
    return { bots, bot, alice, clock }
  }

  test('is cut: contacts go offline without a stanza, and come back when their probes are answered (promise 18)', async () => {
    const { bots, bot, alice } = await inState('both')
    const told: string[] = []
    const offline: RosterEvents['offline'] = ({ contact, resource, stanza }) =>
      void told.push(`offline ${contact} ${resource} ${stanza}`)
    bots.roster.on('offline', offline).on('online', ({ contact }) => void told.push(`online ${contact}`))
    expect(bot.presence(alice.jid).available).toBe(true)
    await lose(bots)
    expect(told).toEqual([`offline ${alice.jid} undefined undefined`])
    expect(bot.presence(alice.jid).available).toBe(false)
    await until(() => bot.presence(alice.jid).available, 'Alice is online again')
    await alice.hearing(BOT, 'available')
    await settled(alice.client, bots.entity)
    expect(told.slice(1)).toEqual([`online ${alice.jid}`])
    expect(bots.said(BOT).filter(isSubscription)).toEqual([])
    await expectAgreed(bot, alice, 'both')
  })

  test('is cut under a stanza that is owed: it goes out after the reconnect, once (promise 20)', async () => {
    const { bots, bot, alice } = await inState('none+in')
    cut(bots.entity)
    expect(await bot.authorize(alice.jid)).toBe(true)
    expect((await bots.storage.load(BOT))?.owed).toHaveLength(1)
    await alice.hearing(BOT, 'subscribed')
    await alice.hearing(BOT, 'available')
    await settled(alice.client, bots.entity)
    expect(alice.hears(BOT).filter(isSubscription)).toEqual(['subscribed'])
    await expectAgreed(bot, alice, 'from')
  })

  test('is missing: commands resolve when they are stored, and are sent in their order later (promise 19)', async () => {
    const { bots, bot, alice } = await inState('none+in')
    const bob = await freshHuman(server, 'bob')
    await lose(bots)
    await bot.authorize(alice.jid)
    await bot.subscribe(alice.jid, { status: 'me too' })
    await bot.subscribe(bob.jid)
    expect(bots.entity.status).not.toBe('online')
    expect((await bots.storage.load(BOT))?.items.map(({ state }) => state)).toEqual(['from+out', 'none+out'])
    await alice.hearing(BOT, 'subscribe "me too"')
    await bob.hearing(BOT, 'subscribe')
    await alice.hearing(BOT, 'available')
    await settled(alice.client, bob.client, bots.entity)
    expect(alice.hears(BOT).filter(isSubscription)).toEqual(['subscribed', 'subscribe "me too"'])
    await expectAgreed(bot, alice, 'from+out')
    await expectAgreed(bot, bob, 'none+out')
  })

  test('is missing: what was decided and taken back meanwhile is granted to nobody (promise 20)', async () => {
    const { bots, bot, alice } = await inState('none+in')
    await lose(bots)
    await bot.authorize(alice.jid)
    expect(await bot.unauthorize(alice.jid)).toBe(true)
    await alice.hearing(BOT, 'unsubscribed')
    await settled(alice.client, bots.entity)
    expect(alice.hears(BOT)).not.toContain('subscribed')
    expect(alice.hears(BOT)).not.toContain('available')
    await expectAgreed(bot, alice, 'none')
  })

  test('is missing: a removal while away ends both directions when it is back (promise 8)', async () => {
    const { bots, bot, alice } = await inState('both')
    await lose(bots)
    expect(await bot.remove(alice.jid)).toBe(true)
    await alice.hearing(BOT, 'unsubscribed')
    await settled(alice.client, bots.entity)
    await expectAgreed(bot, alice, 'none')
    expect(bot.size).toBe(0)
  })

  test('is missing: an owner that is opened meanwhile appears when it is back', async () => {
    const { bots, alice } = await inState('none')
    await lose(bots)
    const late = await bots.roster.open('late@comp.localhost')
    await late.subscribe(alice.jid)
    await back(bots)
    await alice.hearing('late@comp.localhost', 'subscribe')
    await expectAgreed(late, alice, 'none+out')
  })

  test('comes back after a day: an unanswered request is said again, and not before (promise 18)', async () => {
    const { bots, bot, alice, clock } = await inState('none+out')
    await lose(bots)
    await back(bots)
    await settled(alice.client, bots.entity)
    expect(bots.said(BOT)).toEqual([])
    await clock.advance(DAY_MS)
    await lose(bots)
    await until(() => bots.said(BOT, alice.jid).length > 0, 'the request is repeated')
    await settled(alice.client, bots.entity)
    expect(bots.said(BOT, alice.jid)).toEqual(['subscribe'])
    await alice.says('subscribed', BOT)
    await bots.until(BOT, alice.jid, 'to')
    await expectAgreed(bot, alice, 'to')
  })

  test('the server restarts under nine owners in nine states: both sides agree afterwards', async () => {
    const bots = await connectBots(server)
    const alice = await freshHuman(server, 'alice')
    const owners = STATES.map((state, index) => ({ state, jid: `nr${index}@comp.localhost` }))
    for (const { state, jid } of owners) await bringInto(state, bots, await bots.roster.open(jid), alice)
    await settled(alice.client, bots.entity)
    bots.log.clear()
    await server.restart()
    const isBack = ({ state, jid }: (typeof owners)[number]): boolean =>
      (!state.startsWith('to') && state !== 'both') || bots.roster.get(jid)?.presence(alice.jid).available === true
    await until(() => owners.every(isBack), 'who may see her sees her again')
    await until(() => alice.client.status === 'online' && bots.entity.status === 'online', 'everybody is back')
    await settled(alice.client, bots.entity)
    for (const { state, jid } of owners) await expectAgreed(bots.roster.get(jid)!, alice, state)
    expect(owners.flatMap(({ jid }) => bots.said(jid)).filter(isSubscription)).toEqual([])
    for (const { state, jid } of owners) {
      if (state.startsWith('from') || state === 'both') await alice.hearing(jid, 'available')
    }
  })
})
