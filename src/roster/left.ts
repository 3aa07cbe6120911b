import type { StoredRoster } from '../storage/port.js'
import { parseStoredRoster } from '../storage/record.js'
import type { Component } from './component.js'
import { asStorageError, owing } from './from-storage.js'
import { isAboutOne } from './loader.js'
import { firstGivenUpAt } from './outbox.js'

/** How long a change elsewhere may take to be sent before this process looks whether somebody does, in milliseconds. */
const LOOK_AFTER = 5_000
/** How often it looks without being told of a change: not every storage can watch, or is told to. In milliseconds. */
const LOOK_EVERY = 30_000
/** How soon it goes on when memory was full: what was sent by then is written down, and its owners can leave. In milliseconds. */
const GO_ON_AFTER = 2_000
/** Owners that are looked at together. */
const BATCH = 100

/**
 * What other processes left and nobody sends, because they are gone or never had a connection. Of all that others do, only
 * that brings an owner into memory here.
 */
export class Left {
  readonly #component: Component
  #cancel: (() => void) | undefined
  #lookAt = Infinity
  #isWanted = false
  #isLooking = false

  constructor(component: Component) {
    this.#component = component
  }

  /** Looks from now on. */
  start(): void {
    this.#lookIn(LOOK_EVERY)
  }

  /** Another process has changed an owner that is not in memory here, or may have. */
  suspect(): void {
    this.#lookIn(LOOK_AFTER)
  }

  /** Looks at once, as on coming online; again when it is looking already. */
  look(): void {
    this.#isWanted = true
    if (!this.#isLooking) void this.#lookWhileWanted()
  }

  async #lookWhileWanted(): Promise<void> {
    this.#isLooking = true
    while (this.#isWanted) {
      this.#isWanted = false
      await this.#look()
    }
    this.#isLooking = false
    this.#lookIn(LOOK_EVERY)
  }

  #lookIn(ms: number): void {
    const { clock } = this.#component.world.settings
    const at = clock.now() + ms
    if (this.#lookAt <= at || this.#component.isClosed) return
    this.stop()
    this.#lookAt = at
    this.#cancel = clock.after(ms, () => {
      this.#lookAt = Infinity
      this.look()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#lookAt = Infinity
  }

  /** Whether what is found could be sent: coming online looks again. */
  #canSend(): boolean {
    return this.#component.world.wire.isOnline() && !this.#component.isClosed
  }

  async #look(): Promise<void> {
    const { settings, bus, wire } = this.#component.world
    const self = wire.self()
    // Who owed something when others were loaded could not be put out of memory then.
    this.#component.evict(Infinity)
    // Without a connection as well: who is open hears nobody then, but can be asked.
    void this.#component.listed.openMissing()
    if (self === undefined || !this.#canSend()) return
    try {
      const batch: string[] = []
      for await (const owner of owing(settings.storage, self)) {
        if (this.#isCared(owner) || batch.push(owner) < BATCH) continue
        if (!(await this.#lookAfter(batch.splice(0)))) return
      }
      await this.#lookAfter(batch)
    } catch (cause) {
      bus.error(asStorageError('all owners', cause))
    }
  }

  /** Who is in memory and owes nothing that is known there has to look for itself. */
  #isCared(owner: string): boolean {
    const ledger = this.#component.held.get(owner)?.owner().ledger
    if (ledger?.outbox.isEmpty === true) ledger.storageMoved(undefined)
    return ledger !== undefined || this.#component.loading.has(owner)
  }

  /** `false`: there is no sense in looking further now. @throws what the storage said when it does not answer at all. */
  async #lookAfter(owners: readonly string[]): Promise<boolean> {
    const due = await this.#dueOf(owners)
    if (!this.#canSend()) return false
    for (const [owner, stored] of due)
      await this.#component.bring(owner, stored).catch((cause: unknown) => this.#tell(owner, cause))
    this.#component.evict(Infinity)
    // Those who came last cannot leave before what they owe was sent. At least they are through, so the next look gets further.
    if (due.length === 0 || !this.#component.isFull) return true
    this.#lookIn(GO_ON_AFTER)
    return false
  }

  /** Those for whom nobody need wait any longer; the others have their time. */
  async #dueOf(owners: readonly string[]): Promise<readonly (readonly [string, StoredRoster])[]> {
    const { loader } = this.#component
    const loads = await Promise.allSettled(owners.map((owner) => loader.load(owner)))
    const reasons = loads.flatMap((load) => (load.status === 'rejected' ? [load.reason as unknown] : []))
    if (reasons.length > 0 && reasons.length === owners.length && !reasons.some(isAboutOne)) throw reasons[0]
    const due: [string, StoredRoster][] = []
    for (const [index, owner] of owners.entries()) {
      const load = loads[index]
      if (load?.status === 'rejected') this.#tell(owner, load.reason)
      const stored = load?.status === 'fulfilled' ? this.#readDue(owner, load.value) : undefined
      if (stored !== undefined) due.push([owner, stored])
    }
    return due
  }

  #readDue(owner: string, record: StoredRoster | undefined): StoredRoster | undefined {
    const { clock } = this.#component.world.settings
    try {
      const stored = record === undefined ? undefined : parseStoredRoster(owner, record)
      const wait = firstGivenUpAt(stored?.owed ?? []) - clock.now()
      if (wait > 0 && wait < Infinity) this.#lookIn(wait)
      return wait <= 0 ? stored : undefined
    } catch (cause) {
      this.#tell(owner, cause)
      return undefined
    }
  }

  /** One that cannot be read keeps nobody else from being sent what it is owed. */
  #tell(owner: string, cause: unknown): void {
    this.#component.world.bus.error(asStorageError(owner, cause))
  }
}
