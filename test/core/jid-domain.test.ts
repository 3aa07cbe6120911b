import { domainToASCII } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bareJid } from '../../src/core/jid.js'
import { decodePunycode, encodePunycode } from '../../src/core/punycode.js'
import { expectMalformed, orMalformed } from './jid-arbitraries.js'

describe('the domain is lower-case U-labels (RFC 7622 §3.2, §3.2.1 MUST)', () => {
  it.each([
    ['case', 'EXAMPLE.Com', 'example.com'],
    ['one label', 'localhost', 'localhost'],
    ['final dot', 'example.com.', 'example.com'],
    ['ideographic full stops', 'a。b．c｡d。', 'a.b.c.d'],
    ['full width', 'Ｅｘａｍｐｌｅ.com', 'example.com'],
    ['U-label', 'BÜCHER.example', 'bücher.example'],
    ['NFD', 'bu\u0308cher.example', 'bücher.example'],
    ['A-label', 'xn--bcher-kva.example', 'bücher.example'],
    ['A-label in upper case', 'XN--BCHER-KVA.EXAMPLE', 'bücher.example'],
    ['A-label in full width', 'ｘn--bcher-kva.example', 'bücher.example'],
    ['A-label of sharp s', 'xn--fa-hia.de', 'faß.de'],
    ['fass is another one', 'fass.de', 'fass.de'],
    ['A-label without ASCII', 'xn--fiqs8s', '中国'],
    ['A-label beyond the BMP', `xn--${encodePunycode('𠀋')}`, '𠀋'],
    ['from right to left', 'xn--4dbrk0ce', 'ישראל'],
    ['hyphen within', 'a-b.c--d', 'a-b.c--d'],
    ['digits', '1.2.3', '1.2.3'],
    ['IPv4', '192.0.2.1', '192.0.2.1'],
    ['IPv6', '[2001:DB8::1]', '[2001:db8::1]'],
    ['IPv6 in full', '[1:2:3:4:5:6:7:8]', '[1:2:3:4:5:6:7:8]'],
    ['IPv6 of nothing', '[::]', '[::]'],
    ['IPv6 with IPv4', '[::ffff:192.0.2.1]', '[::ffff:192.0.2.1]'],
    ['IPv6 with IPv4 only', '[::192.0.2.1]', '[::192.0.2.1]'],
    ['IPv6 with a zone', '[fe80::1%25Eth0]', '[fe80::1%25eth0]'],
    ['joiner', 'نامه\u200cای.com', 'نامه\u200cای.com'],
  ])('%s: %s is %s', (_, domain, canonical) => {
    expect(bareJid(domain)).toBe(canonical)
    expect(bareJid(`a@${domain}`)).toBe(`a@${canonical}`)
    expect(bareJid(canonical)).toBe(canonical)
  })

  it.each([
    ['empty label', 'a..b'],
    ['empty first label', '.a'],
    ['two final dots', 'a..'],
    ['only a dot', '。'],
    ['hyphen first', '-a.b'],
    ['hyphen last', 'a-.b'],
    ['hyphens in the third and fourth place', 'ab--cd'],
    ['underscore', 'a_b'],
    ['symbol', 'a!b'],
    ['full-width solidus', 'a／b'],
    ['full-width at', 'a＠b'],
    ['space', 'a b'],
    ['control', 'a\u0001b'],
    ['zero width', 'a\u200bb'],
    ['joiner out of place', 'a\u200db'],
    ['mark first', '\u0301a'],
    ['compatibility character', 'aⅣ'],
    ['emoji', '😀.example'],
    ['lone surrogate', 'a\udc00'],
    ['two directions', 'aשלום'],
    ['port', 'example.com:5222'],
    ['label of 64 characters', `${'a'.repeat(64)}.com`],
    ['label of 64 bytes as A-label', `${'é'.repeat(58)}.com`],
    ['A-label of nothing', 'xn--'],
    ['A-label that does not decode', 'xn--a!b'],
    ['A-label that is cut', 'xn--bcher-kv'],
    ['A-label with a spare hyphen, another way to write é', 'xn---9ca'],
    ['A-label of ASCII only', 'xn--abc-'],
    ['A-label of an upper-case letter', `xn--${encodePunycode('bÜcher')}`],
    ['A-label in NFD', `xn--${encodePunycode('bu\u0308cher')}`],
    ['A-label of a symbol', 'xn--ls8h'],
    ['A-label with a number too large', 'xn--99999999999'],
    ['A-label too long', `xn--${'a'.repeat(60)}`],
    ['IPv6 without brackets', '2001:db8::1'],
    ['IPv6 unclosed', '[::1'],
    ['IPv6 with more behind', '[::1].com'],
    ['IPv6 empty', '[]'],
    ['IPv6 too short', '[1:2:3]'],
    ['IPv6 too long', '[1:2:3:4:5:6:7:8:9]'],
    ['IPv6 with nothing left out', '[1:2:3:4::5:6:7:8]'],
    ['IPv6 with two gaps', '[1::2::3]'],
    ['IPv6 with three colons', '[1:::2]'],
    ['IPv6 group too long', '[::12345]'],
    ['IPv6 with a bad IPv4', '[::256.0.0.1]'],
    ['IPv6 with IPv4 first', '[192.0.2.1::]'],
    ['IPv6 with an empty zone', '[fe80::1%25]'],
  ])('%s: %s is refused', (_, domain) => {
    expectMalformed(() => bareJid(domain))
    expectMalformed(() => bareJid(`a@${domain}`))
  })

  it('labels have at most 63 bytes in their ASCII form', () => {
    const longest = 'é'.repeat(50)
    expect(encodePunycode(longest).length + 4).toBeLessThanOrEqual(63)
    expect(bareJid(longest)).toBe(longest)
    expect(bareJid(`a@${'b'.repeat(63)}`)).toBe(`a@${'b'.repeat(63)}`)
  })

  it('U-label and A-label are one domain', () => {
    const letters = fc.constantFrom(...'abcxyz019éüßøłαβγδжщії漢字中国あいかなकखग')
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1, maxLength: 20 }), (chars) => {
        const label = chars.join('')
        const ascii = domainToASCII(`x.${label}.example`)
        expect(bareJid(ascii)).toBe(bareJid(`x.${label}.example`))
      }),
    )
  })
})

describe('Punycode (RFC 3492)', () => {
  // §7.1, without the samples in mixed case.
  it.each([
    ['ليهمابتكلموشعربي؟', 'egbpdaj6bu4bxfgehfvwxn'],
    ['他们为什么不说中文', 'ihqwcrb4cv8a8dqg056pqjye'],
    ['למההםפשוטלאמדבריםעברית', '4dbcagdahymbxekheh6e0a7fei0b'],
    ['почемужеонинеговорятпорусски', 'b1abfaaepdrnnbgefbadotcwatmq2g4l'],
    ['3年b組金八先生', '3b-ww4c5e180e575a65lsy2b'],
    ['-> $1.00 <-', '-> $1.00 <--'],
  ])('%s is %s', (text, code) => {
    expect(encodePunycode(text)).toBe(code)
    expect(decodePunycode(code)).toBe(text)
  })

  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), (text) => {
        expect(decodePunycode(encodePunycode(text))).toBe(text)
      }),
    )
  })

  it('takes any text, and reads a code in one way only', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9-]{0,20}$/), (code) => {
        const bare = orMalformed(() => bareJid(`xn--${code}`))
        if (bare !== undefined) expect(`xn--${encodePunycode(bare)}`).toBe(`xn--${code}`)
      }),
    )
  })
})
