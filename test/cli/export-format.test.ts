import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Exported, exportLines, parseExport } from '../../src/cli/export-format.js'
import { rosterItem } from '../../src/core/item.js'
import { stateFrom } from '../../src/core/state.js'
import { isXmlText } from '../../src/core/text.js'

const HEAD =
  '{"format":"xmpp-roster-export","version":1,"owner":"juliet@example.com","exported":"2026-11-21T10:00:00.000Z"}'
const ROMEO =
  '{"jid":"romeo@example.net","name":null,"groups":[],"subscription":"none","pendingOut":true,"pendingIn":false,"approved":false}'

const file = (...lines: readonly string[]) => ({ where: 'r.jsonl', text: lines.map((line) => `${line}\n`).join('') })
const textOf = (exported: Exported) => ({ where: 'r.jsonl', text: `${exportLines(exported).join('\n')}\n` })

const text = fc.string({ unit: 'binary' }).filter(isXmlText)
const item = fc
  .record({
    name: fc.option(text.filter(Boolean), { nil: undefined }),
    groups: fc.uniqueArray(text.filter(Boolean), { maxLength: 4 }),
    subscription: fc.constantFrom('none', 'to', 'from', 'both'),
    pending: fc.tuple(fc.boolean(), fc.boolean()),
    approved: fc.boolean(),
  })
  .map(({ subscription, pending: [out, waits], ...fields }) => ({
    ...fields,
    state: stateFrom(subscription, out, waits),
  }))

describe('an export', () => {
  test('that is read again has the very same items, whatever names and groups they have', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 8 }), (fields) => {
        const items = fields.map((one, at) => rosterItem({ ...one, jid: `contact${at}@example.net` }))
        const exported = { owner: 'juliet@example.com', exported: '2026-11-21T10:00:00.000Z', items }
        expect(parseExport(textOf(exported))).toEqual(exported)
      }),
    )
  })

  test('is lines that a terminal does not obey', () => {
    fc.assert(
      fc.property(text.filter(Boolean), (name) => {
        const items = [rosterItem({ jid: 'romeo@example.net', name, state: 'none' })]
        const lines = exportLines({ owner: 'juliet@example.com', exported: '', items })
        expect(lines).toHaveLength(3)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
        expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/)
      }),
    )
  })

  test('of a roster without contacts is two lines', () => {
    expect(parseExport(file(HEAD, '{"items":0}')).items).toEqual([])
  })

  test('that is cut off anywhere is refused, with the line where it ends', () => {
    const whole = file(HEAD, ROMEO, ROMEO.replace('romeo', 'benvolio'), '{"items":2}').text
    // What is missing at the very end is the end of the last line alone.
    for (let length = 0; length < whole.length - 1; length += 1) {
      const cut = whole.slice(0, length)
      const line = Math.max(1, cut.replace(/\n$/, '').split('\n').length)
      expect(() => parseExport({ where: 'r.jsonl', text: cut })).toThrow(`r.jsonl, line ${line}: `)
    }
  })
})

describe('an export is refused with the number of the line', () => {
  test.each<[what: string, lines: readonly string[], message: string]>([
    ['that is empty', [], 'line 1: '],
    ['that is something else', ['[1]', '{"items":0}'], 'line 1: an export begins with'],
    [
      'of a later version',
      [HEAD.replace('1', '2'), '{"items":0}'],
      'line 1: this program reads version 1 of exports, but this is version 2',
    ],
    [
      'without an owner',
      ['{"format":"xmpp-roster-export","version":1,"exported":""}', '{"items":0}'],
      'line 1: "owner" is missing',
    ],
    [
      'without its count',
      [HEAD, ROMEO],
      'line 2: the line with the number of items is missing: the export was cut off here',
    ],
    [
      'that lacks a line in the middle',
      [HEAD, '{"items":1}'],
      'line 2: 1 items should be there, but there are 0: some are missing',
    ],
    ['with a line that is no JSON', [HEAD, 'oops', ROMEO, '{"items":2}'], 'line 2: this is no JSON'],
    ['with an empty line', [HEAD, '', ROMEO, '{"items":1}'], 'line 2: this is no JSON'],
    [
      'with something behind its end',
      [HEAD, ROMEO, '{"items":1}', ROMEO],
      'line 4: the line with the number of items is missing',
    ],
    [
      'with a field that nobody knows',
      [HEAD, ROMEO.replace('}', ',"nick":"R"}'), '{"items":1}'],
      'line 2: "nick" is not known here',
    ],
    ['without a field', [HEAD, ROMEO.replace('"groups":[],', ''), '{"items":1}'], 'line 2: "groups" is missing'],
    [
      'with a name that is a number',
      [HEAD, ROMEO.replace('null', '7'), '{"items":1}'],
      'line 2: expected a text or null as "name", but 7 came',
    ],
    [
      'with groups that are a text',
      [HEAD, ROMEO.replace('[]', '"A"'), '{"items":1}'],
      'line 2: expected a list of texts as "groups", but "A" came',
    ],
    [
      'with a subscription that is none',
      [HEAD, ROMEO.replace('none', 'BOTH'), '{"items":1}'],
      'line 2: expected none, to, from or both as "subscription", but "BOTH" came',
    ],
    ['with a JID that is none', [HEAD, ROMEO.replace('romeo@', '@'), '{"items":1}'], 'line 2: '],
    [
      'with a resource',
      [HEAD, ROMEO.replace('.net', '.net/x'), '{"items":1}'],
      'line 2: a contact has no resource, but "romeo@example.net/x" has',
    ],
    ['with a name that XML cannot carry', [HEAD, ROMEO.replace('null', '"\\u0000"'), '{"items":1}'], 'line 2: '],
    ['with a group without a name', [HEAD, ROMEO.replace('[]', '[""]'), '{"items":1}'], 'line 2: '],
    [
      'with a contact twice',
      [HEAD, ROMEO, ROMEO.replace('romeo', 'Romeo'), '{"items":2}'],
      'line 3: romeo@example.net is in line 2 already',
    ],
  ])('%s', (_what, lines, message) => {
    expect(() => parseExport(file(...lines))).toThrow(`r.jsonl, ${message}`)
    try {
      parseExport(file(...lines))
    } catch (error) {
      expect(error).toMatchObject({ code: 'FILE_INVALID' })
    }
  })
})
