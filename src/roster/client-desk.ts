import type { Element } from 'ltx'
import { answers, clientDenied } from '../core/client-step.js'
import { stateOf } from '../core/contact.js'
import { RosterError } from '../core/errors.js'
import { patchItem, type RosterItem, type RosterItemPatch, withState } from '../core/item.js'
import type { JidLike } from '../core/jid.js'
import type { Presence, PresenceInit } from '../core/presence.js'
import { hasFrom, hasPendingIn, hasPendingOut, hasTo } from '../core/state.js'
import type { Send } from '../core/step.js'
import { contactOf } from './addresses.js'
import { checkPresence } from './announcer.js'
import { ClientSession } from './client-session.js'
import type { Desk } from './desk.js'
import type { SubscriptionRequest } from './events.js'
import { type CallOptions, closed, notConnected } from './options.js'
import { Owner, type World } from './owner.js'
import { OwnerRoster } from './owner-roster.js'
import { requestOf } from './request.js'
import { waitFor } from './waiting.js'
import type { Question, RosterAnswer } from './wire.js'

/** The commands of a client's account: its server decides, so the state moves when the server says so. */
export class ClientDesk implements Desk {
  readonly face = new OwnerRoster(this)
  readonly world: World
  readonly session: ClientSession
  readonly #turns = new Map<string, Promise<unknown>>()
  #owner: Owner | undefined
  isClosed = false

  constructor(world: World) {
    this.world = world
    this.session = new ClientSession(this)
  }

  /** The account is known. Another one than before brings its own roster. */
  bind(jid: string): void {
    if (this.#owner?.jid === jid) return
    const stanzas = (send: Send): readonly Element[] =>
      send.type === 'presence' ? [] : [this.world.wire.stanza(jid, send)]
    const owner = new Owner(jid, this.world, this, stanzas)
    if (this.#owner !== undefined) {
      owner.autoAuthorize = this.#owner.autoAuthorize
      owner.autoSubscribe = this.#owner.autoSubscribe
    }
    owner.face = this.face
    this.#owner = owner
    this.session.readCache(owner)
  }

  owner(): Owner {
    if (this.#owner === undefined) throw notConnected()
    return this.#owner
  }

  peek(): Owner | undefined {
    return this.#owner
  }

  loaded(): boolean {
    return this.session.isLoaded
  }

  resources(): ReadonlyMap<string, Presence> {
    return new Map(this.session.resources)
  }

  #online(options: CallOptions): Owner {
    options.signal?.throwIfAborted()
    if (this.isClosed) throw closed(this.#owner?.jid)
    if (this.#owner === undefined || !this.world.wire.isOnline()) throw notConnected(this.#owner?.jid)
    return this.#owner
  }

  /** Two changes to one contact wait for each other, so that the second builds on the first. */
  #inTurn<T>(jid: string, act: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(jid) ?? Promise.resolve()
    const turn = before.then(act, act)
    this.#turns.set(jid, turn)
    const leave = (): void => {
      if (this.#turns.get(jid) === turn) this.#turns.delete(jid)
    }
    turn.then(leave, leave)
    return turn
  }

  /** Asks the server; what its answer changes is decided at the answer's place in the stream. */
  #ask(
    ask: Question['ask'],
    options: CallOptions,
    accept: (answer: RosterAnswer | RosterError, settle: (result: RosterError | undefined) => void) => void,
  ): Promise<void> {
    const { settings, wire } = this.world
    const { signal, timeout = settings.timeout } = options
    const answered = new Promise<void>((resolve, reject) => {
      const settle = (error: RosterError | undefined): void => (error === undefined ? resolve() : reject(error))
      wire.question({ ask, timeout, done: (answer) => accept(answer, settle) })
    })
    return waitFor(answered, signal === undefined ? {} : { signal }, settings.clock, 'The roster set')
  }

  async update(contact: JidLike, patch: RosterItemPatch, options: CallOptions): Promise<RosterItem> {
    const jid = contactOf(this.#online(options), contact)
    // What is wrong with the patch is said at once.
    patchItem(jid, undefined, patch)
    return this.#inTurn(jid, () => this.#update(jid, patch, options))
  }

  async #update(jid: string, patch: RosterItemPatch, options: CallOptions): Promise<RosterItem> {
    const owner = this.#online(options)
    const wanted = patchItem(jid, owner.book.items.get(jid), patch)
    const news = this.session.newsOf(jid)
    const item = { jid, name: wanted.name, groups: wanted.groups }
    await this.#ask({ kind: 'set', item }, options, (answer, settle) => {
      if (answer instanceof RosterError) return settle(answer)
      owner.ledger.post((draft) => {
        const before = draft.contact(jid)
        if (this.session.newsOf(jid) !== news) return () => settle(undefined)
        const item = withState(patchItem(jid, before.item, patch), stateOf(before))
        const tell = owner.enter(draft, { contact: { ...before, item }, sends: [], facts: [] })
        return () => {
          tell()
          settle(undefined)
        }
      }, settle)
    })
    return owner.book.items.get(jid) ?? wanted
  }

