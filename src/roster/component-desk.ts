import type { Element } from 'ltx'
import { type Contact, hasAsked } from '../core/contact.js'
import { RosterError } from '../core/errors.js'
import type { RosterItem, RosterItemPatch } from '../core/item.js'
import { fullJid, type JidLike, parseJid } from '../core/jid.js'
import type { Presence, PresenceInit } from '../core/presence.js'
import { hasTo } from '../core/state.js'
import { type Send, type StepInput, step } from '../core/step.js'
import type { StoredRoster } from '../storage/port.js'
import { contactOf } from './addresses.js'
import { Announcer, checkPresence, presenceFor } from './announcer.js'
import { fillBook } from './book.js'
import type { Component } from './component.js'
import type { Desk } from './desk.js'
import type { SubscriptionRequest } from './events.js'
import { Erasing } from './forgetting.js'
import { type CallOptions, closed, notConnected } from './options.js'
import { Owner } from './owner.js'
import { OwnerRoster } from './owner-roster.js'
import { repeatRequests } from './repeating.js'
import { requestOf } from './request.js'
import { Undecided } from './undecided.js'
import { Waiters, waitFor } from './waiting.js'
import { checkWording } from './wording.js'

type Command = [contact: JidLike, input: StepInput, options: CallOptions, unless?: (contact: Contact) => boolean]

/** What a command has come to. */
interface Done {
  readonly contact: Contact
  readonly done: boolean
}

const NO_RESOURCES: ReadonlyMap<string, Presence> = new Map()

/** The commands of one of a component's owners: decided here, stored, then sent. */
export class ComponentDesk implements Desk {
  readonly face = new OwnerRoster(this)
  readonly undecided = new Undecided(this)
  readonly erasing: Erasing
  readonly #component: Component
  readonly #waiting = new Waiters<Owner>()
  #owner: Owner | undefined
  #announcer: Announcer | undefined
  #isLoaded = false
  #gone: 'released' | 'evicted' | undefined
  isOpen = false

  constructor(component: Component) {
    this.#component = component
    this.erasing = new Erasing(component, this)
  }

