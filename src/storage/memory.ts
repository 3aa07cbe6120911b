import { RosterError } from '../core/errors.js'
import { domainOf } from '../core/jid.js'
import type {
  Owed,
  OwnersFilter,
  RosterChange,
  RosterStorage,
  StorageListener,
  StoredItem,
  StoredRoster,
} from './port.js'
import { freezeItem, freezeOwed, freezeRoster } from './record.js'

/** One owner's roster, and how many of its items hold a request. */
interface Kept {
  readonly items: Map<string, StoredItem>
  readonly owed: Map<string, Owed>
  requests: number
  version: string | undefined
  revision: string
  /** What is handed out: made when it is first asked for, and again after a commit. */
  roster: StoredRoster | undefined
}

/**
 * Keeps rosters in this process; they are gone when it ends. What a `Roster` uses when it is given no storage.
 *
 * Several `Roster`s may share one, as several processes share a database. A commit costs what it changes, not what the
 * roster holds. What is handed out is frozen and never changes; what is passed in is copied.
 *
 * After {@link MemoryStorage.close} every other call rejects with `CLOSED`.
 */
export class MemoryStorage implements RosterStorage {
  readonly #rosters = new Map<string, Kept>()
  readonly #with = { owed: new Set<string>(), request: new Set<string>() }
  readonly #watchers = new Set<{ readonly listener: StorageListener }>()
  #closed = false

  /**
   * The owner's roster as of the last commit; `undefined` when there is none. The same object until the next commit.
   *
   * @throws {RosterError} `CLOSED`
   */
  async load(owner: string): Promise<StoredRoster | undefined> {
    this.#checkOpen()
    return this.#read(owner)
  }

  /**
   * Those of the owners that have a roster, as one moment shows them.
   *
   * @throws {RosterError} `CLOSED`
   */
  async loadMany(owners: readonly string[]): Promise<ReadonlyMap<string, StoredRoster>> {
    this.#checkOpen()
    const rosters = new Map<string, StoredRoster>()
    for (const owner of owners) {
      const roster = this.#read(owner)
      if (roster !== undefined) rosters.set(owner, roster)
    }
    return rosters
  }

  /**
   * All or nothing, done when it resolves. `remove` and `settle` come first, so that what the same change puts or owes
   * stays; a stanza owed again under its id takes the place of the former one.
   *
   * @throws {RosterError} `STORAGE_CONFLICT` when the roster is not at `change.base`, `CLOSED`; nothing was written then
   */
  async commit(owner: string, change: RosterChange): Promise<void> {
    this.#checkOpen()
    const kept = this.#rosters.get(owner)
    if (kept?.revision !== change.base) throw conflict(owner)
    // Copying may throw on what is no item; by then nothing may be written.
    const put = change.put?.map(freezeItem) ?? []
    const owe = change.owe?.map(freezeOwed) ?? []
    if (change.erase) {
      this.#rosters.delete(owner)
      this.#index(owner, undefined)
    } else {
      const next = kept ?? emptyRoster()
      write(next, change, put, owe)
      this.#rosters.set(owner, next)
      this.#index(owner, next)
    }
    this.#tell(owner, change.erase ? undefined : change.revision)
  }

  /**
   * The owners that were there when the walk began, and still are when it comes to them; each once. Commits may go on
   * meanwhile.
   *
   * @throws {RosterError} `CLOSED`; the reason of `signal` when it is aborted
   */
  async *owners(options: OwnersFilter = {}): AsyncGenerator<string, void, undefined> {
    const { domain, with: having, signal } = options
    const present: { has(owner: string): boolean; keys(): Iterable<string> } =
      having === undefined ? this.#rosters : this.#with[having]
    // A list of its own: who commits while walking may leave the index and come back, and the walk would never end.
    for (const owner of [...present.keys()]) {
      this.#checkWalk(signal)
      if (present.has(owner) && (domain === undefined || domainOf(owner) === domain)) yield owner
    }
    this.#checkWalk(signal)
  }

  /**
   * Tells the listener of every commit and erasure from now on, by whomever, in their order and after the committer went
   * on. What a listener throws is dropped: it harms neither the committer nor the others. There is never a gap.
   *
   * @throws {RosterError} `CLOSED`
   */
  async watch(listener: StorageListener): Promise<() => Promise<void>> {
    this.#checkOpen()
    const watcher = { listener }
    this.#watchers.add(watcher)
    return async () => {
      this.#watchers.delete(watcher)
    }
  }

  /** Forgets everything and tells nobody any more. Closing again does nothing. */
  async close(): Promise<void> {
    this.#closed = true
    this.#watchers.clear()
    this.#rosters.clear()
    this.#with.owed.clear()
    this.#with.request.clear()
  }

  #read(owner: string): StoredRoster | undefined {
    const kept = this.#rosters.get(owner)
    if (kept === undefined) return undefined
    kept.roster ??= freezeRoster([...kept.items.values()], kept.version, [...kept.owed.values()], kept.revision)
    return kept.roster
  }

  #index(owner: string, kept: Kept | undefined): void {
    mark(this.#with.owed, owner, kept !== undefined && kept.owed.size > 0)
    mark(this.#with.request, owner, kept !== undefined && kept.requests > 0)
  }

  /** One promise for each watcher: it takes a listener that throws and one that rejects alike. */
  #tell(owner: string, revision: string | undefined): void {
    for (const watcher of this.#watchers) {
      Promise.resolve()
        .then(() => {
          if (this.#watchers.has(watcher)) return watcher.listener.changed(owner, revision)
        })
        .catch(dropped)
    }
  }

  #checkWalk(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    this.#checkOpen()
  }

  #checkOpen(): void {
    if (this.#closed) throw new RosterError('CLOSED', 'This storage was closed: it holds nothing any more.')
  }
}

/** There is nobody to tell: the committer has nothing to do with a watcher's trouble. */
const dropped = (): void => undefined

function conflict(owner: string): RosterError {
  const message = `The roster of ${owner} is not at the revision that this change was made from; nothing was written.`
  return new RosterError('STORAGE_CONFLICT', message, { owner })
}

function emptyRoster(): Kept {
  return { items: new Map(), owed: new Map(), requests: 0, version: undefined, revision: '', roster: undefined }
}

function write(kept: Kept, change: RosterChange, put: readonly StoredItem[], owe: readonly Owed[]): void {
  for (const jid of change.remove ?? []) {
    kept.requests -= requestsOf(kept.items.get(jid))
    kept.items.delete(jid)
  }
  for (const item of put) {
    kept.requests += requestsOf(item) - requestsOf(kept.items.get(item.jid))
    kept.items.set(item.jid, item)
  }
  for (const id of change.settle ?? []) kept.owed.delete(id)
  for (const entry of owe) kept.owed.set(entry.id, entry)
  kept.version = change.version ?? kept.version
  kept.revision = change.revision
  kept.roster = undefined
}

const requestsOf = (item: StoredItem | undefined): number => (item?.request === undefined ? 0 : 1)

function mark(index: Set<string>, owner: string, belongs: boolean): void {
  if (belongs) index.add(owner)
  else index.delete(owner)
}
