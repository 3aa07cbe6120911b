import { jid } from '@xmpp/client'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prepareDomain } from '../../src/core/domain.js'
import { bareJid, fullJid, type JidLike, parseJid, toBareList } from '../../src/core/jid.js'
import { prepareLocal } from '../../src/core/precis.js'
import { anyText, expectMalformed, nearlyJid, orMalformed } from './jid-arbitraries.js'

const asJid = (value: unknown) => value as JidLike

describe('one contact, one key', () => {
  it('`User@Example.COM` and `user@example.com` are one contact (JID1)', () => {
    expect(bareJid('User@Example.COM')).toBe('user@example.com')
    expect(bareJid('user@example.com')).toBe('user@example.com')
  })

  it('`a@d/phone` is the contact `a@d`, so nothing is asked of one device only (JID2)', () => {
    expect(bareJid('a@d/phone')).toBe('a@d')
    expect(bareJid(jid('a', 'd', 'phone'))).toBe('a@d')
  })

  it('`A@D/res`, as text or as a JID object, finds what `a@d` finds (JID3)', () => {
    const contacts = new Map([[bareJid('a@d'), 'Juliet']])
    expect(contacts.get(bareJid('A@D/res'))).toBe('Juliet')
    expect(contacts.get(bareJid(jid('A', 'D', 'res')))).toBe('Juliet')
  })

  it.each([
    ['juliet@example.com', 'juliet@example.com'],
    ['juliet@example.com/foo/bar', 'juliet@example.com'],
    ['juliet@example.com/foo@bar', 'juliet@example.com'],
    ['juliet@example.com/', 'juliet@example.com'],
    ['foo\\20bar@example.com', 'foo\\20bar@example.com'],
    ['a\\2Fb@example.com', 'a\\2fb@example.com'],
    ['example.com', 'example.com'],
    ['example.com/foobar', 'example.com'],
    ['a.example.com/b@example.net', 'a.example.com'],
    ['__proto__@constructor', '__proto__@constructor'],
    ['a--b@ex-ample.com', 'a--b@ex-ample.com'],
    ['André@Exämple.COM./Home', 'andré@exämple.com'],
    ['1@1', '1@1'],
  ])('%s is %s', (text, bare) => {
    expect(bareJid(text)).toBe(bare)
    expect(bareJid(bare)).toBe(bare)
  })

  it('andré and andre are two contacts', () => {
    expect(bareJid('andré@example.com')).not.toBe(bareJid('andre@example.com'))
  })
})

describe('what is no JID', () => {
  it.each([
    '',
    '/',
    '/r',
    '@',
    '@x',
    'a@',
    '@/',
    'a@/r',
    'a@b@c',
    'a@@b',
    ' a@b',
    'a@b ',
    '\0',
    'a b@c',
    'a@b c',
    '.',
    'a@.',
  ])('%j is refused', (text) => {
    expectMalformed(() => bareJid(text))
    expectMalformed(() => parseJid(text))
  })

  const thrower = () => {
    throw 'no text'
  }
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 7],
    ['a symbol', Symbol('jid')],
    ['a function', () => 'a@b'],
    ['an array', ['a@b']],
    ['an object without bare()', { toString: () => 'a@b' }],
    ['an object without prototype', Object.create(null)],
    ['an object whose toString throws', { bare: thrower, toString: thrower }],
    ['an object whose toString is none', { bare: thrower, toString: 7 }],
    ['an object whose text is none', { bare: thrower, toString: () => 7 }],
    ['an object whose properties throw', new Proxy({}, { get: thrower })],
  ])('%s is refused', (_, value) => {
    expectMalformed(() => bareJid(asJid(value)))
    expectMalformed(() => parseJid(asJid(value)))
    expectMalformed(() => toBareList([asJid(value)]))
  })

  it('a megabyte is refused without reading it, wherever it stands', () => {
    for (const unit of ['a', 'é', 'a.', '\u0301', '\u200c', '\ud800', 'xn--a.', '@', 'A']) {
      const long = unit.repeat(1_000_000)
      for (const text of [long, `${long}@b`, `a@${long}`]) expectMalformed(() => bareJid(text))
      expectMalformed(() => parseJid(`a@b/${long}`))
    }
  })

  it('the error says what was expected and what came, on one short line', () => {
    expect(() => bareJid('a\n\u202e b@c')).toThrow(
      "Malformed JID: expected a local part of letters, digits and ASCII symbols, without spaces, but got 'a\\u{a}\\u{202e} b'",
    )
    expect(() => bareJid(`a@${'x'.repeat(5000)}`)).toThrow(`a domain of 1 to 1023 bytes, but got '${'x'.repeat(80)}…'`)
    expect(() => bareJid(asJid(null))).toThrow('expected text or a JID object, but got a value of type null')
  })

  it('the error keeps what the object threw', () => {
    const cause = new TypeError('gone')
    const broken = {
      bare: () => '',
      toString: () => {
        throw cause
      },
    }
    expect(() => bareJid(broken)).toThrow(expect.objectContaining({ cause }))
  })
})