  bind(jid: string): Owner {
    const stanzas = (send: Send): readonly Element[] => this.#stanzas(jid, send)
    const owner = new Owner(jid, this.#component.world, this, stanzas, (what) => {
      this.undecided.await()
      this.erasing.await()
      // Nobody has opened it here: then there is no such owner any more.
      if (what === 'erased' && !this.isOpen) this.#component.drop(this)
    })
    owner.face = this.face
    this.#owner = owner
    this.#announcer = new Announcer(owner)
    return owner
  }

  #stanzas(jid: string, send: Send): readonly Element[] {
    if (send.type === 'presence') return this.#announcer?.current(send.to) ?? []
    if (send.type === 'unavailable') this.#announcer?.forget(send.to)
    return [this.#component.world.wire.stanza(jid, send)]
  }

  /** What storage holds of it. */
  fill(stored: StoredRoster | undefined): void {
    const owner = this.owner()
    const owed = stored === undefined ? [] : fillBook(owner.book, stored)
    this.#isLoaded = true
    owner.ledger.outbox.adopt(owed)
    this.#waiting.resolve(owner)
  }

  fail(error: RosterError): void {
    this.#waiting.reject(error)
  }

  owner(): Owner {
    if (this.#owner === undefined) throw notConnected()
    return this.#owner
  }

  get announcer(): Announcer {
    if (this.#announcer === undefined) throw notConnected()
    return this.#announcer
  }

  peek(): Owner | undefined {
    return this.#gone === undefined ? this.#owner : undefined
  }

  loaded(): boolean {
    return this.#isLoaded && this.#gone === undefined
  }

  resources(): ReadonlyMap<string, Presence> {
    return NO_RESOURCES
  }

  /** The desk that answers now: an owner that had to leave memory comes back to another one. */
  async #present(options: CallOptions): Promise<ComponentDesk> {
    options.signal?.throwIfAborted()
    const owner = this.owner()
    if (this.#gone === 'released' || this.#component.isClosed) throw closed(owner.jid)
    if (this.#gone === 'evicted') {
      const desk = await this.#component.reach(owner.jid)
      if (desk === undefined) throw closed(owner.jid)
      return desk
    }
    if (this.#isLoaded) return this
    this.#component.loadOwn()
    await waitFor(this.#waiting.wait(), options, this.#component.world.settings.clock, 'Loading the roster')
    return this
  }

  #command(...command: Command): Promise<Done> {
    return this.#component.underWay.add(this.#decide(...command))
  }

  async #decide(...command: Command): Promise<Done> {
    const [contact, input, options, unless] = command
    if ('status' in input || 'stanza' in input) checkWording(input)
    const desk = await this.#present(options)
    const owner = desk.owner()
    const jid = contactOf(owner, contact)
    const done = await owner.ledger.run<Done | undefined>((draft) => {
      if (!desk.isHeld) return { value: undefined }
      const known = draft.contact(jid)
      if (unless?.(known) === true) return { value: { contact: known, done: false } }
      const outcome = step(known, input, owner.world.settings.clock.now())
      return { value: outcome, told: owner.enter(draft, outcome) }
    })
    // It left memory while this waited.
    return done ?? this.#decide(...command)
  }

  async update(contact: JidLike, patch: RosterItemPatch, options: CallOptions): Promise<RosterItem> {
    const { contact: after } = await this.#command(contact, { kind: 'update', patch }, options)
    if (after.item === undefined)
      throw new RosterError('ITEM_INVALID', 'An update leaves an item.', { contact: after.jid })
    return after.item
  }

  async remove(contact: JidLike, options: CallOptions): Promise<boolean> {
    return (await this.#command(contact, { kind: 'remove' }, options)).done
  }

  async subscribe(
    contact: JidLike,
    options: CallOptions & { readonly nick?: string; readonly status?: string; readonly stanza?: string },
  ): Promise<void> {
    const { nick, status, stanza } = options
    await this.#command(contact, { kind: 'subscribe', nick, status, stanza }, options)
  }

  async unsubscribe(contact: JidLike, options: CallOptions & { readonly stanza?: string }): Promise<void> {
    await this.#command(contact, { kind: 'unsubscribe', stanza: options.stanza }, options)
  }

  async authorize(
    contact: JidLike,
    options: CallOptions & { readonly subscribe?: boolean; readonly stanza?: string },
  ): Promise<boolean> {
    const { subscribe = false, stanza } = options
    return (await this.#command(contact, { kind: 'authorize', subscribeBack: subscribe, stanza }, options)).done
  }

  async preapprove(contact: JidLike, options: CallOptions & { readonly stanza?: string }): Promise<void> {
    await this.#command(contact, { kind: 'preapprove', stanza: options.stanza }, options)
  }

  async unauthorize(
    contact: JidLike,
    options: CallOptions & { readonly status?: string; readonly stanza?: string },
  ): Promise<boolean> {
    const { status, stanza } = options
    return (await this.#command(contact, { kind: 'unauthorize', status, stanza }, options)).done
  }

  async deny(contact: JidLike, options: CallOptions & { readonly status?: string }): Promise<boolean> {
    const { status } = options
    const isAnswered = (known: Contact): boolean => !hasAsked(known)
    return (await this.#command(contact, { kind: 'unauthorize', status }, options, isAnswered)).done
  }

  requests(): readonly SubscriptionRequest[] {
    const owner = this.#owner
    if (owner === undefined) return []
    const waiting = [...owner.book.requests].sort(([, a], [, b]) => a.receivedAt - b.receivedAt)
    return waiting.map(([contact, request]) => requestOf(owner, contact, request, 'defer'))
  }

  async sendPresence(presence: PresenceInit, options: CallOptions & { readonly to?: JidLike }): Promise<void> {
    checkPresence(presence)
    const to = options.to === undefined ? undefined : parseJid(options.to)
    const desk = await this.#present(options)
    if (to === undefined) return desk.announcer.announce(presence)
    return desk.announcer.direct(presence, fullJid(to.bare, to.resource), contactOf(desk.owner(), to.bare))
  }

  async probe(options: CallOptions): Promise<void> {
    await (await this.#present(options)).#probeAll()
  }

  #probeAll(): Promise<void> {
    const contacts = [...this.owner().book.items.values()].filter((item) => hasTo(item.state)).map((item) => item.jid)
    return this.announcer.probe(contacts)
  }

  async resync(options: CallOptions): Promise<void> {
    const { ledger } = (await this.#present(options)).owner()
    ledger.storageMoved(undefined)
    await ledger.settled()
  }

  async release(options: CallOptions): Promise<void> {
    options.signal?.throwIfAborted()
    const { jid } = this.owner()
    if (this.#gone === 'released' || this.#component.isClosed) throw closed(jid)
    if (this === this.#component.own) {
      throw new RosterError(
        'UNSUPPORTED',
        "The component's own roster stays; sendPresence({ type: 'unavailable' }) withdraws it.",
        { owner: jid },
      )
    }
    const isHere = this.#gone === undefined
    // At once: whoever opens the owner from here on is to get it anew.
    this.#gone = 'released'
    this.isOpen = false
    if (!isHere) return
    await waitFor(this.#component.release(this), options, this.#component.world.settings.clock, 'Releasing the roster')
  }

  /** Whether it is the one that stands for its owner. */
  get isHeld(): boolean {
    return this.#component.held.get(this.owner().jid) === this
  }

  /** Whether it can leave memory unnoticed: nothing waits, and the application has said nothing of it that would be forgotten. */
  get isSpare(): boolean {
    const { ledger, autoAuthorize, autoSubscribe, thinking } = this.owner()
    const isSilent = autoAuthorize === undefined && autoSubscribe === undefined && !this.announcer.hasSpoken
    const isAwaited = thinking > 0 || this.undecided.isAwaited
    return !this.isOpen && isSilent && !isAwaited && ledger.isIdle && ledger.isSure && ledger.outbox.isEmpty
  }

  /** For reading what storage holds; a command goes to whoever has the owner in memory. */
  standIn(): void {
    this.#gone = 'evicted'
  }

  /** The desk of the owner as it stands in memory now, come back if it had left; `undefined` after `close`. */
  current(): Promise<ComponentDesk | undefined> {
    return this.#component.reach(this.owner().jid)
  }

  /** Nothing happens here any more by itself. */
  end(): void {
    this.undecided.stop()
    this.erasing.stop()
    this.#owner?.ledger.end()
  }

  /** Out of memory. */
  leave(how: 'released' | 'evicted'): void {
    this.#gone ??= how
    this.#isLoaded = false
    this.end()
    this.#owner?.endSession()
    this.#owner?.book.requests.clear()
  }

  /** The connection is there, or the owner has just come to a connection that is. */
  async appear(): Promise<void> {
    const owner = this.owner()
    owner.ledger.outbox.flush()
    await this.announcer.again()
    if (this.isOpen && !this.announcer.isAnnounced) await this.#announce(owner)
    await this.#probeAll()
    repeatRequests(owner)
  }

  async #announce(owner: Owner): Promise<void> {
    const presence = await presenceFor(owner.world, owner.jid)
    const isThere = this.#gone === undefined && !this.#component.isClosed
    if (presence !== false && !this.announcer.isAnnounced && isThere) await this.announcer.announce(presence)
  }
}
