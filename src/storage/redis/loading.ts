import { inWords } from '../../core/errors.js'
import type { StoredRoster } from '../port.js'
import { isCluster, type RedisClient } from './client.js'
import { ALL, readFailed } from './errors.js'
import { bucketOf, type Keys } from './keys.js'
import { LOAD, LOADED } from './lua.js'
import { listOf, parseRoster } from './rows.js'
import type { Runner } from './runner.js'

/** Owners that one script loads at the most: Redis does nothing else meanwhile. */
const TOGETHER = 64

/** Loads owners by the script `load`: as many in one as belong together, all scripts at once. */
export class Loading {
  readonly #runner: Runner
  readonly #keys: Keys
  /** The keys of one script must share a slot. A client of one server may turn out to be one of a Cluster's, or of a proxy before it. */
  #bySlot: boolean

  constructor(client: RedisClient, runner: Runner, keys: Keys) {
    this.#runner = runner
    this.#keys = keys
    this.#bySlot = isCluster(client)
  }

  async one(owner: string): Promise<StoredRoster | undefined> {
    return (await this.#all([[owner]])).get(owner)
  }

  async many(owners: readonly string[]): Promise<ReadonlyMap<string, StoredRoster>> {
    const names = [...new Set(owners)]
    if (!this.#bySlot) {
      try {
        return await this.#all(parted(names, () => 0))
      } catch (cause) {
        if (!inWords(cause).includes('CROSSSLOT')) throw cause
        this.#bySlot = true
      }
    }
    return this.#all(parted(names, bucketOf))
  }

  async #all(parts: readonly (readonly string[])[]): Promise<ReadonlyMap<string, StoredRoster>> {
    const found = new Map<string, StoredRoster>()
    await Promise.all(parts.map((part) => this.#load(part, found)))
    return found
  }

  async #load(owners: readonly string[], found: Map<string, StoredRoster>): Promise<void> {
    const about = owners.length === 1 ? (owners[0] ?? ALL) : ALL
    const keys: string[] = []
    for (const owner of owners) {
      const { items, owed } = this.#keys.of(owner)
      keys.push(items, owed)
    }
    try {
      const answers = listOf(about, await this.#runner.run(LOAD, keys, []))
      for (const [index, owner] of owners.entries()) {
        const roster = parseRoster(owner, answers.slice(index * LOADED, (index + 1) * LOADED))
        if (roster !== undefined) found.set(owner, roster)
      }
    } catch (cause) {
      throw readFailed(about, cause)
    }
  }
}

/** Parts of at most so many, each of owners of one kind. */
function parted(owners: readonly string[], kindOf: (owner: string) => number): readonly (readonly string[])[] {
  const parts: string[][] = []
  const filling = new Map<number, string[]>()
  for (const owner of owners) {
    const kind = kindOf(owner)
    let part = filling.get(kind)
    if (part === undefined || part.length === TOGETHER) {
      part = []
      filling.set(kind, part)
      parts.push(part)
    }
    part.push(owner)
  }
  return parts
}
