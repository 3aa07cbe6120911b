import { RosterError } from '../core/errors.js'
import type { RosterStorage, StoredRoster } from '../storage/port.js'

interface Asked {
  readonly resolve: (stored: StoredRoster | undefined) => void
  readonly reject: (reason: unknown) => void
}

/** Loads owners; those that are asked for in one tick come in one round trip where the storage can. */
export class Loader {
  readonly #storage: RosterStorage
  readonly #count: (name: string) => void
  #asked = new Map<string, Asked>()

  constructor(storage: RosterStorage, count: (name: string) => void) {
    this.#storage = storage
    this.#count = count
  }

  load(owner: string): Promise<StoredRoster | undefined> {
    if (this.#storage.loadMany === undefined) {
      this.#count('loads')
      return this.#storage.load(owner)
    }
    return new Promise((resolve, reject) => {
      if (this.#asked.size === 0) queueMicrotask(() => void this.#loadAll())
      this.#asked.set(owner, { resolve, reject })
    })
  }

  async #loadAll(): Promise<void> {
    const asked = this.#asked
    this.#asked = new Map()
    this.#count('loads')
    try {
      const found = await this.#storage.loadMany?.([...asked.keys()])
      for (const [owner, one] of asked) one.resolve(found?.get(owner))
    } catch (reason) {
      if (asked.size > 1 && isAboutOne(reason)) this.#loadEach(asked)
      else for (const one of asked.values()) one.reject(reason)
    }
  }

  /** An owner whose roster cannot be read is no trouble of those who were asked for along with it. */
  #loadEach(asked: ReadonlyMap<string, Asked>): void {
    for (const [owner, one] of asked) {
      this.#count('loads')
      this.#storage.load(owner).then(one.resolve, one.reject)
    }
  }
}

const isAboutOne = (reason: unknown): boolean =>
  reason instanceof RosterError && (reason.code === 'STORAGE_CORRUPT' || reason.code === 'UNSUPPORTED')
