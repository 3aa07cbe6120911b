import { describe, expect, test } from 'vitest'
import { MemoryStorage, type StoredRoster } from '../../src/index.js'
import { BOT, DOMAIN, JULIET, ROMEO, stage, subscribe, turn } from './stage.js'

const LOOK = 30_000

class Down extends MemoryStorage {
  isDown = true

  override async load(owner: string): Promise<StoredRoster | undefined> {
    if (this.isDown) throw new Error('no connection')
    return super.load(owner)
  }

  override async loadMany(owners: readonly string[]): Promise<ReadonlyMap<string, StoredRoster>> {
    if (this.isDown) throw new Error('no connection')
    return super.loadMany(owners)
  }
}

describe('Owners that are listed while the storage is down (promise 15)', () => {
  test('are opened once it answers, and announce themselves then', async () => {
    const storage = new Down()
    const { clock, roster } = await stage({ storage, owners: [BOT], presence: {} })
    await clock.advance(LOOK)
    expect(roster.has(BOT)).toBe(false)
    storage.isDown = false
    await clock.advance(LOOK)
    expect(roster.get(BOT)?.loaded).toBe(true)
    expect(await storage.load(BOT)).toBeDefined()
  })

  test('are opened on coming online', async () => {
    const storage = new Down()
    const played = await stage({ storage, owners: [BOT], online: false })
    storage.isDown = false
    played.fake.online()
    await turn()
    expect(played.roster.has(BOT)).toBe(true)
  })

  test('are there for a stanza before that', async () => {
    const storage = new Down()
    const played = await stage({ storage, owners: [BOT], autoAuthorize: true, autoSubscribe: false })
    storage.isDown = false
    await played.hear(subscribe(ROMEO), subscribe(JULIET, `nobody@${DOMAIN}`))
    await turn()
    expect(played.said()).toEqual(['bot > romeo: subscribed'])
    expect([played.roster.has(BOT), played.roster.has(`nobody@${DOMAIN}`)]).toEqual([true, false])
  })

  test('are told of once, however often it is tried', async () => {
    const storage = new Down()
    const played = await stage({ storage, owners: [BOT], online: false })
    // The component's own roster, and the bot's.
    expect(played.roster.counters['errors.STORAGE_FAILED']).toBe(2)
    await played.clock.advance(10 * LOOK)
    expect(played.told()).toEqual([])
  })
})

test('A listed owner that was opened is the application’s to release and to forget', async () => {
  const storage = new MemoryStorage()
  const { clock, roster } = await stage({ storage, owners: [BOT, `two@${DOMAIN}`] })
  await roster.get(BOT)?.release()
  await roster.forget(`two@${DOMAIN}`)
  await clock.advance(3 * LOOK)
  expect([roster.has(BOT), roster.has(`two@${DOMAIN}`), await storage.load(`two@${DOMAIN}`)]).toEqual([
    false,
    false,
    undefined,
  ])
})
