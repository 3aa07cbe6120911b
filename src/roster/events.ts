import type { Element } from 'ltx'
import type { RosterError } from '../core/errors.js'
import type { RosterItem } from '../core/item.js'
import type { Decision, SubscriptionAsk } from '../core/policy.js'
import type { Presence } from '../core/presence.js'
import type { SubscriptionState } from '../core/state.js'
import type { Cause } from '../core/step.js'
import type { CallOptions } from './options.js'
import type { OwnerRoster } from './owner-roster.js'

/**
 * A contact asks to see the owner's presence (RFC 6121 §3.1). In a component it is durable: a deferred one survives a
 * restart and can be answered later, also from another process.
 */
export interface SubscriptionRequest extends SubscriptionAsk {
  /** What was decided; `'defer'` = it is the application's turn. */
  readonly decision: Decision
  /**
   * Grants it (RFC 6121 §3.1.5), and asks back when `subscribe` says so (default: the roster's `autoSubscribe`). Resolves as
   * `OwnerRoster.authorize` does; `false` when there is nothing to answer any more (withdrawn, or answered elsewhere).
   */
  authorize(options?: CallOptions & { readonly subscribe?: boolean }): Promise<boolean>
  /**
   * Declines it (RFC 6121 §3.1.6), with a `status` for the contact to read. Resolves as `OwnerRoster.unauthorize` does;
   * `false` when there is nothing to answer any more.
   */
  deny(options?: CallOptions & { readonly status?: string }): Promise<boolean>
}

/**
 * What a `Roster` tells. Everything is stored before it is told, and one stanza's events are consecutive per owner, in
 * this order: `added`/`updated`/`removed`, `transition`, the stanza's own event, then what it means for presence.
 */
export interface RosterEvents {
  /**
   * A roster came in full: at login, after a client's `resync`, when a component's owner is opened. The first load
   * raises this alone; a later one the differences first.
   */
  loaded: (event: {
    readonly owner: string
    readonly roster: OwnerRoster
    readonly version: string | undefined
  }) => void
  /**
   * An item that was not known before (in the cache, an earlier session …): by a command, a stanza, a push, another
   * process.
   */
  added: (event: { readonly owner: string; readonly item: RosterItem }) => void
  /** An item differs from what was known before, in whatever field. */
  updated: (event: { readonly owner: string; readonly item: RosterItem; readonly previous: RosterItem }) => void
  /** An item is gone; `item` is what it was. */
  removed: (event: { readonly owner: string; readonly item: RosterItem }) => void
  /**
   * A request arrived, and a policy or a constant has decided it: see its `decision`. Nothing for `'ignore'`. In a
   * component also when its owner is opened, for each deferred one.
   */
  subscribe: (request: SubscriptionRequest) => void
  /** The contact granted the owner's request. */
  subscribed: (event: SubscriptionEvent) => void
  /** The contact no longer wants the owner's presence, or withdrew its request. */
  unsubscribe: (event: SubscriptionEvent) => void
  /** The contact denied the owner's request, or cancelled what it had granted. */
  unsubscribed: (event: SubscriptionEvent) => void
  /** A subscription stanza of the owner came back as an error. */
  failed: (event: {
    readonly owner: string
    readonly contact: string
    readonly item: RosterItem | undefined
    readonly condition: string
    readonly stanza: Element
  }) => void
  /** Every change of a state, whatever its cause: for audit logs. */
  transition: (event: {
    readonly owner: string
    readonly contact: string
    readonly before: SubscriptionState
    readonly after: SubscriptionState
    readonly cause: Cause
  }) => void
  /** The contact's first resource became available (got_online). */
  online: (event: PresenceEvent & { readonly presence: Presence }) => void
  /**
   * The contact's last resource left (got_offline), or the session or the subscription ended: then `resource` is
   * `undefined`, after one `presence` per resource.
   */
  offline: (event: {
    readonly owner: string
    readonly contact: string
    readonly resource: string | undefined
    readonly previous: Presence | undefined
    readonly stanza: Element | undefined
  }) => void
  /** A resource appeared, changed or left: every `presence` of a contact lies between its `online` and its `offline`. */
  presence: (event: PresenceEvent) => void
  /**
   * Something from outside was refused: a forged push, a stanza that makes no sense, a request of more than 16 384
   * characters. It changed nothing. At most one a second per code; all are counted.
   */
  rejected: (event: {
    readonly owner: string
    readonly from: string | undefined
    readonly error: RosterError
    readonly stanza: Element | undefined
  }) => void
  /**
   * Local trouble that no caller could be told: storage, policy, a listener that threw. Never emitted on the
   * connection. Without a listener: `console.error`, once a minute per code.
   */
  error: (error: RosterError) => void
}

/** A contact's answer or change of mind. */
export interface SubscriptionEvent {
  /** Bare JID. */
  readonly owner: string
  /** Bare JID. */
  readonly contact: string
  /** The item as it is now; `undefined` when there is none. */
  readonly item: RosterItem | undefined
  /** The state before. */
  readonly previous: SubscriptionState
  /** The contact's own words. */
  readonly status: string | undefined
  /** What the contact sent. */
  readonly stanza: Element
}

/** One resource of a contact appeared, changed or left. */
export interface PresenceEvent {
  /** Bare JID. */
  readonly owner: string
  /** Bare JID. */
  readonly contact: string
  /** The part of the JID behind the slash; empty for a bare JID. */
  readonly resource: string
  /** `undefined`: the resource left. */
  readonly presence: Presence | undefined
  /** What the resource announced before; `undefined`: it has just appeared. */
  readonly previous: Presence | undefined
  /** `undefined` when no stanza said so: the session ended, the subscription ended. */
  readonly stanza: Element | undefined
}

/** One event as data; the union narrows on `type`. */
export type RosterEvent<K extends keyof RosterEvents = keyof RosterEvents> = {
  [T in K]: { readonly type: T; readonly event: Parameters<RosterEvents[T]>[0] }
}[K]
