import { describe, expect, test } from 'vitest'
import { RosterError } from '../../src/core/errors.js'
import { SUBSCRIPTION_STATES } from '../../src/core/state.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import type { StoredRoster } from '../../src/storage/port.js'
import { parseRosterChanges, parseStoredRoster } from '../../src/storage/record.js'
import { asking, create, item, JULIET, NOW, NURSE, OWNER, owed, TYBALT } from '../../src/testing/contract/subject.js'

const roster = (fields: object = {}) => ({ items: [], owed: [], revision: 'r1', ...fields })
const withItem = (fields: object) => roster({ items: [item(NURSE), { ...item(JULIET), ...fields }] })
const withOwed = (fields: object) => roster({ owed: [{ ...owed('a'), ...fields }] })
const request = { xml: '<presence/>', receivedAt: NOW, deferred: false }
const withRequest = (fields: object) => withItem({ state: 'none+in', request: { ...request, ...fields } })

const refusal = (value: unknown, parse: typeof parseStoredRoster | typeof parseRosterChanges = parseStoredRoster) => {
  try {
    parse(OWNER, value)
  } catch (error) {
    if (error instanceof RosterError) return error
    throw error
  }
  throw new Error('It was taken for a roster.')
}

/** What came, the field that the error names, what it says came. */
const CORRUPT: readonly (readonly [title: string, value: unknown, field: string, came: string])[] = [
  ['nothing', undefined, 'the roster', 'nothing'],
  ['null', null, 'the roster', 'null'],
  ['a text', '{"items":[]}', 'the roster', '"{"items":[]}"'],
  ['a list', [], 'the roster', 'a list'],
  ['a function', () => undefined, 'the roster', 'a function'],
  ['no items', { owed: [], revision: 'r1' }, 'items', 'nothing'],
  ['items in a map', roster({ items: new Map() }), 'items', 'an object'],
  ['an item that is a text', roster({ items: [JULIET] }), 'items[0]', `"${JULIET}"`],
  ['an item that is null', roster({ items: [item(NURSE), null] }), 'items[1]', 'null'],
  ['an item that is a list', roster({ items: [[JULIET]] }), 'items[0]', 'a list'],
  // biome-ignore lint/suspicious/noSparseArray: it is the hole that must be seen.
  ['a hole between items', roster({ items: [item(NURSE), , item(JULIET)] }), 'items[1]', 'nothing'],
  ['no jid', withItem({ jid: undefined }), 'items[1].jid', 'nothing'],
  ['a jid that is a number', withItem({ jid: 7 }), 'items[1].jid', '7'],
  ['an empty jid', withItem({ jid: '' }), 'items[1].jid', '""'],
  ['a malformed jid', withItem({ jid: 'a@b@c' }), 'items[1].jid', '"a@b@c"'],
  ['a jid in capitals', withItem({ jid: 'Juliet@example.com' }), 'items[1].jid', '"Juliet@example.com"'],
  ['a full jid', withItem({ jid: `${JULIET}/balcony` }), 'items[1].jid', `"${JULIET}/balcony"`],
  ['a jid with an A-label', withItem({ jid: 'a@xn--bcher-kva.example' }), 'items[1].jid', '"a@xn--bcher-kva.example"'],
  [
    'a jid that is not in NFC',
    withItem({ jid: 'andre\u0301@example.com' }),
    'items[1].jid',
    '"andre\u0301@example.com"',
  ],
  ['a jid that comes twice', withItem({ jid: NURSE }), 'items[1].jid', `"${NURSE}"`],
  ['a name that is null', withItem({ name: null }), 'items[1].name', 'null'],
  ['a name that is a number', withItem({ name: 0 }), 'items[1].name', '0'],
  ['a name that is bytes', withItem({ name: new Uint8Array(2) }), 'items[1].name', 'an object'],
  ['no groups', withItem({ groups: undefined }), 'items[1].groups', 'nothing'],
  ['groups as JSON', withItem({ groups: '["Friends"]' }), 'items[1].groups', '"["Friends"]"'],
  ['groups as a set', withItem({ groups: new Set(['Friends']) }), 'items[1].groups', 'an object'],
  ['a group that is null', withItem({ groups: ['Friends', null] }), 'items[1].groups', 'null'],
  ['a group that is a list', withItem({ groups: [['Friends']] }), 'items[1].groups', 'a list'],
  // biome-ignore lint/suspicious/noSparseArray: it is the hole that must be seen.
  ['a hole between groups', withItem({ groups: ['a', , 'b'] }), 'items[1].groups', 'nothing'],
  ['no state', withItem({ state: undefined }), 'items[1].state', 'nothing'],
  ['an unknown state', withItem({ state: 'remove' }), 'items[1].state', '"remove"'],
  ['a state in capitals', withItem({ state: 'Both' }), 'items[1].state', '"Both"'],
  ['a state that every object has', withItem({ state: 'constructor' }), 'items[1].state', '"constructor"'],
  ['the state __proto__', withItem({ state: '__proto__' }), 'items[1].state', '"__proto__"'],
  ['a state in a list', withItem({ state: ['both'] }), 'items[1].state', 'a list'],
  ['approved as a number', withItem({ approved: 1 }), 'items[1].approved', '1'],
  ['approved as a text', withItem({ approved: 'false' }), 'items[1].approved', '"false"'],
  ['unlisted as null', withItem({ unlisted: null }), 'items[1].unlisted', 'null'],
  ['unlisted in the roster', withItem({ unlisted: true, state: 'both' }), 'items[1].state', 'both'],
  [
    'unlisted, and asked',
    withItem({ unlisted: true, state: 'none+out+in', request }),
    'items[1].state',
    '"none+out+in"',
  ],
  ['unlisted, but not asking', withItem({ unlisted: true, state: 'none+in' }), 'items[1].request', 'nothing'],
  ['a request that is null', withItem({ state: 'to+in', request: null }), 'items[1].request', 'null'],
  ['a request that is a stanza', withItem({ state: 'to+in', request: '<p/>' }), 'items[1].request', '"<p/>"'],
  ['a request that was answered', withItem({ state: 'from', request }), 'items[1].state', '"from"'],
  ['a request without its stanza', withRequest({ xml: undefined }), 'items[1].request.xml', 'nothing'],
  ['a request with a date as text', withRequest({ receivedAt: '2026' }), 'items[1].request.receivedAt', '"2026"'],
  ['a request with a Date', withRequest({ receivedAt: new Date(NOW) }), 'items[1].request.receivedAt', 'an object'],
  ['a request at no time', withRequest({ receivedAt: Number.NaN }), 'items[1].request.receivedAt', 'NaN'],
  ['a request after all times', withRequest({ receivedAt: 1e17 }), 'items[1].request.receivedAt', '100000000000000000'],
  ['a request with deferred as 0', withRequest({ deferred: 0 }), 'items[1].request.deferred', '0'],
  ['asked at infinity', withItem({ state: 'none+out', askedAt: Infinity }), 'items[1].askedAt', 'Infinity'],
  ['asked at a bigint', withItem({ state: 'none+out', askedAt: 1n }), 'items[1].askedAt', 'a bigint'],
  ['asked at null, of old', withItem({ state: 'both', askedAt: null }), 'items[1].askedAt', 'null'],
  ['a version that is null', roster({ version: null }), 'version', 'null'],
  ['a version that is a number', roster({ version: 3 }), 'version', '3'],
  ['no revision', roster({ revision: undefined }), 'revision', 'nothing'],
  ['a revision that is a number', roster({ revision: 1 }), 'revision', '1'],
  ['no list of what is owed', roster({ owed: undefined }), 'owed', 'nothing'],
  ['owed that is a text', roster({ owed: ['<presence/>'] }), 'owed[0]', '"<presence/>"'],
  ['owed without an id', withOwed({ id: undefined }), 'owed[0].id', 'nothing'],
  ['owed under a number', withOwed({ id: 5 }), 'owed[0].id', '5'],
  ['owed since a text', withOwed({ at: 'now' }), 'owed[0].at', '"now"'],
  ['owed without a stanza', withOwed({ xml: null }), 'owed[0].xml', 'null'],
  ['owed twice under one id', roster({ owed: [owed('a'), owed('b'), owed('a')] }), 'owed[2].id', '"a"'],
]

