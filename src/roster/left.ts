import type { StoredRoster } from '../storage/port.js'
import { parseStoredRoster } from '../storage/record.js'
import type { Component } from './component.js'
import { asStorageError, owing } from './from-storage.js'
import { firstGivenUpAt } from './outbox.js'

/** How long a change elsewhere may take to be sent before this process looks whether somebody does, in milliseconds. */
const LOOK_AFTER = 5_000
/** How often it looks without being told of a change: not every storage can watch, or is told to. In milliseconds. */
const LOOK_EVERY = 30_000
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

  #lookIn(ms: number): void {
    const { clock } = this.#component.world.settings
    const at = clock.now() + ms
    if (this.#lookAt <= at || this.#component.isClosed) return
    this.stop()
    this.#lookAt = at
    this.#cancel = clock.after(ms, () => {
      this.#lookAt = Infinity
      void this.#look().finally(() => this.#lookIn(LOOK_EVERY))
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#lookAt = Infinity
  }

  /** Without a connection there is nothing to do: coming online looks after all who owe. */
  async #look(): Promise<void> {
    const { settings, bus, wire } = this.#component.world
    const self = wire.self()
    // Who owed something when others were loaded could not be put out of memory then.
    this.#component.evict()
    if (self === undefined || !wire.isOnline()) return
    try {
      const batch: string[] = []
      for await (const owner of owing(settings.storage, self)) {
        if (!this.#isCared(owner) && batch.push(owner) >= BATCH) await this.#lookAfter(batch.splice(0))
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

  async #lookAfter(owners: readonly string[]): Promise<void> {
    const records = await Promise.all(owners.map((owner) => this.#component.loader.load(owner)))
    for (const [index, owner] of owners.entries()) {
      const record = records[index]
      if (record !== undefined) await this.#lookInto(owner, record)
    }
  }

  async #lookInto(owner: string, record: StoredRoster): Promise<void> {
    const { settings, bus } = this.#component.world
    try {
      const wait = firstGivenUpAt(parseStoredRoster(owner, record).owed) - settings.clock.now()
      if (wait <= 0) await this.#component.reach(owner)
      else if (wait < Infinity) this.#lookIn(wait)
    } catch (cause) {
      // One that cannot be read keeps nobody else from being sent what it is owed.
      bus.error(asStorageError(owner, cause))
    }
  }
}
