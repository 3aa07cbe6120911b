import type { Element } from 'ltx'
import { RosterError } from '../core/errors.js'
import { bareJid, domainOf, type JidLike, toBareList } from '../core/jid.js'
import type { PresenceInit } from '../core/presence.js'
import type { SubscriptionType } from '../core/state.js'
import { step } from '../core/step.js'
import type { StoredRoster } from '../storage/port.js'
import { parseStoredRoster } from '../storage/record.js'
import { ComponentDesk } from './component-desk.js'
import { answerProbe, decideLeftOver, receive, receiveRequest } from './component-inbound.js'
import { hearAvailable, hearError, hearUnavailable } from './hearing.js'
import { asStorageError } from './ledger.js'
import { Loader } from './loader.js'
import type { RosterOptions } from './options.js'
import type { World } from './owner.js'
import { requestOf } from './request.js'
import { Waiters } from './waiting.js'

/** How long an answer that matched nothing is remembered for a record that comes late, in milliseconds. */
const STRAY = 30_000
const STRAYS = 1_000

/** All owners of a component. */
export class Component {
  readonly world: World
  readonly held = new Map<string, ComponentDesk>()
  readonly own: ComponentDesk
  readonly #admits: RosterOptions['owners']
  readonly #loader: Loader
  readonly #loading = new Map<string, Promise<ComponentDesk | undefined>>()
  readonly #opening = new Set<string>()
  readonly #strays = new Map<string, { readonly at: number; readonly receive: () => void }>()
  /** News about the component's own roster, for those who wait for it. */
  readonly ready = new Waiters<void>()
  #session = 0
  #unwatch: (() => Promise<void>) | undefined
  isClosed = false

  constructor(world: World, owners: RosterOptions['owners']) {
    this.world = world
    this.#admits = owners
    this.#loader = new Loader(world.settings.storage, (name) => world.bus.count(name))
    this.own = new ComponentDesk(this)
    this.own.isOpen = true
    this.#bindOwn()
    void this.#watch()
    if (owners !== undefined && typeof owners !== 'function') {
      for (const owner of toBareList(owners))
        void this.open(owner).catch((error: RosterError) => world.bus.error(error))
    }
  }