describe('a stored roster that is refused', () => {
  test.each(CORRUPT)('%s', (_title, value, field, came) => {
    const error = refusal(value)
    expect(error).toMatchObject({ code: 'STORAGE_CORRUPT', owner: OWNER })
    expect(error.message).toContain(`The stored roster of ${OWNER} is damaged: ${field} should be `)
    expect(error.message).toContain(came)
  })

  test('says what was expected', () => {
    const { message } = refusal(withItem({ state: 'friend' }))
    expect(message).toBe(
      `The stored roster of ${OWNER} is damaged: items[1].state should be one of the nine states, but "friend" came.`,
    )
  })

  test('says of a malformed JID why it is one', () => {
    expect(refusal(withItem({ jid: 'a@b@c' })).cause).toMatchObject({ code: 'JID_MALFORMED' })
  })

  test('does not repeat a megabyte, nor what a terminal would obey', () => {
    const { message } = refusal(withItem({ state: `\u001b[2J${'x'.repeat(1_000_000)}` }))
    expect(message.length).toBeLessThan(400)
    expect(message).not.toContain('\u001b')
  })
})

describe('a stored roster that is read', () => {
  const full: StoredRoster = {
    items: [
      item(JULIET, { name: 'Juliet', groups: ['Friends', 'Capulet'], state: 'both', approved: true }),
      item(NURSE, { state: 'from+out', askedAt: NOW }),
      asking('paris@example.com'),
    ],
    version: 'v7',
    owed: [owed('z'), owed('a')],
    revision: 'r1',
  }

  test('says what it said', () => {
    expect(parseStoredRoster(OWNER, full)).toStrictEqual(full)
  })

  test('is frozen and shares nothing that may change with what came', () => {
    const came = structuredClone(full)
    const parsed = parseStoredRoster(OWNER, came)
    for (const part of [parsed, parsed.items, parsed.owed]) expect(Object.isFrozen(part)).toBe(true)
    for (const part of [...parsed.items, ...parsed.owed]) expect(Object.isFrozen(part)).toBe(true)
    Object.assign(came.items[2]!.request!, { xml: 'changed' })
    Object.assign(came.items[0]!, { groups: Object.assign(came.items[0]!.groups, ['changed']), state: 'none' })
    Object.assign(came.owed[0]!, { xml: 'changed' })
    expect(parsed).toStrictEqual(full)
  })

  test('leaves out what is no field and what says nothing', () => {
    const wordy = { ...item(JULIET), name: '', approved: false, unlisted: false, request: undefined, id: 7 }
    const came = { items: [wordy], owed: [{ ...owed('a'), seq: 1 }], revision: 'r1', version: undefined, table: 'x' }
    expect(parseStoredRoster(OWNER, came)).toStrictEqual(roster({ items: [item(JULIET)], owed: [owed('a')] }))
  })

  test.each(SUBSCRIPTION_STATES)('may have an item in state %s with nothing else', (state) => {
    const came = roster({ items: [item(JULIET, { state })] })
    expect(parseStoredRoster(OWNER, came)).toStrictEqual(came)
  })

  test.each(SUBSCRIPTION_STATES)('keeps askedAt in state %s only while something is asked', (state) => {
    const [parsed] = parseStoredRoster(OWNER, roster({ items: [item(JULIET, { state, askedAt: NOW })] })).items
    expect(parsed?.askedAt).toBe(state.includes('+out') ? NOW : undefined)
  })

  test('may be empty, with an empty version', () => {
    expect(parseStoredRoster(OWNER, roster({ version: '' }))).toStrictEqual(roster({ version: '' }))
  })

  test('takes values of any prototype, as JSON and drivers make them', () => {
    const bare = Object.assign(Object.create(null), item(JULIET))
    const came = Object.assign(Object.create(null), roster({ items: [bare] }))
    expect(parseStoredRoster(OWNER, came)).toStrictEqual(roster({ items: [item(JULIET)] }))
  })

  test('may have come from the memory', async () => {
    const storage = new MemoryStorage()
    const put = Array.from({ length: 10_000 }, (_, index) => item(`contact${index}@example.com`, { state: 'both' }))
    await create(storage, OWNER, { put })
    const stored = await storage.load(OWNER)
    expect(parseStoredRoster(OWNER, stored)).toStrictEqual(stored)
  })
})

