import { EventEmitter } from 'eventemitter3'
import type { Element } from 'ltx'
import { RosterError } from '../core/errors.js'
import { bareJid, type JidLike } from '../core/jid.js'
import type { AutoAuthorize } from '../core/policy.js'
import { ownerOf } from './addresses.js'
import { Bus } from './bus.js'
import { ClientDesk } from './client-desk.js'
import { Component } from './component.js'
import type { ComponentDesk } from './component-desk.js'
import type { Authority, Connect, OwnStanza } from './connect.js'
import type { RosterEvent, RosterEvents, SubscriptionRequest } from './events.js'
import { tellNotErased } from './forgetting.js'
import { filterOf, ownersOf } from './from-storage.js'
import { pendingOf } from './glimpse.js'
import { type CallOptions, closed, type RosterOptions, type Settings, settingsOf } from './options.js'
import type { World } from './owner.js'
import type { OwnerRoster } from './owner-roster.js'
import { EventStream } from './stream.js'
import { waitFor } from './waiting.js'
import type { Wire } from './wire.js'
import { checkWording } from './wording.js'

/** Everything of a {@link Roster} but how it is connected: not for making or extending. */
export abstract class RosterBase extends EventEmitter<RosterEvents> {
  /**
   * Who decides requests, looked up for each of them: `true` accepts all, `false` declines all, `null` leaves each to the
   * application, a function decides one by one. An owner's own (`OwnerRoster.autoAuthorize`) goes first.
   */
  autoAuthorize: AutoAuthorize
  /**
   * Whether an authorization, automatic or by `request.authorize()`, also subscribes back. An owner's own
   * (`OwnerRoster.autoSubscribe`) goes first.
   */
  autoSubscribe: boolean

