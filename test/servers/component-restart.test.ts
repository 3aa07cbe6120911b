import { expect, test } from 'vitest'
import type { SubscriptionState } from '../../src/index.js'
import { manualClock } from '../../src/testing/clock.js'
import { type Bots, bringInto, connectBots, expectAgreed } from './support/bots.js'
import { freshHuman } from './support/human.js'
import { describeServers, settled, until } from './support/index.js'

const BOT = 'bot@comp.localhost'
/** How long a process leaves what another owes to that one. */
const GRACE_MS = 30_000

const STATES: readonly SubscriptionState[] = [
  ...(['none', 'none+out', 'none+in', 'none+out+in', 'to', 'to+in', 'from', 'from+out', 'both'] as const),
]

const hasFrom = (state: SubscriptionState): boolean => state.startsWith('from') || state === 'both'
const hasTo = (state: SubscriptionState): boolean => state.startsWith('to') || state === 'both'
const isSubscription = (word: string): boolean => word.includes('subscribe')

/** The types of what an owner owes: sent, perhaps, but not yet written down as sent. */
const owedBy = async (bots: Bots): Promise<readonly string[]> =>
  ((await bots.storage.load(BOT))?.owed ?? []).map(({ xml }) => / type="(\w+)"/.exec(xml)?.[1] ?? 'available').sort()

describeServers('a component that restarts', (server) => {
  /** What the next process says of itself and asks, without a word about subscriptions. */
  const expectQuiet = (said: readonly string[], state: SubscriptionState): void => {
    const words = [...(hasFrom(state) ? ['available'] : []), ...(hasTo(state) ? ['probe'] : [])]
    expect([...new Set(said)].sort()).toEqual(words)
  }

  test.each(STATES)('in "%s": both sides agree afterwards, and no subscription stanza is said again', async (state) => {
    const first = await connectBots(server)
    const alice = await freshHuman(server, 'alice')
    await bringInto(state, first, await first.roster.open(BOT), alice)
    await settled(alice.client, first.entity)
    await first.stop({ announce: false })
    alice.log.clear()
    const second = await connectBots(server, { storage: first.storage })
    const bot = await second.roster.open(BOT)
    if (hasTo(state)) await until(() => bot.presence(alice.jid).available, 'the probe is answered')
    if (hasFrom(state)) await alice.hearing(BOT, 'available')
    await settled(alice.client, second.entity)
    await expectAgreed(bot, alice, state)
    expectQuiet(second.said(BOT, alice.jid), state)
    expect(alice.hears(BOT).filter((word) => word !== 'available')).toEqual([])
    expect(bot.get(alice.jid)?.name).toBe(state === 'none' ? 'Somebody' : undefined)
    expect(bot.requests().map(({ contact }) => contact)).toEqual(state.includes('+in') ? [alice.jid] : [])
    expect(await owedBy(second)).toEqual([])
  })

  test.each(STATES)(
    'killed in "%s": what is said again changes nothing, and grants nothing new (promise 20)',
    async (state) => {
      const first = await connectBots(server, { clock: manualClock(Date.now()) })
      const alice = await freshHuman(server, 'alice')
      await bringInto(state, first, await first.roster.open(BOT), alice)
      await settled(alice.client, first.entity)
      await first.die()
      const owed = await owedBy(first)
      alice.log.clear()
      const clock = manualClock(Date.now())
      const second = await connectBots(server, { storage: first.storage, clock })
      const bot = await second.roster.open(BOT)
      await settled(alice.client, second.entity)
      expect(second.said(BOT, alice.jid).filter(isSubscription)).toEqual([])
      await clock.advance(GRACE_MS)
      await settled(alice.client, second.entity)
      expect(second.said(BOT, alice.jid).filter(isSubscription).sort()).toEqual(owed)
      await expectAgreed(bot, alice, state)
      await clock.advance(GRACE_MS)
      expect(await owedBy(second)).toEqual([])
    },
  )

  test("requests, answers and removals of one process are the next one's rosters, owner by owner", async () => {
    const first = await connectBots(server)
    const alice = await freshHuman(server, 'alice')
    const owners = STATES.map((_, index) => `nr${index}@comp.localhost`)
    for (const [index, jid] of owners.entries())
      await bringInto(STATES[index]!, first, await first.roster.open(jid), alice)
    await first.stop({ announce: false })
    const second = await connectBots(server, { storage: first.storage, owners })
    await until(() => owners.every((jid) => second.roster.get(jid)?.loaded), 'the listed owners are open')
    await settled(alice.client, second.entity)
    for (const [index, jid] of owners.entries()) await expectAgreed(second.roster.get(jid)!, alice, STATES[index]!)
    const known: string[] = []
    for await (const jid of second.roster.owners()) known.push(jid)
    expect(known.sort()).toEqual([...owners].sort())
  })

  test('an orderly end is seen by the subscribers, and so is the next start (promise 18)', async () => {
    const first = await connectBots(server)
    const alice = await freshHuman(server, 'alice')
    await bringInto('both', first, await first.roster.open(BOT), alice)
    await alice.hearing(BOT, 'available')
    alice.log.clear()
    await first.stop()
    await alice.hearing(BOT, 'unavailable')
    const second = await connectBots(server, { storage: first.storage, presence: { status: 'back' } })
    await second.roster.open(BOT)
    await alice.hearing(BOT, 'available "back"')
    expect(alice.hears(BOT)).toEqual(['unavailable', 'available "back"'])
  })

  test('a process that says that another goes on leaves the subscribers in peace', async () => {
    const first = await connectBots(server)
    const alice = await freshHuman(server, 'alice')
    await bringInto('both', first, await first.roster.open(BOT), alice)
    await alice.hearing(BOT, 'available')
    alice.log.clear()
    await first.stop({ announce: false })
    await settled(alice.client)
    expect(alice.hears(BOT)).toEqual([])
  })
})
