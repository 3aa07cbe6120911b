import { describe, expect, test } from 'vitest'
import {
  type AdminItem,
  type PlanOptions,
  planRoster,
  type RosterPlan,
  type WantedContact,
} from '../../../src/admin.js'
import { type RosterItem, rosterItem } from '../../../src/core/item.js'
import type { Subscription, SubscriptionState } from '../../../src/index.js'
import { adminItem, full } from '../support/memory-admin.js'

const EMPTY: RosterPlan = { add: [], update: [], remove: [], conflicts: [], unchanged: 0 }
const A = full('a')
const B = full('b')

const live = (state: SubscriptionState, approved = false): RosterItem => rosterItem({ jid: A, state, approved })

/** What becomes of one contact, compared three ways. */
const compared = (
  base: Partial<WantedContact>,
  actual: Partial<AdminItem>,
  wanted: Partial<WantedContact>,
): RosterPlan => planRoster([adminItem('a', actual)], [{ jid: A, ...wanted }], { base: [{ jid: A, ...base }] })

test('one list serves all who are on it: the owner itself is neither added nor removed', () => {
  const list = [{ jid: A }, { jid: B }]
  expect(planRoster([], list, { owner: 'A@example.com/desk' })).toEqual({ ...EMPTY, add: [{ jid: B }] })
  const own = adminItem('a')
  expect(planRoster([own], [], { owner: A, base: [{ jid: A }], maxRemovals: '100%' })).toEqual(EMPTY)
})

describe('Two ways, without a base', () => {
  test('what is missing is added with what is wanted, in the order of JIDs, groups too', () => {
    const wanted = [
      { jid: 'b@EXAMPLE.com/x', groups: ['Z', 'A', 'Z'], subscription: 'both' as const },
      { jid: A, name: 'Ann' },
    ]
    expect(planRoster([], wanted)).toEqual({
      ...EMPTY,
      add: [
        { jid: A, name: 'Ann' },
        { jid: B, groups: ['A', 'Z'], subscription: 'both' },
      ],
    })
  })

  test('of what is there, the wanted fields that differ are set, and the others are not named', () => {
    const actual = adminItem('a', { name: 'Ann', groups: ['Work', 'Chess'], subscription: 'to' })
    expect(planRoster([actual], [{ jid: A, name: 'Anna', groups: ['Chess', 'Work'] }])).toEqual({
      ...EMPTY,
      update: [{ jid: A, name: 'Anna' }],
    })
    expect(planRoster([actual], [{ jid: A, groups: [], subscription: 'both' }]).update).toEqual([
      { jid: A, groups: [], subscription: 'both' },
    ])
  })

  test('an empty name clears', () => {
    expect(planRoster([adminItem('a', { name: 'Ann' })], [{ jid: A, name: '' }]).update).toEqual([
      { jid: A, name: null },
    ])
    expect(planRoster([adminItem('a')], [{ jid: A, name: '' }])).toEqual({ ...EMPTY, unchanged: 1 })
  })

  test('what is there as wanted is unchanged, however it is written', () => {
    const actual = [adminItem('a', { name: 'Ann', groups: ['B', 'A'], subscription: 'both' })]
    const wanted = [{ jid: 'A@example.com', name: 'Ann', groups: ['A', 'B', 'A'], subscription: 'both' as const }]
    expect(planRoster(actual, wanted)).toEqual({ ...EMPTY, unchanged: 1 })
  })

  test('nothing is ours, so nothing is removed', () => {
    expect(planRoster([adminItem('a'), adminItem('b')], [])).toEqual(EMPTY)
  })

  test('what is ours by the predicate and not wanted is removed', () => {
    const actual = [adminItem('b', { groups: ['Staff'] }), adminItem('c'), adminItem('a', { groups: ['Staff'] })]
    const owns = ({ groups }: { readonly groups: readonly string[] }): boolean => groups.includes('Staff')
    expect(planRoster(actual, [], { owns, maxRemovals: 2 })).toEqual({ ...EMPTY, remove: [A, B] })
  })
})

