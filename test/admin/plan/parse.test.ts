import { describe, expect, test } from 'vitest'
import { parsePlan, parseWanted, planRoster, type RosterPlan } from '../../../src/admin.js'
import { adminItem, full } from '../support/memory-admin.js'

const EMPTY: RosterPlan = { add: [], update: [], remove: [], conflicts: [], unchanged: 0 }
const A = full('a')

const refusal = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ name: 'RosterError', code, message: expect.stringMatching(message) })

describe('parsePlan', () => {
  test('reads what planRoster made and JSON carried, and freezes it', () => {
    const actual = [adminItem('b', { name: 'B' }), adminItem('c'), adminItem('d', { groups: ['Mine'] })]
    const wanted = [
      { jid: A, name: '', groups: ['X', 'Y'] },
      { jid: full('b'), name: '' },
      { jid: full('d'), groups: ['Y'] },
    ]
    const base = [{ jid: full('b'), name: 'B' }, { jid: full('d') }]
    const plan = planRoster(actual, wanted, { base, owns: ({ jid }) => jid === full('c'), maxRemovals: 1 })
    expect(plan.conflicts).toHaveLength(1)
    const read = parsePlan(JSON.parse(JSON.stringify(plan)))
    expect(read).toEqual(plan)
    expect(JSON.stringify(read)).toBe(JSON.stringify(plan))
    expect(Object.isFrozen(read.add[0]?.groups)).toBe(true)
  })

  test('puts what somebody wrote by hand in order', () => {
    const plan = parsePlan({
      ...EMPTY,
      update: [
        { jid: 'Z@Example.com', name: '', groups: { add: ['B', 'A'], remove: ['C'] } },
        { jid: 'b@example.com', name: null, subscription: 'to' },
      ],
      remove: ['Y@example.com', 'c@example.com/x'],
    })
    expect(plan.update).toEqual([
      { jid: full('b'), name: null, subscription: 'to' },
      { jid: full('z'), name: null, groups: { add: ['A', 'B'], remove: ['C'] } },
    ])
    expect(plan.remove).toEqual([full('c'), full('y')])
  })

  test.each([
    ['nothing', undefined, /an object as the plan, but undefined/],
    ['null', null, /an object as the plan, but null/],
    ['text', '{}', /an object as the plan/],
    ['a list', [], /an object as the plan/],
    ['half a plan', { add: [], update: [] }, /unchanged, but undefined/],
    ['a plan without a part', { ...EMPTY, remove: undefined }, /a list as remove/],
    ['a part of another kind', { ...EMPTY, add: {} }, /a list as add/],
    ['a field that no plan has', { ...EMPTY, removes: [] }, /in the plan, but "removes" came/],
    ['a count that is none', { ...EMPTY, unchanged: -1 }, /as unchanged, but -1/],
    ['a mistyped field of a contact', { ...EMPTY, add: [{ jid: A, nmae: 'A' }] }, /in add\[0\], but "nmae" came/],
    ['a contact that is none', { ...EMPTY, add: [A] }, /an object as add\[0\]/],
    ['a name of another kind', { ...EMPTY, update: [{ jid: A, name: 7 }] }, /text as update\[0\]\.name, but 7/],
    ['an added name of null', { ...EMPTY, add: [{ jid: A, name: null }] }, /text as add\[0\]\.name/],
    ['no JID', { ...EMPTY, update: [{}] }, /text as update\[0\]\.jid/],
    [
      'a subscription that is none',
      { ...EMPTY, update: [{ jid: A, subscription: 'BOTH' }] },
      /update\[0\]\.subscription/,
    ],
    ['an added one', { ...EMPTY, add: [{ jid: A, subscription: null }] }, /add\[0\]\.subscription/],
    ['groups of another kind', { ...EMPTY, update: [{ jid: A, groups: 'X' }] }, /an object as update\[0\]\.groups/],
    ['a group of another kind', { ...EMPTY, add: [{ jid: A, groups: ['X', 7] }] }, /text as add\[0\]\.groups\[1\]/],
    ['an unknown change of groups', { ...EMPTY, update: [{ jid: A, groups: { set: [] } }] }, /"set" came/],
    ['an empty group', { ...EMPTY, update: [{ jid: A, groups: { add: [''] } }] }, /group needs a name/],
    ['text that XML cannot carry', { ...EMPTY, update: [{ jid: A, name: '\u0000' }] }, /XML cannot carry/],
    ['a conflict without a reason', { ...EMPTY, conflicts: [{ jid: A }] }, /text as conflicts\[0\]\.reason/],
    [
      'one contact in two parts',
      { ...EMPTY, add: [{ jid: A }], remove: ['A@example.com'] },
      /a@example\.com more than once/,
    ],
  ])('%s is refused', (_, json, message) => {
    expect(() => parsePlan(json)).toThrow(refusal('ITEM_INVALID', message))
  })

  test.each([
    { add: [{ jid: 'a@@b' }] },
    { update: [{ jid: '' }] },
    { remove: ['@'] },
    { conflicts: [{ jid: ' ', reason: '' }] },
  ])('a JID that is none is refused: %j', (part) => {
    expect(() => parsePlan({ ...EMPTY, ...part })).toThrow(refusal('JID_MALFORMED', /./))
  })
})

describe('parseWanted', () => {
  test('reads contacts, in the order of their JIDs', () => {
    const wanted = parseWanted([
      { jid: 'B@example.com', groups: ['Y', 'X'], subscription: 'both' },
      { jid: A, name: '' },
    ])
    expect(wanted).toEqual([
      { jid: A, name: '' },
      { jid: full('b'), groups: ['X', 'Y'], subscription: 'both' },
    ])
    expect(Object.isFrozen(wanted[0])).toBe(true)
  })

  test.each([
    ['no list', {}, 'ITEM_INVALID', /a list as the contacts/],
    ['an unknown field', [{ jid: A, group: 'X' }], 'ITEM_INVALID', /contacts\[0\], but "group" came/],
    ['a JID twice', [{ jid: A }, { jid: 'A@example.com' }], 'ITEM_INVALID', /"a@example.com" and as "A@example.com"/],
    ['no JID', [{ jid: 'a@' }], 'JID_MALFORMED', /./],
  ])('%s is refused', (_, json, code, message) => {
    expect(() => parseWanted(json)).toThrow(refusal(code, message))
  })
})
