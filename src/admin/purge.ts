import type { RosterItem } from '../core/item.js'
import type { AdminItem } from './port.js'

/** Which items {@link purgeCandidates} names besides those without any subscription. */
export interface PurgeOptions {
  /** Also contacts that do not see the owner (`to`). Default `false`. */
  readonly noFrom?: boolean
  /** Also contacts that the owner does not see (`from`). Default `false`. */
  readonly noTo?: boolean
  /** Also those where a request waits for an answer, in either direction. Default `false`. */
  readonly pending?: boolean
}

/**
 * The items that may go because little or nothing connects the two: `none` always, `to` with `noFrom`, `from` with `noTo`,
 * `both` never. Where a request waits for an answer, in either direction, the item is named only with `pending`.
 *
 * Nothing is removed. The order stays; the list is frozen, and its items are the very same.
 *
 * @example
 * ```ts
 * import type { OwnerRoster } from 'xmpp-roster'
 * import { purgeCandidates } from 'xmpp-roster/admin'
 *
 * async function purge(own: OwnerRoster): Promise<void> {
 *   for (const { jid } of purgeCandidates(own.values(), { noFrom: true })) await own.remove(jid)
 * }
 * ```
 */
export function purgeCandidates<T extends RosterItem | AdminItem>(
  items: Iterable<T>,
  options: PurgeOptions = {},
): readonly T[] {
  const { noFrom = false, noTo = false, pending = false } = options
  const goes = { none: true, to: noFrom, from: noTo, both: false }
  const isSpared = (item: T): boolean => !pending && (item.pendingOut || item.pendingIn)
  return Object.freeze(Array.from(items).filter((item) => goes[item.subscription] && !isSpared(item)))
}
