import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AdminItem,
  applyPlan,
  type PlanOptions,
  planRoster,
  type RosterPlan,
  type WantedContact,
} from '../../../src/admin.js'
import { RosterError } from '../../../src/index.js'
import { adminItem, full, MemoryAdmin } from '../support/memory-admin.js'

const OWNER = full('owner')
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'] as const
const OURS: readonly string[] = ['a', 'b', 'c', 'd'].map(full)

const name = fc.constantFrom('', 'Ann', '$(touch /tmp/x)', "O'Brien", 'Ζωή', ' ')
const groups = fc.subarray(['Friends', 'Staff', 'Work & Play'])
const subscription = fc.constantFrom('none', 'to', 'from', 'both')

const roster: fc.Arbitrary<readonly AdminItem[]> = fc
  .uniqueArray(fc.record({ jid: fc.constantFrom(...NAMES), name, groups, subscription }), {
    selector: ({ jid }) => jid,
  })
  .map((items) => items.map(({ jid, ...item }) => adminItem(jid, { ...item, name: item.name || undefined })))

const contacts = (names: readonly string[]): fc.Arbitrary<readonly WantedContact[]> =>
  fc.uniqueArray(
    fc.record({ jid: fc.constantFrom(...names).map(full), name, groups, subscription }, { requiredKeys: ['jid'] }),
    { selector: ({ jid }) => jid },
  )

const ours = ({ jid }: { readonly jid: string }): boolean => OURS.includes(jid)
const byJid = (a: { readonly jid: string }, b: { readonly jid: string }): number => (a.jid < b.jid ? -1 : 1)

/** Items without an order that means something. */
const plain = (items: readonly AdminItem[]): readonly AdminItem[] =>
  items.map((item) => ({ ...item, groups: [...item.groups].sort() })).sort(byJid)

const holding = (items: readonly AdminItem[]): MemoryAdmin =>
  new MemoryAdmin({ owner: Object.fromEntries(items.map((item) => [item.jid, item])) })

/** An item as it is wanted, over what is there. */
const made = (item: AdminItem | undefined, wanted: WantedContact): AdminItem => {
  const { name: label, groups: folders, subscription: seen } = wanted
  const before = item ?? adminItem(wanted.jid)
  return {
    ...before,
    name: label === undefined ? before.name : label || undefined,
    groups: folders ?? before.groups,
    subscription: seen ?? before.subscription,
  }
}

const TWO_WAYS: PlanOptions = { owns: ours, maxRemovals: '100%' }

describe('Whatever is there and whatever is wanted', () => {
  test('applying makes the owned part what is wanted, and leaves the rest as it was', async () => {
    await fc.assert(
      fc.asyncProperty(roster, contacts(NAMES), async (actual, wanted) => {
        const admin = holding(actual)
        await applyPlan({ admin, owner: OWNER }, planRoster(actual, wanted, TWO_WAYS))
        const rest = actual.filter((item) => !ours(item) && !wanted.some(({ jid }) => jid === item.jid))
        const wished = wanted.map((one) =>
          made(
            actual.find(({ jid }) => jid === one.jid),
            one,
          ),
        )
        expect(plain(admin.items('owner'))).toEqual(plain([...rest, ...wished]))
      }),
    )
  })

  test('the second plan is empty, and applying the first again writes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(roster, contacts(NAMES), async (actual, wanted) => {
        const admin = holding(actual)
        const plan = planRoster(actual, wanted, TWO_WAYS)
        await applyPlan({ admin, owner: OWNER }, plan)
        const empty = { add: [], update: [], remove: [], conflicts: [], unchanged: wanted.length }
        expect(planRoster(admin.items('owner'), wanted, TWO_WAYS)).toEqual(empty)
        expect(planRoster(admin.items('owner'), wanted, { base: wanted })).toEqual(empty)
        admin.calls.length = 0
        await applyPlan({ admin, owner: OWNER }, plan)
        expect(admin.writes).toEqual([])
      }),
    )
  })

  test('an application that is stopped, fails or dies anywhere goes on to the same end', async () => {
    const interruption = fc.record({
      at: fc.integer({ min: 1, max: 6 }),
      how: fc.constantFrom('stops', 'fails', 'fails after'),
    })
    await fc.assert(
      fc.asyncProperty(roster, contacts(NAMES), fc.array(interruption), async (actual, wanted, interruptions) => {
        const plan = planRoster(actual, wanted, TWO_WAYS)
        const whole = holding(actual)
        await applyPlan({ admin: whole, owner: OWNER }, plan)
        const admin = holding(actual)
        for (const { at, how } of interruptions) await applyInterrupted(admin, plan, at, how)
        expect(await applyPlan({ admin, owner: OWNER }, plan)).toMatchObject({ failed: 0, stopped: false })
        expect(plain(admin.items('owner'))).toEqual(plain(whole.items('owner')))
      }),
    )
  })

  test('a plan that came through a file is the same plan', async () => {
    await fc.assert(
      fc.asyncProperty(roster, contacts(NAMES), async (actual, wanted) => {
        const plan = planRoster(actual, wanted, TWO_WAYS)
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
      }),
    )
  })

  test('an empty list that is wanted removes nothing under the guard, whatever the base', () => {
    fc.assert(
      fc.property(roster, fc.option(contacts(NAMES)), fc.boolean(), (actual, base, byPredicate) => {
        const options = { ...(base === null ? {} : { base }), ...(byPredicate ? { owns: ours } : {}) }
        let plan: RosterPlan | undefined
        try {
          plan = planRoster(actual, [], options)
        } catch (error) {
          expect(error).toMatchObject({ code: 'PLAN_REFUSED' })
        }
        expect(plan?.remove ?? []).toEqual([])
      }),
    )
  })

  test('without a base and a predicate nothing is ever removed, and nothing ever at issue', () => {
    fc.assert(
      fc.property(roster, contacts(NAMES), (actual, wanted) => {
        expect(planRoster(actual, wanted)).toMatchObject({ remove: [], conflicts: [] })
      }),
    )
  })
})

