import { MemoryStorage } from '../../../src/storage/memory.js'
import type {
  RosterChange,
  RosterChanges,
  RosterStorage,
  StorageListener,
  StoredRoster,
} from '../../../src/storage/port.js'
import { LoggedStorage } from '../logged.js'
import { viewed } from '../views.js'
import { type Mutant, mutant } from './mutant.js'

class NamesMissing extends MemoryStorage {
  override async loadMany(owners: readonly string[]) {
    const found = await super.loadMany(owners)
    return new Map(owners.map((owner) => [owner, found.get(owner)])) as unknown as ReadonlyMap<string, StoredRoster>
  }
}

class FewVariables extends MemoryStorage {
  override async loadMany(owners: readonly string[]) {
    if (owners.length > 999) throw new Error('too many SQL variables')
    return super.loadMany(owners)
  }
}

class ForgetsRemovals extends LoggedStorage {
  override async changes(owner: string, since: string): Promise<RosterChanges | undefined> {
    const changes = await super.changes(owner, since)
    return changes && { ...changes, remove: [] }
  }
}

class ForgetsAll extends LoggedStorage {
  override async changes() {
    return undefined
  }
}

/** Keeps the log of an erased roster for its successor. */
class EndlessLog extends LoggedStorage {
  readonly #known = new Set<string>()

  override async commit(owner: string, change: RosterChange) {
    await super.commit(owner, change)
    this.#known.add(change.revision)
  }

  override async changes(owner: string, since: string) {
    const now = await this.load(owner)
    const changes = await super.changes(owner, since)
    if (changes || !now || !this.#known.has(since)) return changes
    return { put: now.items, remove: [], owed: now.owed, revision: now.revision }
  }
}

/** The memory, with listeners of its own that are told in the middle of a commit. */
class Telling extends MemoryStorage {
  protected readonly listeners = new Set<StorageListener>()

  override async watch(listener: StorageListener) {
    this.listeners.add(listener)
    return async () => {
      this.listeners.delete(listener)
    }
  }

  protected tell(owner: string, revision: string | undefined) {
    for (const listener of this.listeners) listener.changed(owner, revision)
  }
}

class TellsInCommit extends Telling {
  override async commit(owner: string, change: RosterChange) {
    await super.commit(owner, change)
    this.tell(owner, change.erase ? undefined : change.revision)
  }
}

class TellsTooEarly extends Telling {
  override async commit(owner: string, change: RosterChange) {
    this.tell(owner, change.erase ? undefined : change.revision)
    await super.commit(owner, change)
  }
}

class TellsNoErasure extends Telling {
  override async commit(owner: string, change: RosterChange) {
    await super.commit(owner, change)
    this.tell(owner, change.revision)
  }
}

class NeverStops extends MemoryStorage {
  override async watch(listener: StorageListener) {
    await super.watch(listener)
    return async () => undefined
  }
}

/** A view that tells of what goes through itself. */
const selfish = (memory: MemoryStorage): RosterStorage => {
  const listeners = new Set<StorageListener>()
  return {
    owners: (filter) => memory.owners(filter),
    load: (owner) => memory.load(owner),
    async commit(owner, change) {
      await memory.commit(owner, change)
      for (const listener of listeners) listener.changed(owner, change.erase ? undefined : change.revision)
    },
    async watch(listener) {
      listeners.add(listener)
      return async () => {
        listeners.delete(listener)
      }
    },
  }
}

export const TELLING: readonly Mutant[] = [
  mutant(
    'names whom it does not know',
    'loadMany, where it is there, gives what load gives and leaves out who has no roster',
    () => new NamesMissing(),
  ),
  mutant('has a limit', 'loadMany, where it is there, takes none and a thousand', () => new FewVariables()),
  mutant(
    'does not log removals',
    'changes, where it is there, say what makes the roster of then that of now',
    () => new ForgetsRemovals(),
  ),
  mutant(
    'logs nothing',
    'changes, where it is there, know the last commit, and nothing new after it',
    () => new ForgetsAll(),
  ),
  mutant(
    'goes on with the log of an erased roster',
    'changes, where it is there, know nothing of a strange revision, an erased roster or its successor',
    () => new EndlessLog(),
  ),
  {
    fault: 'tells of its own commits',
    breaks: 'watch, where it is there, tells of commits by anybody, with the revision',
    open: () => viewed(() => new MemoryStorage(), selfish),
  },
  mutant(
    'tells of an erasure as of a commit',
    'watch, where it is there, tells of an erasure without a revision',
    () => new TellsNoErasure(),
  ),
  mutant(
    'tells before it writes',
    'watch, where it is there, tells only of what was written',
    () => new TellsTooEarly(),
  ),
  mutant(
    'never stops',
    'watch, where it is there, ends with stop: nothing is heard afterwards',
    () => new NeverStops(),
  ),
  mutant(
    'lets a listener throw into a commit',
    'watch, where it is there, survives a listener that throws, and so does the committer',
    () => new TellsInCommit(),
  ),
]
