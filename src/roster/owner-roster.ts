import { stateOf } from '../core/contact.js'
import type { RosterItem, RosterItemPatch } from '../core/item.js'
import type { JidLike } from '../core/jid.js'
import { bareJid } from '../core/jid.js'
import type { AutoAuthorize } from '../core/policy.js'
import { type ContactPresence, contactPresence, type Presence, type PresenceInit } from '../core/presence.js'
import type { SubscriptionState } from '../core/state.js'
import type { Desk } from './desk.js'
import type { SubscriptionRequest } from './events.js'
import type { CallOptions } from './options.js'

const NO_ITEMS: ReadonlyMap<string, RosterItem> = new Map()

/**
 * One owner's roster: a read-only map from contact to item, and the verbs of RFC 6121.
 *
 * Reading is immediate and never creates anything. A component's commands resolve when they are stored, also while
 * disconnected; a client's reject with `NOT_CONNECTED` then.
 *
 * Every command rejects with `JID_MALFORMED` when the contact is no JID, `ITEM_INVALID` when it is the owner itself,
 * `STANZA_INVALID` for a `nick` or `status` that XML cannot carry, and `CLOSED` after `close` or `release`: nothing has
 * happened then. A client's rejects with `NOT_CONNECTED` also when the stanza could not be written; it may have left
 * all the same. A component's rejects with `STORAGE_FAILED`, `STORAGE_CORRUPT` or `STORAGE_CONFLICT` when it could not
 * be stored: nothing was changed or sent, unless a storage that failed took it all the same and could not say so. That
 * is found out as soon as storage answers again, and carried out.
 *
 * @example
 * ```ts
 * import type { OwnerRoster } from 'xmpp-roster'
 *
 * async function befriend(own: OwnerRoster, contact: string): Promise<void> {
 *   await own.update(contact, { groups: { add: ['Friends'] } })
 *   if (own.state(contact) === 'none') await own.subscribe(contact, { status: 'We met yesterday' })
 *   const { available, best } = own.presence(contact)
 *   if (available) console.log(contact, best.show, best.status)
 * }
 * ```
 */
export class OwnerRoster implements Iterable<[string, RosterItem]> {
  readonly #desk: Desk

  /** @internal */
  constructor(desk: Desk) {
    this.#desk = desk
  }

