import type { Owed, StoredItem } from '../port.js'
import type { SqliteRow, SqliteValue } from './database.js'

/** The columns of an item after its owner, in the order of {@link itemValues}. */
export const ITEM_COLUMNS = [
  ...['jid', 'name', '"groups"', 'state', 'approved', 'unlisted', 'request', 'received_at', 'deferred', 'asked_at'],
] as const

/** An item as it is bound. Throws over what is no item, before anything was written. */
export function itemValues(item: StoredItem): readonly SqliteValue[] {
  const { request } = item
  return [
    item.jid,
    item.name ?? null,
    JSON.stringify(item.groups),
    item.state,
    item.approved ? 1 : 0,
    item.unlisted ? 1 : 0,
    request?.xml ?? null,
    request?.receivedAt ?? null,
    request === undefined ? null : Number(request.deferred),
    item.askedAt ?? null,
  ]
}

/**
 * The item of a row. What stands in its columns is not looked at: whoever reads a storage checks what comes out of it, and
 * can say what is wrong with whose roster.
 */
export function itemOf(row: SqliteRow): StoredItem {
  const item: Record<string, unknown> = { jid: row['jid'], groups: groupsOf(row['groups']), state: row['state'] }
  if (row['name'] !== null) item['name'] = row['name']
  if (flagOf(row['approved']) !== false) item['approved'] = flagOf(row['approved'])
  if (flagOf(row['unlisted']) !== false) item['unlisted'] = flagOf(row['unlisted'])
  if (row['request'] !== null) item['request'] = requestOf(row)
  if (row['asked_at'] !== null) item['askedAt'] = numberOf(row['asked_at'])
  return item as unknown as StoredItem
}

/** The owed stanza of a row, unchecked like an item. */
export function owedOf({ id, at, xml }: SqliteRow): Owed {
  return { id, at: numberOf(at), xml } as unknown as Owed
}

const requestOf = ({ request, received_at, deferred }: SqliteRow): unknown => ({
  xml: request,
  receivedAt: numberOf(received_at),
  deferred: flagOf(deferred),
})

/** Text that is no list goes to the reader as it is. */
function groupsOf(text: unknown): unknown {
  if (text === '[]' || typeof text !== 'string') return text === '[]' ? [] : text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A connection may be set to give integers as `bigint`. */
const numberOf = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value)

function flagOf(value: unknown): unknown {
  const number = numberOf(value)
  return number === 0 || number === 1 ? number === 1 : value
}
