import { setImmediate } from 'node:timers/promises'
import { MemoryStorage } from '../../../src/storage/memory.js'
import type { RosterChange, RosterStorage, StoredItem, StoredRoster } from '../../../src/storage/port.js'
import { type Open, viewed } from '../views.js'
import { type Mutant, mutant, reading } from './mutant.js'

class FoldsOwners extends MemoryStorage {
  override load(owner: string) {
    return super.load(owner.toLowerCase())
  }
  override commit(owner: string, change: RosterChange) {
    return super.commit(owner.toLowerCase(), change)
  }
}

const inPlainObject = (roster: StoredRoster): StoredRoster => {
  const items: Record<string, StoredItem> = {}
  for (const item of roster.items) items[item.jid] = item
  return { ...roster, items: Object.values(items) }
}

/** Reads items and version one after the other. */
class TornRead extends MemoryStorage {
  override async load(owner: string) {
    const first = await super.load(owner)
    await setImmediate()
    const then = await super.load(owner)
    return first && then ? { ...then, items: first.items } : undefined
  }
}

class OneRevisionForAll extends MemoryStorage {
  #last = ''

  override async load(owner: string) {
    const roster = await super.load(owner)
    return roster && { ...roster, revision: this.#last }
  }

  override async commit(owner: string, change: RosterChange) {
    const now = await super.load(owner)
    await super.commit(owner, now && change.base === this.#last ? { ...change, base: now.revision } : change)
    this.#last = change.revision
  }
}

class LiveRosters extends MemoryStorage {
  readonly #live = new Map<string, StoredRoster>()

  override async load(owner: string) {
    const roster = await super.load(owner)
    if (roster === undefined) return undefined
    const live = Object.assign(this.#live.get(owner) ?? {}, roster)
    this.#live.set(owner, live)
    return live
  }

  override async commit(owner: string, change: RosterChange) {
    await super.commit(owner, change)
    await this.load(owner)
  }
}

class OpenRosters extends MemoryStorage {
  readonly #open = new WeakMap<StoredRoster, StoredRoster>()

  override async load(owner: string) {
    const roster = await super.load(owner)
    if (roster === undefined) return undefined
    const open = this.#open.get(roster) ?? structuredClone(roster)
    this.#open.set(roster, open)
    return open
  }
}

class KeepsWhatCame extends MemoryStorage {
  readonly #came = new Map<string, StoredItem>()

  override async load(owner: string) {
    const roster = await super.load(owner)
    return roster && { ...roster, items: roster.items.map((item) => this.#came.get(`${owner} ${item.jid}`) ?? item) }
  }

  override async commit(owner: string, change: RosterChange) {
    await super.commit(owner, change)
    for (const item of change.put ?? []) this.#came.set(`${owner} ${item.jid}`, item)
  }
}

/** A view that loads once and trusts what it has. */
const caching = (memory: MemoryStorage): RosterStorage => {
  const cache = new Map<string, StoredRoster>()
  return {
    owners: (filter) => memory.owners(filter),
    async load(owner) {
      const roster = cache.get(owner) ?? (await memory.load(owner))
      if (roster !== undefined) cache.set(owner, roster)
      return roster
    },
    async commit(owner, change) {
      await memory.commit(owner, change)
      cache.delete(owner)
    },
  }
}

class SortsInPlace extends MemoryStorage {
  override async commit(owner: string, change: RosterChange) {
    const put = change.put as StoredItem[] | undefined
    put?.sort((a, b) => (a.jid < b.jid ? -1 : 1))
    await super.commit(owner, change)
  }
}

/** Makes its tables anew for the third one who opens it. */
const droppingTables = (): Open => {
  let memory = new MemoryStorage()
  let opened = 0
  return async () => {
    if (++opened === 3) memory = new MemoryStorage()
    return memory
  }
}

const nameless = (): Open => {
  const memory = new MemoryStorage()
  return async () => memory
}

export const READING: readonly Mutant[] = [
  mutant('folds case', 'owners are told apart byte by byte, whatever they are made of', () => new FoldsOwners()),
  reading(
    'keeps contacts in a plain object',
    'contacts are told apart byte by byte, whatever they are made of',
    (roster) => roster && inPlainObject(roster),
  ),
  mutant('reads in two steps', 'who reads while others write sees whole commits only', () => new TornRead()),
  mutant(
    'has one revision for all',
    'owners are apart: writing one leaves the revision of another',
    () => new OneRevisionForAll(),
  ),
  mutant('hands out what it holds', 'what was handed out does not change with later commits', () => new LiveRosters()),
  mutant(
    'hands out what can be written to',
    'what was handed out may be written to: the storage does not see it',
    () => new OpenRosters(),
  ),
  mutant(
    'keeps what came',
    'what was passed in may be changed afterwards: the storage does not see it',
    () => new KeepsWhatCame(),
  ),
  {
    fault: 'trusts its cache',
    breaks: 'what one view commits, another one loads',
    open: () => viewed(() => new MemoryStorage(), caching),
  },
  mutant('sorts what came', 'a change that is frozen through and through is taken as it is', () => new SortsInPlace()),
  {
    fault: 'drops its tables when it is opened',
    breaks: 'a view that is opened later sees what was written before',
    open: droppingTables,
  },
  {
    fault: 'pays no heed to its name',
    breaks: 'storages under two names know nothing of each other',
    open: nameless,
  },
]
