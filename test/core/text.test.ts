import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copyText, isXmlText, shorten, utf8Length } from '../../src/core/text.js'
import { keepFromPackets, PACKETS_BYTES } from './packets.js'

const anyText = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units))

describe('isXmlText', () => {
  it.each(['', 'Romeo', 'tab\tand\r\nlines', 'é', '漢字', '😀', '\u007f', '\u0085', '\ue000', '\ufffd', '\u{10ffff}'])(
    'XML can carry %j',
    (text) => expect(isXmlText(text)).toBe(true),
  )

  it.each([
    'a\0',
    '\u0001',
    '\u0008',
    '\u000b',
    '\u000c',
    '\u001f',
    '\ud800',
    'a\ud83d',
    '\ud83da',
    '\udc00',
    '\ude00\ud83d',
    '\ufffe',
    '\uffff',
  ])('XML cannot carry %j', (text) => expect(isXmlText(text)).toBe(false))

  it('says of any text what the production Char of XML 1.0 says of each of its characters', () => {
    const isChar = (code: number) =>
      [0x9, 0xa, 0xd].includes(code) ||
      (code >= 0x20 && code <= 0xd7ff) ||
      (code >= 0xe000 && code <= 0xfffd) ||
      code >= 0x10000
    fc.assert(
      fc.property(anyText, (text) => {
        expect(isXmlText(text)).toBe(Array.from(text, (char) => char.codePointAt(0) ?? 0).every(isChar))
      }),
    )
  })
})

describe('utf8Length', () => {
  it('counts the bytes that an encoder writes, lone surrogates included', () => {
    const encoder = new TextEncoder()
    fc.assert(fc.property(anyText, (text) => void expect(utf8Length(text)).toBe(encoder.encode(text).length)))
  })

  it.each([
    ['', 0],
    ['a', 1],
    ['é', 2],
    ['漢', 3],
    ['😀', 4],
    ['\ud83d', 3],
    ['\ud83dé', 5],
  ])('%j takes %i bytes', (text, bytes) => expect(utf8Length(text)).toBe(bytes))
})

describe('copyText', () => {
  it('gives the same text back', () => {
    fc.assert(fc.property(anyText, (text) => void expect(copyText(text)).toBe(text)))
  })

  it('lets the packet go that the text was cut from', () => {
    const { kept, bytes } = keepFromPackets((slice) => copyText(slice))
    expect(bytes).toBeLessThan(PACKETS_BYTES / 3)
    expect(kept[7]).toBe('juliet107@capulet.example')
  })

  it.each([12, 13])('lets the packet go of a text of %i characters', (length) => {
    const { kept, bytes } = keepFromPackets((slice) => copyText(slice.slice(0, length)))
    expect(bytes).toBeLessThan(PACKETS_BYTES / 3)
    expect(kept[7]).toBe('juliet107@capulet.example'.slice(0, length))
  })
})

describe('shorten', () => {
  it.each([
    ['Romeo', 'Romeo'],
    ['a\0b\nc\u007f\u009b', 'a\\u{0}b\\u{a}c\\u{7f}\\u{9b}'],
    ['zero\u200bwidth \u202eright to left', 'zero\\u{200b}width \\u{202e}right to left'],
    ['\u2028\ufeff\ud800', '\\u{2028}\\u{feff}\\u{d800}'],
    ['André 漢字 😀', 'André 漢字 😀'],
    ['x'.repeat(81), `${'x'.repeat(80)}…`],
  ])('%j is shown as %j', (text, shown) => expect(shorten(text)).toBe(shown))

  it('cuts no character in half', () => {
    expect(shorten('abc😀d', 4)).toBe('abc…')
    expect(shorten('abc😀d', 5)).toBe('abc😀…')
    expect(shorten('abc😀', 5)).toBe('abc😀')
  })

  it('costs no more for a megabyte than for a line', () => {
    expect(shorten('\0'.repeat(1_000_000), 2)).toBe('\\u{0}\\u{0}…')
  })
})
