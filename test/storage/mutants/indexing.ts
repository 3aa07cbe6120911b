import { setImmediate } from 'node:timers/promises'
import { domainOf } from '../../../src/core/jid.js'
import { MemoryStorage } from '../../../src/storage/memory.js'
import type { OwnersFilter, RosterChange } from '../../../src/storage/port.js'
import { type Mutant, mutant } from './mutant.js'

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

class CountedByOwe extends Indexed {
  override count(_owner: string, before: number, { owe = [], settle = [], erase }: RosterChange) {
    return erase ? 0 : before + owe.length - settle.length
  }
}

class OnlyDeferred extends Indexed {
  override count(_owner: string, before: number, { put, erase }: RosterChange) {
    return erase ? 0 : put ? Number(put.some(({ request }) => request?.deferred)) : before
  }
}

/** One record for the whole index, which is read, changed and written back. */
class OneRecord extends MemoryStorage {
  #record: ReadonlySet<string> = new Set()

  override async commit(owner: string, change: RosterChange) {
    await super.commit(owner, change)
    const record = new Set(this.#record)
    await setImmediate()
    if (change.owe) record.add(owner)
    if (change.settle) record.delete(owner)
    this.#record = record
  }

  override async *owners(filter: OwnersFilter = {}): AsyncGenerator<string, void, undefined> {
    if (filter.with === 'owed') yield* this.#record
    else yield* super.owners(filter)
  }
}

export const INDEXING: readonly Mutant[] = [
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
  mutant(
    'counts what is owed and settled',
    'with: owed is about what is owed now: settled twice, owed twice, settled and owed at once',
    () => new CountedByOwe('owed'),
  ),
  mutant(
    'lists deferred requests',
    'with: request names who holds one, deferred or not',
    () => new OnlyDeferred('request'),
  ),
  mutant(
    'writes its index back',
    'many owners that are written at once are all in the indexes, and out of them again',
    () => new OneRecord(),
  ),
]
