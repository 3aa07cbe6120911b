import { describe, expect, test } from 'vitest'
import { MemoryStorage, type RosterChange, RosterError } from '../../src/index.js'
import { faultyStorage } from '../../src/testing.js'
import { BOT, JULIET, openBot, presence, ROMEO, stage, store, subscribe, turn, withContacts } from './stage.js'

/** What is going wrong with a storage. */
interface Trouble {
  commit?: 'before' | 'after' | 'conflict' | undefined
  isDeaf?: boolean
  /** What happens while the commit is under way. */
  meanwhile?: () => void
}

/** A storage that goes wrong when it is told to, and notes what was written. */
function shakyStorage() {
  const trouble: Trouble = {}
  const written: RosterChange[] = []
  const memory = new (class extends MemoryStorage {
    override async commit(owner: string, change: RosterChange): Promise<void> {
      await super.commit(owner, change)
      written.push(change)
    }
  })()
  const storage = faultyStorage(memory, ({ method }) => {
    if (method !== 'commit' && trouble.isDeaf) throw new Error('no connection')
    if (method !== 'commit') return undefined
    trouble.meanwhile?.()
    if (trouble.commit === 'before') throw new Error('disk full')
    if (trouble.commit === 'conflict') throw new RosterError('STORAGE_CONFLICT', 'busy')
    return trouble.commit === 'after' ? 'fail-after' : undefined
  })
  return { storage, trouble, written }
}

const shaky = async (contacts: Parameters<typeof withContacts>[0] = {}, options = {}) => {
  const made = shakyStorage()
  const played = await withContacts(contacts, { ...options, storage: made.storage })
  made.written.length = 0
  return { ...played, ...made }
}