const changes = (fields: object = {}) => ({ put: [], remove: [], owed: [], revision: 'r2', ...fields })

/** As above, for what a storage says has changed. */
const CORRUPT_CHANGES: typeof CORRUPT = [
  ['null, where nothing is known', null, 'the changes', 'null'],
  ['a list of changes', [changes()], 'the changes', 'a list'],
  ['a whole roster', roster({ items: [item(JULIET)] }), 'put', 'nothing'],
  ['nothing that is put', changes({ put: undefined }), 'put', 'nothing'],
  ['a JID that is put', changes({ put: [JULIET] }), 'put[0]', `"${JULIET}"`],
  [
    'an item with an unknown state',
    changes({ put: [item(NURSE), item(JULIET, { state: 'remove' as 'to' })] }),
    'put[1].state',
    '"remove"',
  ],
  ['an item that is put twice', changes({ put: [item(JULIET), item(JULIET)] }), 'put[1].jid', `"${JULIET}"`],
  ['nothing that is removed', changes({ remove: undefined }), 'remove', 'nothing'],
  ['an item that is removed', changes({ remove: [item(JULIET)] }), 'remove[0]', 'an object'],
  ['a full JID that is removed', changes({ remove: [NURSE, `${JULIET}/balcony`] }), 'remove[1]', `"${JULIET}/balcony"`],
  ['a contact that is removed twice', changes({ remove: [NURSE, JULIET, NURSE] }), 'remove[2]', `"${NURSE}"`],
  [
    'a contact that is put and removed',
    changes({ put: [item(JULIET)], remove: [NURSE, JULIET] }),
    'remove[1]',
    `"${JULIET}"`,
  ],
  ['nothing that is owed', changes({ owed: undefined }), 'owed', 'nothing'],
  ['owed without a stanza', changes({ owed: [{ ...owed('a'), xml: null }] }), 'owed[0].xml', 'null'],
  ['owed twice under one id', changes({ owed: [owed('a'), owed('a')] }), 'owed[1].id', '"a"'],
  ['a version that is null', changes({ version: null }), 'version', 'null'],
  ['no revision', changes({ revision: undefined }), 'revision', 'nothing'],
]

describe('an answer about what has changed', () => {
  test.each(CORRUPT_CHANGES)('is refused: %s', (_title, value, field, came) => {
    const error = refusal(value, parseRosterChanges)
    expect(error).toMatchObject({ code: 'STORAGE_CORRUPT', owner: OWNER })
    expect(error.message).toContain(`The stored roster of ${OWNER} is damaged: ${field} should be `)
    expect(error.message).toContain(came)
  })

  test('says what it said, frozen, without what is no field', () => {
    const full = changes({
      put: [asking(JULIET), item(TYBALT)],
      remove: [NURSE],
      owed: [owed('z'), owed('a')],
      version: '',
    })
    const parsed = parseRosterChanges(OWNER, { ...structuredClone(full), since: 'r1' })
    expect(parsed).toStrictEqual(full)
    for (const part of [parsed, parsed.put, parsed.put[0], parsed.remove, parsed.owed, parsed.owed[0]]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  test('may say that nothing has changed', () => {
    expect(parseRosterChanges(OWNER, changes())).toStrictEqual(changes())
  })
})
