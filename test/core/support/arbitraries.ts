import fc from 'fast-check'
import type { Decision } from '../../../src/core/policy.js'
import type { SubscriptionType } from '../../../src/core/state.js'
import type { StepInput } from '../../../src/core/step.js'
import { ASKED } from './contacts.js'

const DECISIONS: readonly Decision[] = ['authorize', 'deny', 'defer', 'ignore']
const TYPES: readonly SubscriptionType[] = ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed']

const decision = fc.constantFrom(...DECISIONS)

/** What the contact may send. */
export const stanza: fc.Arbitrary<StepInput> = fc.oneof(
  fc.record({
    kind: fc.constant('received' as const),
    type: fc.constant('subscribe' as const),
    xml: fc.constant(ASKED),
    decision: fc.constantFrom(...DECISIONS, 'ask' as const),
    subscribeBack: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('received' as const),
    type: fc.constantFrom('subscribed' as const, 'unsubscribe' as const, 'unsubscribed' as const),
  }),
)

/** What the owner may do. */
export const command: fc.Arbitrary<StepInput> = fc.oneof(
  fc.record({ kind: fc.constantFrom('subscribe', 'unsubscribe', 'preapprove', 'unauthorize', 'remove', 'repeat') }),
  fc.record({ kind: fc.constant('authorize' as const), subscribeBack: fc.boolean() }),
  fc.record({
    kind: fc.constant('update' as const),
    patch: fc.constantFrom({ name: 'Juliet' }, { name: null }, { groups: ['Verona'] }, { groups: { add: ['A'] } }),
  }),
)

/** Whatever may come to an owner. */
export const anything: fc.Arbitrary<StepInput> = fc.oneof(
  stanza,
  command,
  fc.record({ kind: fc.constant('decided' as const), decision, subscribeBack: fc.boolean() }),
  fc.record({ kind: fc.constant('recorded' as const), type: fc.constantFrom(...TYPES) }),
  fc.record({ kind: fc.constant('end' as const) }),
)

/** Each of them once, and some of them twice in a row: what a server that repeats itself makes of it. */
export const repeated = <T>(
  inputs: fc.Arbitrary<T>,
): fc.Arbitrary<{ readonly once: readonly T[]; readonly twice: readonly T[] }> =>
  fc.array(fc.record({ input: inputs, again: fc.boolean() }), { maxLength: 30 }).map((drawn) => ({
    once: drawn.map(({ input }) => input),
    twice: drawn.flatMap(({ input, again }) => (again ? [input, input] : [input])),
  }))