/** One write is stopped, or fails before or after it took place. */
async function applyInterrupted(admin: MemoryAdmin, plan: RosterPlan, at: number, how: string): Promise<void> {
  const leaving = new AbortController()
  let writes = 0
  const interrupt = (call: string): void => {
    if (/^(put|remove) /.test(call)) writes += 1
    if (writes !== at) return
    if (how === 'stops') leaving.abort()
    else throw new RosterError('TIMED_OUT', 'Perhaps.')
  }
  if (how === 'fails after') admin.after = interrupt
  else admin.before = interrupt
  await applyPlan({ admin, owner: OWNER }, plan, { signal: leaving.signal })
  admin.before = admin.after = () => undefined
}

describe('Three ways, whatever was applied, is there and is wanted', () => {
  const full3 = fc.record({ name, groups, subscription })
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
  const sorted = (one: { name: string; groups: readonly string[]; subscription: AdminItem['subscription'] }) => ({
    ...one,
    groups: [...one.groups].sort(),
  })
  const FIELDS = ['name', 'groups', 'subscription'] as const

  test('conflicts are exactly the fields that both changed, each in its way; what one side alone changed has that side’s value', async () => {
    await fc.assert(
      fc.asyncProperty(full3.map(sorted), full3.map(sorted), full3.map(sorted), async (base, actual, wanted) => {
        const jid = full('a')
        const item = adminItem('a', { ...actual, name: actual.name || undefined })
        const admin = holding([item])
        const plan = planRoster([item], [{ jid, ...wanted }], { base: [{ jid, ...base }] })
        const atIssue = FIELDS.filter(
          (field) =>
            !same(base[field], actual[field]) &&
            !same(base[field], wanted[field]) &&
            !same(actual[field], wanted[field]),
        )
        expect(plan.conflicts.map(({ reason }) => reason.split(':')[0])).toEqual(atIssue.map((field) => `The ${field}`))

        await applyPlan({ admin, owner: OWNER }, plan)
        const [after] = plain(admin.items('owner'))
        for (const field of FIELDS) {
          const expected = same(base[field], actual[field]) ? wanted[field] : actual[field]
          expect(after?.[field] ?? '').toEqual(expected)
        }
      }),
    )
  })

  test('who wants what was applied changes nothing: all that differs is the owner’s', () => {
    fc.assert(
      fc.property(roster, contacts(NAMES), (actual, applied) => {
        const plan = planRoster(actual, applied, { base: applied })
        expect(plan).toMatchObject({ add: [], update: [], remove: [] })
        const gone = applied.filter(({ jid }) => !actual.some((item) => item.jid === jid))
        expect(plan.conflicts.map(({ jid }) => jid)).toEqual(gone.map(({ jid }) => jid).sort())
      }),
    )
  })

  test('foreign items are in no plan unless they are wanted', () => {
    fc.assert(
      fc.property(roster, contacts(NAMES), contacts(NAMES), (actual, wanted, base) => {
        const plan = planRoster(actual, wanted, { base, maxRemovals: '100%' })
        const known = new Set([...wanted, ...base].map(({ jid }) => jid))
        const named = [...plan.add, ...plan.update, ...plan.conflicts].map(({ jid }) => jid)
        expect([...named, ...plan.remove].filter((jid) => !known.has(jid))).toEqual([])
      }),
    )
  })
})
