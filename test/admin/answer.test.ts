import { describe, expect, test } from 'vitest'
import { answerRequest } from '../../src/admin.js'
import {
  MemoryStorage,
  type RosterChange,
  RosterError,
  type RosterStorage,
  type StoredRoster,
} from '../../src/index.js'
import { BOT, DOMAIN, JULIET, openBot, ROMEO, stage, store, turn } from '../component/stage.js'

/** Longer than one process waits for another. */
const GRACE = 30_000
/** When a process looks after owners that it does not hold. */
const SOON = 5_000

/** A storage on which others cannot be watched. */
class Silent extends MemoryStorage {
  override readonly watch = undefined as never
}

/** A request that waits, and whatever else is given. */
async function asked(storage: MemoryStorage = new MemoryStorage()): Promise<MemoryStorage> {
  await store(storage, { [ROMEO]: 'none+in', [JULIET]: 'to+in' })
  return storage
}

const itemOf = async (storage: RosterStorage, jid: string) =>
  (await storage.load(BOT))?.items.find((item) => item.jid === jid)
const owedBy = async (storage: RosterStorage): Promise<readonly string[]> =>
  ((await storage.load(BOT))?.owed ?? []).map(({ xml }) => xml)

describe('An answer from a process without a connection', () => {
  test('is the state and the stanza that is owed for it, in one commit (promise 5)', async () => {
    const commits: RosterChange[] = []
    class Noting extends MemoryStorage {
      override async commit(owner: string, change: RosterChange): Promise<void> {
        commits.push(change)
        return super.commit(owner, change)
      }
    }
    const storage = await asked(new Noting())
    commits.length = 0

    expect(await answerRequest(storage, BOT, JULIET, 'authorize')).toBe(true)
    expect(commits).toHaveLength(1)
    expect(commits[0]).toMatchObject({ put: [{ jid: JULIET, state: 'both' }], owe: [{ xml: expect.anything() }] })
    expect(await owedBy(storage)).toEqual([expect.stringMatching(/to="juliet@home\.example" type="subscribed"/)])
    expect((await itemOf(storage, JULIET))?.request).toBeUndefined()
  })

  test('that denies declines the request and leaves the rest (promise 6)', async () => {
    const storage = await asked()
    expect(await answerRequest(storage, BOT, JULIET, 'deny')).toBe(true)
    expect(await itemOf(storage, JULIET)).toMatchObject({ state: 'to' })
    expect(await owedBy(storage)).toEqual([expect.stringContaining('type="unsubscribed"')])
  })

  test('is given once: the second one finds nothing pending', async () => {
    const storage = await asked()
    const answers = [
      answerRequest(storage, BOT, ROMEO, 'authorize'),
      answerRequest(storage, BOT, ROMEO, 'deny'),
      answerRequest(storage, BOT, ROMEO, 'authorize'),
    ]
    expect((await Promise.all(answers)).filter(Boolean)).toHaveLength(1)
    expect(await owedBy(storage)).toHaveLength(1)
  })

  test.each([
    ['somebody who never asked', BOT, 'nurse@home.example'],
    ['an owner that is not there', `nobody@${DOMAIN}`, ROMEO],
    ['the owner itself', BOT, BOT],
  ])('for %s is false, and writes nothing', async (_, owner, contact) => {
    const storage = await asked()
    const before = await storage.load(owner)
    expect(await answerRequest(storage, owner, contact, 'deny')).toBe(false)
    expect(await storage.load(owner)).toBe(before)
  })

  test('never takes back what was granted: denying is not cancelling', async () => {
    const storage = new MemoryStorage()
    await store(storage, { [ROMEO]: 'both' })
    expect(await answerRequest(storage, BOT, ROMEO, 'deny')).toBe(false)
    expect(await itemOf(storage, ROMEO)).toMatchObject({ state: 'both' })
  })

  test('takes JIDs in any spelling', async () => {
    const storage = await asked()
    expect(await answerRequest(storage, `Bot@${DOMAIN.toUpperCase()}/x`, 'Romeo@HOME.example/orchard', 'deny')).toBe(
      true,
    )
  })
})

