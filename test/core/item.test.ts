import { describe, expect, test } from 'vitest'
import { type Contact, sameContact, stateOf, withoutPendingIn } from '../../src/core/contact.js'
import { type RosterItem, rosterItem, sameItem, withState } from '../../src/core/item.js'
import { isSubscriptionState, partsOf, SUBSCRIPTION_STATES } from '../../src/core/state.js'
import { asking, inEveryWay, JULIET, listed, nobody, request } from './support/contacts.js'

const juliet = rosterItem({ jid: JULIET, name: 'Juliet', groups: ['Verona'], state: 'both' })

describe('An item', () => {
  test.each(SUBSCRIPTION_STATES)('%s: says its state in one word and in its parts', (state) => {
    expect(rosterItem({ jid: JULIET, state })).toEqual({
      jid: JULIET,
      name: undefined,
      groups: [],
      state,
      ...partsOf(state),
      approved: false,
    })
  })

  test('is frozen, and so are its groups, whatever list they came in', () => {
    const groups = ['Verona']
    const item = rosterItem({ jid: JULIET, state: 'to', groups })
    groups.push('Mantua')

    expect(Object.isFrozen(item)).toBe(true)
    expect(Object.isFrozen(item.groups)).toBe(true)
    expect(item.groups).toEqual(['Verona'])
  })

  test('with an empty name has none', () => {
    expect(rosterItem({ jid: JULIET, state: 'to', name: '' }).name).toBeUndefined()
  })

  test('Items without groups share one empty list', () => {
    const [a, b] = [rosterItem({ jid: JULIET, state: 'to' }), rosterItem({ jid: JULIET, state: 'none', groups: [] })]

    expect(a.groups).toBe(b.groups)
  })

  test('in the state that it has is the same object', () => {
    expect(withState(juliet, 'both')).toBe(juliet)
    expect(withState(juliet, 'from')).toEqual({ ...juliet, state: 'from', ...partsOf('from') })
    expect(withState(juliet, 'both', true)).toEqual({ ...juliet, approved: true })
    expect(juliet.state).toBe('both')
  })
})

describe('Two items are the same', () => {
  const others: readonly (readonly [string, RosterItem | undefined])[] = [
    ['another contact', rosterItem({ ...juliet, jid: 'nurse@example.com' })],
    ['another name', rosterItem({ ...juliet, name: 'J.' })],
    ['no name', rosterItem({ ...juliet, name: undefined })],
    ['another state', withState(juliet, 'to')],
    ['pre-approved', withState(juliet, 'both', true)],
    ['other groups', rosterItem({ ...juliet, groups: ['Mantua'] })],
    ['more groups', rosterItem({ ...juliet, groups: ['Verona', 'Mantua'] })],
    ['no groups', rosterItem({ ...juliet, groups: [] })],
    ['none at all', undefined],
  ]

  test.each(others)('not with %s', (_, other) => {
    expect(sameItem(juliet, other)).toBe(false)
    expect(sameItem(other, juliet)).toBe(false)
  })

  test('when all that they say is the same', () => {
    expect(sameItem(juliet, rosterItem({ ...juliet, groups: ['Verona'] }))).toBe(true)
    expect(sameItem(undefined, undefined)).toBe(true)
  })
})

describe('A contact', () => {
  const waiting = listed('to+in')
  const others: readonly (readonly [string, Contact, Contact])[] = [
    ['another item', waiting, { ...waiting, item: listed('to+in', { name: 'J.' }).item }],
    ['another request', waiting, { ...waiting, request: { ...request, xml: '<presence/>' } }],
    ['a request that came later', waiting, { ...waiting, request: { ...request, receivedAt: 1 } }],
    ['a request that nobody has decided', waiting, { ...waiting, request: { ...request, deferred: false } }],
    ['no request', asking, nobody],
    ['another time of asking', listed('none+out'), { ...listed('none+out'), askedAt: 1 }],
  ]

  test.each(others)('differs with %s', (_, a, b) => {
    expect(sameContact(a, b)).toBe(false)
    expect(sameContact(b, a)).toBe(false)
    expect(sameContact(a, { ...a, request: a.request && { ...a.request } })).toBe(true)
  })

  test.each([
    ['none+in', 'none'],
    ['none+out+in', 'none+out'],
    ['to+in', 'to'],
    ['both', 'both'],
    ['from+out', 'from+out'],
  ] as const)('in %s, its request aside, is in %s', (state, without) => {
    for (const contact of inEveryWay(state)) {
      const after = withoutPendingIn(contact)

      expect(stateOf(after)).toBe(without)
      expect(after.request).toBeUndefined()
      expect(after.item === undefined).toBe(contact.item === undefined)
      expect(after.askedAt).toBe(contact.askedAt)
    }
  })
})

test('A state is one of nine words, and nothing of the language is one', () => {
  expect(SUBSCRIPTION_STATES).toHaveLength(9)
  expect(SUBSCRIPTION_STATES.every(isSubscriptionState)).toBe(true)
  for (const other of ['constructor', '__proto__', 'toString', 'None', '', 'both+out', 'from+in', undefined, null, 0])
    expect(isSubscriptionState(other)).toBe(false)
})
