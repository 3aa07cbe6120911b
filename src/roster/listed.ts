import type { RosterError } from '../core/errors.js'
import { type JidList, toBareList } from '../core/jid.js'
import type { Component } from './component.js'
import { asStorageError } from './from-storage.js'

/** Owners that are tried again together. */
const BATCH = 100

/** The owners that the application has listed: each is opened as soon as storage lets it. */
export class Listed {
  readonly #component: Component
  /** Those that are not open yet, with the code of what kept them from it: it is told once. */
  readonly #missing: Map<string, RosterError['code'] | undefined>

  /** @throws RosterError `JID_MALFORMED` */
  constructor(component: Component, owners: JidList) {
    this.#component = component
    this.#missing = new Map([...toBareList(owners)].map((owner) => [owner, undefined]))
  }

  /** Whether it is still to be opened. */
  isMissing(owner: string): boolean {
    return this.#missing.has(owner)
  }

  /** The owner was opened, or forgotten: what becomes of it from now on is the application's business. */
  strike(owner: string): void {
    this.#missing.delete(owner)
  }

  /** All at once: where the storage can, that is one round trip. */
  start(): void {
    for (const owner of this.#missing.keys()) void this.#open(owner)
  }

  /** Tries again what could not be opened; no further than the storage answers. */
  async openMissing(): Promise<void> {
    const missing = [...this.#missing.keys()]
    for (let at = 0; at < missing.length; at += BATCH) {
      const opened = await Promise.all(missing.slice(at, at + BATCH).map((owner) => this.#open(owner)))
      if (opened.every((code) => code === 'STORAGE_FAILED')) return
    }
  }

  async #open(owner: string): Promise<RosterError['code'] | undefined> {
    try {
      await this.#component.open(owner)
      return undefined
    } catch (cause) {
      const error = asStorageError(owner, cause)
      const isNews = this.#missing.has(owner) && error.code !== this.#missing.get(owner) && error.code !== 'CLOSED'
      // An owner of another domain never becomes one of this component's.
      if (error.code === 'JID_MALFORMED') this.strike(owner)
      else if (this.#missing.has(owner)) this.#missing.set(owner, error.code)
      if (isNews) this.#component.world.bus.error(error)
      return error.code
    }
  }
}