  async remove(contact: JidLike, options: CallOptions): Promise<boolean> {
    const jid = contactOf(this.#online(options), contact)
    return this.#inTurn(jid, () => this.#remove(jid, options))
  }

  async #remove(jid: string, options: CallOptions): Promise<boolean> {
    const owner = this.#online(options)
    if (!owner.book.items.has(jid)) return false
    await this.deny(jid, options)
    this.session.marks.expect(jid, ['unsubscribe', 'unsubscribed'])
    let existed = true
    await this.#ask({ kind: 'remove', jid }, options, (answer, settle) => {
      existed = !(answer instanceof RosterError && answer.condition === 'item-not-found')
      // What the server does not know goes from here as well.
      if (answer instanceof RosterError && existed) return settle(answer)
      this.session.said(jid, undefined, undefined, 'result', () => settle(undefined), settle)
    })
    return existed
  }

  #send(owner: Owner, send: Exclude<Send, { readonly type: 'presence' }>): Promise<void> {
    if (send.type === 'subscribe') this.session.asked.add(send.to)
    if (send.type === 'unsubscribe') this.session.asked.delete(send.to)
    return this.world.wire.transmit(this.world.wire.stanza(owner.jid, send))
  }

  async subscribe(
    contact: JidLike,
    options: CallOptions & { readonly nick?: string; readonly status?: string; readonly stanza?: string },
  ): Promise<void> {
    const owner = this.#online(options)
    const { nick, status, stanza } = options
    await this.#send(owner, { type: 'subscribe', to: contactOf(owner, contact), nick, status, stanza })
  }

  async unsubscribe(contact: JidLike, options: CallOptions & { readonly stanza?: string }): Promise<void> {
    const owner = this.#online(options)
    const to = contactOf(owner, contact)
    const state = stateOf(owner.book.contact(to))
    if (hasTo(state) || hasPendingOut(state)) this.session.marks.expect(to, ['unsubscribed'])
    await this.#send(owner, { type: 'unsubscribe', to, stanza: options.stanza })
  }

  async authorize(
    contact: JidLike,
    options: CallOptions & { readonly subscribe?: boolean; readonly stanza?: string },
  ): Promise<boolean> {
    const owner = this.#online(options)
    const jid = contactOf(owner, contact)
    const known = owner.book.contact(jid)
    if (!hasPendingIn(stateOf(known)) || this.session.answered.has(jid)) return false
    const sends = answers(known, this.session.asksBack(jid, options.subscribe === true))
    this.session.answered.add(jid)
    try {
      for (const send of sends) {
        const stanza = send.type === 'subscribed' ? options.stanza : undefined
        if (send.type === 'subscribed' || send.type === 'subscribe') await this.#send(owner, { ...send, stanza })
      }
    } catch (error) {
      this.session.answered.delete(jid)
      throw error
    }
    return true
  }

  async preapprove(contact: JidLike, options: CallOptions & { readonly stanza?: string }): Promise<void> {
    const owner = this.#online(options)
    const to = contactOf(owner, contact)
    if (await this.authorize(to, options)) return
    if (!this.world.wire.features.preapproval) {
      throw new RosterError(
        'UNSUPPORTED',
        'The server does not offer pre-approval (RFC 6121 §3.4); nothing was sent.',
        { owner: owner.jid, contact: to },
      )
    }
    if (hasFrom(stateOf(owner.book.contact(to)))) return
    this.session.preapproved.add(to)
    await this.#send(owner, { type: 'subscribed', to, stanza: options.stanza })
  }

  async unauthorize(
    contact: JidLike,
    options: CallOptions & { readonly status?: string; readonly stanza?: string },
  ): Promise<boolean> {
    const owner = this.#online(options)
    const to = contactOf(owner, contact)
    if (await this.deny(to, options)) return true
    const { item } = owner.book.contact(to)
    const granted = hasFrom(stateOf(owner.book.contact(to))) || this.session.answered.has(to)
    if (!granted && item?.approved !== true && !this.session.preapproved.has(to)) return false
    if (granted) this.session.marks.expect(to, ['unsubscribe'])
    this.session.preapproved.delete(to)
    const { status, stanza } = options
    await this.#send(owner, { type: 'unsubscribed', to, status, stanza })
    return true
  }

  async deny(
    contact: JidLike,
    options: CallOptions & { readonly status?: string; readonly stanza?: string },
  ): Promise<boolean> {
    const owner = this.#online(options)
    const jid = contactOf(owner, contact)
    if (!hasPendingIn(stateOf(owner.book.contact(jid))) || this.session.answered.has(jid)) return false
    const { status, stanza } = options
    this.session.answered.add(jid)
    try {
      await this.#send(owner, { type: 'unsubscribed', to: jid, status, stanza })
    } finally {
      this.session.answered.delete(jid)
    }
    await owner.ledger.run((draft) => {
      const denied = clientDenied(draft.contact(jid), 'command')
      return { value: undefined, told: owner.enter(draft, { ...denied, sends: [] }) }
    })
    return true
  }

  requests(): readonly SubscriptionRequest[] {
    const owner = this.#owner
    if (owner === undefined) return []
    const waiting = [...owner.book.requests].filter(([contact]) => !this.session.answered.has(contact))
    return waiting.map(([contact, request]) => requestOf(owner, contact, request, 'defer'))
  }

  async sendPresence(presence: PresenceInit, options: CallOptions & { readonly to?: JidLike }): Promise<void> {
    checkPresence(presence)
    const owner = this.#online(options)
    const to = options.to === undefined ? undefined : String(options.to)
    if (options.to !== undefined) contactOf(owner, options.to)
    else this.session.hasAnnounced = true
    await this.world.wire.transmit(this.world.wire.presence(owner.jid, presence, to))
  }

  async probe(options: CallOptions): Promise<void> {
    const owner = this.#online(options)
    throw new RosterError('UNSUPPORTED', "A client's server probes by itself (RFC 6121 §4.3); nothing was sent.", {
      owner: owner.jid,
    })
  }

  async resync(options: CallOptions): Promise<void> {
    this.#online(options)
    const { settings } = this.world
    const { signal } = options
    await waitFor(
      this.session.fetch(undefined, options.timeout ?? settings.timeout),
      signal === undefined ? {} : { signal },
      settings.clock,
      'The roster get',
    )
  }

  async release(options: CallOptions): Promise<void> {
    options.signal?.throwIfAborted()
    throw new RosterError('UNSUPPORTED', "A client's roster lasts as long as its connection; close() ends it.", {
      owner: this.#owner?.jid,
    })
  }

  async close(): Promise<void> {
    const ledger = this.#owner?.ledger
    await ledger?.settled()
    ledger?.stop()
    this.isClosed = true
    this.session.end(closed(this.#owner?.jid))
  }
}
