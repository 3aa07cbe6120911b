import { describe, expect, test } from 'vitest'
import { stateOf } from '../../src/core/contact.js'
import type { Decision } from '../../src/core/policy.js'
import { step } from '../../src/core/step.js'
import { stateNamed } from './support/appendix-a.js'
import { ASKED, asking, inEveryWay, JULIET, listed, NOW, nobody, sent, told } from './support/contacts.js'

/** RFC 6121 §3.4.2, the four cases of its list, a state in each row. */
const PROCESSING = `
|  "Both"                  |  ignore    |  no state change       |  not approved  |
|  "From"                  |  ignore    |  no state change       |  not approved  |
|  "From + Pending Out"    |  ignore    |  no state change       |  not approved  |
|  "To + Pending In"       |  route     |  "Both"                |  not approved  |
|  "None + Pending In"     |  route     |  "From"                |  not approved  |
|  "None + Pending Out+In" |  route     |  "From + Pending Out"  |  not approved  |
|  "To"                    |  M.N.      |  no state change       |  approved      |
|  "None"                  |  M.N.      |  no state change       |  approved      |
|  "None + Pending Out"    |  M.N.      |  no state change       |  approved      |
`

/** RFC 6121 §3.4.2, the paragraph after the list: a pre-approved contact asks. */
const APPROVAL = `
|  "None"                  |  "From"                |
|  "None + Pending Out"    |  "From + Pending Out"  |
|  "To"                    |  "Both"                |
|  "From"                  |  no state change       |
|  "From + Pending Out"    |  no state change       |
|  "Both"                  |  no state change       |
`

const rowsOf = (table: string): readonly (readonly string[])[] =>
  table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((column) => column.trim().replaceAll('"', '')))

const PROCESSED = rowsOf(PROCESSING).map(([, state = '', does = '', next = '', approved = '']) => ({
  title: `${state}: ${does}, → ${next}, ${approved}`,
  state: stateNamed(state),
  routed: does === 'route',
  next: stateNamed(next === 'no state change' ? state : next),
  approved: approved === 'approved',
}))

const APPROVED = rowsOf(APPROVAL).map(([, state = '', next = '']) => ({
  title: `${state} → ${next}`,
  state: stateNamed(state),
  next: stateNamed(next === 'no state change' ? state : next),
}))

describe('A pre-approval is processed by RFC 6121 §3.4.2 MUST', () => {
  test('for all nine states', () => expect(new Set(PROCESSED.map(({ state }) => state)).size).toBe(9))

  test.each(PROCESSED)('$title', ({ state, routed, next, approved }) => {
    for (const contact of inEveryWay(state)) {
      const after = step(contact, { kind: 'preapprove' }, NOW)

      expect(stateOf(after.contact)).toBe(next)
      expect(sent(after)).toEqual(routed ? ['subscribed', 'presence'] : [])
      expect(after.contact.item?.approved).toBe(approved)
      if (!routed && !approved) expect(after.contact).toBe(contact)
    }
  })

  test('A contact that is not in the roster yet gets an item in "None", approved, and is sent nothing', () => {
    const after = step(nobody, { kind: 'preapprove' }, NOW)

    expect(after.contact.item).toMatchObject({ jid: JULIET, state: 'none', approved: true })
    expect(after.sends).toEqual([])
    expect(after.facts).toEqual([])
  })

  test('Saying it twice changes nothing more', () => {
    const once = step(nobody, { kind: 'preapprove' }, NOW).contact

    expect(step(once, { kind: 'preapprove' }, NOW).contact.item).toBe(once.item)
  })
})

describe('A pre-approved contact that asks is answered "subscribed" (RFC 6121 §3.4.2 MUST)', () => {
  const decisions: readonly (Decision | 'ask')[] = ['ask', 'authorize', 'deny', 'defer', 'ignore']

  test.each(APPROVED)('$title, whatever the policy would say', ({ state, next }) => {
    for (const decision of decisions) {
      const contact = listed(state, { approved: true })

      const asked = step(
        contact,
        { kind: 'received', type: 'subscribe', xml: ASKED, decision, subscribeBack: false },
        NOW,
      )

      expect(stateOf(asked.contact)).toBe(next)
      expect(sent(asked)).toEqual(['subscribed', 'presence'])
      expect(asked.contact.request).toBeUndefined()
      expect(asked.contact.item?.approved).toBe(true)
    }
  })

  test('and the application learns of it as of a request that is decided already', () => {
    const contact = listed('none', { approved: true })

    const asked = step(
      contact,
      { kind: 'received', type: 'subscribe', xml: ASKED, decision: 'ask', subscribeBack: false },
      NOW,
    )

    expect(told(asked)).toEqual(['transition none→none+in', 'transition none+in→from', 'request authorize'])
  })
})

describe('Taking a pre-approval back (RFC 6121 §3.2.2, §3.4.2)', () => {
  test.each(['none', 'none+out', 'to'] as const)('%s: nothing is routed, the mark goes (A.2.4 S.N. [1])', (state) => {
    const cancelled = step(listed(state, { approved: true }), { kind: 'unauthorize' }, NOW)

    expect(cancelled.contact.item).toMatchObject({ state, approved: false })
    expect(cancelled.sends).toEqual([])
    expect(cancelled.done).toBe(true)
  })

  test.each(['from', 'from+out', 'both'] as const)('%s: the subscription and the mark go together (SM15)', (state) => {
    const cancelled = step(listed(state, { approved: true }), { kind: 'unauthorize' }, NOW)

    expect(sent(cancelled)).toEqual(['unavailable', 'unsubscribed'])
    expect(cancelled.contact.item?.approved).toBe(false)
  })

  test('Who was thrown out and asks again has to wait like anybody else (SM15, promise 6)', () => {
    const out = step(listed('both', { approved: true }), { kind: 'unauthorize' }, NOW).contact

    const again = step(
      out,
      { kind: 'received', type: 'subscribe', xml: ASKED, decision: 'defer', subscribeBack: true },
      NOW,
    )

    expect(stateOf(again.contact)).toBe('to+in')
    expect(again.sends).toEqual([])
  })

  test('Removing the contact takes it back as well', () => {
    const removed = step(listed('none', { approved: true }), { kind: 'remove' }, NOW)

    expect(removed.contact.item).toBeUndefined()
  })

  test('A request that waits is answered, not pre-approved', () => {
    expect(step(asking, { kind: 'preapprove' }, NOW).contact.item).toMatchObject({ state: 'from', approved: false })
  })
})
