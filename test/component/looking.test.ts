import { describe, expect, test } from 'vitest'
import { MemoryStorage, RosterError, type StoredRoster } from '../../src/index.js'
import { DOMAIN, ROMEO, type Stage, stage, turn } from './stage.js'

const GRACE = 30_000
const NOW = Date.UTC(2026, 0, 1)

/** Owners of whom some cannot be read, or none while the storage is down; it cannot tell of changes. */
class Spoilt extends MemoryStorage {
  readonly damaged = new Set<string>()
  isDown = false

  #check(owners: readonly string[]): void {
    const owner = owners.find((one) => this.damaged.has(one))
    if (this.isDown) throw new Error('no connection')
    if (owner !== undefined) throw new RosterError('STORAGE_CORRUPT', 'Damaged', { owner })
  }

  override async load(owner: string): Promise<StoredRoster | undefined> {
    this.#check([owner])
    return super.load(owner)
  }

  override async loadMany(owners: readonly string[]): Promise<ReadonlyMap<string, StoredRoster>> {
    this.#check(owners)
    return super.loadMany(owners)
  }

  override async watch(): Promise<() => Promise<void>> {
    return async () => undefined
  }
}

/** A process that decided this at that time has died over it. */
async function leave(storage: MemoryStorage, owner: string, at: number): Promise<void> {
  const xml = `<presence from="${owner}" to="${ROMEO}" type="subscribed" id="x"/>`
  const put = [{ jid: ROMEO, state: 'from' as const, groups: [] }]
  await storage.commit(owner, { base: undefined, revision: `r ${owner}`, put, owe: [{ id: 'x', at, xml }] })
}

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `o${at}@${DOMAIN}`)

/** Comes online after everything was left. */
async function comingOnline(storage: MemoryStorage, maxLoaded = 10_000): Promise<Stage> {
  const played = await stage({ storage, maxLoaded, online: false })
  played.fake.online()
  for (let at = 0; at < 10; at++) await turn()
  return played
}

describe('Looking for what others left (promises 18, 20)', () => {
  test.each([
    ['on coming online', NOW - GRACE],
    ['later', NOW],
  ])('%s: an owner that cannot be read keeps nobody else from being sent what is owed', async (_, at) => {
    const storage = new Spoilt()
    for (const owner of names(3)) await leave(storage, owner, at)
    storage.damaged.add(`o0@${DOMAIN}`)
    const next = await comingOnline(storage)
    await next.clock.advance(2 * GRACE)
    expect(next.said()).toEqual(['o1 > romeo: subscribed', 'o2 > romeo: subscribed'])
    expect(next.told()).toContain('error STORAGE_CORRUPT')
  })

  test('a storage that names an owner twice does not end it', async () => {
    class Twice extends Spoilt {
      override async *owners(filter = {}): ReturnType<MemoryStorage['owners']> {
        for await (const owner of super.owners(filter)) yield* [owner, owner]
      }
    }
    const storage = new Twice()
    const next = await comingOnline(storage)
    for (const owner of names(2)) {
      await leave(storage, owner, NOW - GRACE)
      await next.clock.advance(GRACE)
    }
    expect(next.said()).toEqual(['o0 > romeo: subscribed', 'o1 > romeo: subscribed'])
  })

  test('a storage that does not answer is told of once for all owners, and looked at again', async () => {
    const storage = new Spoilt()
    for (const owner of names(250)) await leave(storage, owner, NOW - GRACE)
    storage.isDown = true
    const next = await comingOnline(storage)
    next.told()
    await next.clock.advance(GRACE)
    expect(next.told()).toEqual(['error STORAGE_FAILED'])
    storage.isDown = false
    await next.clock.advance(GRACE)
    expect(next.said()).toHaveLength(250)
  })

  test('on coming online brings nobody into memory whom the process that decided may still send', async () => {
    const storage = new Spoilt()
    for (const owner of names(150)) await leave(storage, owner, NOW - GRACE + 1_000)
    const next = await comingOnline(storage)
    expect([next.roster.size, next.said()]).toEqual([1, []])
    await next.clock.advance(1_000)
    expect(next.said()).toHaveLength(150)
  })

  test('goes on in portions when more is left than memory is for (promise 24)', async () => {
    const storage = new Spoilt()
    for (const owner of names(450)) await leave(storage, owner, NOW - GRACE)
    const next = await comingOnline(storage, 50)
    let most = next.roster.size
    for (let second = 0; second < 20; second++) {
      await next.clock.advance(1_000)
      most = Math.max(most, next.roster.size)
    }
    expect(next.said()).toHaveLength(450)
    expect(most).toBeLessThanOrEqual(50 + 2 * 100)
    await next.clock.advance(GRACE)
    expect(next.roster.size).toBeLessThanOrEqual(50 + 1)
  })

  test('and finds what comes to be left while it looks', async () => {
    const storage = new Spoilt()
    const next = await comingOnline(storage)
    next.fake.cut()
    await leave(storage, `late@${DOMAIN}`, NOW - GRACE)
    next.fake.online()
    await turn()
    await turn()
    expect(next.said()).toEqual(['late > romeo: subscribed'])
  })
})
