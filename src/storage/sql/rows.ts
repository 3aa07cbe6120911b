import type { Owed, RosterChanges, StoredItem, StoredRoster } from '../port.js'

/** An item as the tables have it: contact, name, groups, state, approved, unlisted, request, received, deferred, asked. */
export type ItemRow = readonly [
  contact: unknown,
  name: unknown,
  groups: unknown,
  state: unknown,
  approved: unknown,
  unlisted: unknown,
  request: unknown,
  received: unknown,
  deferred: unknown,
  asked: unknown,
]

/** What is owed: id, at, xml. */
export type OwedRow = readonly [id: unknown, at: unknown, xml: unknown]

const NO_GROUPS: readonly string[] = []

/** MySQL has no booleans. */
const isTrue = (value: unknown): boolean => value === true || Number(value) === 1

/** What a table has is not checked here: the border of the storage does (`parseStoredRoster`), and says what is damaged. */
function itemOf(row: ItemRow): StoredItem {
  const [jid, name, groups, state, approved, unlisted, request, receivedAt, deferred, askedAt] = row
  const item: Record<keyof StoredItem, unknown> | Record<string, unknown> = { jid, groups: groups ?? NO_GROUPS, state }
  if (name !== null) item['name'] = name
  if (isTrue(approved)) item['approved'] = true
  if (isTrue(unlisted)) item['unlisted'] = true
  if (request !== null) item['request'] = { xml: request, receivedAt, deferred: isTrue(deferred) }
  if (askedAt !== null) item['askedAt'] = askedAt
  return item as unknown as StoredItem
}

const owedOf = ([id, at, xml]: OwedRow): Owed => ({ id, at, xml }) as Owed

export function rosterOf(
  items: readonly ItemRow[],
  owed: readonly OwedRow[],
  version: string | null,
  revision: string,
): StoredRoster {
  const parts = { items: items.map(itemOf), owed: owed.map(owedOf), revision }
  return version === null ? parts : { ...parts, version }
}

/** Of the contacts that were touched, those that are there were written, the others deleted. */
export function changesOf(touched: Iterable<string>, roster: StoredRoster): RosterChanges {
  const gone = new Set(touched)
  for (const { jid } of roster.items) gone.delete(jid)
  const { items: put, owed, version, revision } = roster
  const changes = { put, remove: [...gone], owed, revision }
  return version === undefined ? changes : { ...changes, version }
}

/** A text of JSON. What is none stays as it is, and is found damaged at the border. */
export function fromJson(text: unknown): unknown {
  if (typeof text !== 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
