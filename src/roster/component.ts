import { RosterError } from '../core/errors.js'
import { bareJid, isWithin, type JidLike, toBareList } from '../core/jid.js'
import type { PresenceInit } from '../core/presence.js'
import type { StoredRoster } from '../storage/port.js'
import { parseStoredRoster } from '../storage/record.js'
import { checkPresence } from './announcer.js'
import { fillBook } from './book.js'
import { ComponentDesk } from './component-desk.js'
import { asStorageError, owing } from './from-storage.js'
import { Loader } from './loader.js'
import type { RosterOptions } from './options.js'
import type { World } from './owner.js'
import { Reception } from './reception.js'
import { requestOf } from './request.js'
import { Waiters } from './waiting.js'
import { Watch } from './watch.js'

/** Whether an owner that storage does not have is to exist. */
export type Admit = () => boolean | Promise<boolean>

const noOne: Admit = () => false

/** All owners of a component. */
export class Component {
  readonly world: World
  readonly held = new Map<string, ComponentDesk>()
  readonly own: ComponentDesk
  /** What contacts send. */
  readonly reception: Reception
  readonly loader: Loader
  /** Owners as they come from storage. */
  readonly loading = new Map<string, Promise<ComponentDesk | undefined>>()
  readonly #watch: Watch
  readonly #opening = new Map<string, Promise<ComponentDesk>>()
  /** Those of `held` that nobody has opened, the least recently used first. */
  readonly #spare = new Map<string, ComponentDesk>()
  /** News about the component's own roster, for those who wait for it. */
  readonly ready = new Waiters<void>()
  readonly #lost = new Waiters<void>()
  #session = 0
  isClosed = false

