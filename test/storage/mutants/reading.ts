import { setImmediate } from 'node:timers/promises'
import { domainOf } from '../../../src/core/jid.js'
import { MemoryStorage } from '../../../src/storage/memory.js'
import type { OwnersFilter, RosterChange, RosterStorage, StoredItem, StoredRoster } from '../../../src/storage/port.js'
import { viewed } from '../views.js'
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

/** The memory, with a fault in whom it names. */
const naming = (
  fault: string,
  breaks: string,
  owners: (memory: MemoryStorage, filter: OwnersFilter) => AsyncGenerator<string, void, undefined>,
): Mutant =>
  mutant(fault, breaks, () => {
    const memory = new MemoryStorage()
    return {
      load: (owner) => memory.load(owner),
      commit: (owner, change) => memory.commit(owner, change),
      owners: (filter = {}) => owners(memory, filter),
    }
  })

async function* firstPage(memory: MemoryStorage, filter: OwnersFilter) {
  let count = 0
  for await (const owner of memory.owners(filter)) if (count++ < 100) yield owner
}

async function* byOffset(memory: MemoryStorage, filter: OwnersFilter) {
  for (let offset = 0; ; offset++) {
    const page: string[] = []
    for await (const owner of memory.owners(filter)) page.push(owner)
    const owner = page[offset]
    if (owner === undefined) return
    yield owner
  }
}

async function* whileAny(memory: MemoryStorage, filter: OwnersFilter) {
  const revisions = new Map<string, string | undefined>()
  for (let found = true; found; ) {
    found = false
    for await (const owner of memory.owners(filter)) {
      const revision = (await memory.load(owner))?.revision
      if (revisions.get(owner) === revision) continue
      revisions.set(owner, revision)
      found = true
      yield owner
    }
  }
}

async function* bySuffix(memory: MemoryStorage, { domain = '', ...filter }: OwnersFilter) {
  for await (const owner of memory.owners(filter)) if (owner.endsWith(domain)) yield owner
}

async function* byLocalPart(memory: MemoryStorage, filter: OwnersFilter) {
  for await (const owner of memory.owners(filter)) if (filter.domain === undefined || owner.includes('@')) yield owner
}

async function* unstoppable(memory: MemoryStorage, { signal: _, ...filter }: OwnersFilter) {
  yield* memory.owners(filter)
}

async function* onceStarted(memory: MemoryStorage, { signal, ...filter }: OwnersFilter) {
  signal?.throwIfAborted()
  yield* memory.owners(filter)
}

async function* eitherFilter(memory: MemoryStorage, { domain, ...filter }: OwnersFilter) {
  for await (const owner of memory.owners(filter)) {
    if (filter.with !== undefined || domain === undefined || domainOf(owner) === domain) yield owner
  }
}

/** The memory, with an index of its own beside it. */
class Indexed extends MemoryStorage {
  protected readonly marked = new Map<string, number>()

  constructor(readonly kind: 'owed' | 'request') {
    super()
  }

  override async *owners(filter: OwnersFilter = {}): AsyncGenerator<string, void, undefined> {
    const { with: having, ...rest } = filter
    if (having !== this.kind) return yield* super.owners(filter)
    for (const [owner, count] of this.marked) {
      if (count > 0 && (rest.domain === undefined || domainOf(owner) === rest.domain)) yield owner
    }
  }

  override async commit(owner: string, change: RosterChange) {
    await super.commit(owner, change)
    const count = this.count(owner, this.marked.get(owner) ?? 0, change)
    this.marked.set(owner, count)
  }

  count(_owner: string, before: number, { owe, settle }: RosterChange): number {
    return settle ? 0 : owe ? 1 : before
  }
}

class MarkedByPut extends Indexed {
  override count(_owner: string, before: number, { put, erase }: RosterChange) {
    return erase ? 0 : put ? Number(put.some(({ request }) => request)) : before
  }
}

class CountedByPut extends Indexed {
  override count(_owner: string, before: number, { put = [], remove = [], erase }: RosterChange) {
    const asking = put.filter(({ request }) => request).length
    return erase ? 0 : before + asking - (put.length - asking) - remove.length
  }
}

class IndexedForever extends Indexed {
  override count(_owner: string, before: number, { owe, settle, erase }: RosterChange) {
    return erase ? before : before + (owe?.length ?? 0) - (settle?.length ?? 0)
  }
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
    'owners do not wait for each other: writing one leaves the revision of another',
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
]

export const NAMING: readonly Mutant[] = [
  naming('names the first hundred', 'owners names every owner, at least once', firstPage),
  naming(
    'pages by offset',
    'owners that are there throughout are named although others come, change and go meanwhile',
    byOffset,
  ),
  naming(
    'names whoever is left',
    'a walk over what is owed ends, although its owners settle it and owe anew',
    whileAny,
  ),
  naming('matches the end of the domain', 'the domain of owners is matched exactly', bySuffix),
  naming('expects a local part', 'an owner that is a domain belongs to that domain', byLocalPart),
  naming('has no signal', 'a walk that was called off before it began rejects with the reason', unstoppable),
  naming('looks at its signal once', 'a walk that is called off on its way rejects with the reason', onceStarted),
  naming('takes one filter', 'with and domain together name whom both name', eitherFilter),
  mutant(
    'unmarks at the first settling',
    'with: owed names who owes a stanza, until the last one is settled',
    () => new Indexed('owed'),
  ),
  mutant(
    'marks what was put last',
    'with: request names who holds a request, until the last one is answered',
    () => new MarkedByPut('request'),
  ),
  mutant(
    'counts what is put',
    'with: request is about the item that holds it: removed, put again or put twice',
    () => new CountedByPut('request'),
  ),
  mutant(
    'forgets the index when it erases',
    'an erased roster is gone: from load, from owners and from the indexes',
    () => new IndexedForever('owed'),
  ),
]
