import { describe, expect, test } from 'vitest'
import { csvLineOf, jsonLineOf, jsonOf } from '../../src/cli/data.js'
import { cutTo, padTo, plain, widthOf } from '../../src/cli/text.js'

describe("other people's text on a terminal", () => {
  test.each([
    ['an escape sequence', 'a\u001b[2Jb', 'a\\u{1b}[2Jb'],
    ['one of eight bits', 'a\u009b31mb', 'a\\u{9b}31mb'],
    ['a bell, a return, a new line', '\u0007\r\n', '\\u{7}\\u{d}\\u{a}'],
    ['a change of direction', 'a\u202eb\u2066', 'a\\u{202e}b\\u{2066}'],
    ['what separates lines', '\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['what cannot be seen', 'a\u200bb\ufeff', 'a\\u{200b}b\\u{feff}'],
    ['half a character', 'a\ud83d', 'a\\u{d83d}'],
  ])('%s is written out', (_what, text, shown) => {
    expect(plain(text)).toBe(shown)
  })

  test.each(['Jülíet', '羅密歐', '👩‍👩‍👧', '❤️', 'می‌خواهم', 'नमस्ते', 'O\'Brien "$(id)" `x`'])('%s stays', (text) => {
    expect(plain(text)).toBe(text)
  })
})

describe('the width of a text', () => {
  test.each([
    ['', 0],
    ['Romeo', 5],
    ['Jüliet', 6],
    ['Ju\u0308liet', 6],
    ['羅密歐', 6],
    ['ロミオ', 6],
    ['ジュリエッター', 14],
    ['ﾛﾐｵ', 3],
    ['로미오', 6],
    ['\u1105\u1169미오', 6],
    ['ＡＢ', 4],
    ['、。「」', 8],
    ['👍', 2],
    ['👍🏽', 2],
    ['👩‍👩‍👧', 2],
    ['❤️', 2],
    ['❤', 1],
    ['🇮🇹', 2],
    ['1', 1],
    ['Ωμέγα', 5],
    ['שלום', 4],
    ['…', 1],
    ['𠀀', 2],
  ])('of %j is %i', (text, width) => {
    expect(widthOf(text)).toBe(width)
  })

  test('is what a text is padded to, whatever it is made of', () => {
    for (const text of ['Romeo', '羅密歐', '👩‍👩‍👧', 'Ju\u0308']) expect(widthOf(padTo(text, 12))).toBe(12)
  })

  test.each([
    ['Romeo', 5, 'Romeo'],
    ['Romeo', 4, 'Rom…'],
    ['羅密歐', 5, '羅密…'],
    ['羅密歐', 4, '羅…'],
    ['Ju\u0308liet', 3, 'Ju\u0308…'],
    ['👩‍👩‍👧👩‍👩‍👧', 3, '👩‍👩‍👧…'],
  ])('%j is cut to %i without breaking a character: %j', (text, width, cut) => {
    expect(cutTo(text, width)).toBe(cut)
    expect(widthOf(cut)).toBeLessThanOrEqual(width)
  })
})

describe('data for other programs', () => {
  const NASTY = 'a\u001b[2J\u009b\u202e\u200b\ufeff\ud83d"\\\n羅'

  test('JSON says everything, and nothing that a terminal would obey', () => {
    for (const json of [jsonOf({ name: NASTY }), jsonLineOf({ name: NASTY })]) {
      expect(JSON.parse(json)).toEqual({ name: NASTY })
      expect(plain(json.replaceAll('\n', ''))).toBe(json.replaceAll('\n', ''))
    }
    expect(jsonLineOf({ name: NASTY })).not.toContain('\n')
  })

  test.each([
    [['a', 'b'], 'a,b'],
    [['', ''], ','],
    [['a,b', 'say "hi"', 'two\nlines'], '"a,b","say ""hi""","two\nlines"'],
    [['=1+1', '+1', '-1', '@a', '\t='], "'=1+1,'+1,'-1,'@a,'\t="],
    [['=a,b'], '"\'=a,b"'],
    [['a\u001b[2Jb\u009b'], 'a\\u{1b}[2Jb\\u{9b}'],
    [['\n=1+1', '\r=1+1'], `"'\n=1+1",'\\u{d}=1+1`],
    [['Romeo\rMallory', 'a\tb'], 'Romeo\\u{d}Mallory,a\tb'],
    [['a\u202eb\u2066', '\u2028', '\u2029', '\u200f'], 'a\\u{202e}b\\u{2066},\\u{2028},\\u{2029},\\u{200f}'],
    [['\ufeff\u200b'], '\\u{feff}\\u{200b}'],
  ])('CSV of %j is quoted (RFC 4180), computes nothing and obeys nobody', (cells, line) => {
    expect(csvLineOf(cells)).toBe(line)
  })

  test('CSV has no byte in it that moves a cursor, but the ends of lines and tabs', () => {
    const every = Array.from({ length: 0x2100 }, (_, code) => String.fromCharCode(code)).join('')
    const bytes = Buffer.from(csvLineOf([every, `${every}x`]))
    expect(bytes.filter((byte) => byte < 0x20 && byte !== 0x0a && byte !== 0x09)).toHaveLength(0)
    // U+0080 to U+009F, and U+2028 to U+202E.
    expect(bytes.toString('latin1')).not.toMatch(/\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\x7f/)
  })
})
