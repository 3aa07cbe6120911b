import type { OwnersFilter, RosterChange, RosterStorage, StorageListener } from '../../../src/index.js'

const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

/** A storage as one process sees it. Once that is dead, nothing comes from it any more, and nothing comes to it. */
export class MortalStorage implements RosterStorage {
  readonly #storage: RosterStorage
  #dead = false

  constructor(storage: RosterStorage) {
    this.#storage = storage
  }

  die(): void {
    this.#dead = true
  }

  load(owner: string): ReturnType<RosterStorage['load']> {
    return this.#dead ? never() : this.#storage.load(owner)
  }

  commit(owner: string, change: RosterChange): Promise<void> {
    return this.#dead ? never() : this.#storage.commit(owner, change)
  }

  owners(options?: OwnersFilter): AsyncIterable<string> {
    return this.#storage.owners(options)
  }

  async watch(listener: StorageListener): Promise<() => Promise<void>> {
    const unless = (run: () => void): void => (this.#dead ? undefined : run())
    const heard = await this.#storage.watch?.({
      changed: (owner, revision) => unless(() => listener.changed(owner, revision)),
      gap: () => unless(() => listener.gap()),
    })
    return heard ?? (async () => undefined)
  }
}
