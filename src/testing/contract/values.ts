import type { StoredItem } from '../../storage/port.js'
import { assertRoster, assertSame } from './assertions.js'
import {
  asking,
  type Chapter,
  commit,
  create,
  deepFreeze,
  item,
  JULIET,
  NOW,
  NURSE,
  OWNER,
  owed,
  PARIS,
  TYBALT,
} from './subject.js'

/** No two are the same text; something that people build storages with takes some for the same, for nothing or for a command. */
const TEXTS: readonly string[] = [
  ...['Friends', 'friends', 'FRIENDS', 'Friends ', ' Friends', 'Friends\t', 'Friends\n', 'Friends\r\n'],
  ...['Friends\u00a0', ' ', '  ', '\t', '\n', '0', '00', '0.0', '-0', '1e3', 'null', 'undefined', 'true', 'NaN'],
  ...['[]', '{}', '""', "''", "'", '"', '\\', '\\\\', '\\n', '\\u0041', '`', '%', '_', '*', '$1', '{x}', ':x', '?'],
  ...[';--', ',', '&amp;', '&', '<a/>', '__proto__', 'constructor', 'andre', 'andré', 'andre\u0301', 'strasse'],
  ...['straße', 'i', 'ı', 'İ', '\u{1F339}', '\u{1F469}\u200d\u{1F680}', '♥', '♥\ufe0f', 'שלום', 'مرحبا'],
  ...['\u202eabc', '\u2028', '\ufeff', '\ufeffFriends', '\u0085', '\u{10FFFD}'],
]

/** The last moment of the year 9999, and the last one that a `Date` can hold. */
const LATE = [253_402_300_799_999, 8.64e15] as const

/** What goes in comes out, and nothing else. */
export const VALUES: Chapter = {
  'names, groups and versions come back letter by letter, blanks at their ends included': async ({
    storage,
    other,
  }) => {
    const inGroups = item(JULIET, { groups: TEXTS })
    const named = TEXTS.map((name, index) => item(`contact${index}@example.com`, { name, groups: [name] }))
    let revision = await create(storage, OWNER, { put: [inGroups, ...named] })
    await assertRoster(other, OWNER, { items: [inGroups, ...named], revision })
    for (const version of TEXTS.filter((_, index) => index % 10 === 1)) {
      revision = await commit(storage, OWNER, revision, { version, remove: named.map(({ jid }) => jid) })
      await assertRoster(other, OWNER, { items: [inGroups], version, revision })
    }
  },

  'requests come back word for word, with a status of any length and any letters': async ({ storage, other }) => {
    const status = `${TEXTS.join('|').replaceAll('<', '&lt;')} ${'é🌹 '.repeat(50_000)}`
    const request = { xml: `<presence type='subscribe'><status>${status}</status></presence>\n `, receivedAt: NOW }
    const contact = asking(JULIET, { request: { ...request, deferred: false } })
    const revision = await create(storage, OWNER, { put: [contact] })
    await assertRoster(other, OWNER, { items: [contact], revision })
  },

  'long names and groups come back as a whole': async ({ storage, other }) => {
    const long = (end: string) => `${'é🌹x'.repeat(1_000)}${end}`
    const contact = item(JULIET, { name: long(''), groups: [long('1'), long('2')] })
    const revision = await create(storage, OWNER, { put: [contact] })
    await assertRoster(other, OWNER, { items: [contact], revision })
  },

  'times come back as the numbers that they were': async ({ storage, other }) => {
    const times = [0, 1, NOW, ...LATE]
    const items = times.flatMap((at, index) => [
      item(`asked${index}@example.com`, { state: 'none+out', askedAt: at }),
      asking(`asks${index}@example.com`, { request: { xml: '<presence/>', receivedAt: at, deferred: true } }),
    ])
    const owe = times.map((at) => owed(`at ${at}`, at))
    const revision = await create(storage, OWNER, { put: items, owe })
    await assertRoster(other, OWNER, { items, owed: owe, revision })
  },
}

/** Who passes something in or takes something out shares nothing with the storage. */
export const SHARING: Chapter = {
  'what was handed out does not change with later commits': async ({ storage }) => {
    const base = await create(storage, OWNER, { put: [asking(JULIET)], version: '1', owe: [owed('a')] })
    const roster = await storage.load(OWNER)
    const copy = structuredClone(roster)
    const next = await commit(storage, OWNER, base, { put: [item(JULIET), item(NURSE)], settle: ['a'], version: '2' })
    assertSame(roster, copy, 'a roster changed after it was handed out')
    await commit(storage, OWNER, next, { erase: true })
    assertSame(roster, copy, 'a roster changed after it was handed out')
  },

  'what was handed out may be written to: the storage does not see it': async ({ storage, other }) => {
    const put = [asking(JULIET, { groups: ['Friends'] })]
    const revision = await create(storage, OWNER, { put, owe: [owed('a')], version: '1' })
    spoil(await storage.load(OWNER))
    for (const view of [storage, other]) {
      await assertRoster(view, OWNER, { items: put, owed: [owed('a')], version: '1', revision })
    }
  },

  'what was passed in may be changed afterwards: the storage does not see it': async ({ storage, other }) => {
    const change = { put: [asking(JULIET, { groups: ['Friends'] }), item(TYBALT)], owe: [owed('a')], version: '1' }
    const before = structuredClone(change)
    const revision = await create(storage, OWNER, change)
    spoil(change)
    for (const view of [storage, other]) {
      await assertRoster(view, OWNER, { items: before.put, owed: before.owe, version: '1', revision })
    }
  },

  'a change that is frozen through and through is taken as it is': async ({ storage, other }) => {
    const put: readonly StoredItem[] = [item(TYBALT, { groups: ['b', 'a'] }), asking(JULIET), item(NURSE)]
    const edit = deepFreeze({ put, remove: [PARIS, NURSE], owe: [owed('b'), owed('a')], settle: ['z', 'y'] })
    const revision = await create(storage, OWNER, edit)
    await assertRoster(other, OWNER, { items: put, owed: edit.owe, revision })
  },
}

/** Changes whatever lets itself be changed. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) {
    spoil(part)
    if (typeof part === 'string') Reflect.set(value, key, 'spoilt')
  }
  if (Array.isArray(value) && !Object.isFrozen(value)) value.length = 0
}
