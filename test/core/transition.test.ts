import { describe, expect, test } from 'vitest'
import { type Contact, stateOf } from '../../src/core/contact.js'
import { SUBSCRIPTION_STATES, type SubscriptionState } from '../../src/core/state.js'
import { type StepInput, step } from '../../src/core/step.js'
import { INBOUND, OUTBOUND } from '../../src/core/transition.js'
import { INBOUND_ROWS, OUTBOUND_ROWS, type Row, STATE_NAMES, stateNamed } from './support/appendix-a.js'
import { ASKED, inEveryWay, JULIET, NOW, sent, told } from './support/contacts.js'

const isSubscriber = (state: SubscriptionState): boolean => state.startsWith('from') || state === 'both'

const receive = (type: Row['type']): StepInput =>
  type === 'subscribe'
    ? { kind: 'received', type, xml: ASKED, decision: 'ask', subscribeBack: true }
    : { kind: 'received', type }

const COMMAND = {
  subscribe: { kind: 'subscribe' },
  unsubscribe: { kind: 'unsubscribe' },
  subscribed: { kind: 'preapprove' },
  unsubscribed: { kind: 'unauthorize' },
} as const satisfies Record<Row['type'], StepInput>

/** What goes to the contact when the owner sends the row's stanza: presence comes with a grant, `unavailable` with its end. */
function sentBy(row: Row): readonly string[] {
  if (!row.passes) return []
  const before = isSubscriber(row.state) && !isSubscriber(row.next) ? ['unavailable'] : []
  const after = !isSubscriber(row.state) && isSubscriber(row.next) ? ['presence'] : []
  return [...before, row.type, ...after]
}

/** What goes to the contact when its stanza comes: the footnotes, with what belongs to them. */
function answerTo(row: Row): readonly string[] {
  if (row.autoReply === undefined) return []
  if (row.autoReply === 'subscribed') return ['subscribed', 'presence']
  return isSubscriber(row.state) ? ['unavailable', 'unsubscribed'] : ['unsubscribed']
}

const moves = (row: Row): readonly string[] => (row.state === row.next ? [] : [`transition ${row.state}→${row.next}`])

const statesOf = (contacts: readonly Contact[]): ReadonlySet<SubscriptionState> => new Set(contacts.map(stateOf))

test('The tables of appendix A have 72 rows, and every state meets every stanza once in each direction (promise 1)', () => {
  const cell = ({ table, state }: Row): string => `${table} ${state}`
  const rows = [...OUTBOUND_ROWS, ...INBOUND_ROWS]

  expect(rows).toHaveLength(72)
  expect(new Set(rows.map(cell)).size).toBe(72)
  expect(STATE_NAMES.map(stateNamed)).toEqual(SUBSCRIPTION_STATES)
})

describe('Outbound: the row as data (RFC 6121 appendix A.2, promise 1)', () => {
  test.each(OUTBOUND_ROWS)('$title', (row) => {
    expect(OUTBOUND[row.type][row.state]).toEqual({
      route: row.passes,
      next: row.next,
      ...(row.preapproval ? { preapproval: true } : {}),
    })
  })
})

describe('Inbound: the row as data (RFC 6121 appendix A.3, promise 1)', () => {
  test.each(INBOUND_ROWS)('$title', (row) => {
    // A footnote that says nothing of an auto-reply in this row is none.
    expect(INBOUND[row.type][row.state]).toEqual({
      deliver: row.passes,
      next: row.next,
      ...(row.autoReply === undefined ? {} : { autoReply: row.autoReply }),
    })
  })
})

describe("Outbound: what the owner's command does (RFC 6121 appendix A.2, SM1, SM2, SM3, SM4)", () => {
  test.each(OUTBOUND_ROWS)('$title', (row) => {
    for (const contact of inEveryWay(row.state)) {
      const after = step(contact, COMMAND[row.type], NOW)

      expect(stateOf(after.contact)).toBe(row.next)
      expect(sent(after)).toEqual(sentBy(row))
      expect(after.sends.every(({ to }) => to === JULIET)).toBe(true)
      expect(told(after)).toEqual(moves(row))
      expect(after.contact.item?.approved ?? false).toBe(row.preapproval)
    }
  })
})

describe('Outbound: a stanza that was sent past the roster is recorded by the same row, and not sent again (promise 2)', () => {
  test.each(OUTBOUND_ROWS)('$title', (row) => {
    for (const contact of inEveryWay(row.state)) {
      const after = step(contact, { kind: 'recorded', type: row.type }, NOW)

      expect(stateOf(after.contact)).toBe(row.next)
      expect(sent(after)).not.toContain(row.type)
      expect(told(after)).toEqual(moves(row))
      expect(after.contact.item?.approved ?? false).toBe(row.preapproval)
    }
  })
})

describe("Inbound: what the contact's stanza does (RFC 6121 appendix A.3, SM7, SM8, SM13)", () => {
  test.each(INBOUND_ROWS)('$title', (row) => {
    for (const contact of inEveryWay(row.state)) {
      const after = step(contact, receive(row.type), NOW)

      expect(stateOf(after.contact)).toBe(row.next)
      expect(sent(after)).toEqual(answerTo(row))
      // A policy is thinking about a request: that it came is told with its decision.
      const delivered = row.passes && row.type !== 'subscribe' ? [row.type] : []
      expect(told(after)).toEqual([...moves(row), ...delivered])
      if (!row.passes) expect(after.contact).toBe(contact)
    }
  })
})

test('The footnotes that are marked as auto-replies stand in three rows of table 6 and six of table 7', () => {
  const replies = INBOUND_ROWS.filter(({ autoReply }) => autoReply !== undefined)

  expect(replies.map(({ table, state, autoReply }) => `${table} ${state} ${autoReply}`)).toEqual([
    '6 from subscribed',
    '6 from+out subscribed',
    '6 both subscribed',
    '7 none+in unsubscribed',
    '7 none+out+in unsubscribed',
    '7 to+in unsubscribed',
    '7 from unsubscribed',
    '7 from+out unsubscribed',
    '7 both unsubscribed',
  ])
})

test('All ways to be in a state are in it', () => {
  for (const state of SUBSCRIPTION_STATES) expect(statesOf(inEveryWay(state))).toEqual(new Set([state]))
})