describe('Three ways: a field of an item that was applied', () => {
  test.each([
    ['nobody changed it', 'Ann', 'Ann', 'Ann', { unchanged: 1 }],
    ['only what is wanted changed: it is set', 'Ann', 'Ann', 'Anna', { update: [{ jid: A, name: 'Anna' }] }],
    ['only the owner changed it: it stays', 'Ann', 'Annie', 'Ann', { unchanged: 1 }],
    ['both changed it to the same', 'Ann', 'Anna', 'Anna', { unchanged: 1 }],
    ['only the owner took it away: it stays so', 'Ann', undefined, 'Ann', { unchanged: 1 }],
    ['only what is wanted took it away: it is cleared', 'Ann', 'Ann', '', { update: [{ jid: A, name: null }] }],
  ])('name: %s', (_, base, actual, wanted, expected) => {
    expect(compared({ name: base }, { name: actual }, { name: wanted })).toEqual({ ...EMPTY, ...expected })
  })

  test('both changed it, each in its way: a conflict, and it stays', () => {
    expect(compared({ name: 'Ann' }, { name: 'Annie' }, { name: 'Anna' })).toEqual({
      ...EMPTY,
      conflicts: [
        {
          jid: A,
          reason: 'The name: "Anna" is wanted and "Ann" was last applied, but meanwhile it became "Annie".',
        },
      ],
    })
  })

  test('groups are one field, and their order means nothing', () => {
    expect(compared({ groups: ['A', 'B'] }, { groups: ['B', 'A'] }, { groups: ['C'] }).update).toEqual([
      { jid: A, groups: ['C'] },
    ])
    expect(compared({ groups: ['A'] }, { groups: ['A', 'Mine'] }, { groups: ['A'] })).toEqual({
      ...EMPTY,
      unchanged: 1,
    })
    expect(compared({ groups: ['A'] }, { groups: ['A', 'Mine'] }, { groups: ['B'] }).conflicts).toEqual([
      {
        jid: A,
        reason: 'The groups: ["B"] is wanted and ["A"] was last applied, but meanwhile it became ["A","Mine"].',
      },
    ])
  })

  test('the subscription as well', () => {
    const became = (base: Subscription, actual: Subscription, wanted: Subscription): RosterPlan =>
      compared({ subscription: base }, { subscription: actual }, { subscription: wanted })
    expect(became('to', 'to', 'both').update).toEqual([{ jid: A, subscription: 'both' }])
    expect(became('both', 'none', 'both')).toEqual({ ...EMPTY, unchanged: 1 })
    expect(became('to', 'from', 'both').conflicts).toHaveLength(1)
  })

  test('each field stands for itself: one is set while another is a conflict', () => {
    const plan = compared(
      { name: 'Ann', groups: ['A'] },
      { name: 'Annie', groups: ['A'], subscription: 'from' },
      { name: 'Anna', groups: ['B'], subscription: 'to' },
    )
    expect(plan.update).toEqual([{ jid: A, groups: ['B'] }])
    expect(plan.conflicts.map(({ reason }) => reason.split(':')[0])).toEqual(['The name', 'The subscription'])
    expect(plan.unchanged).toBe(0)
  })

  test('a field that was not named counts as applied blank: set where it is still blank, a conflict where the owner filled it', () => {
    expect(compared({}, {}, { name: 'Ann' }).update).toEqual([{ jid: A, name: 'Ann' }])
    expect(compared({}, { name: 'Annie' }, { name: 'Ann' }).conflicts).toHaveLength(1)
    expect(compared({ name: 'Ann' }, { name: 'Annie' }, {})).toEqual({ ...EMPTY, unchanged: 1 })
  })
})

