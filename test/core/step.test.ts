import { describe, expect, test } from 'vitest'
import { type Contact, stateOf } from '../../src/core/contact.js'
import { SUBSCRIPTION_STATES, type SubscriptionState } from '../../src/core/state.js'
import { type Step, type StepInput, step } from '../../src/core/step.js'
import { ASKED, asking, inEveryWay, JULIET, listed, NOW, nobody, sent, told } from './support/contacts.js'

const SUBSCRIBERS = ['from', 'from+out', 'both'] as const
const WAITING = ['none+in', 'none+out+in', 'to+in'] as const

type Asks = Extract<StepInput, { readonly type: 'subscribe'; readonly kind: 'received' }>

/** The contact asks, and the policy says this. */
const asks = (contact: Contact, decision: Asks['decision'], subscribeBack = false): Step =>
  step(contact, { kind: 'received', type: 'subscribe', xml: ASKED, decision, subscribeBack }, NOW)

const says = (contact: Contact, type: 'subscribed' | 'unsubscribe' | 'unsubscribed'): Step =>
  step(contact, { kind: 'received', type }, NOW)

describe('Whose subscription ends', () => {
  test.each(SUBSCRIBERS)(
    '%s: a cancelled subscriber is told unavailable before unsubscribed (RFC 6121 §3.2.2 MUST, promise 6)',
    (state) => {
      expect(sent(step(listed(state), { kind: 'unauthorize' }, NOW))).toEqual(['unavailable', 'unsubscribed'])
    },
  )

  test.each(WAITING)(
    '%s: who was never subscribed is told unsubscribed and MUST NOT be told unavailable (RFC 6121 §3.2.2)',
    (state) => {
      expect(sent(step(listed(state), { kind: 'unauthorize' }, NOW))).toEqual(['unsubscribed'])
    },
  )

  test.each(SUBSCRIBERS)('%s: who unsubscribes is told unavailable (RFC 6121 §3.3.3 MUST, SM7)', (state) => {
    expect(sent(says(listed(state), 'unsubscribe'))).toEqual(['unavailable', 'unsubscribed'])
  })

  test.each(WAITING)('%s: who withdraws a request has seen nothing and is told nothing of presence', (state) => {
    expect(sent(says(listed(state), 'unsubscribe'))).toEqual(['unsubscribed'])
  })

  test('Who is no subscriber and has not asked cannot be thrown out: nothing is sent, nothing was done (SM4)', () => {
    for (const state of ['none', 'none+out', 'to'] as const) {
      const contact = listed(state)
      const after = step(contact, { kind: 'unauthorize' }, NOW)

      expect(after).toEqual({ contact, sends: [], facts: [], done: false })
      expect(after.contact).toBe(contact)
    }
  })
})

describe('A request is granted', () => {
  test.each(WAITING)('%s: subscribed goes first, then the presence (RFC 6121 §3.1.5)', (state) => {
    expect(sent(step(listed(state), { kind: 'authorize' }, NOW))).toEqual(['subscribed', 'presence'])
  })

  test.each(['none', 'none+out', 'to', ...SUBSCRIBERS] as const)(
    '%s: without a request nothing is granted, nothing is sent (SM3)',
    (state) => {
      const contact = listed(state)
      const after = step(contact, { kind: 'authorize', subscribeBack: true }, NOW)

      expect(after.done).toBe(false)
      expect(after.contact).toBe(contact)
      expect(after.sends).toEqual([])
    },
  )

  test.each([
    ['none+in', 'from+out', true],
    ['none+out+in', 'from+out', false],
    ['to+in', 'both', false],
  ] as const)(
    '%s: subscribing back asks only whom the owner neither sees nor has asked (promise 4)',
    (before, after, isAsked) => {
      const granted = step(listed(before), { kind: 'authorize', subscribeBack: true }, NOW)

      expect(stateOf(granted.contact)).toBe(after)
      expect(sent(granted)).toEqual(['subscribed', 'presence', ...(isAsked ? ['subscribe'] : [])])
    },
  )

  test('Without subscribing back the contact is not asked, even by a policy', () => {
    expect(sent(asks(nobody, 'authorize', false))).toEqual(['subscribed', 'presence'])
  })

  test('A stranger that is granted becomes an item', () => {
    expect(step(asking, { kind: 'authorize' }, NOW).contact).toMatchObject({
      item: { jid: JULIET, state: 'from' },
      request: undefined,
    })
  })

  test("The application's own words go with the answer", () => {
    const denied = step(listed('none+in'), { kind: 'unauthorize', status: 'Not today' }, NOW)

    expect(denied.sends).toEqual([{ type: 'unsubscribed', to: JULIET, status: 'Not today', stanza: undefined }])
  })
})

