import type { Component } from './component.js'
import { asStorageError } from './from-storage.js'
import { Left } from './left.js'

/** What other processes do to the owners that this one holds, or is about to hold. */
export class Watch {
  readonly #component: Component
  /** Changed between the look at storage and the moment when its answer is here. */
  readonly #movedMeanwhile = new Set<string>()
  readonly #left: Left
  #stop: (() => Promise<void>) | undefined

  constructor(component: Component) {
    this.#component = component
    this.#left = new Left(component)
  }

  async start(): Promise<void> {
    const { settings, bus } = this.#component.world
    this.#left.start()
    try {
      this.#stop = await settings.storage.watch?.({
        changed: (owner, revision) => this.#changed(owner, revision),
        gap: () => this.#gap(),
      })
      if (this.#component.isClosed) await this.stop()
      // Who was loaded before the channel was heard may have changed since.
      else if (this.#stop !== undefined) this.#gap()
    } catch (cause) {
      bus.error(asStorageError('all owners', cause))
    }
  }

  #changed(owner: string, revision: string | undefined): void {
    const desk = this.#component.held.get(owner)
    if (desk !== undefined) desk.owner().ledger.storageMoved(revision)
    else if (this.#component.loading.has(owner)) this.#movedMeanwhile.add(owner)
    else if (revision !== undefined) this.#left.suspect()
  }

  #gap(): void {
    for (const desk of this.#component.held.values()) desk.owner().ledger.storageMoved(undefined)
    for (const owner of this.#component.loading.keys()) this.#movedMeanwhile.add(owner)
    this.#left.suspect()
  }

  /** An owner came into memory: what it was loaded from may be old already. */
  arrived(owner: string): void {
    if (this.#movedMeanwhile.delete(owner)) this.#changed(owner, undefined)
  }

  async stop(): Promise<void> {
    this.#left.stop()
    await this.#stop?.()
  }
}
