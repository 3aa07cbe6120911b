import type { Element } from 'ltx'
import type { RosterError } from '../core/errors.js'
import type { RosterItem } from '../core/item.js'
import type { Decision, SubscriptionAsk } from '../core/policy.js'
import type { Presence } from '../core/presence.js'
import type { SubscriptionState } from '../core/state.js'
import type { Cause } from '../core/step.js'
import type { CallOptions } from './options.js'
import type { OwnerRoster } from './owner-roster.js'

/** A contact asks to see the owner's presence. In a component durable: a deferred one survives a restart and can be answered later. */
export interface SubscriptionRequest extends SubscriptionAsk {
  /** What was decided; `'defer'` = it is the application's turn. */
  readonly decision: Decision
  /** Resolves `false` when there is nothing to answer any more (withdrawn, or answered elsewhere). `subscribe` defaults to the roster's `autoSubscribe`. */
  authorize(options?: CallOptions & { readonly subscribe?: boolean }): Promise<boolean>
  deny(options?: CallOptions & { readonly status?: string }): Promise<boolean>
}

/**
 * What a `Roster` tells. Everything is stored before it is told, and one stanza's events are consecutive per owner, in this order:
 * `added`/`updated`/`removed`, `transition`, the stanza's own event, then what it means for presence.
 */
export interface RosterEvents {
  /** A roster came in full: at login, after a resync, when a component's owner is opened. The first load raises this alone. */
  loaded: (event: {
    readonly owner: string
    readonly roster: OwnerRoster
    readonly version: string | undefined
  }) => void
  /** Differences to what was known before (cache, earlier session, push, another process). */
  added: (event: { readonly owner: string; readonly item: RosterItem }) => void
  updated: (event: { readonly owner: string; readonly item: RosterItem; readonly previous: RosterItem }) => void
  removed: (event: { readonly owner: string; readonly item: RosterItem }) => void
  /** A request arrived; see its `decision`. */
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
  /** The contact's last resource left (got_offline), or the session ended: then `resource` is `undefined`, after one `presence` per resource. */
  offline: (event: {
    readonly owner: string
    readonly contact: string
    readonly resource: string | undefined
    readonly previous: Presence | undefined
    readonly stanza: Element | undefined
  }) => void
  /** A resource appeared, changed or left: every `presence` of a contact lies between its `online` and its `offline`. */
  presence: (event: PresenceEvent) => void
  /** Something from outside was refused (a forged push, a stanza that makes no sense). At most one a second per code; the rest is counted. */
  rejected: (event: {
    readonly owner: string
    readonly from: string | undefined
    readonly error: RosterError
    readonly stanza: Element | undefined
  }) => void
  /** Local trouble that no caller could be told: storage, policy, a listener that threw. Never emitted on the connection; with no listener: `console.error`, once a minute per code. */
  error: (error: RosterError) => void
}

/** A contact's answer or change of mind. */
export interface SubscriptionEvent {
  readonly owner: string
  readonly contact: string
  readonly item: RosterItem | undefined
  readonly previous: SubscriptionState
  readonly status: string | undefined
  readonly stanza: Element
}

/** One resource of a contact appeared, changed or left. */
export interface PresenceEvent {
  readonly owner: string
  readonly contact: string
  readonly resource: string
  /** `undefined`: the resource left. */
  readonly presence: Presence | undefined
  readonly previous: Presence | undefined
  /** `undefined` when no stanza said so: the session ended, the subscription ended. */
  readonly stanza: Element | undefined
}

/** One event as data; the union narrows on `type`. */
export type RosterEvent<K extends keyof RosterEvents = keyof RosterEvents> = {
  [T in K]: { readonly type: T; readonly event: Parameters<RosterEvents[T]>[0] }
}[K]
