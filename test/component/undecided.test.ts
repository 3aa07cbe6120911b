import { describe, expect, test } from 'vitest'
import { MemoryStorage, type PolicyAnswer, type RosterChange } from '../../src/index.js'
import { BOT, openBot, ROMEO, type Stage, stage, store, subscribe, turn, unsubscribe } from './stage.js'

const POLICY_TIMEOUT = 10_000
/** When a request that another process is asking its policy about has nobody to decide it any more. */
const GIVEN_UP = POLICY_TIMEOUT + 30_000

/** A storage that cannot tell of changes: each finds out with its next commit. */
class Silent extends MemoryStorage {
  override async watch(): Promise<() => Promise<void>> {
    return async () => undefined
  }
}

/** A storage whose commits can be made to fail. */
class Failing extends MemoryStorage {
  isDown = false

  override async commit(owner: string, change: RosterChange): Promise<void> {
    if (this.isDown) throw new Error('no connection')
    return super.commit(owner, change)
  }
}

interface Asked {
  readonly played: Stage
  readonly asked: string[]
  answer(decision: PolicyAnswer): void
}

/** A process with the bot in memory, whose policy answers when it is told to. */
async function thinking(storage: MemoryStorage): Promise<Asked> {
  const asked: string[] = []
  const answers: ((decision: PolicyAnswer) => void)[] = []
  const played = await stage({
    storage,
    policyTimeout: POLICY_TIMEOUT,
    autoSubscribe: false,
    autoAuthorize: ({ contact }) => {
      asked.push(contact)
      return new Promise((resolve) => answers.push(resolve))
    },
  })
  await openBot(played)
  return { played, asked, answer: (decision) => answers.shift()?.(decision) }
}

/** Two processes; Romeo has asked, and the first one's policy thinks about it. */
async function askedOf(storage: MemoryStorage): Promise<readonly [Asked, Asked]> {
  await store(storage, {})
  const one = await thinking(storage)
  const other = await thinking(storage)
  await one.played.hear(subscribe(ROMEO))
  expect([one.asked, other.asked]).toEqual([[ROMEO], []])
  return [one, other]
}

const stateIn = async (storage: MemoryStorage): Promise<string | undefined> =>
  (await storage.load(BOT))?.items.find(({ jid }) => jid === ROMEO)?.state

describe('A request that another process is deciding (promises 7, 20)', () => {
  test('is put to the policy here when that process has died over it', async () => {
    const storage = new MemoryStorage()
    const [one, other] = await askedOf(storage)
    one.played.kill()
    await other.played.clock.advance(GIVEN_UP - 1)
    expect(other.asked).toEqual([])
    await other.played.clock.advance(1)
    expect(other.asked).toEqual([ROMEO])
    other.answer(true)
    await turn()
    expect(other.played.said()).toEqual(['bot > romeo: subscribed'])
    expect(await stateIn(storage)).toBe('from')
  })

  test('is so also where that is only found out when Romeo asks again, and somebody else has won', async () => {
    const storage = new Silent()
    const [one, other] = await askedOf(storage)
    one.played.kill()
    await other.played.clock.advance(1_000)
    await other.played.hear(subscribe(ROMEO))
    other.answer(true)
    await turn()
    expect(await stateIn(storage)).toBe('none+in')
    await other.played.clock.advance(GIVEN_UP)
    other.answer(true)
    await turn()
    expect(other.played.said()).toEqual(['bot > romeo: subscribed'])
    expect(await stateIn(storage)).toBe('from')
  })

  test.each([
    ['decided', async (one: Asked) => one.answer(true)],
    ['deferred', async (one: Asked) => one.answer(null)],
    ['withdrawn', (one: Asked) => one.played.hear(unsubscribe(ROMEO))],
  ])('is its own when it is %s in time', async (_, settle) => {
    const [one, other] = await askedOf(new MemoryStorage())
    await one.played.clock.advance(POLICY_TIMEOUT - 1)
    await settle(one)
    await turn()
    await other.played.clock.advance(2 * GIVEN_UP)
    expect(other.asked).toEqual([])
  })

  test("is nobody's task after close: the timer is gone", async () => {
    const [one, other] = await askedOf(new MemoryStorage())
    one.played.kill()
    await other.played.roster.close()
    await other.played.clock.advance(2 * GIVEN_UP)
    expect(other.asked).toEqual([])
  })
})

test('An answer that could not be stored is asked for again when storage may be back (promise 20)', async () => {
  const storage = new Failing()
  await store(storage, {})
  const { played, asked, answer } = await thinking(storage)
  await played.hear(subscribe(ROMEO))
  storage.isDown = true
  answer(true)
  await turn()
  expect([played.told().slice(-1), played.said()]).toEqual([['error STORAGE_FAILED'], []])
  storage.isDown = false
  await played.clock.advance(GIVEN_UP)
  expect(asked).toEqual([ROMEO, ROMEO])
  answer(true)
  await turn()
  expect(played.said()).toEqual(['bot > romeo: subscribed'])
})
