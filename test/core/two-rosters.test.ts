import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stateOf } from '../../src/core/contact.js'
import type { StepInput } from '../../src/core/step.js'
import { command } from './support/arbitraries.js'
import { type Manners, type Party, Two } from './support/two-rosters.js'

const mannersOf = (...decisions: readonly Manners['decisions'][number][]): fc.Arbitrary<Manners> =>
  fc.record({
    decisions: fc.array(fc.constantFrom(...decisions), { minLength: 1, maxLength: 5 }),
    subscribesBack: fc.boolean(),
  })

/** Whoever is asked says something, sooner or later. */
const polite = mannersOf('authorize', 'deny', 'defer', 'ask')
const anybody = mannersOf('authorize', 'deny', 'defer', 'ask', 'ignore')

/** What one of them does, and whether that arrives before anything else happens. */
const turn = fc.record({ who: fc.constantFrom('a' as const, 'b' as const), input: command })
const moment = fc.oneof(
  turn,
  fc.record({ who: fc.constantFrom('a' as const, 'b' as const), input: fc.constant(undefined) }),
)

type Moment = { readonly who: 'a' | 'b'; readonly input: StepInput | undefined }

function inTurn(two: Two, turns: readonly Moment[]): void {
  for (const { who, input } of turns) {
    if (input !== undefined) two[who].do(input)
    two.drain()
  }
}

/** A moment without input lets one stanza arrive: what is said in between crosses on the way. */
function crossing(two: Two, moments: readonly Moment[]): void {
  for (const { who, input } of moments) {
    if (input === undefined) two.deliver(two[who])
    else two[who].do(input)
  }
  two.drain()
}

const sides = ({ a, b }: Two): readonly (readonly [Party, Party])[] => [
  [a, b],
  [b, a],
]

describe('Two rosters fed in turn', () => {
  test('agree: one sees the other if and only if the other shows itself; one waits if and only if the other is asked', () => {
    fc.assert(
      fc.property(polite, polite, fc.array(turn, { maxLength: 30 }), (a, b, turns) => {
        const two = new Two(a, b)
        inTurn(two, turns)

        for (const [one, other] of sides(two)) {
          expect(one.sees).toBe(other.isSeen)
          expect(one.waits).toBe(other.isAsked)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('agree about who sees whom even when requests are ignored; who is asked is waited for', () => {
    fc.assert(
      fc.property(anybody, anybody, fc.array(turn, { maxLength: 30 }), (a, b, turns) => {
        const two = new Two(a, b)
        inTurn(two, turns)

        for (const [one, other] of sides(two)) {
          expect(one.sees).toBe(other.isSeen)
          expect(other.isAsked && !one.waits).toBe(false)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('Two rosters whose stanzas cross', () => {
  test('whoever sees the other was granted it and is still granted it; whoever waits is asked, or was ignored', () => {
    fc.assert(
      fc.property(anybody, anybody, fc.array(moment, { maxLength: 40 }), (a, b, moments) => {
        const two = new Two(a, b)
        crossing(two, moments)

        for (const [one, other] of sides(two)) expect(one.sees && !other.isSeen).toBe(false)
      }),
      { numRuns: 2_000 },
    )
    fc.assert(
      fc.property(polite, polite, fc.array(moment, { maxLength: 40 }), (a, b, moments) => {
        const two = new Two(a, b)
        crossing(two, moments)

        for (const [one, other] of sides(two)) expect(one.waits && !other.isAsked).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })

  test('the converse does not hold in RFC 6121: a grant that meets a request withdrawn and made again is spent on it', () => {
    const two = new Two(
      { decisions: ['defer'], subscribesBack: false },
      { decisions: ['defer'], subscribesBack: false },
    )
    two.a.do({ kind: 'subscribe' })
    two.drain()
    two.b.do({ kind: 'authorize' })
    two.a.do({ kind: 'unsubscribe' })
    two.a.do({ kind: 'subscribe' })
    two.drain()
    two.b.do({ kind: 'authorize' })
    two.drain()

    expect([stateOf(two.a.contact), stateOf(two.b.contact)]).toEqual(['none', 'from'])
  })

  test('one more subscribe from each, in turn, makes them agree again about who sees whom', () => {
    fc.assert(
      fc.property(anybody, anybody, fc.array(moment, { maxLength: 40 }), (a, b, moments) => {
        const two = new Two(a, b)
        crossing(two, moments)

        inTurn(two, [
          { who: 'a', input: { kind: 'subscribe' } },
          { who: 'b', input: { kind: 'subscribe' } },
        ])

        for (const [one, other] of sides(two)) expect(one.sees).toBe(other.isSeen)
      }),
      { numRuns: 1_000 },
    )
  })

  test('one more unsubscribe from each, in turn, ends it on both sides', () => {
    fc.assert(
      fc.property(anybody, anybody, fc.array(moment, { maxLength: 40 }), (a, b, moments) => {
        const two = new Two(a, b)
        crossing(two, moments)

        inTurn(two, [
          { who: 'a', input: { kind: 'unsubscribe' } },
          { who: 'b', input: { kind: 'unsubscribe' } },
        ])

        expect([stateOf(two.a.contact), stateOf(two.b.contact)]).toEqual(['none', 'none'])
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('Two bots with autoAuthorize and autoSubscribe (SM1, promise 4)', () => {
  const bot: Manners = { decisions: ['authorize'], subscribesBack: true }

  test('meet with the least number of stanzas: subscribe, subscribed, subscribe, subscribed, then silence', () => {
    const { a, b, ...two } = meeting()
    a.do({ kind: 'subscribe' })

    expect(two.drain()).toBe(4)
    expect(a.said).toEqual(['subscribe', 'subscribed'])
    expect(b.said).toEqual(['subscribed', 'subscribe'])
    expect([stateOf(a.contact), stateOf(b.contact)]).toEqual(['both', 'both'])
    expect(two.drain()).toBe(0)
  })

  test('who ask each other at the same moment need no more', () => {
    const { a, b, ...two } = meeting()
    a.do({ kind: 'subscribe' })
    b.do({ kind: 'subscribe' })

    expect(two.drain()).toBe(4)
    expect([stateOf(a.contact), stateOf(b.contact)]).toEqual(['both', 'both'])
  })

  test('that end it are apart again, and stay so', () => {
    const { a, b, ...two } = meeting()
    a.do({ kind: 'subscribe' })
    two.drain()
    a.do({ kind: 'remove' })
    two.drain()

    expect(a.contact.item).toBeUndefined()
    expect(stateOf(b.contact)).toBe('none')
  })

  test('stop talking whatever happened to them', () => {
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 40 }), (moments) => {
        const two = new Two(bot, bot)

        expect(() => crossing(two, moments)).not.toThrow()
      }),
      { numRuns: 500 },
    )
  })

  function meeting(): { readonly a: Party; readonly b: Party; readonly drain: () => number } {
    const two = new Two(bot, bot)
    return { a: two.a, b: two.b, drain: () => two.drain() }
  }
})