describe('a commit that fails (DB6, promise 20)', () => {
  test('and took effect, and nobody could tell: storage is looked at again, and a request is decided that nobody knew of', async () => {
    const { bot, hear, clock, said, told, trouble } = await shaky({}, { autoAuthorize: async () => true })
    // The search for what others left has just been made, so that it is not what finds this.
    await clock.advance(5_000)
    Object.assign(trouble, { commit: 'after', isDeaf: true })
    await hear(subscribe(ROMEO))
    await clock.advance(20_000)
    expect([bot.requests(), said(), told()]).toEqual([[], [], ['error STORAGE_FAILED']])
    Object.assign(trouble, { commit: undefined, isDeaf: false })
    await clock.advance(5_000)
    expect(bot.requests().map(({ contact }) => contact)).toEqual([ROMEO])
    await clock.advance(60_000)
    expect(said()).toEqual(['bot > romeo: subscribed', 'bot > romeo: subscribe'])
  })

  test('loses no presence that came behind it: that is stored nowhere', async () => {
    const { bot, fake, hear, told, trouble } = await shaky({ [ROMEO]: 'both', [JULIET]: 'to' })
    await hear(presence(`${JULIET}/x`))
    told()
    const meanwhile = (): void => {
      fake.receive(presence(`${JULIET}/x`, BOT, 'unavailable'))
      fake.receive(presence(`${ROMEO}/y`))
    }
    Object.assign(trouble, { commit: 'before', isDeaf: true, meanwhile })
    await expect(bot.update(ROMEO, { name: 'Ro' })).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    await turn()
    expect([bot.presence(JULIET).available, bot.presence(ROMEO).available]).toEqual([false, true])
    expect(told().filter((word) => /line/.test(word))).toEqual(['offline juliet', 'online romeo'])
  })

  test('is not the end of the owner when a presence came behind it that cannot be read', async () => {
    const memory = new MemoryStorage()
    await store(memory, { [ROMEO]: 'both' })
    let isDown = false
    const storage = faultyStorage(memory, ({ method }) => {
      if (!isDown) return undefined
      if (method === 'commit') played.fake.receive(presence(`${ROMEO}/y`))
      throw new Error('disk full')
    })
    const extend = (): never => {
      throw new Error('no idea')
    }
    const played = await stage({ storage, extend })
    const bot = await openBot(played)
    isDown = true
    await expect(bot.update(ROMEO, { name: 'Ro' })).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    await turn()
    expect(played.told()).toEqual(['error STANZA_INVALID'])
    isDown = false
    expect(await bot.update(ROMEO, { name: 'Romeo' })).toMatchObject({ name: 'Romeo' })
  })

  test('rejects the command with STORAGE_FAILED: nothing changed, nothing sent, nobody told', async () => {
    const { bot, said, told, trouble } = await shaky({ [ROMEO]: 'none+in' })
    trouble.commit = 'before'
    await expect(bot.authorize(ROMEO)).rejects.toMatchObject({ code: 'STORAGE_FAILED', owner: BOT })
    expect([bot.state(ROMEO), bot.requests().length, said(), told()]).toEqual(['none+in', 1, [], []])
    trouble.commit = undefined
    expect(await bot.authorize(ROMEO)).toBe(true)
    expect(said()).toEqual(['bot > romeo: subscribed'])
  })

  test('keeps the cause', async () => {
    const { bot, trouble } = await shaky()
    trouble.commit = 'before'
    const error: unknown = await bot.update(ROMEO, {}).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RosterError)
    expect((error as RosterError).cause).toMatchObject({ message: 'disk full' })
  })

  test('for a stanza tells the application by error, and nothing is sent', async () => {
    const { bot, hear, said, told, trouble } = await shaky({}, { autoAuthorize: true })
    trouble.commit = 'before'
    await hear(subscribe(ROMEO))
    expect([bot.state(ROMEO), said(), told()]).toEqual(['none', [], ['error STORAGE_FAILED']])
    trouble.commit = undefined
    await hear(subscribe(ROMEO))
    expect(said()).toEqual(['bot > romeo: subscribed', 'bot > romeo: subscribe'])
  })

  test('after it took effect is found out by its revision, and counts (promise 21)', async () => {
    const { bot, said, trouble } = await shaky({ [ROMEO]: 'none+in' })
    trouble.commit = 'after'
    expect(await bot.authorize(ROMEO)).toBe(true)
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['from', ['bot > romeo: subscribed']])
  })

  test('after it took effect and nobody can tell, rejects; the next look shows what is true (promise 21)', async () => {
    const { bot, clock, said, trouble } = await shaky({ [ROMEO]: 'none+in' })
    trouble.commit = 'after'
    trouble.isDeaf = true
    await expect(bot.authorize(ROMEO)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(said()).toEqual([])
    trouble.commit = undefined
    trouble.isDeaf = false
    expect(await bot.authorize(ROMEO)).toBe(false)
    expect(bot.get(ROMEO)?.state).toBe('from')
    await clock.advance(60_000)
    expect(said()).toEqual(['bot > romeo: subscribed'])
  })

  test('for ever conflicting ends with STORAGE_CONFLICT after a bounded number of tries (promise 21)', async () => {
    const { bot, clock, roster, trouble } = await shaky()
    trouble.commit = 'conflict'
    const failing = expect(bot.update(ROMEO, {})).rejects.toMatchObject({ code: 'STORAGE_CONFLICT' })
    await clock.advance(60_000)
    await failing
    expect(roster.counters['conflicts']).toBeLessThan(20)
    expect(bot.size).toBe(0)
  })

  test('stops nothing that comes after it', async () => {
    const { bot, trouble } = await shaky()
    trouble.commit = 'before'
    const lost = bot.update(ROMEO, {}).catch((error: RosterError) => error.code)
    await turn()
    trouble.commit = undefined
    await bot.update(JULIET, { name: 'Ju' })
    expect([await lost, bot.has(ROMEO), bot.get(JULIET)?.name]).toEqual(['STORAGE_FAILED', false, 'Ju'])
  })
})

