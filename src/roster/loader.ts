import { RosterError } from '../core/errors.js'
import type { RosterStorage, StoredRoster } from '../storage/port.js'

interface Asked {
  readonly answer: Promise<StoredRoster | undefined>
  readonly resolve: (stored: StoredRoster | undefined) => void
  readonly reject: (reason: unknown) => void
}

function ask(): Asked {
  let resolve: Asked['resolve'] = () => undefined
  let reject: Asked['reject'] = () => undefined
  const answer = new Promise<StoredRoster | undefined>((resolved, rejected) => {
    resolve = resolved
    reject = rejected
  })
  return { answer, resolve, reject }
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
    const known = this.#asked.get(owner)
    if (known !== undefined) return known.answer
    if (this.#asked.size === 0) queueMicrotask(() => void this.#loadAll())
    const asked = ask()
    this.#asked.set(owner, asked)
    return asked.answer
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
    for (const [owner, one] of asked) void this.#loadOne(owner, one)
  }

  async #loadOne(owner: string, { resolve, reject }: Asked): Promise<void> {
    this.#count('loads')
    try {
      resolve(await this.#storage.load(owner))
    } catch (reason) {
      reject(reason)
    }
  }
}

/** Whether it is one roster that cannot be read, and not the storage that does not answer. */
export const isAboutOne = (reason: unknown): boolean =>
  reason instanceof RosterError && (reason.code === 'STORAGE_CORRUPT' || reason.code === 'UNSUPPORTED')