  #bindOwn(): void {
    const self = this.world.wire.self()
    if (self === undefined || this.own.peek() !== undefined) return
    this.own.bind(self)
    this.loadOwn()
  }

  /** The component's own roster is always at hand; when loading it failed, the next use tries again. */
  loadOwn(): void {
    const self = this.world.wire.self()
    if (self === undefined || this.held.has(self) || this.#loading.has(self)) return
    void this.#load(self, () => true).catch((error: RosterError) => {
      this.own.fail(error)
      this.ready.reject(error)
      this.world.bus.error(error)
    })
  }

  async #watch(): Promise<void> {
    const { storage } = this.world.settings
    try {
      this.#unwatch = await storage.watch?.({
        changed: (owner, revision) => this.held.get(owner)?.owner().ledger.storageMoved(revision),
        gap: () => {
          for (const desk of this.held.values()) desk.owner().ledger.storageMoved(undefined)
        },
      })
      if (this.isClosed) await this.#unwatch?.()
    } catch (cause) {
      this.world.bus.error(asStorageError('all owners', cause))
    }
  }

  /** The owner's desk if it is in memory; its turn to leave comes last then. */
  get(jid: string): ComponentDesk | undefined {
    const desk = this.held.get(jid)
    if (desk !== undefined && !desk.isOpen && this.held.size > this.world.settings.maxLoaded / 2) {
      this.held.delete(jid)
      this.held.set(jid, desk)
    }
    return desk
  }

  /** The owner's desk, from memory or storage; `undefined`: there is no such owner. Nothing is created. */
  reach(jid: string, admit: () => boolean | Promise<boolean> = () => false): Promise<ComponentDesk | undefined> {
    const desk = this.get(jid)
    return desk === undefined ? this.#load(jid, admit) : Promise.resolve(desk)
  }

  #load(jid: string, admit: () => boolean | Promise<boolean>): Promise<ComponentDesk | undefined> {
    const known = this.#loading.get(jid)
    if (known !== undefined) return known
    const loading = this.#take(jid, admit).finally(() => this.#loading.delete(jid))
    this.#loading.set(jid, loading)
    return loading
  }

  async #take(jid: string, admit: () => boolean | Promise<boolean>): Promise<ComponentDesk | undefined> {
    let stored: StoredRoster | undefined
    try {
      const record = await this.#loader.load(jid)
      stored = record === undefined ? undefined : parseStoredRoster(jid, record)
    } catch (cause) {
      throw asStorageError(jid, cause)
    }
    if (stored === undefined && !(await admit())) return undefined
    if (this.isClosed) return undefined
    const desk = jid === this.world.wire.self() ? this.own : new ComponentDesk(this)
    if (desk.peek() === undefined) desk.bind(jid)
    desk.fill(stored)
    this.held.set(jid, desk)
    this.#evict()
    decideLeftOver(desk.owner())
    // Who is opened appears when it is: not once for being loaded and once more.
    if (desk === this.own) this.#opened(desk)
    else if (this.world.wire.isOnline() && !this.#opening.has(jid)) this.#appear(desk)
    return desk
  }

  #appear(desk: ComponentDesk): void {
    desk.appear().catch((cause: unknown) => this.world.bus.error(asStorageError(desk.owner().jid, cause)))
  }

  #evict(): void {
    const { maxLoaded } = this.world.settings
    let spare = this.held.size - maxLoaded
    if (spare <= 0) return
    for (const [jid, desk] of this.held) {
      if (spare <= 0) return
      if (desk.isOpen || !desk.owner().ledger.isIdle || !desk.owner().ledger.outbox.isEmpty) continue
      this.held.delete(jid)
      desk.leave('evicted')
      this.world.bus.count('evictions')
      spare -= 1
    }
  }

  /** Loads an owner, makes one when there is none, and keeps it. */
  async open(owner: JidLike): Promise<ComponentDesk> {
    const jid = this.#ownerJid(owner)
    this.#opening.add(jid)
    const desk = await this.reach(jid, () => true).finally(() => this.#opening.delete(jid))
    if (desk === undefined)
      throw new RosterError('CLOSED', 'The roster was closed while the owner was loaded.', { owner: jid })
    if (desk.isOpen && this.held.get(jid) === desk && desk !== this.own) return desk
    desk.isOpen = true
    if (desk.owner().book.revision === undefined && desk !== this.own) await desk.owner().ledger.create()
    if (desk !== this.own) this.#opened(desk)
    return desk
  }

  #ownerJid(owner: JidLike): string {
    const jid = bareJid(owner)
    const self = this.world.wire.self()
    const domain = domainOf(jid)
    if (self === undefined || domain === self || domain.endsWith(`.${self}`)) return jid
    throw new RosterError(
      'JID_MALFORMED',
      `Expected an owner of the domain ${self}, but ${jid} came: the server would end the stream.`,
      { owner: jid },
    )
  }

  #opened(desk: ComponentDesk): void {
    const owner = desk.owner()
    this.world.bus.emit('loaded', { owner: owner.jid, roster: desk.face, version: owner.book.version })
    for (const [contact, request] of owner.book.requests) {
      if (request.deferred) this.world.bus.emit('subscribe', requestOf(owner, contact, request, 'defer'))
    }
    if (this.world.wire.isOnline()) this.#appear(desk)
    if (desk === this.own) this.ready.resolve()
  }

  /** The desk leaves memory. */
  drop(desk: ComponentDesk): void {
    const { jid } = desk.owner()
    if (this.held.get(jid) === desk) this.held.delete(jid)
    desk.leave('released')
  }

  async forget(owner: JidLike): Promise<{ readonly existed: boolean; readonly erased: Promise<void> }> {
    const jid = this.#ownerJid(owner)
    const desk = await this.reach(jid)
    if (desk === undefined || (desk.owner().book.revision === undefined && desk.owner().book.items.size === 0))
      return { existed: false, erased: Promise.resolve() }
    if (desk.isOpen) await desk.announcer.withdraw()
    await desk.endAll()
    const { ledger } = desk.owner()
    const erased = ledger.outbox.drained().then(async () => {
      ledger.outbox.stop()
      if (desk !== this.own) this.drop(desk)
      await ledger.settled()
      await ledger.erase()
    })
    return { existed: true, erased }
  }

  /** What is to be announced for an owner by itself. */
  async presenceFor(owner: string): Promise<PresenceInit | false> {
    const { presence } = this.world.settings
    if (typeof presence !== 'function') return presence
    try {
      return await presence(owner)
    } catch (cause) {
      this.world.bus.error(
        new RosterError('LISTENER_FAILED', `The option "presence" failed for ${owner}; nothing was announced.`, {
          owner,
          cause,
        }),
      )
      return false
    }
  }

  // — the connection —

  online(): void {
    this.#session += 1
    this.#bindOwn()
    this.loadOwn()
    this.ready.resolve()
    void this.#comeOnline(this.#session)
  }

  async #comeOnline(session: number): Promise<void> {
    const self = this.world.wire.self()
    try {
      for (const desk of [...this.held.values()]) {
        if (session !== this.#session) return
        await desk.appear()
      }
      if (self === undefined) return
      for await (const jid of this.world.settings.storage.owners({ domain: self, with: 'owed' })) {
        if (session !== this.#session) return
        await this.reach(jid)
      }
    } catch (cause) {
      this.world.bus.error(asStorageError(self ?? 'all owners', cause))
    }
  }

  /** A component has no resumption: its session is over. */
  offline(): void {
    this.#session += 1
    for (const desk of this.held.values()) desk.owner().endSession()
  }

  // — what comes in —

  available(to: string, from: string, stanza: Element): void {
    this.#ifHeld(to, (desk) => hearAvailable(desk.owner(), from, stanza))
  }

  unavailable(to: string, from: string, stanza: Element): void {
    this.#ifHeld(to, (desk) => hearUnavailable(desk.owner(), from, stanza))
  }

  failed(to: string, from: string, stanza: Element): void {
    this.#ifHeld(to, (desk) => hearError(desk.owner(), from, stanza))
  }

  /** Presence is volatile: it is kept for owners that somebody holds. */
  #ifHeld(to: string, act: (desk: ComponentDesk) => void): void {
    const slash = to.indexOf('/')
    const bare = slash === -1 ? to : to.slice(0, slash)
    const desk = this.get(bare)
    if (desk !== undefined) return act(desk)
    const jid = this.world.canonical(bare)
    const other = jid === undefined ? undefined : this.get(jid)
    if (other !== undefined) return act(other)
    const loading = jid === undefined ? undefined : this.#loading.get(jid)
    if (loading === undefined) this.world.bus.count('presences.unheld')
    else
      void loading.then((late) => late !== undefined && act(late)).catch(() => this.world.bus.count('presences.unheld'))
  }

  subscription(type: SubscriptionType, to: string, from: string, stanza: Element): void {
    const jid = this.world.canonical(to)
    const contact = this.world.canonical(from)
    if (jid === undefined || contact === undefined || jid === contact) {
      this.world.bus.rejected(
        'STANZA_INVALID',
        `Expected a subscription stanza between two JIDs, but "${type}" came from ${from} to ${to}.`,
        jid ?? to,
        from,
        stanza,
      )
      return
    }
    this.#with(jid, true, (desk) => {
      const owner = desk?.owner()
      if (owner === undefined) this.world.bus.count('owners.unknown')
      else if (type === 'subscribe') receiveRequest(owner, contact, stanza)
      else
        receive(owner, type, contact, stanza, () =>
          this.#remember(jid, type, contact, () => receive(owner, type, contact, stanza, () => undefined)),
        )
    })
  }

  probe(to: string, from: string): void {
    const jid = this.world.canonical(to)
    const contact = this.world.canonical(from)
    if (jid === undefined || contact === undefined || jid === contact) return
    this.#with(jid, false, (desk) => {
      if (desk !== undefined) return answerProbe(desk, from, contact)
      const { wire, bus } = this.world
      bus.count('owners.unknown')
      // As for a stranger of an owner that exists: nobody can tell which ones do.
      wire.transmit(wire.stanza(jid, { type: 'unsubscribed', to: contact })).catch(() => bus.count('unsent'))
    })
  }

  #with(jid: string, mayAdmit: boolean, act: (desk: ComponentDesk | undefined) => void): void {
    const desk = this.get(jid)
    if (desk !== undefined) return act(desk)
    const admits = this.#admits
    const admit = mayAdmit && typeof admits === 'function' ? () => admits(jid) : () => false
    this.reach(jid, admit).then(act, (cause: unknown) => this.world.bus.error(asStorageError(jid, cause)))
  }

  /** The application sent a subscription stanza past the roster. */
  recorded(type: SubscriptionType, owner: string, to: string): void {
    const jid = this.world.canonical(owner)
    const contact = this.world.canonical(to)
    if (jid === undefined || contact === undefined || jid === contact) return
    this.#with(jid, true, (desk) => {
      if (desk === undefined) return
      const target = desk.owner()
      target.ledger.post((draft) => {
        const tell = target.enter(
          draft,
          step(draft.contact(contact), { kind: 'recorded', type }, this.world.settings.clock.now()),
        )
        return () => {
          tell()
          if (type === 'subscribe') this.#recall(jid, contact)
        }
      })
    })
  }

  #remember(owner: string, type: SubscriptionType, contact: string, again: () => void): void {
    if (type === 'unsubscribe') return
    this.#strays.set(`${owner} ${contact}`, { at: this.world.settings.clock.now(), receive: again })
    const [oldest] = this.#strays.keys()
    if (this.#strays.size > STRAYS && oldest !== undefined) this.#strays.delete(oldest)
  }

  #recall(owner: string, contact: string): void {
    const key = `${owner} ${contact}`
    const stray = this.#strays.get(key)
    this.#strays.delete(key)
    if (stray !== undefined && this.world.settings.clock.now() - stray.at <= STRAY) stray.receive()
  }

  // — the end —

  async close(announce: boolean): Promise<void> {
    const desks = [...this.held.values()]
    if (announce) for (const desk of desks) await desk.announcer.withdraw()
    for (const desk of desks) await desk.owner().ledger.settled()
    if (this.world.wire.isOnline()) await Promise.all(desks.map((desk) => desk.owner().ledger.outbox.drained()))
    for (const desk of desks) {
      const { ledger } = desk.owner()
      ledger.outbox.stop()
      if (ledger.outbox.settled.length > 0) ledger.settleNow()
      await ledger.settled()
      ledger.outbox.stop()
    }
    this.isClosed = true
    await this.#unwatch?.()
  }
}
