import { RosterError } from '../../core/errors.js'
import { bareJid } from '../../core/jid.js'
import { partsOf, type Subscription, stateFrom } from '../../core/state.js'
import type { AdminItem } from '../port.js'
import { senseless } from './answer.js'

/** An item, and the JID as ejabberd has it: of an older login it may be in another spelling, and that is its key there. */
export interface StoredItem {
  readonly item: AdminItem
  readonly stored: string
}

/** What a row of get_roster says; up to 23.01 there is one row for each group. */
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

const SUBSCRIPTIONS: readonly string[] = ['none', 'to', 'from', 'both'] satisfies Subscription[]

/** ejabberd stores any word as a subscription; RFC 6121 knows four. */
const isSubscription = (word: unknown): word is Subscription => isText(word) && SUBSCRIPTIONS.includes(word)

/** ejabberd's word for the requests that wait: `both` is both ways, `undefined` is what its own commands write. */
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
    const jid = bareOrNothing(row.jid)
    if (jid !== undefined && !items.has(jid)) items.set(jid, { item: itemOf(jid, row), stored: row.jid })
  }
  return items
}

function itemOf(jid: string, row: Row): AdminItem {
  const subscription = isSubscription(row.subscription) ? row.subscription : 'none'
  const state = stateFrom(subscription, WAITING_OUT.includes(row.pending), WAITING_IN.includes(row.pending))
  return Object.freeze({
    jid,
    name: row.nick === '' ? undefined : row.nick,
    groups: Object.freeze([...new Set(row.groups)]),
    ...partsOf(state),
  })
}

/** What a server has may be older than the rules for JIDs. */
export function bareOrNothing(jid: string): string | undefined {
  try {
    return bareJid(jid)
  } catch {
    return undefined
  }
}

/** @throws RosterError `ITEM_INVALID` */
export function checkSubscription(contact: string, word: unknown): Subscription | undefined {
  if (word === undefined || isSubscription(word)) return word
  const message = `A subscription is "none", "to", "from" or "both", but ${JSON.stringify(word)} came; nothing was written.`
  throw new RosterError('ITEM_INVALID', message, { contact })
}