describe('an owner that cannot be loaded', () => {
  test('rejects open with STORAGE_FAILED, and opens when storage is back', async () => {
    const { storage, trouble } = shakyStorage()
    await store(storage, { [ROMEO]: 'both' })
    const { roster } = await stage({ storage })
    trouble.isDeaf = true
    await expect(roster.open(BOT)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    trouble.isDeaf = false
    expect((await roster.open(BOT)).get(ROMEO)?.state).toBe('both')
  })

  test('whose record makes no sense rejects with STORAGE_CORRUPT, and stays as it is (SM1)', async () => {
    const storage = new MemoryStorage()
    const state = 'to+out' as 'to'
    await storage.commit(BOT, { base: undefined, revision: 'r', put: [{ jid: ROMEO, state, groups: [] }] })
    const { roster, hear, said, log } = await stage({ storage, autoAuthorize: true })
    await expect(roster.open(BOT)).rejects.toMatchObject({ code: 'STORAGE_CORRUPT', owner: BOT })
    await hear(subscribe(JULIET))
    expect([said(), log.of('error').map(({ code }) => code)]).toEqual([[], ['STORAGE_CORRUPT']])
    expect((await storage.load(BOT))?.revision).toBe('r')
  })

  test('a stanza for it is not answered, and the application hears why', async () => {
    const { storage, trouble } = shakyStorage()
    await store(storage, { [ROMEO]: 'both' })
    const { hear, said, log } = await stage({ storage, autoAuthorize: true })
    trouble.isDeaf = true
    await hear(subscribe(JULIET), presence(ROMEO, BOT, 'unsubscribed'))
    expect([said(), log.of('error').map(({ code }) => code)]).toEqual([[], ['STORAGE_FAILED', 'STORAGE_FAILED']])
  })
})

describe('what is written (promise 23)', () => {
  test('is what changed, never the whole roster (DB5, DB7)', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`c${at}@x.example`, 'both' as const]))
    const { bot, written } = await shaky(many)
    await bot.update('c7@x.example', { name: 'Seven' })
    expect(written.map(({ put }) => put?.map(({ jid }) => jid))).toEqual([['c7@x.example']])
  })

  test('an accepted request is one commit: state, stanza owed, all in it (DB5, DB9)', async () => {
    const { hear, written } = await shaky({}, { autoAuthorize: true })
    await hear(subscribe(ROMEO))
    expect(written).toHaveLength(1)
    expect(written[0]?.put).toMatchObject([{ jid: ROMEO, state: 'from+out' }])
    expect(written[0]?.owe).toHaveLength(2)
  })

  test('what waits for one owner is one commit (DB5)', async () => {
    const { bot, written } = await shaky()
    await Promise.all(Array.from({ length: 100 }, (_, at) => bot.update(`c${at}@x.example`, {})))
    expect(written.length).toBeLessThanOrEqual(2)
  })

  test('loading is one round trip, whatever the size (DB5)', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`c${at}@x.example`, 'both' as const]))
    const { storage } = shakyStorage()
    await store(storage, many)
    const played = await stage({ storage })
    const before = played.roster.counters['loads'] ?? 0
    const bot = await openBot(played)
    expect([bot.size, (played.roster.counters['loads'] ?? 0) - before]).toEqual([500, 1])
  })

  test('settled stanzas are written lazily, together (promise 20)', async () => {
    const { bot, storage, clock, written } = await shaky()
    for (const name of ['a', 'b', 'c']) await bot.subscribe(`${name}@x.example`)
    const before = written.length
    await clock.advance(5_000)
    expect(written.length - before).toBeLessThanOrEqual(1)
    expect((await storage.load(BOT))?.owed).toEqual([])
  })

  test('nothing, where nothing changes', async () => {
    const { bot, hear, written } = await shaky({ [ROMEO]: 'both' })
    await bot.update(ROMEO, {})
    await hear(presence(`${ROMEO}/x`), presence(ROMEO, BOT, 'subscribed'), presence(JULIET, BOT, 'unsubscribed'))
    expect(written).toEqual([])
  })

  test('keeps no object of the caller, and hands out none that changes (DB8)', async () => {
    const { bot } = await shaky()
    const groups = ['friends']
    const item = await bot.update(ROMEO, { groups })
    groups.push('foes')
    expect(bot.get(ROMEO)?.groups).toEqual(['friends'])
    await bot.update(ROMEO, { groups: ['family'] })
    expect([item.groups, Object.isFrozen(item), Object.isFrozen(item.groups)]).toEqual([['friends'], true, true])
  })
})
