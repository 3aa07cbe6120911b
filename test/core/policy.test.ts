import { parse } from 'ltx/lib/ltx.js'
import { describe, expect, test } from 'vitest'
import { RosterError } from '../../src/core/errors.js'
import {
  type AutoAuthorize,
  consult,
  contacts,
  type Decision,
  decisionOf,
  domains,
  firstOf,
  type PolicyAnswer,
  type SubscriptionAsk,
  type SubscriptionPolicy,
} from '../../src/core/policy.js'
import { ASKED, JULIET, NOW } from './support/contacts.js'

const { signal } = new AbortController()
const context = { signal }

const ask = (contact = JULIET): SubscriptionAsk => ({
  owner: 'romeo@example.net',
  contact,
  nick: undefined,
  status: undefined,
  item: undefined,
  receivedAt: new Date(NOW),
  stanza: parse(ASKED),
})

/** Answers at once, and remembers whom it was asked about. */
function says(answer: unknown): SubscriptionPolicy & { readonly asked: string[] } {
  const asked: string[] = []
  const policy = ({ contact }: SubscriptionAsk): PolicyAnswer | Promise<PolicyAnswer> => {
    asked.push(contact)
    return answer as PolicyAnswer
  }
  return Object.assign(policy, { asked })
}

const later = (answer: unknown): ReturnType<typeof says> => says(Promise.resolve(answer))

describe('An answer of a policy', () => {
  test.each([
    [true, 'authorize'],
    [false, 'deny'],
    ['authorize', 'authorize'],
    ['deny', 'deny'],
    ['defer', 'defer'],
    ['ignore', 'ignore'],
  ])('%s means %s', (answer, decision) => {
    expect(decisionOf(answer)).toBe(decision)
  })

  test.each([
    [undefined],
    [null],
    [1],
    [0],
    [''],
    ['yes'],
    ['AUTHORIZE'],
    ['authorize '],
    [{ decision: 'authorize' }],
    [['authorize']],
    [new Boolean(true)],
    [Number.NaN],
    [() => true],
  ])('%o is no opinion: a slip never accepts anybody', (answer) => {
    expect(decisionOf(answer)).toBeUndefined()
  })
})

describe('The policy of an owner is consulted', () => {
  const constants: readonly (readonly [AutoAuthorize, Decision])[] = [
    [true, 'authorize'],
    [false, 'deny'],
    [null, 'defer'],
  ]

  test.each(constants)('%s is %s, at once', (policy, decision) => {
    expect(consult(policy, ask(), signal)).toBe(decision)
  })

  test.each([[undefined], ['yes'], [{}]])(
    'Without an opinion (%o) the request is deferred, not accepted',
    async (answer) => {
      expect(consult(says(answer), ask(), signal)).toBe('defer')
      await expect(consult(later(answer), ask(), signal)).resolves.toBe('defer')
    },
  )

  test('A function that answers at once is no promise: its answer is decided with the request (promise 7)', () => {
    expect(consult(says(true), ask(), signal)).toBe('authorize')
  })

  test('A function that answers later is waited for, any thenable too', async () => {
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested
    const thenable = { then: (resolve: (answer: unknown) => void) => resolve('deny') }

    await expect(consult(later('ignore'), ask(), signal)).resolves.toBe('ignore')
    await expect(consult(says(thenable), ask(), signal)).resolves.toBe('deny')
  })

  test('It is given the request and a signal', () => {
    const given: unknown[] = []
    const request = ask()
    void consult((...all) => void given.push(...all), request, signal)

    expect(given).toEqual([request, { signal }])
  })

  test('What it throws or rejects with comes out: whoever consults has to answer for it', async () => {
    const broken = new Error('The database is gone')

    expect(() =>
      consult(
        () => {
          throw broken
        },
        ask(),
        signal,
      ),
    ).toThrow(broken)
    await expect(consult(() => Promise.reject(broken), ask(), signal)).rejects.toBe(broken)
  })
})

