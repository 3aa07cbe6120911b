import { describe, expect, test } from 'vitest'
import { applyPlan, type BulkProgress, planRoster, type RosterPlan, storageAdmin } from '../../../src/admin.js'
import { MemoryStorage, RosterError } from '../../../src/index.js'
import { manualClock } from '../../../src/testing.js'
import { full, MemoryAdmin, short } from '../support/memory-admin.js'

const OWNER = full('owner')
const EMPTY: RosterPlan = { add: [], update: [], remove: [], conflicts: [], unchanged: 0 }

/** To add: a, b; to change: c, d; to remove: e. */
const PLAN: RosterPlan = {
  ...EMPTY,
  add: [{ jid: full('a'), name: 'A', groups: ['X'], subscription: 'both' }, { jid: full('b') }],
  update: [
    { jid: full('c'), name: null },
    { jid: full('d'), groups: ['Y'], subscription: 'from' },
  ],
  remove: [full('e')],
}
const given = (): MemoryAdmin =>
  new MemoryAdmin({
    owner: {
      c: { name: 'C', groups: ['Mine'] },
      d: { name: 'D', subscription: 'to' },
      e: 'both',
      foreign: { name: 'F', groups: ['Mine'] },
    },
  })

describe('applyPlan through an administrator', () => {
  test('adds, changes, removes, names only what the plan names, and says so', async () => {
    const admin = given()
    const told: string[] = []
    const onProgress = ({ done, total, contact }: BulkProgress): void =>
      void told.push(`${short(contact ?? '')} ${done}/${total}`)
    const summary = await applyPlan({ admin, owner: 'Owner@EXAMPLE.com' }, PLAN, { onProgress })
    expect(summary).toEqual({ done: 5, failed: 0, stopped: false, errors: [] })
    expect(admin.calls).toEqual([
      'list owner',
      'put owner a {"name":"A","groups":["X"],"subscription":"both"}',
      'put owner b {}',
      'put owner c {"name":""}',
      'put owner d {"groups":["Y"],"subscription":"from"}',
      'remove owner e',
    ])
    expect(told).toEqual(['a 1/5', 'b 2/5', 'c 3/5', 'd 4/5', 'e 5/5'])
    expect(admin.item('owner', 'c')).toMatchObject({ name: undefined, groups: ['Mine'] })
    expect(admin.item('owner', 'd')).toMatchObject({ name: 'D', groups: ['Y'], subscription: 'from' })
  })

  test('a second time it changes nothing, and all is done', async () => {
    const admin = given()
    await applyPlan({ admin, owner: OWNER }, PLAN)
    admin.calls.length = 0
    expect(await applyPlan({ admin, owner: OWNER }, PLAN)).toEqual({ done: 5, failed: 0, stopped: false, errors: [] })
    expect(admin.calls).toEqual(['list owner'])
  })

  test('what its owner has changed since, in fields that the plan does not name, stays', async () => {
    const admin = given()
    await admin.put(OWNER, full('d'), { name: 'Dora' })
    await admin.put(OWNER, full('c'), { groups: ['Other'], subscription: 'to' })
    await admin.put(OWNER, full('b'), { name: 'Bob', groups: ['Mine'] })
    await applyPlan({ admin, owner: OWNER }, PLAN)
    expect(admin.item('owner', 'd')).toMatchObject({ name: 'Dora', groups: ['Y'], subscription: 'from' })
    expect(admin.item('owner', 'c')).toMatchObject({ name: undefined, groups: ['Other'], subscription: 'to' })
    expect(admin.item('owner', 'b')).toMatchObject({ name: 'Bob', groups: ['Mine'] })
  })

  test('also what is changed between the look and the write', async () => {
    const admin = given()
    admin.before = (call) => {
      const d = admin.item('owner', 'd')
      if (call.startsWith('put owner d') && d !== undefined)
        admin.rosters.get(OWNER)?.set(full('d'), { ...d, name: 'Dora' })
    }
    await applyPlan({ admin, owner: OWNER }, PLAN)
    expect(admin.item('owner', 'd')).toMatchObject({ name: 'Dora', groups: ['Y'], subscription: 'from' })
  })

  test('groups of a plan written by hand: some are added, some go, the rest stays', async () => {
    const admin = given()
    const plan = { ...EMPTY, update: [{ jid: full('c'), groups: { add: ['New'], remove: ['Gone'] } }] }
    await applyPlan({ admin, owner: OWNER }, plan)
    await applyPlan({ admin, owner: OWNER }, plan)
    expect(admin.writes).toEqual(['put owner c {"groups":["Mine","New"]}'])
  })

  test('what is to be changed and is gone is not made anew; the rest goes on', async () => {
    const admin = given()
    await admin.remove(OWNER, full('c'))
    const summary = await applyPlan({ admin, owner: OWNER }, PLAN)
    expect(summary).toMatchObject({ done: 4, failed: 1, stopped: false })
    expect(summary.errors).toEqual([
      { owner: OWNER, contact: full('c'), error: expect.objectContaining({ code: 'PLAN_REFUSED' }) },
    ])
    expect(admin.item('owner', 'c')).toBeUndefined()
  })

  test('failures are gathered contact by contact, and a second call makes up for them', async () => {
    const admin = given()
    const refused = new RosterError('REFUSED', 'No.', { condition: 'not-allowed' })
    admin.before = (call) => {
      if (call.startsWith('put owner a')) throw refused
      if (call.startsWith('remove')) throw new TypeError('socket hang up')
    }
    const summary = await applyPlan({ admin, owner: OWNER }, PLAN)
    expect(summary).toMatchObject({ done: 3, failed: 2, stopped: false })
    expect(summary.errors.map(({ contact, error }) => [contact, error.code])).toEqual([
      [full('a'), 'REFUSED'],
      [full('e'), 'NOT_CONNECTED'],
    ])
    expect(summary.errors[0]?.error).toBe(refused)
    admin.before = () => undefined
    admin.calls.length = 0
    expect(await applyPlan({ admin, owner: OWNER }, PLAN)).toMatchObject({ done: 5, failed: 0 })
    expect(admin.writes.map((call) => call.split(' ', 3).join(' '))).toEqual(['put owner a', 'remove owner e'])
  })

  test('a signal stops it without a throw, and the same plan goes on where it stopped', async () => {
    const admin = given()
    const leaving = new AbortController()
    const onProgress = ({ done }: BulkProgress): void => void (done === 2 && leaving.abort())
    const stopped = await applyPlan({ admin, owner: OWNER }, PLAN, { signal: leaving.signal, onProgress })
    expect(stopped).toEqual({ done: 2, failed: 0, stopped: true, errors: [] })
    expect(admin.item('owner', 'e')).toBeDefined()
    admin.calls.length = 0
    expect(await applyPlan({ admin, owner: OWNER }, PLAN)).toMatchObject({ done: 5, stopped: false })
    expect(admin.writes.map((call) => call.split(' ', 3).join(' '))).toEqual([
      'put owner c',
      'put owner d',
      'remove owner e',
    ])
  })

  test('stopped before the first look, nothing was even read', async () => {
    const admin = given()
    const summary = await applyPlan({ admin, owner: OWNER }, PLAN, { signal: AbortSignal.abort() })
    expect(summary).toEqual({ done: 0, failed: 0, stopped: true, errors: [] })
    expect(admin.calls).toEqual([])
  })

  test('only changes are paced: what is done already costs no time', async () => {
    const admin = given()
    const clock = manualClock()
    await admin.put(OWNER, full('a'), { name: 'A', groups: ['X'], subscription: 'both' })
    await admin.put(OWNER, full('b'), {})
    await admin.put(OWNER, full('c'), { name: '' })
    const applying = applyPlan({ admin, owner: OWNER }, PLAN, { rate: 1, clock })
    await clock.advance(1_000)
    expect(await applying).toMatchObject({ done: 5 })
  })

  test('a roster that cannot be read: it rejects, and nothing was changed', async () => {
    const admin = given()
    admin.before = () => {
      throw new RosterError('TIMED_OUT', 'No answer.')
    }
    await expect(applyPlan({ admin, owner: OWNER }, PLAN)).rejects.toMatchObject({ code: 'TIMED_OUT' })
    expect(admin.writes).toEqual([])
  })

  test('what is no plan is refused before anything is read', async () => {
    const admin = given()
    const plan = { ...EMPTY, remove: [full('e'), 'E@example.com'] }
    await expect(applyPlan({ admin, owner: OWNER }, plan)).rejects.toMatchObject({ code: 'ITEM_INVALID' })
    await expect(applyPlan({ admin, owner: OWNER }, undefined as never)).rejects.toMatchObject({ code: 'ITEM_INVALID' })
    await expect(applyPlan({ admin, owner: '@' }, PLAN)).rejects.toMatchObject({ code: 'JID_MALFORMED' })
    expect(admin.calls).toEqual([])
  })

  test('conflicts are left alone', async () => {
    const admin = new MemoryAdmin({ owner: { a: { name: 'Mine' } } })
    const plan = planRoster(admin.items('owner'), [{ jid: full('a'), name: 'New' }], {
      base: [{ jid: full('a'), name: 'Old' }],
    })
    expect(plan.conflicts).toHaveLength(1)
    expect(await applyPlan({ admin, owner: OWNER }, plan)).toMatchObject({ done: 0, failed: 0 })
    expect(admin.writes).toEqual([])
  })

  describe('what its owner removes while the plan waits is not made anew', () => {
    const names: RosterPlan = { ...EMPTY, update: ['c', 'd'].map((name) => ({ jid: full(name), name: 'New' })) }
    const REFUSED = { done: 1, failed: 1, errors: [{ contact: full('d'), error: { code: 'PLAN_REFUSED' } }] }

    test('in a storage, however short the wait', async () => {
      const clock = manualClock()
      const admin = storageAdmin(new MemoryStorage())
      for (const name of ['c', 'd']) await admin.put(OWNER, full(name), {})
      const applying = applyPlan({ admin, owner: OWNER }, names, { rate: 1, clock })
      await clock.advance(500)
      await admin.remove(OWNER, full('d'))
      await clock.advance(500)
      expect(await applying).toMatchObject(REFUSED)
      expect((await admin.list(OWNER)).map(({ jid }) => jid)).toEqual([full('c')])
    })

    test('in any other place when it waits for long: the roster is read again', async () => {
      const clock = manualClock()
      const admin = given()
      const applying = applyPlan({ admin, owner: OWNER }, names, { rate: 0.1, clock })
      await clock.advance(9_000)
      admin.rosters.get(OWNER)?.delete(full('d'))
      await clock.advance(1_000)
      expect(await applying).toMatchObject(REFUSED)
      expect(admin.item('owner', 'd')).toBeUndefined()
    })

    test('nor when the clock was set back', async () => {
      const hours = 3_600_000
      const clock = manualClock(hours)
      let back = 0
      const setBack = { now: () => clock.now() - back, after: clock.after }
      const admin = given()
      const onProgress = (): void => {
        back = hours
        admin.rosters.get(OWNER)?.delete(full('d'))
      }
      expect(await applyPlan({ admin, owner: OWNER }, names, { clock: setBack, onProgress })).toMatchObject(REFUSED)
    })
  })

  test('a roster is read again after five seconds, or twenty times what reading takes, not at each change', async () => {
    const readings = async (ms: number): Promise<number> => {
      const clock = manualClock()
      const admin = new MemoryAdmin()
      admin.before = (call) => call.startsWith('list') && new Promise<void>((resolve) => void clock.after(ms, resolve))
      const add = Array.from({ length: 100 }, (_, nr) => ({ jid: full(`n${nr}`) }))
      const applying = applyPlan({ admin, owner: OWNER }, { ...EMPTY, add }, { rate: 1, clock })
      await clock.advance(200_000)
      expect(await applying).toMatchObject({ done: 100 })
      return admin.calls.filter((call) => call.startsWith('list')).length
    }
    expect(await readings(0)).toBeLessThanOrEqual(20)
    expect(await readings(2_000)).toBeLessThanOrEqual(4)
  })
})
