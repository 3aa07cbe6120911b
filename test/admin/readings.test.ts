import { describe, expect, test } from 'vitest'
import { applyPlan, clear, ejabberdAdmin, type RosterAdmin, type RosterPlan, storageAdmin } from '../../src/admin.js'
import { MemoryStorage } from '../../src/index.js'
import { before2402, done, fakeApi, json, since2402 } from './ejabberd/support/fake-api.js'
import { HOST, JULIET, privilegedStage } from './privileged-stage.js'
import { MemoryAdmin } from './support/memory-admin.js'

const MANY = 200
const contacts = (name: string): string[] => Array.from({ length: MANY }, (_, nr) => `${name}${nr}@${HOST}`)
const THERE = contacts('there')

/** Adds with a subscription, with `none` and without; changes a name here, groups there; removes. */
const plan: RosterPlan = {
  add: contacts('new').map((jid, nr) => ({ jid, name: 'N', ...[{}, { subscription: 'none' as const }][nr % 2] })),
  update: THERE.slice(0, MANY / 2).map((jid, nr) => (nr % 2 === 0 ? { jid, name: 'Changed' } : { jid, groups: ['G'] })),
  remove: THERE.slice(MANY / 2),
  conflicts: [],
  unchanged: 0,
}
const CHANGES = MANY * 2

const countOf = (words: readonly string[], word: string): number => words.filter((one) => one.startsWith(word)).length

describe('A roster is read once for many changes, however many they are', () => {
  const ejabberd = async () => {
    const rows = THERE.map((jid) => ({ jid, nick: 'T', subscription: 'both', groups: ['A'] }))
    const api = await fakeApi(since2402(({ path }) => (path === 'get_roster' ? json(rows) : done)))
    return { api, admin: ejabberdAdmin(api) }
  }

  test('clear, of ejabberd', async () => {
    const { api, admin } = await ejabberd()
    expect(await clear(admin, { owner: JULIET })).toMatchObject({ done: MANY, failed: 0 })
    expect(countOf(api.commands(), 'get_roster')).toBe(1)
    expect(countOf(api.commands(), 'delete_rosteritem')).toBe(MANY)
  })

  test('a plan, of ejabberd; what it does not name is written as it was read', async () => {
    const { api, admin } = await ejabberd()
    expect(await applyPlan({ admin, owner: JULIET }, plan)).toMatchObject({ done: CHANGES, failed: 0 })
    expect(countOf(api.commands(), 'get_roster')).toBe(1)
    const written = api.args('add_rosteritem/v1')
    expect(written.find(({ user }) => user === 'there0')).toMatchObject({
      nick: 'Changed',
      groups: ['A'],
      subs: 'both',
    })
    expect(written.find(({ user }) => user === 'there1')).toMatchObject({ nick: 'T', groups: ['G'], subs: 'both' })
    expect(written.find(({ user }) => user === 'new0')).toMatchObject({ nick: 'N', groups: [], subs: 'none' })
  })

  test('of ejabberd, through an admin that stands around it and notes what is done', async () => {
    const { api, admin } = await ejabberd()
    const noted: string[] = []
    const noting: RosterAdmin = {
      ...admin,
      put: (owner, contact, item, options) => {
        noted.push(`put ${contact}`)
        return admin.put(owner, contact, item, options)
      },
      remove: (owner, contact, options) => {
        noted.push(`remove ${contact}`)
        return admin.remove(owner, contact, options)
      },
    }
    await applyPlan({ admin: noting, owner: JULIET }, plan)
    await clear(noting, { owner: JULIET })
    expect(noted).toHaveLength(CHANGES + MANY)
    expect(countOf(api.commands(), 'get_roster')).toBe(2)
  })

  test('an admin around ejabberd that lists something else is not taken at its word', async () => {
    const { api, admin } = await ejabberd()
    const hiding: RosterAdmin = { ...admin, list: async () => [] }
    const [jid = ''] = THERE
    await applyPlan({ admin: hiding, owner: JULIET }, { ...plan, add: [{ jid, name: 'N' }], update: [], remove: [] })
    expect(api.args('add_rosteritem/v1')).toMatchObject([{ nick: 'N', groups: ['A'], subs: 'both' }])
  })

  test('a contact whom ejabberd has in another spelling goes by that', async () => {
    const row = { jid: 'romeo@xn--bcher-kva.example', nick: 'R', subscription: 'to', group: 'A' }
    const api = await fakeApi(before2402(({ path }) => (path === 'get_roster' ? json([row]) : done)))
    const admin = ejabberdAdmin(api)
    await applyPlan({ admin, owner: JULIET }, { ...plan, add: [], update: [{ jid: row.jid, name: 'Ro' }], remove: [] })
    await clear(admin, { owner: JULIET })
    const key = { user: 'romeo', host: 'xn--bcher-kva.example' }
    expect(api.args('add_rosteritem')).toMatchObject([{ ...key, nick: 'Ro', group: 'A', subs: 'to' }])
    expect(api.args('delete_rosteritem')).toMatchObject([key])
  })

  test('clear and a plan, of an account over XMPP', async () => {
    const { admin, fake, asked, answer } = await privilegedStage()
    const items = THERE.map((jid) => `<item jid="${jid}" name="T" subscription="both"><group>A</group></item>`)
    const all: string[] = []
    const carriedOut = async (work: Promise<unknown>): Promise<void> => {
      let isOver = false
      void work.finally(() => {
        isOver = true
      })
      for (let words = asked(); ; words = asked()) {
        all.push(...words)
        if (words.length === 0 && isOver) return
        await answer(words.at(-1)?.startsWith('get') === true ? items.join('') : undefined)
      }
    }
    await carriedOut(clear(admin, { owner: JULIET }))
    expect([countOf(all, 'get'), countOf(all, 'set')]).toEqual([1, MANY])
    all.length = 0
    await carriedOut(applyPlan({ admin, owner: JULIET }, plan))
    // The subscriptions of `none` are the new items' own: nothing to be verified.
    expect([countOf(all, 'get'), countOf(all, 'set')]).toEqual([1, CHANGES])
    expect(all).toContain('set juliet: there0 "Changed" [A]')
    expect(fake.errors).toEqual([])
  })

  test('clear and a plan, of a storage', async () => {
    const storage = new MemoryStorage()
    const admin = storageAdmin(storage)
    for (const jid of THERE) await admin.put(JULIET, jid, { name: 'T', groups: ['A'], subscription: 'both' })
    let loads = 0
    const load = storage.load.bind(storage)
    storage.load = (owner) => {
      loads += 1
      return load(owner)
    }
    expect(await applyPlan({ admin, owner: JULIET }, plan)).toMatchObject({ done: CHANGES, failed: 0 })
    expect(loads).toBe(2)
    expect(await clear(admin, { owner: JULIET })).toMatchObject({ done: MANY * 1.5, failed: 0 })
    expect(loads).toBe(4)
    expect(await admin.list(JULIET)).toEqual([])
  })

  test('an admin that knows nothing of that works through `put` and `remove` as ever', async () => {
    const admin = new MemoryAdmin({ [JULIET]: Object.fromEntries(THERE.map((jid) => [jid, 'both'])) })
    expect(await applyPlan({ admin, owner: JULIET }, plan)).toMatchObject({ done: CHANGES, failed: 0 })
    expect(countOf(admin.calls, 'list')).toBe(1)
    expect(countOf(admin.calls, 'put') + countOf(admin.calls, 'remove')).toBe(CHANGES)
  })
})
