import { parse } from 'ltx/lib/ltx.js'
import { describe, expect, test } from 'vitest'
import { type RateLimitOptions, rateLimit, type SubscriptionPolicy } from '../../src/core/policy.js'
import { ASKED, NOW } from './support/contacts.js'

const context = { signal: new AbortController().signal }
const stanza = parse(ASKED)

/** A request comes at this time; what does the limit say? */
function request(policy: SubscriptionPolicy, contact: string, at = 0, owner = 'bot@example.net'): unknown {
  const receivedAt = new Date(NOW + at)
  return policy({ owner, contact, nick: undefined, status: undefined, item: undefined, receivedAt, stanza }, context)
}

const times = (count: number, ask: (number: number) => unknown): readonly unknown[] =>
  Array.from({ length: count }, (_, number) => ask(number))

const limited = (options: RateLimitOptions): SubscriptionPolicy => rateLimit(options)

describe('rateLimit speaks only over a budget', () => {
  test('Under it: no opinion; over it: ignore, so that a flood learns nothing', () => {
    const policy = limited({ perDomain: 2 })

    expect(times(4, (n) => request(policy, `u${n}@flood.example`))).toEqual([undefined, undefined, 'ignore', 'ignore'])
  })

  test('It says what it is told to say', () => {
    const policy = limited({ perDomain: 0, over: 'deny' })

    expect(request(policy, 'a@flood.example')).toBe('deny')
  })

  test('Without a budget there is no limit', () => {
    const policy = limited({})

    expect(new Set(times(1_000, (n) => request(policy, `u${n}@flood.example`)))).toEqual(new Set([undefined]))
  })

  test('One domain is not held against another', () => {
    const policy = limited({ perDomain: 1 })
    times(10, (n) => request(policy, `u${n}@flood.example`))

    expect(request(policy, 'juliet@example.com')).toBeUndefined()
  })

  test('A budget counts for all owners of a domain, and for all domains of an owner', () => {
    const perDomain = limited({ perDomain: 1 })
    const perOwner = limited({ perOwner: 1 })

    expect(request(perDomain, 'a@x.example', 0, 'one@example.net')).toBeUndefined()
    expect(request(perDomain, 'a@x.example', 0, 'two@example.net')).toBe('ignore')
    expect(request(perOwner, 'a@x.example', 0, 'one@example.net')).toBeUndefined()
    expect(request(perOwner, 'a@y.example', 0, 'one@example.net')).toBe('ignore')
    expect(request(perOwner, 'a@y.example', 0, 'two@example.net')).toBeUndefined()
  })

  test("What a domain sends over its own budget does not use up the owner's: others still reach it", () => {
    const policy = limited({ perDomain: 2, perOwner: 3 })
    times(100, (n) => request(policy, `u${n}@flood.example`))

    expect(request(policy, 'juliet@example.com')).toBeUndefined()
    expect(request(policy, 'nurse@example.com')).toBe('ignore')
  })
})

describe('A window', () => {
  test('begins with a request and lasts for the interval; then the budget is whole again', () => {
    const policy = limited({ perDomain: 1, interval: 1_000 })

    expect(request(policy, 'a@x.example', 0)).toBeUndefined()
    expect(request(policy, 'a@x.example', 999)).toBe('ignore')
    expect(request(policy, 'a@x.example', 1_000)).toBeUndefined()
    expect(request(policy, 'a@x.example', 1_001)).toBe('ignore')
  })

  test('A minute is the default', () => {
    const policy = limited({ perOwner: 1 })

    expect([0, 59_999, 60_000].map((at) => request(policy, 'a@x.example', at))).toEqual([
      undefined,
      'ignore',
      undefined,
    ])
  })
})

describe('What is counted is bounded: ten thousand domains', () => {
  test('A flood from more domains than that forgets the longest unseen, not the one that keeps coming', () => {
    const policy = limited({ perDomain: 2 })
    request(policy, 'a@quiet.example')
    request(policy, 'a@quiet.example')
    times(10_500, (n) => {
      // One in a thousand is the same old friend.
      if (n % 1_000 === 0) request(policy, 'a@busy.example')
      return request(policy, `a@d${n}.example`)
    })

    expect(request(policy, 'a@busy.example')).toBe('ignore')
    expect(request(policy, 'a@quiet.example')).toBeUndefined()
  })

  test('up to that nobody is forgotten', () => {
    const policy = limited({ perDomain: 1 })
    times(10_000, (n) => request(policy, `a@d${n}.example`))

    expect(request(policy, 'a@d0.example')).toBe('ignore')
  })
})