describe('Three ways: items', () => {
  const base = [{ jid: A, name: 'Ann' }]

  test('wanted, absent, never applied: added', () => {
    expect(planRoster([], [{ jid: B }], { base }).add).toEqual([{ jid: B }])
  })

  test.each([[{ name: 'Ann' }], [{ name: 'Anna' }]])(
    'wanted (%o), absent, applied: its owner has removed it, it stays so and is a conflict',
    (wanted) => {
      expect(planRoster([], [{ jid: A, ...wanted }], { base })).toEqual({
        ...EMPTY,
        conflicts: [{ jid: A, reason: 'It is wanted, but its owner has removed it since it was last applied.' }],
      })
    },
  )

  test('wanted no more and as it was applied: removed', () => {
    expect(planRoster([adminItem('a', { name: 'Ann' }), adminItem('b')], [], { base, maxRemovals: 1 })).toEqual({
      ...EMPTY,
      remove: [A],
    })
  })

  test('wanted no more and gone: nothing is left to do', () => {
    expect(planRoster([], [], { base })).toEqual(EMPTY)
  })

  test.each([
    ['name', { name: 'Annie' }],
    ['name', { name: undefined }],
    ['groups', { name: 'Ann', groups: ['Mine'] }],
  ] as const)('wanted no more, but its owner has changed the %s (%o): it stays and is a conflict', (field, actual) => {
    expect(planRoster([adminItem('a', actual)], [], { base, maxRemovals: 1 })).toEqual({
      ...EMPTY,
      conflicts: [
        { jid: A, reason: `It is wanted no more, but its owner has changed the ${field} since it was last applied.` },
      ],
    })
  })

  test.each([
    ['to', 'to', 'goes'],
    ['both', 'none', 'goes'],
    ['both', 'from', 'goes'],
    ['none', 'to', 'stays'],
    ['to', 'both', 'stays'],
    ['to', 'from', 'stays'],
    [undefined, 'both', 'goes'],
  ] as const)(
    'wanted no more, applied with the subscription %s, which became %s: it %s (what became less may be the contact’s doing)',
    (applied, became, fate) => {
      const known = [{ jid: A, ...(applied === undefined ? {} : { subscription: applied }) }]
      const plan = planRoster([adminItem('a', { subscription: became })], [], { base: known, maxRemovals: 1 })
      expect([plan.remove.length, plan.conflicts.length]).toEqual(fate === 'goes' ? [1, 0] : [0, 1])
    },
  )

  test('what is foreign is untouched, and wanted on top of it only where the owner left it blank', () => {
    const foreign = adminItem('b', { name: 'Bob', subscription: 'to' })
    const plan = planRoster([foreign], [{ jid: B, name: 'Robert', groups: ['Staff'], subscription: 'to' }], {
      base: [],
    })
    expect(plan).toMatchObject({ update: [{ jid: B, groups: ['Staff'] }], conflicts: [{ jid: B }], unchanged: 0 })
  })

  test('an item that the base does not know and that is ours by the predicate is compared two ways', () => {
    const plan = planRoster([adminItem('b', { name: 'Bob' })], [{ jid: B, name: 'Robert' }], {
      base: [],
      owns: () => true,
    })
    expect(plan).toEqual({ ...EMPTY, update: [{ jid: B, name: 'Robert' }] })
  })

  test('the predicate has the word about removal, not the base', () => {
    const actual = [adminItem('a', { name: 'Ann' }), adminItem('b', { name: 'Bob' })]
    const owns = ({ jid }: { readonly jid: string }): boolean => jid === B
    expect(planRoster(actual, [], { base, owns, maxRemovals: 9 })).toEqual({ ...EMPTY, remove: [B] })
  })

  test('conflicts are in the order of JIDs, whatever they are about', () => {
    const actual = [adminItem('a', { name: 'Mine' }), adminItem('b', { name: 'Mine' })]
    const applied = [
      { jid: B, name: 'B' },
      { jid: A, name: 'A' },
    ]
    const plan = planRoster(actual, [{ jid: B, name: 'New' }], { base: applied })
    expect(plan.conflicts.map(({ jid }) => jid)).toEqual([A, B])
  })
})

describe('A live roster', () => {
  test.each([
    ['none+out', false, 'to', 'asked for'],
    ['none', true, 'from', 'granted in advance'],
    ['none+out', true, 'both', 'both at once'],
    ['from+out', false, 'both', 'one there, one asked for'],
    ['none+in', false, 'none', 'asked for by the contact alone'],
  ] as const)('%s (approved: %s) has reached "%s": %s', (state, approved, wanted, _) => {
    expect(planRoster([live(state, approved)], [{ jid: A, subscription: wanted }])).toEqual({ ...EMPTY, unchanged: 1 })
  })

  test('an administrator writes the subscription itself: what is asked for is not there', () => {
    const actual = adminItem('a', { pendingOut: true })
    expect(planRoster([actual], [{ jid: A, subscription: 'to' }]).update).toEqual([{ jid: A, subscription: 'to' }])
  })

  test('whom the owner has asked meanwhile is not removed', () => {
    const plan = planRoster([live('none+out')], [], { base: [{ jid: A, subscription: 'none' }], maxRemovals: 1 })
    expect(plan).toMatchObject({ remove: [], conflicts: [{ jid: A }] })
  })
})

