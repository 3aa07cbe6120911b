import { describe, expect, test } from 'vitest'
import { MemoryStorage, type RosterChange, type RosterChanges } from '../../src/index.js'
import { BOT, openBot, ROMEO, type Stage, stage, store, turn } from './stage.js'

const GRACE = 30_000

/** A storage that tells nobody of changes, and remembers them; its commits can be held up, and lose their answers. */
class Remote extends MemoryStorage {
  readonly #states = new Map<string, RosterChanges['put']>()
  /** What others do before the process that committed hears of it. */
  meanwhile: (() => Promise<void>) | undefined
  losesAnswer = false

  override async watch(): Promise<() => Promise<void>> {
    return async () => undefined
  }

  override async commit(owner: string, change: RosterChange): Promise<void> {
    await super.commit(owner, change)
    this.#states.set(change.revision, (await this.load(owner))?.items ?? [])
    const { meanwhile } = this
    this.meanwhile = undefined
    if (meanwhile === undefined) return
    await meanwhile()
    if (this.losesAnswer) throw new Error('connection lost')
  }

  async changes(owner: string, since: string): Promise<RosterChanges | undefined> {
    const [before, now] = [this.#states.get(since), await this.load(owner)]
    if (before === undefined || now === undefined) return undefined
    const there = new Set(now.items.map(({ jid }) => jid))
    const remove = before.map(({ jid }) => jid).filter((jid) => !there.has(jid))
    return { put: now.items, remove, owed: now.owed, revision: now.revision }
  }
}

/** How long what was sent waits to be written down as settled. */
const SETTLED = 1_000

/** Romeo has asked the bot, which two processes have in memory. */
async function two(storage: MemoryStorage) {
  await store(storage, { [ROMEO]: 'none+in' })
  const [one, other] = [await stage({ storage }), await stage({ storage })]
  return { one, other, bot: await openBot(one), otherBot: await openBot(other) }
}

const toRomeo = (played: Stage): readonly string[] => played.said().filter((word) => word.includes('> romeo'))

describe('A grant that others have taken back by now (promise 20)', () => {
  test('is not sent by the process that granted it, and comes back after the grace time', async () => {
    const { one, other, bot, otherBot } = await two(new Remote())
    one.fake.cut()
    await bot.authorize(ROMEO)
    await one.clock.advance(GRACE)
    await other.clock.advance(2 * GRACE)
    expect(toRomeo(other)).toEqual(['bot > romeo: subscribed'])
    await otherBot.unauthorize(ROMEO)
    await other.clock.advance(SETTLED)
    expect(toRomeo(other)).toEqual(['bot > romeo: unavailable', 'bot > romeo: unsubscribed'])

    one.fake.online()
    await turn()
    await one.clock.advance(2 * GRACE)
    expect([toRomeo(one), bot.state(ROMEO)]).toEqual([[], 'none'])
  })

  test.each([
    ['whose answer was lost', true, 0],
    ['that took longer than the grace time: the process stood still', false, GRACE],
  ])('is not sent after a commit %s', async (_, losesAnswer, ms) => {
    const storage = new Remote()
    const { one, other, bot, otherBot } = await two(storage)
    storage.losesAnswer = losesAnswer
    storage.meanwhile = async () => {
      await otherBot.resync()
      await otherBot.unauthorize(ROMEO)
      await other.clock.advance(SETTLED)
      await one.clock.advance(ms)
    }
    expect(await bot.authorize(ROMEO)).toBe(true)
    await turn()
    await one.clock.advance(2 * GRACE)
    expect([toRomeo(one), bot.state(ROMEO)]).toEqual([[], 'none'])
    expect((await storage.load(BOT))?.owed).toEqual([])
  })
})

test('What is still to be sent after a commit that took longer than the grace time is, once, with the presence behind it', async () => {
  const storage = new Remote()
  const { one, bot } = await two(storage)
  await bot.sendPresence({ status: 'here' })
  one.said()
  storage.meanwhile = () => one.clock.advance(GRACE)
  expect(await bot.authorize(ROMEO)).toBe(true)
  await turn()
  expect(toRomeo(one)).toEqual(['bot > romeo: subscribed', 'bot > romeo: available "here"'])
  await one.clock.advance(2 * GRACE)
  expect(toRomeo(one)).toEqual([])
})
