import { bareJidOrNothing } from '../../core/jid.js'
import { isSubscription, partsOf, stateFrom } from '../../core/state.js'
import { adminItem } from '../item.js'
import type { AdminItem } from '../port.js'
import { senseless } from './answer.js'

/** An item, and the JID as ejabberd has it: of an older login it may be in another spelling, and that is its key there. */
export interface StoredItem {
  readonly item: AdminItem
  readonly stored: string
}

/** What a row of get_roster says; before 23.10 there is one row for each group. */
interface Row {
  readonly jid: string
  readonly nick: string
  readonly subscription: string
  readonly pending: string
  readonly groups: readonly string[]
}

const isText = (value: unknown): value is string => typeof value === 'string'

/** @throws RosterError `STANZA_INVALID` */
function rowOf(value: unknown): Row {
  const row = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>
  const { jid, nick = '', subscription = 'none' } = row
  const pending = row['pending'] ?? row['ask'] ?? 'none'
  const groups = row['groups'] ?? [row['group'] ?? '']
  if (!isText(jid) || !isText(nick) || !isText(subscription) || !isText(pending)) throw senseless('get_roster', 'items')
  if (!Array.isArray(groups) || !groups.every(isText)) throw senseless('get_roster', 'items with groups')
  return { jid, nick, subscription, pending, groups: groups.filter((group) => group !== '') }
}

/** Which requests wait: ejabberd says `subscribe` or `undefined`, and its documents `in`, `out` and `none`. */
const WAITING_OUT: readonly string[] = ['out', 'both', 'subscribe']
const WAITING_IN: readonly string[] = ['in', 'both']

/**
 * The items of a roster by their canonical JID, in the server's order. Rows of one contact are one item; what has no JID
 * that XMPP would take is left out.
 *
 * @throws RosterError `STANZA_INVALID`
 */
export function readRoster(rows: readonly unknown[]): ReadonlyMap<string, StoredItem> {
  const merged = new Map<string, Row>()
  for (const row of rows.map(rowOf)) {
    const known = merged.get(row.jid)
    merged.set(row.jid, known === undefined ? row : { ...known, groups: [...known.groups, ...row.groups] })
  }
  const items = new Map<string, StoredItem>()
  for (const row of merged.values()) {
    const jid = bareJidOrNothing(row.jid)
    if (jid !== undefined && !items.has(jid)) items.set(jid, { item: itemOf(jid, row), stored: row.jid })
  }
  return items
}

function itemOf(jid: string, row: Row): AdminItem {
  // ejabberd keeps any word as a subscription; RFC 6121 knows four.
  const subscription = isSubscription(row.subscription) ? row.subscription : 'none'
  const state = stateFrom(subscription, WAITING_OUT.includes(row.pending), WAITING_IN.includes(row.pending))
  return adminItem({ jid, name: row.nick, groups: Object.freeze([...new Set(row.groups)]), ...partsOf(state) })
}