describe('firstOf: the first with an opinion decides', () => {
  const orders: readonly (readonly [string, readonly (() => SubscriptionPolicy)[], Decision | undefined])[] = [
    ['nobody was asked', [], undefined],
    ['nobody has an opinion', [() => says(undefined), () => says(null)], undefined],
    ['at once', [() => says(undefined), () => says(false), () => says(true)], 'deny'],
    ['later', [() => later(undefined), () => later('ignore'), () => says(true)], 'ignore'],
    ['later, then at once', [() => later(null), () => says(true)], 'authorize'],
    ['at once, then later', [() => says('junk'), () => later(true)], 'authorize'],
    ['defer is an opinion', [() => says('defer'), () => says(true)], 'defer'],
    ['what is no answer is no opinion', [() => later({}), () => says('yes'), () => later(false)], 'deny'],
  ]

  test.each(orders)('%s', async (_, policies, decision) => {
    expect(decisionOf(await firstOf(...policies.map((make) => make()))(ask(), context))).toBe(decision)
  })

  test('The later ones are not asked', async () => {
    const afterSync = says(true)
    const afterAsync = says(true)
    void firstOf(says(false), afterSync)(ask(), context)
    await firstOf(later(false), afterAsync)(ask(), context)

    expect([afterSync.asked, afterAsync.asked]).toEqual([[], []])
  })

  test('All that answer at once answer at once together', () => {
    expect(firstOf(says(undefined), says('deny'))(ask(), context)).toBe('deny')
  })

  test('One that throws ends it: the next one might accept whom it would have refused', async () => {
    const next = says(true)
    const broken = new Error('The deny list cannot be read')
    const throws = (): never => {
      throw broken
    }

    expect(() => firstOf(throws, next)(ask(), context)).toThrow(broken)
    await expect(firstOf(() => Promise.reject(broken), next)(ask(), context)).rejects.toBe(broken)
    await expect(firstOf(later(undefined), throws, next)(ask(), context)).rejects.toBe(broken)
    expect(next.asked).toEqual([])
  })

  test('One within another is a policy like any other', () => {
    expect(firstOf(firstOf(says(null)), firstOf(says(null), says('ignore')))(ask(), context)).toBe('ignore')
  })
})

describe('domains', () => {
  const friends = domains(['Example.COM', 'xn--bcher-kva.example'], 'authorize')

  test.each([
    ['juliet@example.com', 'authorize'],
    ['example.com', 'authorize'],
    ['juliet@bücher.example', 'authorize'],
    ['juliet@chat.example.com', undefined],
    ['juliet@example.com.evil.net', undefined],
    ['juliet@notexample.com', undefined],
    ['example.com@evil.net', undefined],
    ['juliet@exаmple.com', undefined],
    ['juliet@example.co', undefined],
  ])('%s: %s', (contact, decision) => {
    expect(friends(ask(contact), context)).toBe(decision)
  })

  test('A list that changes afterwards changes nothing', () => {
    const names = ['example.com']
    const policy = domains(names, 'deny')
    names.push('example.net')

    expect(policy(ask('romeo@example.net'), context)).toBeUndefined()
  })

  test('A set is as good as a list', () => {
    expect(domains(new Set(['example.com']), 'ignore')(ask(), context)).toBe('ignore')
  })

  test.each([[['not a domain']], [['']], [['juliet@example.com']], ['example.com']])(
    '%o is refused when the policy is made: JID_MALFORMED',
    (names) => {
      expect(() => domains(names as readonly string[], 'authorize')).toThrow(RosterError)
    },
  )
})

describe('contacts', () => {
  const few = contacts(
    ['Juliet@Example.com/balcony', { bare: () => 'nurse@example.com', toString: () => 'nurse@example.com/hall' }],
    'authorize',
  )

  test.each([
    ['juliet@example.com', 'authorize'],
    ['nurse@example.com', 'authorize'],
    ['juliet@example.net', undefined],
    ['juliet2@example.com', undefined],
    ['example.com', undefined],
    ['jυliet@example.com', undefined],
  ])('%s: %s', (contact, decision) => {
    expect(few(ask(contact), context)).toBe(decision)
  })

  test('What is no JID is refused when the policy is made: JID_MALFORMED', () => {
    expect(() => contacts(['@'], 'deny')).toThrow(RosterError)
    expect(() => contacts('juliet@example.com' as unknown as readonly string[], 'deny')).toThrow(RosterError)
  })
})
