import type { RosterError } from '../core/errors.js'
import type { Component } from './component.js'
import { asStorageError } from './from-storage.js'

/** How long after a failure it is tried again to hear of changes, in milliseconds: twice as long after each, at most the second. */
const AGAIN_AFTER = 1_000
const AGAIN_AT_LAST = 30_000

/** What other processes do to the owners that this one holds, or is about to hold. */
export class Watch {
  readonly #component: Component
  /** Changed between the look at storage and the moment when its answer is here. */
  readonly #movedMeanwhile = new Set<string>()
  #again = AGAIN_AFTER
  #cancel: (() => void) | undefined
  #stop: (() => Promise<void>) | undefined

  constructor(component: Component) {
    this.#component = component
  }

  /** Hears of changes from now on; where it cannot begin, it tries again until everything is closed. The first failure alone is told. */
  async start(): Promise<void> {
    const { settings, bus } = this.#component.world
    try {
      this.#stop = await settings.storage.watch?.({
        changed: (owner, revision) => this.#ifThere(() => this.#changed(owner, revision)),
        gap: () => this.#ifThere(() => this.#gap()),
      })
      if (this.#component.isClosed) await this.stop()
      // Who was loaded before the channel was heard may have changed since.
      else if (this.#stop !== undefined) this.#gap()
    } catch (cause) {
      const error = asStorageError('all owners', cause)
      if (this.#again === AGAIN_AFTER) bus.error(error)
      this.#tryAgain(error)
    }
  }

  /** What the storage does not offer it will not offer later. */
  #tryAgain({ code }: RosterError): void {
    const { clock } = this.#component.world.settings
    if (this.#component.isClosed || code === 'UNSUPPORTED') return
    this.#cancel = clock.after(this.#again, () => void this.start())
    this.#again = Math.min(this.#again * 2, AGAIN_AT_LAST)
  }

  /** What was on its way when it was stopped may still come. */
  #ifThere(hear: () => void): void {
    if (!this.#component.isAbandoned) hear()
  }

  #changed(owner: string, revision: string | undefined): void {
    const desk = this.#component.held.get(owner)
    if (desk !== undefined) desk.owner().ledger.storageMoved(revision)
    else if (this.#component.loading.has(owner)) this.#movedMeanwhile.add(owner)
    else if (revision !== undefined) this.#component.left.suspect()
  }

  #gap(): void {
    for (const desk of this.#component.held.values()) desk.owner().ledger.storageMoved(undefined)
    for (const owner of this.#component.loading.keys()) this.#movedMeanwhile.add(owner)
    this.#component.left.suspect()
  }

  /** An owner came into memory: what it was loaded from may be old already. */
  arrived(owner: string): void {
    if (this.#movedMeanwhile.delete(owner)) this.#changed(owner, undefined)
  }

  /** A look at storage is over, also one that has brought nobody. */
  looked(owner: string): void {
    this.#movedMeanwhile.delete(owner)
  }

  async stop(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    await this.#stop?.()
  }
}
