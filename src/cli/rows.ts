import type { RosterItem } from '../core/item.js'
import { domainOf } from '../core/jid.js'
import type { ContactPresence } from '../core/presence.js'

/** A contact as it is listed. */
export interface Row {
  readonly item: RosterItem
  /** `undefined`: nobody has looked. */
  readonly presence: ContactPresence | undefined
}

/** What contacts can be sorted by; equal ones by JID. */
export const SORT_KEYS = ['jid', 'name', 'host', 'group', 'subscription'] as const

type SortKey = (typeof SORT_KEYS)[number]

const KEYS: Readonly<Record<SortKey, (item: RosterItem) => string>> = {
  jid: ({ jid }) => jid,
  // Without a name a contact is known by its JID.
  name: ({ name, jid }) => name ?? jid,
  host: ({ jid }) => domainOf(jid),
  group: ({ groups }) => [...groups].sort(compare)[0] ?? '',
  subscription: ({ subscription }) => subscription,
}

// The same order on every machine, whatever its language is; words with capitals stand with the others.
const collator = new Intl.Collator('en', { sensitivity: 'base', numeric: true })

function compare(a: string, b: string): number {
  return collator.compare(a, b) || Number(a > b) - Number(a < b)
}

/** The rows in order; a new list. */
export const sorted = (rows: readonly Row[], by: SortKey): readonly Row[] =>
  [...rows].sort((a, b) => compare(KEYS[by](a.item), KEYS[by](b.item)) || compare(a.item.jid, b.item.jid))

/** `online` for whoever is there and says no more; empty for whoever is not. */
export const showOf = (presence: ContactPresence | undefined): string =>
  presence?.available === true ? (presence.best.show ?? 'online') : ''

/** Whose requests wait: `out` for the owner's, `in` for the contact's. */
export const pendingOf = ({ pendingOut, pendingIn }: Pick<RosterItem, 'pendingOut' | 'pendingIn'>): string =>
  [...(pendingOut ? ['out'] : []), ...(pendingIn ? ['in'] : [])].join(' ')
