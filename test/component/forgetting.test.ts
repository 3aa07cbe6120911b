import { describe, expect, test } from 'vitest'
import { MemoryStorage, type RosterChange } from '../../src/index.js'
import { BOT, openBot, ROMEO, type Stage, stage, store, subscribe, turn, withContacts } from './stage.js'

const GRACE = 30_000
/** What was sent a second ago is written down as settled. */
const SETTLED = 1_000

/** Forgets the owner, and waits for as long as that takes. */
async function forgotten({ roster, clock }: Pick<Stage, 'roster' | 'clock'>, owner: string = BOT): Promise<boolean> {
  const forgetting = roster.forget(owner)
  forgetting.catch(() => undefined)
  await clock.advance(SETTLED)
  return forgetting
}

/** A storage that never answers an erasure, as when its process dies over it, or that refuses it. */
class Mortal extends MemoryStorage {
  isDying = false
  isDown = false

  override async commit(owner: string, change: RosterChange): Promise<void> {
    if (change.erase === true && this.isDying) return new Promise<void>(() => undefined)
    if (change.erase === true && this.isDown) throw new Error('no connection')
    return super.commit(owner, change)
  }
}

describe('forget()', () => {
  test('ends every subscription, answers what waits, and erases the roster', async () => {
    const played = await withContacts({
      'none@x.example': 'none',
      'out@x.example': 'none+out',
      'in@x.example': 'none+in',
      'to@x.example': 'to',
      'both@x.example': 'both',
    })
    const { roster, storage, said } = played
    expect(await forgotten(played)).toBe(true)
    expect(said()).toEqual([
      'bot > out@x.example: unsubscribe',
      'bot > in@x.example: unsubscribed',
      'bot > to@x.example: unsubscribe',
      'bot > both@x.example: unsubscribe',
      'bot > both@x.example: unavailable',
      'bot > both@x.example: unsubscribed',
    ])
    expect([await storage.load(BOT), roster.has(BOT)]).toEqual([undefined, false])
    expect(await roster.forget(BOT)).toBe(false)
  })

  test('of an owner that is not there is false, and creates nobody', async () => {
    const { roster, storage } = await stage()
    expect([await roster.forget('ghost@bots.example'), await storage.load('ghost@bots.example')]).toEqual([
      false,
      undefined,
    ])
  })

  test('while disconnected: the end is stored, and the roster erased when its stanzas were sent', async () => {
    const played = await withContacts({ [ROMEO]: 'both' })
    played.fake.cut()
    expect(await played.roster.forget(BOT)).toBe(true)
    expect((await played.storage.load(BOT))?.items).toEqual([])
    played.fake.online()
    await turn()
    expect(played.said()).toEqual(['bot > romeo: unsubscribe', 'bot > romeo: unavailable', 'bot > romeo: unsubscribed'])
    await played.clock.advance(SETTLED)
    expect(await played.storage.load(BOT)).toBeUndefined()
  })

  test('what was sent is owed until the server has had time to read it: only then the roster is erased', async () => {
    const played = await withContacts({ [ROMEO]: 'both' })
    const forgetting = played.roster.forget(BOT)
    await turn()
    expect(played.said()).toHaveLength(3)
    await played.clock.advance(SETTLED - 1)
    expect((await played.storage.load(BOT))?.owed).toHaveLength(4)
    await played.clock.advance(1)
    expect([await forgetting, await played.storage.load(BOT)]).toEqual([true, undefined])
  })

  test('by a process that is killed when it has just sent everything: the server may have lost it, another says it again', async () => {
    const played = await withContacts({ [ROMEO]: 'both' })
    void played.roster.forget(BOT)
    await played.clock.advance(499)
    const ended = played.said()
    expect(ended).toEqual(['bot > romeo: unsubscribe', 'bot > romeo: unavailable', 'bot > romeo: unsubscribed'])
    played.kill()
    const next = await stage({ storage: played.storage })
    await next.clock.advance(GRACE + SETTLED)
    expect([next.said(), await next.storage.load(BOT)]).toEqual([ended, undefined])
  })

  test('that another process has finished, while this one stood still, is done', async () => {
    const played = await withContacts({ [ROMEO]: 'both' })
    const forgetting = played.roster.forget(BOT)
    await turn()
    const { revision } = (await played.storage.load(BOT)) ?? {}
    await played.storage.commit(BOT, { base: revision, revision: 'theirs', erase: true })
    await played.clock.advance(SETTLED)
    expect([await forgetting, await played.storage.load(BOT), played.roster.has(BOT)]).toEqual([true, undefined, false])
  })

  test('while disconnected, by a process that is closed then: the next one sends and erases', async () => {
    const played = await withContacts({ [ROMEO]: 'both' })
    played.fake.cut()
    expect(await played.roster.forget(BOT)).toBe(true)
    await played.roster.close()
    const next = await stage({ storage: played.storage })
    await next.clock.advance(GRACE + SETTLED)
    expect(next.said()).toEqual(['bot > romeo: unsubscribe', 'bot > romeo: unavailable', 'bot > romeo: unsubscribed'])
    expect(await next.storage.load(BOT)).toBeUndefined()
    expect(next.roster.has(BOT)).toBe(false)
  })

  test.each([
    ['has the owner in memory', true],
    ['does not', false],
  ])('by a process that dies before it could erase: another one does, that %s', async (_, isOpen) => {
    const storage = new Mortal()
    await store(storage, { [ROMEO]: 'both' })
    const dying = await stage({ storage })
    await openBot(dying)
    const other = await stage({ storage })
    if (isOpen) await openBot(other)
    storage.isDying = true
    void dying.roster.forget(BOT)
    await dying.clock.advance(SETTLED)
    expect(dying.said()).toHaveLength(3)
    dying.kill()
    storage.isDying = false
    await other.clock.advance(GRACE - 1)
    expect((await storage.load(BOT))?.items).toEqual([])
    await other.clock.advance(2 * GRACE)
    expect(await storage.load(BOT)).toBeUndefined()
    expect(other.roster.has(BOT)).toBe(false)
  })

  test('is tried again when the storage was down', async () => {
    const storage = new Mortal()
    const played = await withContacts({ [ROMEO]: 'both' }, { storage })
    storage.isDown = true
    await expect(forgotten(played)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    storage.isDown = false
    await played.clock.advance(3 * GRACE)
    expect(await storage.load(BOT)).toBeUndefined()
  })

  test('the mark is nothing that is ever sent, and an owner without contacts goes at once', async () => {
    const { roster, said, storage } = await withContacts({})
    expect(await roster.forget(BOT)).toBe(true)
    expect([said(), await storage.load(BOT)]).toEqual([[], undefined])
  })

  test('an owner that is opened before it is erased lives on', async () => {
    const played = await withContacts({ [ROMEO]: 'both' })
    played.fake.cut()
    await played.roster.forget(BOT)
    const again = await played.roster.open(BOT)
    played.fake.online()
    await turn()
    await played.clock.advance(3 * GRACE)
    expect(played.said()).toHaveLength(3)
    expect([again.size, again.loaded, (await played.storage.load(BOT))?.owed]).toEqual([0, true, []])
    await again.subscribe(ROMEO)
    expect(played.said()).toEqual(['bot > romeo: subscribe'])
  })

  test('an owner that somebody asks before it is erased lives on, but not for one whom nobody lets ask', async () => {
    const storage = new MemoryStorage()
    await store(storage, { [ROMEO]: 'both' }, 'two@bots.example')
    const played = await withContacts(
      { [ROMEO]: 'both' },
      { storage, autoAuthorize: ({ owner }) => owner === BOT || 'ignore' },
    )
    played.fake.fill()
    const forgetting = [played.roster.forget(BOT), played.roster.forget('two@bots.example')]
    await turn()
    await played.hear(subscribe(ROMEO), subscribe(ROMEO, 'two@bots.example'))
    played.fake.drain()
    await played.clock.advance(3 * GRACE)
    expect(await Promise.all(forgetting)).toEqual([true, true])
    expect((await storage.load(BOT))?.items).toMatchObject([{ jid: ROMEO, state: 'from+out' }])
    expect(await storage.load('two@bots.example')).toBeUndefined()
  })

  test('forgetting that close() comes before rejects with CLOSED: it is done by the next one', async () => {
    const played = await withContacts({ [ROMEO]: 'both' })
    played.fake.fill()
    const forgetting = expect(played.roster.forget(BOT)).rejects.toMatchObject({ code: 'CLOSED' })
    await turn()
    const closing = played.roster.close()
    played.fake.cut()
    await Promise.all([closing, forgetting])
    const next = await stage({ storage: played.storage })
    await next.clock.advance(GRACE + SETTLED)
    expect(await next.storage.load(BOT)).toBeUndefined()
  })

  test('the component’s own roster begins again, empty', async () => {
    const storage = new MemoryStorage()
    await store(storage, { [ROMEO]: 'both' }, 'bots.example')
    const played = await stage({ storage })
    const { roster } = played
    expect(await forgotten(played, 'bots.example')).toBe(true)
    expect([await storage.load('bots.example'), roster.own.size]).toEqual([undefined, 0])
    await roster.own.subscribe(ROMEO)
    expect((await storage.load('bots.example'))?.items).toMatchObject([{ jid: ROMEO }])
  })

  test('an owner that is made again begins empty', async () => {
    const played = await withContacts({ [ROMEO]: 'both' })
    await forgotten(played)
    const bot = await openBot(played)
    expect([bot.size, bot.loaded]).toEqual([0, true])
    await played.hear(subscribe(ROMEO))
    expect(bot.requests()).toHaveLength(1)
  })

  test('owners() names those in storage, by domain', async () => {
    const storage = new MemoryStorage()
    await store(storage, {}, 'a@bots.example')
    await store(storage, {}, 'b@sub.bots.example')
    const { roster } = await stage({ storage })
    const all: string[] = []
    for await (const owner of roster.owners()) all.push(owner)
    const some: string[] = []
    for await (const owner of roster.owners({ domain: 'sub.bots.example' })) some.push(owner)
    expect([all, some]).toEqual([['a@bots.example', 'b@sub.bots.example'], ['b@sub.bots.example']])
  })
})
