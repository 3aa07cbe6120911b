import { chmod, mkdir, open } from 'node:fs/promises'
import { inWords, RosterError } from '../core/errors.js'
import { MemoryStorage } from '../storage/memory.js'
import type { OwnersFilter, RosterChange, RosterStorage, StoredRoster } from '../storage/port.js'
import { type Context, warn } from './context.js'
import { cacheFile, dataFolder } from './folders.js'

/** The data folder, for its owner alone. */
export async function makeDataFolder(context: Context): Promise<string> {
  const folder = dataFolder(context.world)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  // It may have been made by somebody else; it is ours.
  await chmod(folder, 0o700)
  return folder
}

/** A file that others cannot read, made before anything is written to it. */
export async function makePrivate(path: string): Promise<void> {
  await (await open(path, 'a', 0o600)).close()
}

/** Where the rosters of accounts are kept between two calls; in memory alone, with a warning, where that does not work. */
export async function openCache(context: Context): Promise<RosterStorage> {
  if (context.globals['no-cache']) return new MemoryStorage()
  try {
    await makeDataFolder(context)
    const path = cacheFile(context.world)
    await makePrivate(path)
    const { SqliteStorage } = await import('../sqlite.js')
    return new Cache(await SqliteStorage.open(path), context)
  } catch (cause) {
    warn(context, withoutCache(cause))
    return new MemoryStorage()
  }
}

const withoutCache = (cause: unknown): string => `the roster is not kept for the next call: ${inWords(cause)}`

const isTrouble = (cause: unknown): boolean => !(cause instanceof RosterError && cause.code === 'STORAGE_CONFLICT')

/** A storage that gives way to memory with its first failure: what a cache holds can always be fetched again. */
class Cache implements RosterStorage {
  readonly #file: RosterStorage
  readonly #context: Context
  #memory: MemoryStorage | undefined

  constructor(file: RosterStorage, context: Context) {
    this.#file = file
    this.#context = context
  }

  load(owner: string): Promise<StoredRoster | undefined> {
    return this.#attempt((storage) => storage.load(owner))
  }

  /** The library loads again and decides again when memory does not know what the file knew. */
  commit(owner: string, change: RosterChange): Promise<void> {
    return this.#attempt((storage) => storage.commit(owner, change))
  }

  owners(filter?: OwnersFilter): AsyncIterable<string> {
    return (this.#memory ?? this.#file).owners(filter)
  }

  async close(): Promise<void> {
    await this.#file.close?.()
  }

  async #attempt<T>(work: (storage: RosterStorage) => Promise<T>): Promise<T> {
    if (this.#memory !== undefined) return work(this.#memory)
    try {
      return await work(this.#file)
    } catch (cause) {
      if (!isTrouble(cause)) throw cause
      if (this.#memory === undefined) warn(this.#context, withoutCache(cause))
      this.#memory ??= new MemoryStorage()
      return work(this.#memory)
    }
  }
}