  constructor(world: World, owners: RosterOptions['owners']) {
    this.world = world
    this.reception = new Reception(this, owners)
    this.loader = new Loader(world.settings.storage, (name) => world.bus.count(name))
    this.#watch = new Watch(this)
    this.own = new ComponentDesk(this)
    this.own.isOpen = true
    this.#bindOwn()
    void this.#watch.start()
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
    if (self === undefined || this.held.has(self) || this.loading.has(self)) return
    void this.#load(self, () => true).catch((error: RosterError) => {
      this.own.fail(error)
      this.ready.reject(error)
      this.world.bus.error(error)
    })
  }

  /** The owner's desk if it is in memory; its turn to leave comes last then. */
  get(jid: string): ComponentDesk | undefined {
    const desk = this.held.get(jid)
    if (desk !== undefined && this.#spare.size > this.world.settings.maxLoaded / 2 && this.#spare.delete(jid))
      this.#spare.set(jid, desk)
    return desk
  }

  /** The owner's desk, from memory or storage; `undefined`: there is no such owner. Nothing is created. */
  reach(jid: string, admit: Admit = noOne): Promise<ComponentDesk | undefined> {
    if (this.isClosed) return Promise.resolve(undefined)
    const desk = this.get(jid)
    return desk === undefined ? this.#load(jid, admit) : Promise.resolve(desk)
  }

  #load(jid: string, admit: Admit): Promise<ComponentDesk | undefined> {
    const known = this.loading.get(jid)
    // Whoever waits along may be one that would not have admitted the owner.
    if (known !== undefined) return admit === noOne ? known : known.then((desk) => desk ?? this.reach(jid, admit))
    const loading = this.#take(jid, admit).finally(() => this.loading.delete(jid))
    this.loading.set(jid, loading)
    return loading
  }

  async #take(jid: string, admit: Admit): Promise<ComponentDesk | undefined> {
    let stored: StoredRoster | undefined
    try {
      const record = await this.loader.load(jid)
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
    this.#watch.arrived(jid)
    if (!desk.isOpen) this.#spare.set(jid, desk)
    this.evict()
    desk.undecided.decideAll()
    // Who is opened appears when it is: not once for being loaded and once more.
    if (desk === this.own) this.#opened(desk)
    else if (this.world.wire.isOnline() && !this.#opening.has(jid)) this.#appear(desk)
    return desk
  }

  /** A desk for reading: it stays out of memory, its commands load the owner. */
  async glimpse(jid: string): Promise<ComponentDesk> {
    const desk = new ComponentDesk(this)
    const { book } = desk.bind(jid)
    try {
      const stored = await this.world.settings.storage.load(jid)
      if (stored !== undefined) fillBook(book, parseStoredRoster(jid, stored))
    } catch (cause) {
      throw asStorageError(jid, cause)
    }
    desk.standIn()
    return desk
  }

  #appear(desk: ComponentDesk): void {
    desk.appear().catch((cause: unknown) => this.world.bus.error(asStorageError(desk.owner().jid, cause)))
  }

  /** Lets go of what is over `maxLoaded` and can be spared. */
  evict(): void {
    let excess = this.#spare.size - this.world.settings.maxLoaded
    for (const [jid, desk] of this.#spare) {
      if (excess <= 0) return
      // Who has just been loaded, or is about to be opened, is there for somebody.
      if (!desk.isSpare || this.loading.has(jid) || this.#opening.has(jid)) continue
      this.held.delete(jid)
      this.#spare.delete(jid)
      desk.leave('evicted')
      this.world.bus.count('evictions')
      excess -= 1
    }
  }

  /** Loads an owner, makes one when there is none, and keeps it. */
  async open(owner: JidLike): Promise<ComponentDesk> {
    const jid = this.#ownerJid(owner)
    const known = this.#opening.get(jid)
    if (known !== undefined) return known
    const opening = this.#open(jid).finally(() => this.#opening.delete(jid))
    this.#opening.set(jid, opening)
    return opening
  }

  async #open(jid: string): Promise<ComponentDesk> {
    const desk = await this.reach(jid, () => true)
    if (desk === undefined)
      throw new RosterError('CLOSED', 'The roster was closed while the owner was loaded.', { owner: jid })
    if (desk.isOpen && this.held.get(jid) === desk) return desk
    if (desk.owner().book.revision === undefined) await desk.owner().ledger.create()
    desk.isOpen = true
    this.#spare.delete(jid)
    this.#opened(desk)
    return desk
  }

  #ownerJid(owner: JidLike): string {
    const jid = bareJid(owner)
    const self = this.world.wire.self()
    if (self === undefined || isWithin(self, jid)) return jid
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
    if (this.held.get(jid) === desk) {
      this.held.delete(jid)
      this.#spare.delete(jid)
    }
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
      ledger.stop()
      if (desk !== this.own) this.drop(desk)
      await ledger.settled()
      await ledger.erase()
    })
    return { existed: true, erased }
  }

  /** What is to be announced for an owner by itself. */
  async presenceFor(owner: string): Promise<PresenceInit | false> {
    const { presence } = this.world.settings
    try {
      const wanted = typeof presence === 'function' ? await presence(owner) : presence
      return wanted === false ? false : checkPresence(wanted)
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
      for await (const jid of owing(this.world.settings.storage, self)) {
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
    this.#lost.resolve()
    for (const desk of this.held.values()) desk.owner().endSession()
  }

  // — the end —

  async close(announce: boolean): Promise<void> {
    const desks = [...this.held.values()]
    if (announce) for (const desk of desks) await desk.announcer.withdraw()
    for (const desk of desks) await desk.owner().ledger.settled()
    const sent = Promise.all(desks.map((desk) => desk.owner().ledger.outbox.drained()))
    // What a lost connection keeps from being sent stays owed.
    if (this.world.wire.isOnline()) await Promise.race([sent, this.#lost.wait()])
    for (const desk of desks) {
      const { ledger } = desk.owner()
      ledger.stop()
      if (ledger.outbox.settled.length > 0) ledger.settleNow()
      await ledger.settled()
      ledger.stop()
      desk.undecided.stop()
    }
    this.isClosed = true
    await this.#watch.stop()
  }
}
