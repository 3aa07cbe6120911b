import type { Element } from 'ltx'
import { type Clock, systemClock } from '../core/clock.js'
import { RosterError } from '../core/errors.js'
import type { JidLike, JidList } from '../core/jid.js'
import type { AutoAuthorize } from '../core/policy.js'
import type { PresenceInit } from '../core/presence.js'
import { MemoryStorage } from '../storage/memory.js'
import type { RosterStorage } from '../storage/port.js'

/** What nearly every asynchronous call takes. */
export interface CallOptions {
  /** Aborted: the call rejects with the signal's reason; what was sent by then may still happen. */
  readonly signal?: AbortSignal
  /**
   * Milliseconds to wait; then the call rejects with `TIMED_OUT`, and what was sent by then may still happen. Default
   * for what waits for an answer of a client's server (`update`, `remove`, `resync`), and for `close`:
   * `RosterOptions.timeout`. `ready`, `open`, `forget` and `release` wait as long as it takes where none is given. In
   * `xmpp-roster/admin` and `xmpp-roster/clients`: 30 000.
   */
  readonly timeout?: number
}

/** What an application may set. */
export interface RosterOptions {
  /** Where rosters are kept. Default: in memory. */
  readonly storage?: RosterStorage
  /** Default as in SleekXMPP: `true` for a client, `null` for a component. */
  readonly autoAuthorize?: AutoAuthorize
  /**
   * Whether an authorization, automatic or by `request.authorize()`, also subscribes back. Default `true`, as in SleekXMPP.
   */
  readonly autoSubscribe?: boolean
  /** How long a policy may think, in milliseconds; after that the request is deferred. Default 10 000. */
  readonly policyTimeout?: number
  /**
   * The presence that is announced by itself. Client: once the roster is loaded in a new session (RFC 6121 §2.2),
   * unless the application has announced one already. Component: for each owner that is open, at once and again
   * whenever the connection comes back. `false`: the application sends its own. What is no presence, or a function that
   * throws, or takes longer than `timeout` in a component, announces nothing and is told as `error`
   * (`LISTENER_FAILED`). Default `{}`: plainly available.
   */
  readonly presence?: PresenceInit | false | ((owner: string) => PresenceInit | false | Promise<PresenceInit | false>)
  /**
   * Keeps what the application wants of each presence (entity capabilities, idle time, avatar hash …) as
   * `Presence.extra`. It runs for every presence of every contact, so it has to be quick.
   */
  readonly extend?: (stanza: Element) => unknown
  /**
   * Component: the JIDs that it answers for, besides those that it has stored or opened. A list is opened at once. An
   * owner that storage cannot give then is opened as soon as it can; the reason is told once, as `error`. A predicate
   * is asked when a subscription stanza comes for an owner that is not known; one that throws admits nobody, and is
   * told as `error` (`LISTENER_FAILED`). Default: none, so a stranger cannot make one up.
   */
  readonly owners?: JidList | ((owner: string) => boolean | Promise<boolean>)
  /** Client: whose cache to read before the first login tells (needed only when `credentials` is a function). */
  readonly account?: JidLike
  /** Component: how many rosters that are not open stay in memory; the least recently used goes first. Default 10 000. */
  readonly maxLoaded?: number
  /**
   * Pending requests that one owner keeps at the most; further ones are ignored, unless the policy decides them at
   * once. Default 1 000.
   */
  readonly maxPending?: number
  /** Resources that one contact may show at the most; the oldest goes first. Default 32. */
  readonly maxResources?: number
  /** Milliseconds to wait for answers of a client's server and of `presence` in a component, and for `close`. Default 30 000. */
  readonly timeout?: number
  /** Time, for tests. Default: the real one. */
  readonly clock?: Clock
}

/** The options with nothing left open. */
export interface Settings {
  readonly storage: RosterStorage
  readonly ownsStorage: boolean
  readonly policyTimeout: number
  readonly presence: NonNullable<RosterOptions['presence']>
  readonly extend: ((stanza: Element) => unknown) | undefined
  readonly maxLoaded: number
  readonly maxPending: number
  readonly maxResources: number
  readonly timeout: number
  readonly clock: Clock
}

export function settingsOf(options: RosterOptions): Settings {
  return {
    storage: options.storage ?? new MemoryStorage(),
    ownsStorage: options.storage === undefined,
    policyTimeout: options.policyTimeout ?? 10_000,
    presence: options.presence ?? {},
    extend: options.extend,
    maxLoaded: options.maxLoaded ?? 10_000,
    maxPending: options.maxPending ?? 1_000,
    maxResources: options.maxResources ?? 32,
    timeout: options.timeout ?? 30_000,
    clock: options.clock ?? systemClock,
  }
}

export const notConnected = (owner?: string): RosterError =>
  new RosterError('NOT_CONNECTED', 'There is no session with the server; nothing was sent and nothing is queued.', {
    owner,
  })

export const closed = (owner?: string): RosterError =>
  new RosterError('CLOSED', 'This roster was closed or released; open it again to use it.', { owner })