describe('An answer that goes wrong', () => {
  test.each([
    ['owner', 'no one@bots.example', ROMEO],
    ['contact', BOT, '@home.example'],
  ])('because of a malformed %s rejects with JID_MALFORMED', async (_, owner, contact) => {
    const storage = await asked()
    await expect(answerRequest(storage, owner, contact, 'deny')).rejects.toMatchObject({ code: 'JID_MALFORMED' })
  })

  test('because it is none rejects with STANZA_INVALID, and nothing is written', async () => {
    const storage = await asked()
    const before = await storage.load(BOT)
    const answer = answerRequest(storage, BOT, ROMEO, 'defer' as 'deny')
    await expect(answer).rejects.toMatchObject({ code: 'STANZA_INVALID', message: expect.stringContaining('defer') })
    expect(await storage.load(BOT)).toBe(before)
  })

  test('because the storage is down rejects with STORAGE_FAILED', async () => {
    const down = new Error('no connection')
    const storage: RosterStorage = {
      load: () => Promise.reject(down),
      commit: () => Promise.reject(down),
      owners: () => new MemoryStorage().owners(),
    }
    await expect(answerRequest(storage, BOT, ROMEO, 'deny')).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      owner: BOT,
      cause: down,
    })
  })

  test('because the record makes no sense rejects with STORAGE_CORRUPT', async () => {
    const storage = new MemoryStorage()
    const state = 'in' as 'to'
    await storage.commit(BOT, { base: undefined, revision: 'r', put: [{ jid: ROMEO, state, groups: [] }] })
    await expect(answerRequest(storage, BOT, ROMEO, 'deny')).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' })
  })

  test('because others are faster is tried again, and gives up after a bounded number of times (promise 21)', async () => {
    let commits = 0
    class Busy extends MemoryStorage {
      conflicts = 3
      override async commit(owner: string, change: RosterChange): Promise<void> {
        commits += 1
        if (change.base !== undefined && this.conflicts-- > 0) throw new RosterError('STORAGE_CONFLICT', 'busy')
        return super.commit(owner, change)
      }
    }
    const storage = new Busy()
    await asked(storage)
    expect(await answerRequest(storage, BOT, ROMEO, 'authorize')).toBe(true)
    storage.conflicts = Infinity
    commits = 0
    await expect(answerRequest(storage, BOT, JULIET, 'authorize')).rejects.toMatchObject({ code: 'STORAGE_CONFLICT' })
    expect(commits).toBeLessThan(20)
    expect(await itemOf(storage, JULIET)).toMatchObject({ state: 'to+in' })
  })

  test('after it took effect counts: its revision tells (promise 21)', async () => {
    class Mute extends MemoryStorage {
      override async commit(owner: string, change: RosterChange): Promise<void> {
        await super.commit(owner, change)
        if (change.base !== undefined) throw new Error('the answer was lost')
      }
    }
    const storage = await asked(new Mute())
    expect(await answerRequest(storage, BOT, ROMEO, 'authorize')).toBe(true)
    expect(await owedBy(storage)).toHaveLength(1)
  })
})

