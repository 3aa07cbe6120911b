import { randomUUID } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type AdminItemInit, areConnected, connect, storageAdmin } from '../../src/admin.js'
import {
  MemoryStorage,
  type RosterChange,
  RosterError,
  type RosterStorage,
  type Subscription,
  type SubscriptionState,
} from '../../src/index.js'
import { SqliteStorage } from '../../src/sqlite.js'
import { BOT, DOMAIN, JULIET, ROMEO, store } from '../component/stage.js'
import { temporaryFolder } from '../storage/sqlite/support/folder.js'

const file = temporaryFolder()

/** Stored by states of appendix A.1, one contact each. */
const NINE: readonly SubscriptionState[] = [
  ...(['none', 'none+out', 'none+in', 'none+out+in', 'to', 'to+in', 'from', 'from+out', 'both'] as const),
]

const contactIn = (state: SubscriptionState): string => `${state.replaceAll('+', '-')}@home.example`

const itemOf = async (storage: RosterStorage, contact: string, owner = BOT) =>
  (await storage.load(owner))?.items.find(({ jid }) => jid === contact)

async function all(owners: AsyncIterable<string>): Promise<readonly string[]> {
  const found: string[] = []
  for await (const owner of owners) found.push(owner)
  return found.sort()
}

describe.each([
  ['memory', async (): Promise<RosterStorage> => new MemoryStorage()],
  ['SQLite', async (): Promise<RosterStorage> => SqliteStorage.open(file(`${randomUUID()}.db`))],
])('storageAdmin in %s', (_, open) => {
  const opened = async () => {
    const storage = await open()
    onTestFinished(async () => storage.close?.())
    return { storage, admin: storageAdmin(storage) }
  }

  test('put makes an item, and an owner that was not there', async () => {
    const { storage, admin } = await opened()
    await admin.put(BOT, ROMEO, { name: 'Ro', groups: ['friends', 'friends'], subscription: 'both' })
    expect(await admin.list(BOT)).toEqual([
      { jid: ROMEO, name: 'Ro', groups: ['friends'], subscription: 'both', pendingOut: false, pendingIn: false },
    ])
    expect(await all(admin.owners())).toEqual([BOT])
    expect((await storage.load(BOT))?.owed).toEqual([])
  })

  test('an item of which nothing is said has no name, no groups and no subscription', async () => {
    const { admin } = await opened()
    await admin.put(BOT, ROMEO, {})
    expect(await admin.list(BOT)).toMatchObject([{ name: undefined, groups: [], subscription: 'none' }])
  })

  test('put keeps what it does not name; an empty name and an empty list clear', async () => {
    const { admin } = await opened()
    await admin.put(BOT, ROMEO, { name: 'Ro', groups: ['friends'], subscription: 'to' })
    await admin.put(BOT, ROMEO, { subscription: 'both' })
    expect(await admin.list(BOT)).toMatchObject([{ name: 'Ro', groups: ['friends'], subscription: 'both' }])
    await admin.put(BOT, ROMEO, { name: 'Romeo' })
    await admin.put(BOT, ROMEO, { groups: [] })
    expect(await admin.list(BOT)).toMatchObject([{ name: 'Romeo', groups: [], subscription: 'both' }])
    await admin.put(BOT, ROMEO, { name: '' })
    expect(await admin.list(BOT)).toMatchObject([{ name: undefined, groups: [], subscription: 'both' }])
  })

  test('remove takes the row out and owes nobody a stanza; again it is false', async () => {
    const { storage, admin } = await opened()
    await store(storage, { [ROMEO]: 'both', [JULIET]: 'to+in' })
    expect(await admin.remove(BOT, ROMEO)).toBe(true)
    expect(await admin.remove(BOT, JULIET)).toBe(true)
    expect(await storage.load(BOT)).toMatchObject({ items: [], owed: [] })
    const before = (await storage.load(BOT))?.revision
    expect(await admin.remove(BOT, ROMEO)).toBe(false)
    expect((await storage.load(BOT))?.revision).toBe(before)
  })

  test('JIDs come in any spelling, names and groups with every character', async () => {
    const { admin } = await opened()
    const odd = { name: `$(rm -rf) "O'Brien" <&> ☎ 𐌀`, groups: [' ', 'a;b', '$(x)', 'Ä'] }
    await admin.put(`BOT@${DOMAIN.toUpperCase()}/x`, 'Romeo@HOME.example/orchard', odd)
    expect(await admin.list(BOT)).toMatchObject([{ jid: ROMEO, ...odd }])
    expect(await admin.remove(`bot@${DOMAIN}/y`, 'ROMEO@home.example')).toBe(true)
  })

  test('reading makes nothing: an owner that is not there has no items', async () => {
    const { storage, admin } = await opened()
    expect(await admin.list(BOT)).toEqual([])
    expect(await admin.remove(BOT, ROMEO)).toBe(false)
    expect(await storage.load(BOT)).toBeUndefined()
    expect(await all(admin.owners())).toEqual([])
  })

  test('owners are those of the domain, with an empty roster too, and without erased ones', async () => {
    const { storage, admin } = await opened()
    for (const owner of [BOT, DOMAIN, 'x@other.example', `gone@${DOMAIN}`]) await store(storage, {}, owner)
    const base = `stored gone@${DOMAIN}`
    await storage.commit(`gone@${DOMAIN}`, { base, revision: 'erased', erase: true })
    expect(await all(admin.owners())).toEqual([BOT, DOMAIN, 'x@other.example'].sort())
    expect(await all(admin.owners({ domain: DOMAIN.toUpperCase() }))).toEqual([BOT, DOMAIN].sort())
    await expect(all(admin.owners({ signal: AbortSignal.abort('enough') }))).rejects.toBe('enough')
  })

  test('a hundred changes of one owner at once are all made', async () => {
    const { storage, admin } = await opened()
    const other = storageAdmin(storage)
    const contacts = Array.from({ length: 100 }, (_, nr) => `c${nr}@home.example`)
    await Promise.all(
      contacts.flatMap((jid) => [admin.put(BOT, jid, { name: jid }), other.put(BOT, jid, { groups: [jid] })]),
    )
    const items = await admin.list(BOT)
    expect(items).toHaveLength(100)
    expect(items.every(({ jid, name, groups }) => name === jid && groups[0] === jid)).toBe(true)
  })

  test('two owners of one storage are connected on both sides', async () => {
    const { admin } = await opened()
    const other = `other@${DOMAIN}`
    await connect(admin, BOT, other, { names: ['Bot', 'Other'] })
    expect(await areConnected(admin, BOT, other)).toBe(true)
    expect(await admin.list(BOT)).toMatchObject([{ jid: other, name: 'Other', subscription: 'both' }])
    expect(await admin.list(other)).toMatchObject([{ jid: BOT, name: 'Bot', subscription: 'both' }])
  })
})

