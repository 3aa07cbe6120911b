import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Contact, sameContact, stateOf } from '../../src/core/contact.js'
import {
  isSubscriptionState,
  partsOf,
  SUBSCRIPTION_STATES,
  type Subscription,
  stateFrom,
} from '../../src/core/state.js'
import { type StepInput, step } from '../../src/core/step.js'
import { anything, repeated, stanza } from './support/arbitraries.js'
import { inEveryWay, NOW, nobody } from './support/contacts.js'

const reach = (start: Contact, inputs: readonly StepInput[]): Contact =>
  inputs.reduce((contact, input) => step(contact, input, NOW).contact, start)

const anyContact = fc.constantFrom(...SUBSCRIPTION_STATES.flatMap(inEveryWay))
const SUBSCRIPTIONS: readonly Subscription[] = ['none', 'to', 'from', 'both']

describe('Whatever comes is repeated', () => {
  test('Any sequence of stanzas and commands, duplicated at random, ends in the same state (promise 3)', () => {
    fc.assert(
      fc.property(anyContact, repeated(anything), (start, { once, twice }) => {
        expect(reach(start, twice)).toEqual(reach(start, once))
      }),
      { numRuns: 500 },
    )
  })

  test('A stanza that comes again is told to nobody and starts nothing: at most it is answered as before', () => {
    fc.assert(
      fc.property(anyContact, stanza, (start, input) => {
        const once = step(start, input, NOW)
        const again = step(once.contact, input, NOW)
        const wasDenied = once.facts.some((fact) => fact.type === 'request' && fact.decision === 'deny')

        expect(again.contact).toEqual(once.contact)
        // Who was denied and asks again is denied again: that is another request.
        if (!wasDenied) expect(again.facts).toEqual([])
        expect(again.sends.map(({ type }) => type)).not.toContain('subscribe')
      }),
      { numRuns: 500 },
    )
  })
})

describe('A state that cannot be cannot come about (SM1)', () => {
  test('Every state says three things, and the three things say the state', () => {
    for (const state of SUBSCRIPTION_STATES) {
      const { subscription, pendingOut, pendingIn } = partsOf(state)
      expect(stateFrom(subscription, pendingOut, pendingIn)).toBe(state)
    }
  })

  test('All sixteen combinations are read as one of the nine states, with the subscription that they say', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SUBSCRIPTIONS), fc.boolean(), fc.boolean(), (subscription, out, incoming) => {
        const state = stateFrom(subscription, out, incoming)
        const parts = partsOf(state)

        expect(isSubscriptionState(state)).toBe(true)
        expect(parts.subscription).toBe(subscription)
        // Who has a subscription does not also wait for it (RFC 6121 §2.1.2.5).
        expect(parts.pendingOut).toBe(out && (subscription === 'none' || subscription === 'from'))
        expect(parts.pendingIn).toBe(incoming && (subscription === 'none' || subscription === 'to'))
      }),
    )
  })

  test('Whatever comes, a contact holds what its state allows, and nothing else', () => {
    fc.assert(
      fc.property(anyContact, fc.array(anything, { maxLength: 30 }), (start, inputs) => {
        const contact = reach(start, inputs)
        const state = stateOf(contact)
        const { subscription, pendingOut, pendingIn } = partsOf(state)

        expect(contact.request !== undefined).toBe(pendingIn)
        expect(contact.askedAt !== undefined).toBe(pendingOut)
        expect(contact.item ?? { subscription, pendingOut, pendingIn }).toMatchObject({
          subscription,
          pendingOut,
          pendingIn,
        })
        if (contact.item === undefined) expect(['none', 'none+in']).toContain(state)
        expect(contact.item === undefined || Object.isFrozen(contact.item)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('Somebody who is pre-approved never waits for an answer (RFC 6121 §3.4.2)', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 30 }), (inputs) => {
        const contact = reach(nobody, inputs)

        expect(contact.item?.approved === true && contact.request !== undefined).toBe(false)
      }),
      { numRuns: 500 },
    )
  })
})

describe('A step tells the whole truth', () => {
  test('Transitions lead from the state before to the state after without a gap, and there is none without a change', () => {
    fc.assert(
      fc.property(anyContact, anything, (start, input) => {
        const { contact, facts } = step(start, input, NOW)
        const path = facts.filter((fact) => fact.type === 'transition')

        let state = stateOf(start)
        for (const { before, after: next } of path) {
          expect(before).toBe(state)
          expect(next).not.toBe(before)
          state = next
        }
        expect(state).toBe(stateOf(contact))
      }),
      { numRuns: 1_000 },
    )
  })

  test('What changes nothing gives back the very same contact, and only that does', () => {
    fc.assert(
      fc.property(anyContact, anything, (start, input) => {
        const { contact } = step(start, input, NOW)

        expect(contact === start).toBe(sameContact(contact, start))
      }),
      { numRuns: 1_000 },
    )
  })
})
