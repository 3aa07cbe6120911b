import type { JidLike } from '../core/jid.js'
import type { Subscription } from '../core/state.js'
import type { CallOptions } from '../roster/options.js'

/** One contact in an owner's roster, as the place that keeps it tells it. Frozen. */
export interface AdminItem {
  /** Canonical bare JID. */
  readonly jid: string
  readonly name: string | undefined
  readonly groups: readonly string[]
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
  readonly name?: string
  readonly groups?: readonly string[]
  readonly subscription?: Subscription
}

/**
 * Where rosters of many owners can be managed. `put` writes one side only; what the other side learns depends on the place
 * and is documented there.
 *
 * One of your own throws `RosterError` with a code that says what has and has not happened. What else it throws becomes
 * `NOT_CONNECTED` in the summaries of long work, and of the second side of `connect` and `disconnect`: it may have happened.
 */
export interface RosterAdmin {
  /** Owners that have a roster; of one `domain`, exactly that. Rejects with `JID_MALFORMED` for a domain that is an account. */
  owners(options?: CallOptions & { readonly domain?: string }): AsyncIterableIterator<string>
  /** All items of one owner; none when there is no such owner. */
  list(owner: JidLike, options?: CallOptions): Promise<readonly AdminItem[]>
  /** Makes or changes one item in the owner's roster, on this side only. */
  put(owner: JidLike, contact: JidLike, item: AdminItemInit, options?: CallOptions): Promise<void>
  /** Takes one item out of the owner's roster. `false`: it was not there. */
  remove(owner: JidLike, contact: JidLike, options?: CallOptions): Promise<boolean>
}