describe('remove ends both directions (RFC 6121 §2.5.2, promise 8, SM12)', () => {
  const said: Record<SubscriptionState, readonly string[]> = {
    none: [],
    'none+out': ['unsubscribe'],
    'none+in': ['unsubscribed'],
    'none+out+in': ['unsubscribe', 'unsubscribed'],
    to: ['unsubscribe'],
    'to+in': ['unsubscribe', 'unsubscribed'],
    from: ['unavailable', 'unsubscribed'],
    'from+out': ['unsubscribe', 'unavailable', 'unsubscribed'],
    both: ['unsubscribe', 'unavailable', 'unsubscribed'],
  }

  test.each(SUBSCRIPTION_STATES)('%s', (state) => {
    const removed = step(listed(state, { approved: true }), { kind: 'remove' }, NOW)

    expect(removed.contact).toEqual(nobody)
    expect(sent(removed)).toEqual(said[state])
    expect(told(removed)).toEqual(state === 'none' ? [] : [`transition ${state}→none`])
    expect(removed.done).toBe(true)
  })

  test('What the contact answers to it, or still says, brings nobody back', () => {
    let contact = step(listed('both'), { kind: 'remove' }, NOW).contact

    for (const type of ['subscribed', 'unsubscribed', 'unsubscribe'] as const) {
      const after = says(contact, type)
      contact = after.contact
      expect(after).toEqual({ contact: nobody, sends: [], facts: [], done: false })
    }
  })

  test('There is nothing to remove of a stranger, even of one that asks', () => {
    for (const contact of [nobody, asking]) {
      const after = step(contact, { kind: 'remove' }, NOW)

      expect(after.contact).toBe(contact)
      expect(after.done).toBe(false)
      expect(after.sends).toEqual([])
    }
  })

  test('end answers strangers as well: the owner goes away', () => {
    const ended = step(asking, { kind: 'end' }, NOW)

    expect(ended.contact).toEqual(nobody)
    expect(sent(ended)).toEqual(['unsubscribed'])
  })
})

describe('What was sent past the roster is recorded (SM5, SM6, promise 2)', () => {
  test('subscribe: so that the answer finds its state (SM5)', () => {
    const asked = step(nobody, { kind: 'recorded', type: 'subscribe' }, NOW)

    expect(asked.contact).toMatchObject({ item: { state: 'none+out' }, askedAt: NOW })
    expect(stateOf(says(asked.contact, 'subscribed').contact)).toBe('to')
  })

  test('subscribed: the contact is a subscriber and gets the presence (SM6)', () => {
    const granted = step(asking, { kind: 'recorded', type: 'subscribed' }, NOW)

    expect(stateOf(granted.contact)).toBe('from')
    expect(sent(granted)).toEqual(['presence'])
  })

  test('subscribed without a request is a pre-approval (RFC 6121 §3.4.2)', () => {
    expect(step(nobody, { kind: 'recorded', type: 'subscribed' }, NOW).contact.item).toMatchObject({
      state: 'none',
      approved: true,
    })
  })

  test('unsubscribed: the subscriber is told unavailable, and the mark goes (SM15)', () => {
    const cancelled = step(listed('both', { approved: true }), { kind: 'recorded', type: 'unsubscribed' }, NOW)

    expect(cancelled.contact.item).toMatchObject({ state: 'to', approved: false })
    expect(sent(cancelled)).toEqual(['unavailable'])
  })
})

describe('A request that has been unanswered for long is repeated', () => {
  test.each(['none+out', 'none+out+in', 'from+out'] as const)('%s: subscribe goes again', (state) => {
    const repeated = step(listed(state), { kind: 'repeat' }, NOW)

    expect(sent(repeated)).toEqual(['subscribe'])
    expect(stateOf(repeated.contact)).toBe(state)
    expect(repeated.contact.askedAt).toBe(NOW)
  })

  test.each(['none', 'none+in', 'to', 'to+in', 'from', 'both'] as const)('%s: nobody was asked', (state) => {
    const contact = listed(state)
    const after = step(contact, { kind: 'repeat' }, NOW)

    expect(after).toEqual({ contact, sends: [], facts: [], done: false })
    expect(after.contact).toBe(contact)
  })
})

describe('What changes nothing gives back the very same contact', () => {
  const repeats: readonly (readonly [string, Contact, StepInput])[] = [
    ['a pre-approval that stands', listed('none', { approved: true }), { kind: 'preapprove' }],
    ['a pre-approval of a subscriber', listed('both'), { kind: 'preapprove' }],
    ['an unsubscribe that nobody needs', listed('none'), { kind: 'unsubscribe' }],
    ['a name that stands', listed('to', { name: 'Juliet' }), { kind: 'update', patch: { name: 'Juliet' } }],
    ['an empty patch', listed('to'), { kind: 'update', patch: {} }],
    ['a deferral of what is deferred', asking, { kind: 'decided', decision: 'defer', subscribeBack: true }],
    ['a stanza that is recorded late', listed('both'), { kind: 'recorded', type: 'subscribed' }],
    ['a recorded pre-approval that stands', listed('to', { approved: true }), { kind: 'recorded', type: 'subscribed' }],
  ]

  test.each(repeats)('%s', (_, contact, input) => {
    expect(step(contact, input, NOW).contact).toBe(contact)
  })

  test.each(SUBSCRIPTION_STATES)('%s: a stray or repeated stanza (promise 3)', (state) => {
    for (const contact of inEveryWay(state))
      for (const type of ['subscribed', 'unsubscribed', 'unsubscribe'] as const) {
        const once = says(contact, type)
        const twice = says(once.contact, type)

        expect(twice).toEqual({ contact: once.contact, sends: [], facts: [], done: false })
        expect(twice.contact).toBe(once.contact)
      }
  })
})
