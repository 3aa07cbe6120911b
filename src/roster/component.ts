import { RosterError } from '../core/errors.js'
import type { JidLike } from '../core/jid.js'
import type { StoredRoster } from '../storage/port.js'
import { parseStoredRoster } from '../storage/record.js'
import { ownerOf } from './addresses.js'
import { finish, finishAll } from './closing.js'
import { ComponentDesk } from './component-desk.js'
import { type Forgotten, forget } from './forgetting.js'
import { asStorageError } from './from-storage.js'
import { Left } from './left.js'
import { Listed } from './listed.js'
import { Loader } from './loader.js'
import { closed, type RosterOptions } from './options.js'
import type { World } from './owner.js'
import { Reception } from './reception.js'
import { requestOf } from './request.js'
import { Spare } from './spare.js'
import { UnderWay } from './under-way.js'
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
  readonly listed: Listed
  /** What other processes left. */
  readonly left: Left
  /** Commands and erasures: closing waits for them. */
  readonly underWay = new UnderWay()
  readonly #watch: Watch
  readonly #opening = new Map<string, Promise<ComponentDesk>>()
  /** Owners that are being released. */
  readonly #leaving = new Map<string, Promise<void>>()
  /** Those of `held` that nobody has opened. */
  readonly #spare: Spare
  /** News about the component's own roster, for those who wait for it. */
  readonly ready = new Waiters<void>()
  #session = 0
  /** Nobody is heard, and nobody comes into memory any more. */
  isClosed = false
  /** Nothing is sent or written any more. */
  isAbandoned = false

  constructor(world: World, owners: RosterOptions['owners']) {
    this.world = world
    this.#spare = new Spare(world.settings.maxLoaded)
    this.reception = new Reception(this, owners)
    this.loader = new Loader(world.settings.storage, (name) => world.bus.count(name))
    this.left = new Left(this)
    this.#watch = new Watch(this)
    this.listed = new Listed(this, owners === undefined || typeof owners === 'function' ? [] : owners)
    this.own = new ComponentDesk(this)
    this.own.isOpen = true
    this.#bindOwn()
    this.left.start()
    void this.#watch.start()
    this.listed.start()
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

  /** The owner's desk if it is in memory to stay; its turn to leave comes last then. */
  get(jid: string): ComponentDesk | undefined {
    const desk = this.#leaving.has(jid) ? undefined : this.held.get(jid)
    if (desk !== undefined) this.#spare.use(jid, desk)
    return desk
  }

  /** The owner's desk, from memory or storage; `undefined`: there is no such owner. Nothing is created. */
  reach(jid: string, admit: Admit = noOne): Promise<ComponentDesk | undefined> {
    if (this.isClosed) return Promise.resolve(undefined)
    const leaving = this.#leaving.get(jid)
    if (leaving !== undefined) return leaving.then(() => this.reach(jid, admit))
    const desk = this.get(jid)
    return desk === undefined ? this.#load(jid, admit) : Promise.resolve(desk)
  }

  /** The same of one that storage has just told of. */
  bring(jid: string, stored: StoredRoster): Promise<ComponentDesk | undefined> {
    return this.held.has(jid) ? this.reach(jid) : this.#load(jid, noOne, stored)
  }

  #load(jid: string, admit: Admit, told?: StoredRoster): Promise<ComponentDesk | undefined> {
    const known = this.loading.get(jid)
    // Whoever waits along may be one that would not have admitted the owner.
    if (known !== undefined) return admit === noOne ? known : known.then((desk) => desk ?? this.reach(jid, admit))
    const loading = this.#take(jid, admit, told).finally(() => {
      this.loading.delete(jid)
      this.#watch.looked(jid)
    })
    this.loading.set(jid, loading)
    return loading
  }

  async #take(jid: string, admit: Admit, told: StoredRoster | undefined): Promise<ComponentDesk | undefined> {
    const stored = told ?? (await this.#stored(jid))
    if (stored === undefined && !(await admit())) return undefined
    if (this.isClosed) return undefined
    const desk = jid === this.world.wire.self() ? this.own : new ComponentDesk(this)
    if (desk.peek() === undefined) desk.bind(jid)
    desk.fill(stored)
    this.held.set(jid, desk)
    this.#watch.arrived(jid)
    if (!desk.isOpen) this.#spare.add(jid, desk)
    this.evict()
    desk.undecided.decideAll()
    desk.erasing.await()
    // Who is opened appears when it is: not once for being loaded and once more.
    if (desk === this.own) this.#opened(desk)
    else if (this.world.wire.isOnline() && !this.#opening.has(jid)) void this.#appear(desk)
    return desk
  }

  async #stored(jid: string): Promise<StoredRoster | undefined> {
    try {
      const record = await this.loader.load(jid)
      return record === undefined ? undefined : parseStoredRoster(jid, record)
    } catch (cause) {
      throw asStorageError(jid, cause)
    }
  }

  async #appear(desk: ComponentDesk): Promise<void> {
    try {
      await desk.appear()
    } catch (cause) {
      this.world.bus.error(asStorageError(desk.owner().jid, cause))
    }
  }

  /** Whether more are in memory than should be. */
  get isFull(): boolean {
    return this.#spare.isFull
  }

  /** Lets go of what is over `maxLoaded` and can be spared; looks at some, or at so many. */
  evict(looks?: number): void {
    // Who has just been loaded, or is about to be opened, is there for somebody.
    const canLeave = (jid: string, desk: ComponentDesk): boolean =>
      desk.isSpare && !this.loading.has(jid) && !this.#opening.has(jid)
    for (const [jid, desk] of this.#spare.evict(canLeave, looks)) {
      this.held.delete(jid)
      desk.leave('evicted')
      this.world.bus.count('evictions')
    }
  }

  /** Loads an owner, makes one when there is none, and keeps it. */
  async open(owner: JidLike): Promise<ComponentDesk> {
    const jid = ownerOf(this.world.wire.self(), owner)
    const known = this.#opening.get(jid)
    if (known !== undefined) return known
    const opening = this.#open(jid).finally(() => this.#opening.delete(jid))
    this.#opening.set(jid, opening)
    return opening
  }

  async #open(jid: string): Promise<ComponentDesk> {
    const desk = await this.reach(jid, () => true)
    if (desk?.owner().book.stays === false) await desk.owner().ledger.create()
    if (desk === undefined || this.isClosed)
      throw new RosterError('CLOSED', 'The roster was closed while the owner was loaded.', { owner: jid })
    // It was released, or has left, while it was being opened.
    if (this.#leaving.has(jid) || this.held.get(jid) !== desk) return this.#open(jid)
    this.listed.strike(jid)
    if (desk.isOpen) return desk
    desk.isOpen = true
    this.#spare.delete(jid)
    this.#opened(desk)
    return desk
  }

  #opened(desk: ComponentDesk): void {
    const owner = desk.owner()
    this.world.bus.emit('loaded', { owner: owner.jid, roster: desk.face, version: owner.book.version })
    for (const [contact, request] of owner.book.requests) {
      if (request.deferred) this.world.bus.emit('subscribe', requestOf(owner, contact, request, 'defer'))
    }
    if (this.world.wire.isOnline()) void this.#appear(desk)
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

  /** As `drop`, once what was sent is written down. Whoever wants the owner meanwhile waits, and gets it anew. */
  release(desk: ComponentDesk): Promise<void> {
    const { jid } = desk.owner()
    const leaving = finish(desk).finally(() => {
      this.#leaving.delete(jid)
      this.drop(desk)
    })
    this.#leaving.set(
      jid,
      leaving.catch(() => undefined),
    )
    return leaving
  }

  async forget(owner: JidLike): Promise<Forgotten> {
    const jid = ownerOf(this.world.wire.self(), owner)
    const forgotten = await this.underWay.add(forget(this, jid))
    this.listed.strike(jid)
    return forgotten
  }

  /** From here on it stays in memory like those that nobody has opened. */
  unopen(desk: ComponentDesk): void {
    if (desk === this.own || !desk.isOpen) return
    desk.isOpen = false
    this.#spare.add(desk.owner().jid, desk)
  }

  // — the connection —

  online(): void {
    if (this.isClosed) return
    this.#session += 1
    this.#bindOwn()
    this.loadOwn()
    this.ready.resolve()
    void this.#comeOnline(this.#session)
  }

  async #comeOnline(session: number): Promise<void> {
    for (const desk of [...this.held.values()]) {
      if (session !== this.#session) return
      await this.#appear(desk)
    }
    this.left.look()
  }

  /** A component has no resumption: its session is over. */
  offline(): void {
    this.#session += 1
    for (const desk of this.held.values()) {
      desk.owner().ledger.outbox.cut()
      desk.owner().endSession()
    }
  }

  // — the end —

  async close(announce: boolean): Promise<void> {
    this.isClosed = true
    this.left.stop()
    // Commands that wait for it would wait for ever.
    this.own.fail(closed())
    const deaf = this.#watch.stop()
    // Whatever becomes of that, it is no reason not to say goodbye.
    deaf.catch(() => undefined)
    await finishAll(this, announce)
    await deaf
  }

  /** Closing has ended, or took too long: from here on nothing is sent or written, and no timer is left. */
  abandon(): void {
    this.isClosed = true
    this.isAbandoned = true
    for (const desk of this.held.values()) desk.end()
  }
}