  readonly #settings: Settings
  readonly #bus: Bus
  readonly #wire: Wire
  readonly #authority: Authority
  readonly #atEnd = new Set<() => void>()
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(connect: Connect, options: RosterOptions) {
    super()
    this.#settings = settingsOf(options)
    this.#bus = new Bus(this, this.#settings.clock)
    const { wire, canonical, attach } = connect(this.#settings, this.#bus)
    this.#wire = wire
    const isClient = wire.kind === 'client'
    this.autoAuthorize = options.autoAuthorize === undefined ? (isClient ? true : null) : options.autoAuthorize
    this.autoSubscribe = options.autoSubscribe ?? true
    const world: World = {
      settings: this.#settings,
      bus: this.#bus,
      wire,
      canonical,
      defaults: this,
      atEnd: this.#atEnd,
    }
    this.#authority = isClient
      ? { kind: 'client', client: new ClientDesk(world) }
      : { kind: 'component', component: new Component(world, options.owners) }
    if (this.#authority.kind === 'client') {
      const account = options.account === undefined ? wire.self() : bareJid(options.account)
      if (account !== undefined) this.#authority.client.bind(account)
    }
    attach(this.#authority)
  }

  #component(what: string): Component {
    if (this.#authority.kind === 'component') return this.#authority.component
    throw new RosterError('UNSUPPORTED', `${what} is for components: a client has one owner, its account.`, {
      owner: this.#wire.self(),
    })
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closed()
  }

  /**
   * The account's own roster (SleekXMPP's client_roster); in a component, that of the component's own JID. The same
   * object for the life of the `Roster`; before the account's JID is known its `owner` throws `NOT_CONNECTED` and it is
   * empty.
   */
  get own(): OwnerRoster {
    return this.#authority.kind === 'client' ? this.#authority.client.face : this.#authority.component.own.face
  }

  /**
   * Resolves with `own` once it is loaded in the current session, however long that takes, unless a `timeout` is given:
   * then it rejects with `TIMED_OUT`. Client: rejects with the server's answer when it refused the roster (`REFUSED`)
   * or gave none (`TIMED_OUT`). Component: with `STORAGE_FAILED` or `STORAGE_CORRUPT` when its own roster cannot be
   * loaded. `CLOSED` after `close`.
   */
  async ready(options: CallOptions = {}): Promise<OwnerRoster> {
    this.#assertOpen()
    const { own } = this
    const { ready } = this.#authority.kind === 'client' ? this.#authority.client.session : this.#authority.component
    while (!(own.loaded && this.#wire.isOnline()))
      await waitFor(ready.wait(), options, this.#settings.clock, 'The roster')
    return own
  }

  /** Rosters in memory. Reading never creates one. */
  get size(): number {
    return this.#authority.kind === 'client'
      ? Number(this.#authority.client.peek() !== undefined)
      : this.#authority.component.held.size
  }

  /** Whether the owner's roster is in memory. Throws `JID_MALFORMED`. */
  has(owner: JidLike): boolean {
    return this.get(owner) !== undefined
  }

  /** The owner's roster, if it is in memory. Throws `JID_MALFORMED`. */
  get(owner: JidLike): OwnerRoster | undefined {
    const jid = bareJid(owner)
    if (this.#authority.kind === 'component') return this.#authority.component.get(jid)?.face
    return this.#authority.client.peek()?.jid === jid ? this.#authority.client.face : undefined
  }

  /** The owners of the rosters in memory. */
  *keys(): IterableIterator<string> {
    for (const [owner] of this) yield owner
  }

  /** The rosters in memory. */
  *values(): IterableIterator<OwnerRoster> {
    for (const [, roster] of this) yield roster
  }

  /** Owners and their rosters, as far as they are in memory. */
  *[Symbol.iterator](): IterableIterator<[string, OwnerRoster]> {
    if (this.#authority.kind === 'client') {
      const owner = this.#authority.client.peek()
      if (owner !== undefined) yield [owner.jid, this.#authority.client.face]
    } else for (const [owner, desk] of this.#authority.component.held) yield [owner, desk.face]
  }

  /**
   * Component: loads an owner's roster, creating an empty one when there is none, and keeps it until `release`.
   * Resolves when it is loaded (and, when new, stored). Rejects with `JID_MALFORMED` for an owner outside the
   * component's domain, `STORAGE_FAILED` or `STORAGE_CORRUPT` when it cannot be loaded, `STORAGE_CONFLICT` when a new
   * one could not be stored, `CLOSED`. A client has only its own, which is as `ready`: `UNSUPPORTED` for any other.
   */
  async open(owner: JidLike, options: CallOptions = {}): Promise<OwnerRoster> {
    this.#assertOpen()
    options.signal?.throwIfAborted()
    if (this.#authority.kind === 'client' && this.get(owner) === this.own) return this.ready(options)
    const component = this.#component('open()')
    return (await waitFor(component.open(owner), options, this.#settings.clock, 'Opening the roster')).face
  }

  /**
   * Every owner in storage, loaded or not, each once; with `domain`, those of exactly that one. Rejects with
   * `JID_MALFORMED` for what is no domain (an account is none): nothing was read then. With `STORAGE_FAILED` and the
   * like when the storage cannot say it.
   */
  async *owners(options: CallOptions & { readonly domain?: string } = {}): AsyncIterableIterator<string> {
    this.#assertOpen()
    yield* ownersOf(this.#settings.storage, filterOf(options))
  }

  /**
   * Requests of all owners, loaded or not, that wait for an answer. Client: those of `own`. Owners that are not in
   * memory are read and not kept; one whose roster makes no sense is told as `error` and left out. Rejects as `owners`.
   */
  async *pending(options: CallOptions & { readonly domain?: string } = {}): AsyncIterableIterator<SubscriptionRequest> {
    this.#assertOpen()
    if (this.#authority.kind === 'client') yield* this.#authority.client.requests()
    else yield* pendingOf(this.#authority.component, filterOf(options))
  }

  /**
   * Component: ends every subscription of the owner (RFC 6121 §3.2, §3.3), then erases its roster. `false`: there was none.
   * The end of all subscriptions is stored, what that owes is sent, and once that is settled, a second later, the roster is
   * erased and this resolves: forget many owners side by side. While disconnected it resolves when the end is stored; the
   * rest follows after the next connect, in another process if need be. An owner that is opened meanwhile, or whose roster
   * changes (somebody asks it), lives on with a roster that began empty.
   *
   * Rejects with `JID_MALFORMED` for an owner outside the component's domain, and `UNSUPPORTED` in a client: nothing has
   * happened. With `CLOSED` when `close` comes before the erasure, with `STORAGE_FAILED`, `TIMED_OUT` or the signal's
   * reason: where the end was stored, the erasure happens later.
   */
  async forget(owner: JidLike, options: CallOptions = {}): Promise<boolean> {
    this.#assertOpen()
    options.signal?.throwIfAborted()
    const component = this.#component('forget()')
    const { existed, erased } = await component.forget(owner)
    if (existed && this.#wire.isOnline()) await waitFor(erased, options, this.#settings.clock, 'Forgetting the owner')
    else erased.catch((cause: unknown) => tellNotErased(this.#bus, String(owner), cause))
    return existed
  }

  /**
   * As `entity.send`, but a subscription stanza is decided and stored first, like the command of `OwnerRoster` that it
   * stands for: resolves and rejects as that does. (`subscribed` is `preapprove`: it grants a pending request.) A
   * component's owner that is not there yet is made. One that is sent past it, through `entity.send`, is recorded when
   * it is seen.
   *
   * Rejects with `STANZA_INVALID` for a subscription stanza without `to`, or with text that XML cannot carry, and
   * `JID_MALFORMED` for a `from` outside the component's domain: nothing was stored or sent.
   */
  async send(stanza: Element): Promise<void> {
    this.#assertOpen()
    const own = this.ownStanza(stanza)
    if (own === undefined) return this.#wire.forward(stanza)
    const options = { stanza: stanza.toString() }
    checkWording(options)
    const desk = await this.#deskFor(own.owner)
    switch (own.type) {
      case 'subscribe':
        return desk.subscribe(own.to, options)
      case 'unsubscribe':
        return desk.unsubscribe(own.to, options)
      case 'subscribed':
        return desk.preapprove(own.to, options)
      case 'unsubscribed':
        await desk.unauthorize(own.to, options)
    }
  }

  /** What a stanza means for the roster; `undefined`: nothing. @internal */
  protected abstract ownStanza(stanza: Element): OwnStanza | undefined

  async #deskFor(owner: string): Promise<ComponentDesk | ClientDesk> {
    if (this.#authority.kind === 'client') return this.#authority.client
    const { component } = this.#authority
    const desk = await component.reach(ownerOf(this.#wire.self(), owner), () => true)
    if (desk === undefined) throw closed(owner)
    return desk
  }

  /**
   * The events as one stream, from now on; `types`: only those. It ends when the roster is closed, and rejects with the
   * signal's reason. At most `limit` events wait to be read (default 10 000): beyond it they are lost, and it rejects
   * with `CLOSED`.
   */
  events<K extends keyof RosterEvents = keyof RosterEvents>(
    options: { readonly types?: readonly K[]; readonly signal?: AbortSignal; readonly limit?: number } = {},
  ): AsyncIterableIterator<RosterEvent<K>> {
    this.#assertOpen()
    const end = (): void => stream.end()
    this.#atEnd.add(end)
    const stream = new EventStream<K>(this.#bus, options, () => this.#atEnd.delete(end))
    return stream
  }

  /**
   * Plain numbers for any metrics system, since the roster was made: `transitions`, `commits`, `conflicts`, `loads`,
   * `evictions`, `presences.sent`, `rejected.CODE`, `errors.CODE` …, and `rosters.loaded`, how many are in memory now.
   * What never happened is missing. A copy.
   */
  get counters(): Readonly<Record<string, number>> {
    return Object.freeze({ ...this.#bus.counters, 'rosters.loaded': this.size })
  }

  /**
   * Component: announces `unavailable` for every owner that announced itself (not with `announce: false`: another
   * process goes on). Then sends and writes what is due, detaches, and closes the storage if it made it itself. From
   * the call on, contacts are not heard and every other call rejects with `CLOSED`; what was called before still ends.
   * What other processes owe is not waited for. The connection stays as it is: stop it after this.
   *
   * Rejects with `TIMED_OUT` or the signal's reason: the roster is closed all the same, and nothing is sent or written
   * any more. What was not sent by then is still owed.
   */
  async close(options: CallOptions & { readonly announce?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  async #close(options: CallOptions & { readonly announce?: boolean }): Promise<void> {
    const { announce = true, timeout = this.#settings.timeout } = options
    const authority = this.#authority
    try {
      const work = authority.kind === 'client' ? authority.client.close() : authority.component.close(announce)
      await waitFor(work, { ...options, timeout }, this.#settings.clock, 'Closing the roster')
    } finally {
      this.#wire.detach()
      if (authority.kind === 'component') {
        authority.component.abandon()
        authority.component.ready.reject(closed())
      }
      for (const end of [...this.#atEnd]) end()
      if (this.#settings.ownsStorage) await this.#settings.storage.close?.()
    }
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