describe('The subscription that put sets', () => {
  const rows: readonly { readonly wanted?: Subscription; readonly after: readonly SubscriptionState[] }[] = [
    { after: NINE },
    {
      wanted: 'none',
      after: ['none', 'none+out', 'none+in', 'none+out+in', 'none', 'none+in', 'none', 'none+out', 'none'],
    },
    { wanted: 'to', after: ['to', 'to', 'to+in', 'to+in', 'to', 'to+in', 'to', 'to', 'to'] },
    {
      wanted: 'from',
      after: ['from', 'from+out', 'from', 'from+out', 'from', 'from', 'from', 'from+out', 'from'],
    },
    { wanted: 'both', after: NINE.map(() => 'both') },
  ]

  test.each(rows)('$wanted: what is pending stays unless that answers it (appendix A.1)', async ({ wanted, after }) => {
    const storage = new MemoryStorage()
    await store(storage, Object.fromEntries(NINE.map((state) => [contactIn(state), state])))
    const admin = storageAdmin(storage)
    const init: AdminItemInit = { name: 'N', ...(wanted === undefined ? {} : { subscription: wanted }) }
    for (const state of NINE) await admin.put(BOT, contactIn(state), init)

    const stored = await Promise.all(NINE.map((state) => itemOf(storage, contactIn(state))))
    expect(stored.map((item) => item?.state)).toEqual(after)
    expect(stored.map((item) => item?.request !== undefined)).toEqual(after.map((state) => state.endsWith('in')))
    expect((await storage.load(BOT))?.owed).toEqual([])
  })

  test('leaves pre-approval and the time of asking', async () => {
    const storage = new MemoryStorage()
    const put = [
      { jid: ROMEO, state: 'none+out', groups: [], approved: true, askedAt: 7 },
      { jid: JULIET, state: 'none+out', groups: [], askedAt: 7 },
    ] as const
    await storage.commit(BOT, { base: undefined, revision: 'r', put })
    const admin = storageAdmin(storage)
    await admin.put(BOT, ROMEO, { subscription: 'from' })
    await admin.put(BOT, JULIET, { subscription: 'to' })
    expect(await itemOf(storage, ROMEO)).toMatchObject({ state: 'from+out', approved: true, askedAt: 7 })
    expect(await itemOf(storage, JULIET)).toEqual({ jid: JULIET, state: 'to', groups: [] })
  })
})

