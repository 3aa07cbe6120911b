import { describe, expect, it } from 'vitest'
import { bareJid } from '../../src/core/jid.js'
import { expectMalformed } from './jid-arbitraries.js'

describe('the local part follows UsernameCaseMapped (RFC 8265 §3.3)', () => {
  it.each([
    ['case', 'JULIET', 'juliet'],
    ['case beyond ASCII', 'ANDRÉ', 'andré'],
    ['Straße stays', 'Straße', 'straße'],
    ['capital sharp s', 'STRAẞE', 'straße'],
    ['strasse is another one', 'strasse', 'strasse'],
    ['NFD = NFC', 'andre\u0301', 'andré'],
    ['full width', 'ＪＵＬＩＥＴ', 'juliet'],
    ['half-width katakana', 'ｶﾞﾗ', 'ガラ'],
    ['Kelvin sign', '\u212A', 'k'],
    ['Ångström sign', '\u212B', 'å'],
    ['sigma', 'Σ', 'σ'],
    ['sigma at the end of a word', 'ΟΔΟΣ', 'οδοσ'],
    ['final sigma stays', 'οδος', 'οδος'],
    ['dotted capital I', 'İ', 'i\u0307'],
    ['pi', 'π', 'π'],
    ['ASCII symbols', '!#$%()*+,-.;=?[\\]^_`{|}~', '!#$%()*+,-.;=?[\\]^_`{|}~'],
    ['digits', '１2٣'.slice(0, 2), '12'],
    ['Han', '山田', '山田'],
    ['composed Hangul', '\u1112\u1161\u11ab', '한'],
    ['letters beyond the BMP', '𐐀', '𐐨'],
    ['Tibetan and Arabic exceptions', 'ཀ\u0f0b', 'ཀ\u0f0b'],
    ['__proto__', '__proto__', '__proto__'],
    ['constructor', 'constructor', 'constructor'],
  ])('%s: %s is %s', (_, local, canonical) => {
    expect(bareJid(`${local}@example.com`)).toBe(`${canonical}@example.com`)
  })

  it.each(['"', '&', "'", ':', '<', '>', '＠', '／', '＂', '：', '＜'])(
    '%s is forbidden, in any width (RFC 7622 §3.3.1)',
    (char) => {
      expectMalformed(() => bareJid(`a${char}b@example.com`))
    },
  )

  it.each([
    ['space', ' '],
    ['no-break space', '\u00a0'],
    ['ideographic space', '\u3000'],
    ['NUL', '\0'],
    ['DEL', '\u007f'],
    ['C1 control', '\u0085'],
    ['soft hyphen', '\u00ad'],
    ['zero-width space', '\u200b'],
    ['byte order mark', '\ufeff'],
    ['right-to-left override', '\u202e'],
    ['variation selector', '\ufe0f'],
    ['tag', '\u{e0041}'],
    ['private use', '\ue000'],
    ['unassigned', '\u0378'],
    ['noncharacter', '\ufdd0'],
    ['lone surrogate', '\ud800'],
    ['replacement character', '\ufffd'],
    ['roman numeral four', 'Ⅳ'],
    ['ligature', 'ﬁ'],
    ['superscript', '²'],
    ['chess king', '♚'],
    ['emoji', '😀'],
    ['dash', '–'],
    ['old Hangul jamo', '\u1100'],
    ['half-width jamo', '\uffa1'],
    ['tatweel', '\u0640'],
    ['enclosing mark', '\u20dd'],
    ['full-width cent', '\uffe0'],
  ])('%s is disallowed (RFC 8264 §4.2.3)', (_, char) => {
    expectMalformed(() => bareJid(`a${char}@example.com`))
    expectMalformed(() => bareJid(`${char}@example.com`))
  })

  it.each([
    ['middle dot between two l', 'col·lega', 'la·la'],
    ['Greek keraia before Greek', '\u0375α', '\u0375a'],
    ['Hebrew geresh after Hebrew', 'ג׳', 'g׳'],
    ['Hebrew gershayim after Hebrew', 'צה״ל', '״ל'],
    ['katakana middle dot beside Japanese', 'ア・b', 'a・b'],
    ['Arabic-Indic digits of one kind', 'ب١٢', 'ب١۲'],
    ['zero-width joiner after a virama', 'क\u094d\u200d', 'क\u200d'],
    ['zero-width non-joiner after a virama', 'क\u094d\u200cष', 'क\u200cष'],
    ['zero-width non-joiner between joining letters', 'می\u200cشود', 'د\u200cا'],
  ])('%s (RFC 5892 appendix A)', (_, allowed, refused) => {
    expect(bareJid(`${allowed}@example.com`)).toBe(`${allowed}@example.com`)
    expectMalformed(() => bareJid(`${refused}@example.com`))
  })

  it.each(['שלום', 'שלום7', 'محمد', 'محمد١', 'ب-ب', 'ܐ', 'שָׁלוֹ', '\u07c0'])(
    '%s is written from right to left',
    (local) => {
      expect(bareJid(`${local}@example.com`)).toBe(`${local.normalize('NFC')}@example.com`)
    },
  )

  it.each(['aשלום', 'שלוםa', 'שa5', '7שלום', 'שלום-', '-שלום', '٣', 'a٣', 'ب1٢', 'שधש'])(
    '%s could be shown in the order of another name (RFC 5893 §2)',
    (local) => expectMalformed(() => bareJid(`${local}@example.com`)),
  )
})