describe('whatever comes', () => {
  const options = { numRuns: 3000 }

  it('a bare JID, or JID_MALFORMED: never anything else', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, nearlyJid), (text) => {
        orMalformed(() => bareJid(text))
        orMalformed(() => parseJid(text))
      }),
      options,
    )
    fc.assert(
      fc.property(
        fc.anything({ withNullPrototype: true, withMap: true }),
        (value) => void orMalformed(() => bareJid(asJid(value))),
      ),
    )
  })

  it('the canonical form of a canonical form is itself', () => {
    fc.assert(
      fc.property(nearlyJid, (text) => {
        const bare = orMalformed(() => bareJid(text))
        if (bare !== undefined) expect(bareJid(bare)).toBe(bare)
      }),
      options,
    )
  })

  it('decomposed and composed text are one contact', () => {
    fc.assert(
      fc.property(nearlyJid, (text) => {
        expect(orMalformed(() => bareJid(text.normalize('NFD')))).toBe(
          orMalformed(() => bareJid(text.normalize('NFC'))),
        )
      }),
      options,
    )
  })

  it('upper and lower case of a letter are one contact', () => {
    const letter = fc
      .integer({ min: 0x21, max: 0x1ffff })
      .map((code) => String.fromCodePoint(code))
      // ς has the upper case of σ; it is the one letter that RFC 7622 §3.5 keeps apart.
      .filter((char) => char !== 'ς' && char.toUpperCase().toLowerCase() === char)
    fc.assert(
      fc.property(fc.array(letter, { minLength: 1, maxLength: 6 }), (letters) => {
        const upper = letters.map((char) => char.toUpperCase()).join('')
        const bare = orMalformed(() => bareJid(`${upper}@example.com`))
        expect(bare).toBe(orMalformed(() => bareJid(`${letters.join('')}@example.com`)))
      }),
      options,
    )
  })

  it('the short way for plain text leads where the rules lead', () => {
    const ascii = fc.string({
      unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)),
      maxLength: 6,
    })
    fc.assert(
      fc.property(ascii, fc.stringMatching(/^[A-Za-z0-9.-]{0,8}$/), (local, domain) => {
        const short = orMalformed(() => bareJid(`${local}@${domain}`))
        const long = orMalformed(() =>
          /[@/]/.test(local) ? undefined : `${prepareLocal(local)}@${prepareDomain(domain)}`,
        )
        if (!/[@/]/.test(local)) expect(short).toBe(long)
      }),
      options,
    )
  })

  it('a full JID taken apart and put together again stays the same', () => {
    fc.assert(
      fc.property(nearlyJid, (text) => {
        const parsed = orMalformed(() => parseJid(text))
        if (parsed === undefined) return
        expect(parseJid(fullJid(parsed.bare, parsed.resource))).toEqual(parsed)
        expect(parsed.bare).toBe(bareJid(text))
      }),
      options,
    )
  })
})