describe('A stranger that has asked (RFC 6121 §3.1.3)', () => {
  const asked = async () => {
    const storage = new MemoryStorage()
    const request = { xml: '<presence/>', receivedAt: 1, deferred: true }
    const put = [{ jid: ROMEO, state: 'none+in', groups: [], unlisted: true, request }] as const
    await storage.commit(BOT, { base: undefined, revision: 'r', put })
    return { storage, admin: storageAdmin(storage), request }
  }

  test('is no item: not in the list, and not removed', async () => {
    const { storage, admin, request } = await asked()
    expect(await admin.list(BOT)).toEqual([])
    expect(await admin.remove(BOT, ROMEO)).toBe(false)
    expect(await itemOf(storage, ROMEO)).toMatchObject({ unlisted: true, request })
  })

  test('becomes one with its request waiting, unless the subscription grants it', async () => {
    const { storage, admin, request } = await asked()
    await admin.put(BOT, ROMEO, { name: 'Ro' })
    expect(await admin.list(BOT)).toMatchObject([{ jid: ROMEO, subscription: 'none', pendingIn: true }])
    expect(await itemOf(storage, ROMEO)).toEqual({ jid: ROMEO, name: 'Ro', state: 'none+in', groups: [], request })
    await admin.put(BOT, ROMEO, { subscription: 'both' })
    expect(await itemOf(storage, ROMEO)).toEqual({ jid: ROMEO, name: 'Ro', state: 'both', groups: [] })
  })
})

describe('storageAdmin refuses', () => {
  test.each<[string, string, string, unknown, string]>([
    ['an owner that is no JID', 'no one@bots.example', ROMEO, {}, 'JID_MALFORMED'],
    ['a contact that is none', BOT, '@home.example', {}, 'JID_MALFORMED'],
    ['the owner itself', BOT, `${BOT}/desk`, {}, 'ITEM_INVALID'],
    ['BOTH', BOT, ROMEO, { subscription: 'BOTH' }, 'ITEM_INVALID'],
    ['bogus', BOT, ROMEO, { subscription: 'bogus' }, 'ITEM_INVALID'],
    ['remove', BOT, ROMEO, { subscription: 'remove' }, 'ITEM_INVALID'],
    ['a subscription without words', BOT, ROMEO, { subscription: Object.create(null) }, 'ITEM_INVALID'],
    ['a name that XML cannot carry', BOT, ROMEO, { name: 'a\u0000b' }, 'ITEM_INVALID'],
    ['a name that is null', BOT, ROMEO, { name: null }, 'ITEM_INVALID'],
    ['an empty group', BOT, ROMEO, { groups: [''] }, 'ITEM_INVALID'],
    ['groups that are no list', BOT, ROMEO, { groups: 'friends' }, 'ITEM_INVALID'],
    ['a patch of groups', BOT, ROMEO, { groups: { add: ['friends'] } }, 'ITEM_INVALID'],
  ])('%s, and writes nothing', async (_, owner, contact, init, code) => {
    const storage = new MemoryStorage()
    const put = storageAdmin(storage).put(owner, contact, init as AdminItemInit)
    await expect(put).rejects.toMatchObject({ name: 'RosterError', code })
    expect(await all(storage.owners())).toEqual([])
  })

  test('what a signal has ended before it began', async () => {
    const storage = new MemoryStorage()
    const admin = storageAdmin(storage)
    const options = { signal: AbortSignal.abort('enough') }
    await expect(admin.put(BOT, ROMEO, {}, options)).rejects.toBe('enough')
    await expect(admin.remove(BOT, ROMEO, options)).rejects.toBe('enough')
    await expect(admin.list(BOT, options)).rejects.toBe('enough')
    expect(await all(storage.owners())).toEqual([])
  })
})

