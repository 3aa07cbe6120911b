import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bareJid, JidCache } from '../../src/core/jid.js'
import { expectMalformed, nearlyJid, orMalformed } from './jid-arbitraries.js'
import { keepFromPackets, PACKETS_BYTES } from './packets.js'

describe('JidCache', () => {
  it('says what bareJid says, the first time and every other', () => {
    const cache = new JidCache(4)
    fc.assert(
      fc.property(nearlyJid, (text) => {
        const bare = orMalformed(() => bareJid(text))
        expect(orMalformed(() => cache.bare(text))).toBe(bare)
        expect(orMalformed(() => cache.bare(text))).toBe(bare)
      }),
      { numRuns: 2000 },
    )
  })

  it('never holds more than twice its limit, and forgets what nobody asks for', () => {
    const cache = new JidCache(10)
    for (let i = 0; i < 1000; i++) {
      expect(cache.bare(`Contact${i}@example.com`)).toBe(`contact${i}@example.com`)
      expect(cache.bare('Juliet@example.com')).toBe('juliet@example.com')
      expect(cache.size).toBeLessThanOrEqual(20)
    }
  })

  it('remembers one entry for all resources of a contact', () => {
    const cache = new JidCache()
    for (let i = 0; i < 100; i++) cache.bare(`juliet@example.com/phone${i}`)
    expect(cache.size).toBe(1)
  })

  it('keeps no packet in memory, neither by a key nor by a value', () => {
    const cache = new JidCache()
    const plain = keepFromPackets((slice) => cache.bare(slice))
    expect(plain.bytes).toBeLessThan(PACKETS_BYTES / 3)
    expect(plain.kept[7]).toBe('juliet107@capulet.example')
    const asked = keepFromPackets((slice) => cache.bare(slice.replace('j', 'J')))
    expect(asked.bytes).toBeLessThan(PACKETS_BYTES / 3)
    expect(cache.size).toBe(400)
  })

  it('takes JID objects', () => {
    expect(new JidCache().bare({ bare: () => '', toString: () => 'A@B/c' })).toBe('a@b')
  })

  it('remembers neither what is malformed nor what is longer than 256 characters', () => {
    const cache = new JidCache()
    expectMalformed(() => cache.bare('@'))
    expectMalformed(() => cache.bare('x'.repeat(1_000_000)))
    expectMalformed(() => cache.bare(undefined as never))
    const long = `${'a'.repeat(300)}@example.com`
    expect(cache.bare(long)).toBe(long)
    expect(cache.size).toBe(0)
  })

  it('takes `__proto__` and `constructor` for texts like any other', () => {
    const cache = new JidCache()
    for (const text of ['__proto__', 'constructor', 'toString']) {
      const known = orMalformed(() => bareJid(text))
      expect(orMalformed(() => cache.bare(text))).toBe(known)
    }
  })
})
