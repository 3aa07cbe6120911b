import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareResources, contactPresence, isShow, type Presence, parsePriority } from '../../src/core/presence.js'
import { JULIET, NOW } from './support/contacts.js'

const at = (resource: string, fields: Partial<Presence> = {}): Presence => ({
  jid: `${JULIET}/${resource}`,
  resource,
  show: undefined,
  status: undefined,
  priority: 0,
  since: new Date(NOW),
  extra: undefined,
  ...fields,
})

const bestOf = (...presences: readonly Presence[]): string | undefined =>
  contactPresence(new Map(presences.map((presence) => [presence.resource, presence]))).best?.resource

const later = new Date(NOW + 1)

describe('The best resource', () => {
  test.each([
    ['the higher priority', at('a', { priority: 1 }), at('b', { priority: 2 })],
    ['a priority above a negative one', at('a', { priority: -1 }), at('b')],
    ['priority before show', at('a', { show: 'chat' }), at('b', { priority: 1, show: 'dnd' })],
    ['priority before recency', at('a', { since: later }), at('b', { priority: 1 })],
    ['chat before available', at('a'), at('b', { show: 'chat' })],
    ['available before away', at('a', { show: 'away' }), at('b')],
    ['away before extended away', at('a', { show: 'xa' }), at('b', { show: 'away' })],
    ['extended away before do not disturb', at('a', { show: 'dnd' }), at('b', { show: 'xa' })],
    ['show before recency', at('a', { show: 'away', since: later }), at('b')],
    ['the most recent among equals', at('a'), at('b', { since: later })],
  ])('%s', (_, worse, better) => {
    expect(bestOf(worse, better)).toBe('b')
    expect(bestOf(better, worse)).toBe('b')
  })

  test('Of two that are equal in all, the one that came first stays', () => {
    expect(bestOf(at('a'), at('b'))).toBe('a')
  })

  test('A contact with negative priorities only is still available', () => {
    expect(contactPresence(new Map([['a', at('a', { priority: -5 })]]))).toMatchObject({ available: true })
  })

  test('Nobody is there: not available, no best', () => {
    expect(contactPresence(new Map())).toEqual({ available: false, best: undefined, resources: new Map() })
  })

  test('What is handed out does not change', () => {
    expect(Object.isFrozen(contactPresence(new Map([['a', at('a')]])))).toBe(true)
  })

  test('is better than or equal to every other, whatever they are', () => {
    const presence = fc.record({
      priority: fc.integer({ min: -128, max: 127 }),
      show: fc.constantFrom(undefined, 'chat' as const, 'away' as const, 'xa' as const, 'dnd' as const),
      since: fc.date({ noInvalidDate: true }),
    })
    fc.assert(
      fc.property(fc.array(presence, { minLength: 1, maxLength: 50 }), (drawn) => {
        const resources = new Map(drawn.map((fields, number) => [`${number}`, at(`${number}`, fields)]))
        const { best } = contactPresence(resources)

        for (const other of resources.values()) expect(best && compareResources(best, other)).toBeLessThanOrEqual(0)
      }),
    )
  })
})

describe('A priority (RFC 6121 §4.7.2.3: an integer from −128 to +127, otherwise 0)', () => {
  test.each([
    ['0', 0],
    ['5', 5],
    ['+5', 5],
    ['-5', -5],
    ['127', 127],
    ['-128', -128],
    ['007', 7],
    [' 5 ', 5],
    ['\n5\n', 5],
    ['128', 0],
    ['-129', 0],
    ['999', 0],
    ['1000', 0],
    ['99999999999999999999', 0],
    ['', 0],
    [' ', 0],
    ['five', 0],
    ['1.5', 0],
    ['1e2', 0],
    ['0x10', 0],
    ['--1', 0],
    ['5 5', 0],
    ['NaN', 0],
    ['Infinity', 0],
    ['٥', 0],
    [null, 0],
    [undefined, 0],
  ])('%o → %i', (text, priority) => {
    expect(parsePriority(text)).toBe(priority)
  })

  test('never leaves its range, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String)), (text) => {
        const priority = parsePriority(text)

        expect(Number.isInteger(priority) && priority >= -128 && priority <= 127).toBe(true)
      }),
    )
  })

  test('−0 is 0', () => {
    expect(Object.is(parsePriority('-0'), 0)).toBe(true)
  })
})

describe('A show (RFC 6121 §4.7.2.1)', () => {
  test.each(['chat', 'away', 'xa', 'dnd'])('%s is one', (text) => expect(isShow(text)).toBe(true))

  test.each(['', 'online', 'available', 'Away', ' away', 'constructor', '__proto__'])('%o is none', (text) => {
    expect(isShow(text)).toBe(false)
  })
})
