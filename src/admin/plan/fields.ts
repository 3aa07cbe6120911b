import { RosterError } from '../../core/errors.js'
import { patchItem, type RosterItem } from '../../core/item.js'
import { bareJid } from '../../core/jid.js'
import { isSubscription, type Subscription } from '../../core/state.js'
import { shorten } from '../../core/text.js'
import { defined } from '../defined.js'
import type { AdminItem } from '../port.js'
import type { WantedContact } from './types.js'

/** What may be wanted of a contact. */
export const FIELDS = ['name', 'groups', 'subscription'] as const
export type Field = (typeof FIELDS)[number]
export type Value = string | readonly string[]

/** The fields that are named, so written that equal ones are equal: no name is an empty text, groups are sorted. */
export type Named = { readonly [F in Field]?: WantedContact[F] & {} }

/** What an item has of which nothing was ever said. */
export const BLANK: Readonly<Record<Field, Value>> = { name: '', groups: [], subscription: 'none' }

export const isEqual = (a: Value, b: Value): boolean =>
  typeof a === 'string' || typeof b === 'string'
    ? a === b
    : a.length === b.length && a.every((group, index) => group === b[index])

/** The order of every list: by code unit, the same in every language. Equals keep theirs. */
export const compareText = (a: string, b: string): number => Number(a > b) - Number(a < b)

/** Each once, in an order that does not depend on who lists them. */
export const sortedGroups = (groups: readonly string[]): readonly string[] => [...new Set(groups)].sort()

export const invalid = (what: string, contact?: string): RosterError =>
  new RosterError('ITEM_INVALID', what, { contact })

/** A value as a message shows it. */
export const inText = (value: unknown): string => shorten(JSON.stringify(value) ?? String(value), 60)

/**
 * What is wanted, by canonical JID.
 * @throws RosterError `JID_MALFORMED`; `ITEM_INVALID` for anything else that is none, and for two spellings of one JID.
 */
export function namedContacts(
  contacts: Iterable<WantedContact>,
  what: string,
  owner?: string,
): ReadonlyMap<string, Named> {
  const spellings = new Map<string, string>()
  const named = new Map<string, Named>()
  for (const contact of contacts) {
    const given: unknown = contact
    if (typeof given !== 'object' || given === null || typeof contact.jid !== 'string')
      throw invalid(`Expected contacts with a "jid" as ${what}, but ${inText(given)} came.`)
    const jid = bareJid(contact.jid)
    const spelling = spellings.get(jid)
    if (spelling !== undefined)
      throw invalid(`${jid} is ${what} twice, as ${inText(spelling)} and as ${inText(contact.jid)}.`, jid)
    spellings.set(jid, contact.jid)
    const fields = namedFields(jid, contact)
    if (jid !== owner) named.set(jid, fields)
  }
  return named
}

function namedFields(jid: string, { name, groups, subscription }: WantedContact): Named {
  if (groups !== undefined && !Array.isArray(groups))
    throw invalid(`Expected a list as the groups of ${jid}, but ${inText(groups)} came.`, jid)
  if (subscription !== undefined && !isSubscription(subscription))
    throw invalid(`Expected none, to, from or both for ${jid}, but ${inText(subscription)} came.`, jid)
  // A name of null is a word of patches: here an empty text says it.
  if (name !== undefined && typeof name !== 'string')
    throw invalid(`Expected text as the name of ${jid}, but ${inText(name)} came.`, jid)
  patchItem(jid, undefined, defined({ name, groups }))
  return defined({ name, groups: groups === undefined ? undefined : sortedGroups(groups), subscription })
}

/** An item in the same terms, every field named. */
export const fieldsOf = (item: RosterItem | AdminItem): Readonly<Record<Field, Value>> & Required<Named> => ({
  name: item.name ?? '',
  groups: sortedGroups(item.groups),
  subscription: reachedBy(item),
})

/**
 * The subscription that the owner has done everything for. On a live roster the rest is the contact's to do: what was asked
 * for, or granted in advance (RFC 6121 §3.4), is on its way. An administrator writes the subscription itself.
 */
function reachedBy(item: RosterItem | AdminItem): Subscription {
  if (!('state' in item)) return item.subscription
  const to = item.pendingOut || item.subscription === 'to' || item.subscription === 'both'
  const from = item.approved || item.subscription === 'from' || item.subscription === 'both'
  return directions(to, from)
}

function directions(to: boolean, from: boolean): Subscription {
  if (to) return from ? 'both' : 'to'
  return from ? 'from' : 'none'
}

/** Whether everything that `part` allows, `whole` allows too. */
export const allowsNoMore = (part: Subscription, whole: Subscription): boolean =>
  whole === 'both' || part === 'none' || part === whole