describe('storageAdmin and a storage in trouble', () => {
  test('that is down: STORAGE_FAILED with its own words', async () => {
    const down = new Error('no connection')
    const storage: RosterStorage = {
      load: () => Promise.reject(down),
      commit: () => Promise.reject(down),
      // biome-ignore lint/correctness/useYield: it fails before it could.
      owners: async function* () {
        throw down
      },
    }
    const admin = storageAdmin(storage)
    const failed = { code: 'STORAGE_FAILED', cause: down }
    await expect(admin.list(BOT)).rejects.toMatchObject({ ...failed, owner: BOT })
    await expect(admin.put(BOT, ROMEO, {})).rejects.toMatchObject({ ...failed, owner: BOT })
    await expect(admin.remove(BOT, ROMEO)).rejects.toMatchObject({ ...failed, owner: BOT })
    await expect(all(admin.owners())).rejects.toMatchObject(failed)
  })

  test('whose record makes no sense: STORAGE_CORRUPT', async () => {
    const storage = new MemoryStorage()
    const state = 'in' as 'to'
    await storage.commit(BOT, { base: undefined, revision: 'r', put: [{ jid: ROMEO, state, groups: [] }] })
    const admin = storageAdmin(storage)
    await expect(admin.list(BOT)).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' })
    await expect(admin.put(BOT, JULIET, {})).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' })
  })

  test('that does not answer: TIMED_OUT, which says that it may still happen', async () => {
    const never = new Promise<never>(() => undefined)
    const storage: RosterStorage = {
      load: () => never,
      commit: () => never,
      owners: () => new MemoryStorage().owners(),
    }
    const admin = storageAdmin(storage)
    await expect(admin.list(BOT, { timeout: 1 })).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await expect(admin.put(BOT, ROMEO, {}, { timeout: 1 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: expect.stringContaining('may still happen'),
    })
  })

  test('where others are faster: decided again on what they wrote, a bounded number of times (promise 21)', async () => {
    class Busy extends MemoryStorage {
      others = 3
      commits = 0
      override async commit(owner: string, change: RosterChange): Promise<void> {
        this.commits += 1
        if (change.base !== undefined && this.others-- > 0) {
          const put = [{ jid: JULIET, state: 'to', groups: [`${this.others}`] }] as const
          await super.commit(owner, { base: change.base, revision: `theirs ${this.others}`, put })
          throw new RosterError('STORAGE_CONFLICT', 'busy')
        }
        return super.commit(owner, change)
      }
    }
    const storage = new Busy()
    await store(storage, { [ROMEO]: 'from' })
    await storageAdmin(storage).put(BOT, ROMEO, { name: 'Ro' })
    expect((await storage.load(BOT))?.items).toMatchObject([{ name: 'Ro', state: 'from' }, { groups: ['0'] }])
    storage.others = Number.POSITIVE_INFINITY
    storage.commits = 0
    await expect(storageAdmin(storage).remove(BOT, ROMEO)).rejects.toMatchObject({ code: 'STORAGE_CONFLICT' })
    expect(storage.commits).toBeLessThan(20)
  })
})
