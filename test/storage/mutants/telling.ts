import { MemoryStorage } from '../../../src/storage/memory.js'
import type {
  Owed,
  RosterChange,
  RosterChanges,
  RosterStorage,
  StorageListener,
  StoredRoster,
} from '../../../src/storage/port.js'
import { LoggedStorage } from '../logged.js'
import { type Open, shared, viewed } from '../views.js'
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

/** Puts rows and names side by side. */
class ByPosition extends MemoryStorage {
  override async loadMany(owners: readonly string[]) {
    const rows = [...(await super.loadMany([...new Set(owners)].sort())).values()]
    const known: string[] = []
    for (const owner of new Set(owners)) if (await this.load(owner)) known.push(owner)
    return new Map(known.map((owner, index) => [owner, rows[index]])) as unknown as ReadonlyMap<string, StoredRoster>
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

/** Keeps the stanzas that were owed with the commits that owed them. */
class OwedSince extends LoggedStorage {
  readonly #owed = new Map<string, readonly Owed[]>()

  override async commit(owner: string, change: RosterChange) {
    await super.commit(owner, change)
    for (const [since, known] of this.#owed) this.#owed.set(since, [...known, ...(change.owe ?? [])])
    this.#owed.set(change.revision, [])
  }

  override async changes(owner: string, since: string): Promise<RosterChanges | undefined> {
    const changes = await super.changes(owner, since)
    return changes && { ...changes, owed: this.#owed.get(since) ?? [] }
  }
}

class OnlyNewVersions extends LoggedStorage {
  readonly #versions = new Map<string, string | undefined>()

  override async commit(owner: string, change: RosterChange) {
    await super.commit(owner, change)
    this.#versions.set(change.revision, (await this.load(owner))?.version)
  }

  override async changes(owner: string, since: string): Promise<RosterChanges | undefined> {
    const changes = await super.changes(owner, since)
    if (changes === undefined || this.#versions.get(since) !== changes.version) return changes
    const { version: _, ...rest } = changes
    return rest
  }
}

/** Answers with the lines of its log, whatever became of them later. */
class PlainLog extends LoggedStorage {
  readonly #removed: string[] = []

  override async commit(owner: string, change: RosterChange) {
    await super.commit(owner, change)
    this.#removed.push(...(change.remove ?? []))
  }

  override async changes(owner: string, since: string): Promise<RosterChanges | undefined> {
    const changes = await super.changes(owner, since)
    return changes && { ...changes, remove: [...new Set([...changes.remove, ...this.#removed])] }
  }
}

/** Keeps the last fifty lines of its log, and does not know that there were others. */
class ShortLog extends LoggedStorage {
  readonly #log: RosterChange[] = []

  override async commit(owner: string, change: RosterChange) {
    await super.commit(owner, change)
    this.#log.push(change)
    if (this.#log.length > 50) this.#log.shift()
  }

  override async changes(owner: string, since: string): Promise<RosterChanges | undefined> {
    const changes = await super.changes(owner, since)
    const logged = new Set(this.#log.flatMap(({ remove = [] }) => remove))
    return changes && { ...changes, remove: changes.remove.filter((jid) => logged.has(jid)) }
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

class ShortNames extends MemoryStorage {
  override watch(listener: StorageListener) {
    return super.watch({
      changed: (owner, revision) => listener.changed(owner.slice(0, 255), revision),
      gap: () => listener.gap(),
    })
  }
}

/** The last one who listens takes the place of the former. */
class OneListener extends TellsInCommit {
  override async watch(listener: StorageListener) {
    this.listeners.clear()
    return super.watch(listener)
  }
}

/** One channel for all storages of a server. */
const onOneChannel = (): Open => {
  const listeners = new Set<StorageListener>()
  return shared(
    () =>
      new (class extends TellsInCommit {
        protected override readonly listeners = listeners
      })(),
  )
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
  mutant(
    'answers by position',
    'loadMany, where it is there, gives each owner its own, whatever they are made of and how they are asked for',
    () => new ByPosition(),
  ),
  mutant('has a limit', 'loadMany, where it is there, takes none and a thousand', () => new FewVariables()),
  mutant(
    'does not log removals',
    'changes, where it is there, say what makes the roster of then that of now',
    () => new ForgetsRemovals(),
  ),
  mutant(
    'tells what was owed since',
    'changes, where it is there, name what is owed now, in its order, and not only what was added',
    () => new OwedSince(),
  ),
  mutant(
    'tells new versions',
    'changes, where it is there, name the version as it is now, also when it is an old one',
    () => new OnlyNewVersions(),
  ),
  mutant(
    'tells its whole log',
    'changes, where it is there, name an item once: as removed or as it is now',
    () => new PlainLog(),
  ),
  mutant(
    'keeps a short log',
    'changes, where it is there, are right after many commits, or not known any more',
    () => new ShortLog(),
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
  mutant(
    'cuts names at 255',
    'watch, where it is there, names owners as they are, whatever they are made of',
    () => new ShortNames(),
  ),
  mutant(
    'has one listener',
    'watch, where it is there, tells every listener, of both views, and each once more after another one stopped',
    () => new OneListener(),
  ),
  {
    fault: 'has one channel for all',
    breaks: 'watch, where it is there, tells only of its own storage',
    open: onOneChannel,
  },
]
