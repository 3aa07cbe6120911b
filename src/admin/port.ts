import type { JidLike } from '../core/jid.js'
import type { Subscription } from '../core/state.js'
import type { CallOptions } from '../roster/options.js'

/** One contact in an owner's roster, as the place that keeps it tells it. Frozen. */
export interface AdminItem {
  /** Canonical bare JID. */
  readonly jid: string
  /** What the owner calls the contact. Never empty: an empty name is none. */
  readonly name: string | undefined
  /** The owner's folders for the contact. Their order means nothing. */
  readonly groups: readonly string[]
  /** Who sees whom: `'to'` = the owner sees the contact, `'from'` = the contact sees the owner. */
  readonly subscription: Subscription
  /** `ask='subscribe'`: the owner asked, the contact has not answered. */
  readonly pendingOut: boolean
  /** The contact asked, the owner has not answered. `false` where the place does not tell. */
  readonly pendingIn: boolean
}

/**
 * What is written of an item. Absent = keep what is there; of an item that was not there: no name, no groups, `'none'`.
 * An empty `name` and an empty list of `groups` clear.
 */
export interface AdminItemInit {
  /** What the owner calls the contact. */
  readonly name?: string
  /** All of them. A group is never an empty text. */
  readonly groups?: readonly string[]
  /** Who sees whom, from the owner's side. */
  readonly subscription?: Subscription
}

/**
 * Where rosters of many owners can be managed. `put` writes one side only; what the other side learns depends on the place
 * and is documented there, as are the errors: {@link ejabberdAdmin}, {@link privilegedAdmin}, {@link storageAdmin}.
 *
 * One of your own throws `RosterError` with a code that says what has and has not happened. What else it throws becomes
 * `NOT_CONNECTED` in the summaries of long work, and of the second side of `connect` and `disconnect`: it may have happened.
 */
export interface RosterAdmin {
  /**
   * Owners that have a roster; of one `domain`, exactly that. Rejects with `JID_MALFORMED` for a domain that is an account.
   */
  owners(options?: CallOptions & { readonly domain?: string }): AsyncIterableIterator<string>
  /** All items of one owner; none when there is no such owner. */
  list(owner: JidLike, options?: CallOptions): Promise<readonly AdminItem[]>
  /** Makes or changes one item in the owner's roster, on this side only. */
  put(owner: JidLike, contact: JidLike, item: AdminItemInit, options?: CallOptions): Promise<void>
  /** Takes one item out of the owner's roster. `false`: it was not there. */
  remove(owner: JidLike, contact: JidLike, options?: CallOptions): Promise<boolean>
}
