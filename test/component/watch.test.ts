import { expect, test } from 'vitest'
import { MemoryStorage, type StorageListener } from '../../src/index.js'
import { faultyStorage } from '../../src/testing.js'
import { BOT, openBot, ROMEO, stage, store, turn } from './stage.js'

test('what another process changes while an owner is on its way from storage is not missed (promise 22)', async () => {
  // Given a process that has the owner, and another one whose look at storage takes a second
  const memory = new MemoryStorage()
  await store(memory, { [ROMEO]: 'none' })
  const here = await stage({ storage: memory })
  const late = ({ method }: { readonly method: string }) =>
    method === 'loadMany' ? { delay: 1_000, when: 'after' as const } : undefined
  const there = await stage({ storage: faultyStorage(memory, late, { clock: here.clock }), clock: here.clock })
  const bot = await openBot(here)
  const opening = there.roster.open(BOT)
  await turn()

  // When the first one changes the roster before the second one has its answer
  await bot.update(ROMEO, { name: 'Romeo' })
  await here.clock.advance(1_000)
  const other = await opening
  await turn()

  // Then the second one knows it
  expect(other.get(ROMEO)?.name).toBe('Romeo')
})

/** Hears of commits only after it is let begin, as over a connection that takes its time. */
class SlowToHear extends MemoryStorage {
  readonly #begun: Promise<void>
  begin: () => void = () => undefined

  constructor() {
    super()
    this.#begun = new Promise((resolve) => (this.begin = resolve))
  }

  override async watch(...args: Parameters<MemoryStorage['watch']>): ReturnType<MemoryStorage['watch']> {
    await this.#begun
    return super.watch(...args)
  }
}

test('what another process changes before this one hears of changes is not missed (promise 22)', async () => {
  // Given two processes that have the owner, and cannot hear of each other yet
  const storage = new SlowToHear()
  await store(storage, { [ROMEO]: 'none' })
  const here = await stage({ storage })
  const there = await stage({ storage })
  const bot = await openBot(here)
  const other = await openBot(there)

  // When one of them changes the roster, and only then both begin to hear
  await bot.update(ROMEO, { name: 'Romeo' })
  await turn()
  storage.begin()
  await turn()

  // Then the other one knows it
  expect(other.get(ROMEO)?.name).toBe('Romeo')
})

test('a change during a look at what changed is looked at as well (promise 21)', async () => {
  // Given two processes that have the owner
  const storage = new MemoryStorage()
  await store(storage, { [ROMEO]: 'none' })
  const here = await stage({ storage })
  const there = await stage({ storage })
  const bot = await openBot(here)
  const other = await openBot(there)

  // When one of them changes the roster twice, the second time as the other one looks at the first
  await Promise.all([bot.update(ROMEO, { name: 'Romeo' }), other.resync()])
  await bot.update(ROMEO, { groups: ['Montagues'] })
  await turn()

  // Then both know both
  expect(other.get(ROMEO)).toMatchObject({ name: 'Romeo', groups: ['Montagues'] })
  expect(bot.get(ROMEO)).toEqual(other.get(ROMEO))
})

/** A channel that cannot be heard for so many tries. */
class Deaf extends MemoryStorage {
  fails = 0
  tries = 0

  override async watch(...args: Parameters<MemoryStorage['watch']>): ReturnType<MemoryStorage['watch']> {
    this.tries += 1
    if (this.tries <= this.fails) throw new Error('no channel')
    return super.watch(...args)
  }
}

test('a channel that cannot be heard is tried again: told once, and nothing of the time before is missed (promise 22)', async () => {
  // Given a process that has the owner and cannot hear of changes, and another one that changes it
  const storage = new Deaf()
  storage.fails = 3
  await store(storage, { [ROMEO]: 'none' })
  const there = await stage({ storage, online: false })
  const other = await openBot(there)
  const here = await stage({ storage, online: false })
  expect(there.roster.counters['errors.STORAGE_FAILED']).toBe(1)
  const bot = await openBot(here)
  await bot.update(ROMEO, { name: 'Romeo' })

  // When the channel is there again
  await there.clock.advance(7_000)
  await turn()

  // Then it knows, has told of it once, and tries no more
  expect(other.get(ROMEO)?.name).toBe('Romeo')
  expect(there.told().filter((word) => word.startsWith('error'))).toEqual([])
  const { tries } = storage
  await there.clock.advance(120_000)
  expect(storage.tries).toBe(tries)
})

test('is tried every half minute at last, and not after close()', async () => {
  const storage = new Deaf()
  storage.fails = Infinity
  const { clock, roster } = await stage({ storage })
  await clock.advance(61_000)
  const { tries } = storage
  await clock.advance(60_000)
  expect(storage.tries).toBe(tries + 2)
  await roster.close()
  await clock.advance(60_000)
  expect(storage.tries).toBe(tries + 2)
})

test('what is told after close() is not listened to (promise 26)', async () => {
  // Given a storage that goes on telling of changes, whatever it is told
  const memory = new MemoryStorage()
  await store(memory, { [ROMEO]: 'none' })
  let listener: StorageListener | undefined
  memory.watch = async (given) => {
    listener = given
    return async () => undefined
  }
  let calls = 0
  const storage = faultyStorage(memory, () => {
    calls += 1
    return undefined
  })
  const played = await stage({ storage })
  await openBot(played)
  await played.roster.close()
  played.told()
  calls = 0

  // When it tells of one, and that it may have missed others
  listener?.changed(BOT, 'by somebody else')
  listener?.gap()
  await turn()

  // Then nobody looks
  expect([calls, played.told(), played.clock.waiting]).toEqual([0, [], 0])
})