describe('The connected process', () => {
  test('that watches sends at once, with the presence behind it (RFC 6121 §3.1.5)', async () => {
    const { storage, ...played } = await stage({ storage: await asked(), presence: { status: 'here' } })
    await openBot({ storage, ...played })
    expect(await answerRequest(storage, BOT, ROMEO, 'authorize')).toBe(true)
    await turn()
    await turn()

    expect(played.said()).toEqual(['bot > romeo: subscribed', 'bot > romeo: available "here"'])
    expect(played.told()).toEqual(['updated romeo', 'romeo none+in > from by storage'])
    await played.clock.advance(GRACE)
    expect([played.said(), await owedBy(storage)]).toEqual([[], []])
  })

  test('sends what denies, and no presence', async () => {
    const played = await stage({ storage: await asked() })
    await openBot(played)
    await answerRequest(played.storage, BOT, ROMEO, 'deny')
    await turn()
    await turn()
    expect(played.said()).toEqual(['bot > romeo: unsubscribed'])
  })

  test('is one of several: the stanza goes once', async () => {
    const storage = await asked()
    const all = [await stage({ storage }), await stage({ storage }), await stage({ storage })]
    for (const played of all) await openBot(played)
    await answerRequest(storage, BOT, ROMEO, 'authorize')
    for (const played of all) await played.clock.advance(GRACE)

    const sent = all.flatMap((played) => played.said())
    expect(sent.filter((word) => word === 'bot > romeo: subscribed')).toHaveLength(1)
    expect(await owedBy(storage)).toEqual([])
  })

  test('that watches and does not hold the owner finds it within seconds', async () => {
    const played = await stage({ storage: await asked() })
    await answerRequest(played.storage, BOT, ROMEO, 'authorize')
    await played.clock.advance(SOON)
    expect(played.said().filter((word) => word.includes('romeo'))).toEqual(['bot > romeo: subscribed'])
    expect(played.roster.has(BOT)).toBe(true)
  })

  test('that is not told finds it with the next change', async () => {
    const played = await stage({ storage: await asked(new Silent()) })
    const bot = await openBot(played)
    await answerRequest(played.storage, BOT, ROMEO, 'authorize')
    await played.clock.advance(SOON)
    expect(played.said()).toEqual([])
    await bot.update(JULIET, { name: 'Juliet' })
    await turn()
    expect(played.said()).toEqual(['bot > romeo: subscribed'])
    expect(bot.get(ROMEO)?.state).toBe('from')
  })

  test.each([true, false])('that is not told finds it within half a minute (owner in memory: %s)', async (isHeld) => {
    const played = await stage({ storage: await asked(new Silent()) })
    if (isHeld) await openBot(played)
    await answerRequest(played.storage, BOT, ROMEO, 'authorize')
    await played.clock.advance(GRACE)
    expect(played.said().filter((word) => word.includes('romeo'))).toEqual(['bot > romeo: subscribed'])
  })

  test('that comes online finds it by what is owed: nobody opens the owner', async () => {
    const storage = await asked(new Silent())
    await answerRequest(storage, BOT, ROMEO, 'authorize')
    const played = await stage({ storage, online: false })
    played.fake.online()
    await played.clock.advance(0)
    expect(played.said().filter((word) => word.includes('romeo'))).toEqual(['bot > romeo: subscribed'])
  })

  test('that is offline sends it when it is back', async () => {
    const played = await stage({ storage: await asked() })
    await openBot(played)
    played.fake.cut()
    await answerRequest(played.storage, BOT, ROMEO, 'authorize')
    await played.clock.advance(GRACE)
    expect(played.said()).toEqual([])
    played.fake.online()
    await played.clock.advance(0)
    expect(played.said().filter((word) => word.includes('romeo'))).toEqual(['bot > romeo: subscribed'])
  })

  test('sends nothing that was taken back before it could (promise 20)', async () => {
    const played = await stage({ storage: await asked() })
    const bot = await openBot(played)
    played.fake.cut()
    await answerRequest(played.storage, BOT, ROMEO, 'authorize')
    await turn()
    await bot.unauthorize(ROMEO)
    played.fake.online()
    await played.clock.advance(GRACE)
    expect(played.said().filter((word) => word.includes('romeo'))).toEqual([
      'bot > romeo: unavailable',
      'bot > romeo: unsubscribed',
    ])
    const stored: StoredRoster | undefined = await played.storage.load(BOT)
    expect(stored?.owed).toEqual([])
  })
})