  get #items(): ReadonlyMap<string, RosterItem> {
    return this.#desk.peek()?.book.items ?? NO_ITEMS
  }

  /** Canonical bare JID. A client's throws `NOT_CONNECTED` before the account's JID is known. */
  get owner(): string {
    return this.#desk.owner().jid
  }

  /** The server's version of a client's roster (RFC 6121 §2.6). */
  get version(): string | undefined {
    return this.#desk.peek()?.book.version
  }

  /**
   * Whether it is here in full. Client: it came from the server in this session; one that is cached can be read before.
   * Component: it came from storage.
   */
  get loaded(): boolean {
    return this.#desk.loaded()
  }

  /**
   * Who decides this owner's requests; `undefined` = as the `Roster` says. Looked up for each request. A client's throws
   * `NOT_CONNECTED` before the account's JID is known.
   */
  get autoAuthorize(): AutoAuthorize | undefined {
    return this.#desk.owner().autoAuthorize
  }

  set autoAuthorize(policy: AutoAuthorize | undefined) {
    this.#desk.owner().autoAuthorize = policy
  }

  /**
   * Whether an authorization, automatic or by `request.authorize()`, also subscribes back; `undefined` = as the `Roster`
   * says. A client's throws `NOT_CONNECTED` before the account's JID is known.
   */
  get autoSubscribe(): boolean | undefined {
    return this.#desk.owner().autoSubscribe
  }

  set autoSubscribe(subscribes: boolean | undefined) {
    this.#desk.owner().autoSubscribe = subscribes
  }

  /** How many items there are. */
  get size(): number {
    return this.#items.size
  }

  /** Whether the contact has an item. Throws `JID_MALFORMED`. */
  has(contact: JidLike): boolean {
    return this.get(contact) !== undefined
  }

  /** The contact's item; `undefined` when there is none. Throws `JID_MALFORMED`. */
  get(contact: JidLike): RosterItem | undefined {
    const known = typeof contact === 'string' ? this.#items.get(contact) : undefined
    return known ?? this.#items.get(bareJid(contact))
  }

  /** The contacts, as canonical bare JIDs. */
  keys(): IterableIterator<string> {
    return this.#items.keys()
  }

  /** The items. */
  values(): IterableIterator<RosterItem> {
    return this.#items.values()
  }

  /** Contacts and their items. */
  entries(): IterableIterator<[string, RosterItem]> {
    return this.#items.entries()
  }

  /** Visits every item. */
  forEach(visit: (item: RosterItem, contact: string) => void): void {
    for (const [contact, item] of this.#items) visit(item, contact)
  }

  /** As `entries`. */
  [Symbol.iterator](): IterableIterator<[string, RosterItem]> {
    return this.entries()
  }

  /**
   * The contact's state; `'none'` for a stranger. A contact that has only asked (`'none+in'`, never added) is no item yet
   * (RFC 6121 §3.1.3): it stands in `requests()` and here, but not in the map. Throws `JID_MALFORMED`.
   */
  state(contact: JidLike): SubscriptionState {
    const jid = bareJid(contact)
    const owner = this.#desk.peek()
    return owner === undefined ? 'none' : stateOf(owner.book.contact(jid))
  }

  /** Group name → its items; the items in no group stand under `''`. A copy: it does not change later. */
  groups(): ReadonlyMap<string, readonly RosterItem[]> {
    const groups = new Map<string, RosterItem[]>()
    for (const item of this.#items.values()) {
      for (const group of item.groups.length === 0 ? [''] : item.groups) {
        const members = groups.get(group)
        if (members === undefined) groups.set(group, [item])
        else members.push(item)
      }
    }
    return groups
  }

  /**
   * What is known of the contact's resources; one that announced nothing is unavailable. A copy: it does not change
   * later. Throws `JID_MALFORMED`.
   */
  presence(contact: JidLike): ContactPresence {
    return this.#desk.peek()?.presences.view(bareJid(contact)) ?? contactPresence(new Map())
  }

  /** The owner's own other resources, by resource (client; a component's owner has none). A copy. */
  get resources(): ReadonlyMap<string, Presence> {
    return this.#desk.resources()
  }

  /**
   * Creates or changes an item, and resolves with it; the fields that the patch does not name stay. Client: a roster
   * set (RFC 6121 §2.3), resolved when the server has accepted it. The patch is applied here then, unless a push for
   * that contact came in between: what the server says counts. After `TIMED_OUT` or an abort it may still happen.
   *
   * Rejects with `ITEM_INVALID` for a group that is empty, and for a name or group that XML cannot carry; a client's
   * with `REFUSED` (and its `condition`) when the server refuses. Nothing has changed then.
   */
  async update(contact: JidLike, patch: RosterItemPatch = {}, options: CallOptions = {}): Promise<RosterItem> {
    return this.#desk.update(contact, patch, options)
  }

  /**
   * Ends both subscriptions and deletes the item (RFC 6121 §2.5). `false`: there was none, and nothing was done.
   * Client: resolved when the server has removed it. A request of the contact's that waits is declined first: it stays
   * declined when the server then rejects the removal (`REFUSED`), which leaves the item.
   */
  async remove(contact: JidLike, options: CallOptions = {}): Promise<boolean> {
    return this.#desk.remove(contact, options)
  }

  /**
   * Asks for the contact's presence (RFC 6121 §3.1), with a `nick` (XEP-0172) and a `status` for the contact to read.
   * Resolves when the request is on its way (client: written; component: stored), not when it is granted: the event
   * `subscribed` tells of that.
   */
  async subscribe(
    contact: JidLike,
    options: CallOptions & { readonly nick?: string; readonly status?: string } = {},
  ): Promise<void> {
    return this.#desk.subscribe(contact, options)
  }

  /** Gives up the contact's presence, or the request for it (RFC 6121 §3.3). Resolves as `subscribe` does. */
  async unsubscribe(contact: JidLike, options: CallOptions = {}): Promise<void> {
    return this.#desk.unsubscribe(contact, options)
  }

  /**
   * Grants a pending request (RFC 6121 §3.1.5). It does not ask back. Resolves as `subscribe` does. `false`: nothing
   * was pending, nothing was done.
   */
  async authorize(contact: JidLike, options: CallOptions = {}): Promise<boolean> {
    return this.#desk.authorize(contact, options)
  }

  /**
   * Authorizes a request that has not come yet (RFC 6121 §3.4); a pending one is granted. Resolves as `subscribe` does.
   * Rejects with `UNSUPPORTED` where the account's server does not offer it: nothing was sent then.
   */
  async preapprove(contact: JidLike, options: CallOptions = {}): Promise<void> {
    return this.#desk.preapprove(contact, options)
  }

  /**
   * Denies a pending request, or cancels what was granted or pre-approved (RFC 6121 §3.2), with a `status` for the
   * contact to read. Resolves as `subscribe` does. `false`: there was nothing to cancel, and nothing was done.
   */
  async unauthorize(contact: JidLike, options: CallOptions & { readonly status?: string } = {}): Promise<boolean> {
    return this.#desk.unauthorize(contact, options)
  }

  /** Requests that wait for an answer, oldest first. Client: those that the server delivered in this session. */
  requests(): readonly SubscriptionRequest[] {
    return this.#desk.requests()
  }

  /**
   * Announces the owner to its subscribers (RFC 6121 §4.2, §4.4; a component sends to each `from`/`both` contact), or
   * to one JID only (§4.6). Resolves when it is written; while a component is disconnected at once: it is said after
   * the next connect. Rejects with `STANZA_INVALID` for a show, status, priority or child that is none, and
   * `JID_MALFORMED` for a `to` or a `resource` that is none; nothing was sent then.
   */
  async sendPresence(
    presence: PresenceInit = {},
    options: CallOptions & { readonly to?: JidLike } = {},
  ): Promise<void> {
    return this.#desk.sendPresence(presence, options)
  }

  /**
   * Component: asks every `to`/`both` contact for its presence (RFC 6121 §4.3). Resolves when the probes are written;
   * while disconnected it does nothing, since probes follow each connect by themselves. A client's server probes by
   * itself: `UNSUPPORTED`.
   */
  async probe(options: CallOptions = {}): Promise<void> {
    return this.#desk.probe(options)
  }

  /**
   * Client: fetches the whole roster again, whatever version is cached; resolved when it is applied. Component: looks
   * at what storage holds, for changes of other processes; resolved when they are applied. Either raises what differs
   * as events.
   */
  async resync(options: CallOptions = {}): Promise<void> {
    return this.#desk.resync(options)
  }

  /**
   * Component: undoes `open`: says `unavailable` to the subscribers and lets the roster go from memory, not from
   * storage. From the call on the object rejects with `CLOSED`; resolves when what was being sent has left and is
   * written down. `open` meanwhile waits for that. `UNSUPPORTED` in a client, and for the component's own roster:
   * nothing has happened then.
   */
  async release(options: CallOptions = {}): Promise<void> {
    return this.#desk.release(options)
  }
}
