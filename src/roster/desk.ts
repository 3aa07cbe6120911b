import type { RosterItem, RosterItemPatch } from '../core/item.js'
import type { JidLike } from '../core/jid.js'
import type { Presence, PresenceInit } from '../core/presence.js'
import type { SubscriptionRequest } from './events.js'
import type { CallOptions } from './options.js'
import type { Owner } from './owner.js'

/** Who carries out an owner's commands: its server (client) or this process (component). */
export interface Desk {
  /** Throws `NOT_CONNECTED` while the account's JID is not known, `CLOSED` after `release`. */
  owner(): Owner
  /** For reading: nothing is known before the JID is. */
  peek(): Owner | undefined
  loaded(): boolean
  resources(): ReadonlyMap<string, Presence>
  update(contact: JidLike, patch: RosterItemPatch, options: CallOptions): Promise<RosterItem>
  remove(contact: JidLike, options: CallOptions): Promise<boolean>
  subscribe(
    contact: JidLike,
    options: CallOptions & { readonly nick?: string; readonly status?: string },
  ): Promise<void>
  unsubscribe(contact: JidLike, options: CallOptions): Promise<void>
  authorize(contact: JidLike, options: CallOptions & { readonly subscribe?: boolean }): Promise<boolean>
  preapprove(contact: JidLike, options: CallOptions): Promise<void>
  unauthorize(contact: JidLike, options: CallOptions & { readonly status?: string }): Promise<boolean>
  /** Declines a pending request, and nothing else. */
  deny(contact: JidLike, options: CallOptions & { readonly status?: string }): Promise<boolean>
  requests(): readonly SubscriptionRequest[]
  sendPresence(presence: PresenceInit, options: CallOptions & { readonly to?: JidLike }): Promise<void>
  probe(options: CallOptions): Promise<void>
  resync(options: CallOptions): Promise<void>
  release(options: CallOptions): Promise<void>
}