describe('The guard', () => {
  const staff = (count: number): readonly AdminItem[] => Array.from({ length: count }, (_, at) => adminItem(`s${at}`))
  const keep = (count: number): readonly WantedContact[] => staff(count).map(({ jid }) => ({ jid }))
  const plan = (owned: number, kept: number, maxRemovals?: PlanOptions['maxRemovals']): RosterPlan =>
    planRoster([...staff(owned), adminItem('foreign')], keep(kept), {
      owns: ({ jid }) => jid !== full('foreign'),
      ...(maxRemovals === undefined ? {} : { maxRemovals }),
    })

  test('half of what is ours may go, and not one more', () => {
    expect(plan(10, 5).remove).toHaveLength(5)
    expect(() => plan(10, 4)).toThrow(
      expect.objectContaining({
        code: 'PLAN_REFUSED',
        message:
          'The plan would remove 6 of 10 owned contacts, and may remove at most 50%, which is 5. Nothing was planned.',
      }),
    )
  })

  test.each([1, 2, 10])('an empty list that is wanted of %i removes nothing: the plan is refused', (owned) => {
    expect(() => plan(owned, 0)).toThrow(expect.objectContaining({ code: 'PLAN_REFUSED' }))
  })

  test('nor when its owner has changed some of them: what stays anyway does not count as kept', () => {
    const base = [
      { jid: A, name: 'A' },
      { jid: B, name: 'B' },
    ]
    const actual = [adminItem('a', { name: 'A' }), adminItem('b', { name: 'Mine' })]
    expect(() => planRoster(actual, [], { base })).toThrow(/remove 1 of 1 /)
  })

  test.each([
    [0, 10, 10, true],
    [0, 10, 9, false],
    [3, 10, 7, true],
    [3, 10, 6, false],
    ['100%', 10, 0, true],
    ['0%', 10, 9, false],
    ['0%', 10, 10, true],
    ['12.5%', 8, 7, true],
    ['12.5%', 8, 6, false],
    [Number.POSITIVE_INFINITY, 10, 0, true],
  ] as const)('maxRemovals %s, %i ours, %i wanted: passes %s', (max, owned, kept, passes) => {
    const planned = (): RosterPlan => plan(owned, kept, max)
    if (passes) expect(planned().remove).toHaveLength(owned - kept)
    else expect(planned).toThrow(expect.objectContaining({ code: 'PLAN_REFUSED' }))
  })

  test.each([-1, Number.NaN, '10', '%', '-5%', '101%', 'ten%', '1e1%', null, {}])('maxRemovals %j is none', (max) => {
    expect(() => plan(1, 1, max as never)).toThrow(expect.objectContaining({ code: 'ITEM_INVALID' }))
  })
})

describe('What is wanted', () => {
  const planned =
    (...wanted: readonly unknown[]) =>
    () =>
      planRoster([], wanted as WantedContact[])

  test('a JID twice is refused, with both spellings', () => {
    expect(planned({ jid: 'Romeo@Example.COM' }, { jid: 'romeo@example.com/orchard' })).toThrow(
      expect.objectContaining({
        code: 'ITEM_INVALID',
        contact: 'romeo@example.com',
        message: 'romeo@example.com is wanted twice, as "Romeo@Example.COM" and as "romeo@example.com/orchard".',
      }),
    )
    const base = [{ jid: A }, { jid: A.toUpperCase() }]
    expect(() => planRoster([], [], { base })).toThrow(/in the base twice/)
  })

  test.each([
    ['no JID', { jid: 'a@@b' }, 'JID_MALFORMED'],
    ['no JID at all', { name: 'Ann' }, 'ITEM_INVALID'],
    ['null', null, 'ITEM_INVALID'],
    ['text', 'a@example.com', 'ITEM_INVALID'],
    ['a subscription that is none (defect 6)', { jid: A, subscription: 'BOTH' }, 'ITEM_INVALID'],
    ['a subscription of a push', { jid: A, subscription: 'remove' }, 'ITEM_INVALID'],
    ['a name of null', { jid: A, name: null }, 'ITEM_INVALID'],
    ['a name that XML cannot carry', { jid: A, name: '\u0000' }, 'ITEM_INVALID'],
    ['an empty group', { jid: A, groups: ['A', ''] }, 'ITEM_INVALID'],
    ['groups that are text', { jid: A, groups: 'Staff' }, 'ITEM_INVALID'],
    ['groups of a patch', { jid: A, groups: { add: ['A'] } }, 'ITEM_INVALID'],
  ])('%s is refused', (_, wanted, code) => {
    expect(planned(wanted)).toThrow(expect.objectContaining({ name: 'RosterError', code }))
  })
})

test('a plan is plain JSON, the same for the same question in any order, and frozen', () => {
  const actual = [adminItem('c', { name: 'C' }), adminItem('a'), adminItem('b', { groups: ['X'] })]
  const wanted = [
    { jid: B, groups: ['Y', 'X'] },
    { jid: full('d'), name: '$(touch /tmp/x)' },
    { jid: full('c'), name: '' },
    { jid: full('é') },
  ]
  const plan = planRoster(actual, wanted, { owns: () => true })
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
  expect(JSON.stringify(planRoster(actual.toReversed(), wanted.toReversed(), { owns: () => true }))).toBe(
    JSON.stringify(plan),
  )
  expect(plan.add.map(({ jid }) => jid)).toEqual([full('d'), full('é')])
  for (const part of [plan, plan.add, plan.add[0], plan.update[0]?.groups, plan.remove, plan.conflicts])
    expect(Object.isFrozen(part)).toBe(true)
})
