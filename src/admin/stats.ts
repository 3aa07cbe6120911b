import type { RosterItem } from '../core/item.js'
import { domainOf } from '../core/jid.js'
import type { AdminItem } from './port.js'

/** What {@link stats} counts. */
export interface RosterStats {
  /** All items. */
  readonly contacts: number
  /** Domain → contacts there; most first, equals in the order of their first contact. */
  readonly hosts: ReadonlyMap<string, number>
  /** Contacts that see the owner and are seen. */
  readonly both: number
  /** Contacts that the owner sees, and that do not see the owner. */
  readonly toOnly: number
  /** Contacts that see the owner, and that the owner does not see. */
  readonly fromOnly: number
  /** Neither, whatever is pending. */
  readonly none: number
  /** The owner asked and waits for an answer. */
  readonly pendingOut: number
  /** The contact asked and waits for an answer. */
  readonly pendingIn: number
  /** Group → contacts in it; most first, equals in the order of their first contact. */
  readonly groups: ReadonlyMap<string, number>
  /** Contacts in no group. */
  readonly ungrouped: number
  /** On average; 0 when there is no group. */
  readonly contactsPerGroup: number
  /** On average; 0 when there is no contact. */
  readonly groupsPerContact: number
}

/**
 * Counts what is in a roster, or in several together: the figures of `li roster stats`, and those that it lacks. Each item
 * is looked at once; nothing is sent.
 *
 * @example
 * ```ts
 * import type { OwnerRoster } from 'xmpp-roster'
 * import { stats } from 'xmpp-roster/admin'
 *
 * function show(own: OwnerRoster): void {
 *   const { contacts, both, groups } = stats(own.values())
 *   console.log(`${both} of ${contacts} contacts are mutual`)
 *   for (const [group, size] of groups) console.log(`${group}: ${size}`)
 * }
 * ```
 */
export function stats(items: Iterable<RosterItem | AdminItem>): RosterStats {
  const hosts = new Map<string, number>()
  const groups = new Map<string, number>()
  const subscriptions = { both: 0, to: 0, from: 0, none: 0 }
  const count = { contacts: 0, pendingOut: 0, pendingIn: 0, ungrouped: 0, memberships: 0 }
  for (const item of items) {
    count.contacts += 1
    subscriptions[item.subscription] += 1
    count.pendingOut += Number(item.pendingOut)
    count.pendingIn += Number(item.pendingIn)
    count.ungrouped += Number(item.groups.length === 0)
    count.memberships += item.groups.length
    add(hosts, domainOf(item.jid))
    for (const group of item.groups) add(groups, group)
  }
  const { memberships, ...counted } = count
  return Object.freeze({
    ...counted,
    both: subscriptions.both,
    toOnly: subscriptions.to,
    fromOnly: subscriptions.from,
    none: subscriptions.none,
    hosts: mostFirst(hosts),
    groups: mostFirst(groups),
    contactsPerGroup: groups.size === 0 ? 0 : memberships / groups.size,
    groupsPerContact: count.contacts === 0 ? 0 : memberships / count.contacts,
  })
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** Sorting keeps the order of equals. */
const mostFirst = (counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> =>
  new Map([...counts].sort(([, a], [, b]) => b - a))
