import { RosterError } from '../../core/errors.js'
import { randomId } from '../../core/random.js'
import type { Listen } from '../listen.js'
import type {
  OwnersFilter,
  RosterChange,
  RosterChanges,
  RosterStorage,
  StorageListener,
  StoredRoster,
} from '../port.js'
import type { RedisClient } from './client.js'
import { ALL, commitFailed, conflict, otherLayout, readFailed } from './errors.js'
import { Keys } from './keys.js'
import { Loading } from './loading.js'
import { CHANGES, COMMIT } from './lua.js'
import { argumentsOf, parseChanges, parseNews, stringOf } from './rows.js'
import { Runner } from './runner.js'
import { walk } from './walk.js'

/** What a {@link RedisStorage} is made from. */
export interface RedisStorageOptions {
  /**
   * A client of ioredis (`Redis` or `Cluster`) or of node-redis (client, pool or cluster). How long a call waits for a
   * Redis that is away is the client's to decide: `maxRetriesPerRequest` of ioredis, `disableOfflineQueue` of node-redis.
   */
  readonly client: RedisClient
  /**
   * What all keys begin with, in braces, so it has none itself. Two storages share a Redis under two prefixes. Default
   * `xmpp-roster`.
   */
  readonly prefix?: string
  /**
   * How to hear of other processes, such as `redisListen(connection)`. Every process that writes needs one: with it each
   * commit is published. Default: none; then a change elsewhere is found out by the next commit here. A user with an access
   * list may need to be given the channel: `&xmpp-roster:changed`, with the prefix for its first part.
   */
  readonly listen?: Listen
}

/** A token of a commit: the random name of its storage, and its number there. */
const COUNT_LENGTH = 12
const TOKEN_LENGTH = 32 + COUNT_LENGTH

/**
 * Keeps rosters in Redis 7 or Valkey, alone or as a Cluster: each commit is one script that compares the revision and writes
 * what changed. Many processes may share it.
 *
 * All that belongs to an owner lies in one of 256 hash tags, `{prefix:00}` to `{prefix:ff}`, so in one slot of a Cluster.
 *
 * What a crash can lose is decided by the server's settings. With `appendonly yes` and `appendfsync always` nothing that was
 * acknowledged; with `everysec` the last second at a power cut, nothing when only Redis dies; with snapshots alone whatever
 * came after the last. Replication is asynchronous: a failover that was not orderly may lose what was acknowledged. Redis
 * must not throw keys out (`maxmemory-policy noeviction`, or one of `volatile-*`).
 */
export class RedisStorage implements RosterStorage {
  readonly #runner: Runner
  readonly #keys: Keys
  readonly #loading: Loading
  readonly #listen: Listen | undefined
  readonly #name = randomId()
  #commits = 0
  readonly #stops = new Set<() => Promise<void>>()
  #closed = false

  /** @throws {RosterError} `UNSUPPORTED`: a client that is none, or a prefix with braces */
  constructor(options: RedisStorageOptions) {
    this.#runner = new Runner(options.client)
    this.#keys = new Keys(options.prefix ?? 'xmpp-roster')
    this.#loading = new Loading(options.client, this.#runner, this.#keys)
    this.#listen = options.listen
  }

  /**
   * The owner's roster, as one moment shows it; `undefined` when there is none.
   *
   * @throws {RosterError} `STORAGE_FAILED`; `STORAGE_CORRUPT`: somebody else wrote under these keys; `UNSUPPORTED`: another
   * version of this library did; `CLOSED`
   */
  async load(owner: string): Promise<StoredRoster | undefined> {
    this.#checkOpen()
    return this.#loading.one(owner)
  }

  /**
   * Those of the owners that have a roster, all asked for at once. Each is shown as of one moment, not all of the same.
   *
   * @throws {RosterError} as {@link RedisStorage.load}, about the first that cannot be loaded
   */
  async loadMany(owners: readonly string[]): Promise<ReadonlyMap<string, StoredRoster>> {
    this.#checkOpen()
    return this.#loading.many(owners)
  }

  /**
   * All or nothing, done when it resolves. `remove` and `settle` come first, so that what the same change puts or owes
   * stays; a stanza owed again under its id takes the place of the former one.
   *
   * @throws {RosterError} `STORAGE_CONFLICT`: the roster is not at `change.base`, or Redis is busy; nothing was written
   * then. `STORAGE_FAILED`: when the connection broke it may have been written all the same, and the revision tells.
   * `STORAGE_CORRUPT`, `UNSUPPORTED` and `CLOSED` as {@link RedisStorage.load}; nothing was written.
   */
  async commit(owner: string, change: RosterChange): Promise<void> {
    this.#checkOpen()
    const { items, owed, asks, log, indexes } = this.#keys.of(owner)
    const keys = [items, owed, asks, log, indexes.owners, indexes.owed, indexes.request]
    const channel = this.#listen === undefined ? '' : this.#keys.channel
    let answer: string
    try {
      const args = argumentsOf(owner, change, this.#nextToken(), channel)
      answer = stringOf(owner, await this.#runner.run(COMMIT, keys, args))
    } catch (cause) {
      throw commitFailed(owner, cause)
    }
    if (answer === 'conflict') throw conflict(owner)
    if (answer !== 'done') throw otherLayout(owner, answer.slice('layout '.length))
  }

  /**
   * Each owner once: who is there from the beginning of the walk to its end is named, who comes or goes meanwhile may be.
   *
   * @throws {RosterError} `STORAGE_FAILED`, `STORAGE_CORRUPT`, `CLOSED`; the reason of `signal` when it is aborted
   */
  async *owners(options: OwnersFilter = {}): AsyncGenerator<string, void, undefined> {
    yield* walk({ runner: this.#runner, keys: this.#keys, check: () => this.#checkOpen() }, options)
  }

  /**
   * What changed since a revision. The last 32 commits at least are known, for an hour after the last of them; none of more
   * than 256 items.
   *
   * @throws {RosterError} as {@link RedisStorage.load}
   */
  async changes(owner: string, since: string): Promise<RosterChanges | undefined> {
    this.#checkOpen()
    const { items, owed, log } = this.#keys.of(owner)
    try {
      const reply = await this.#runner.run(CHANGES, [items, owed, log], [since, String(TOKEN_LENGTH)])
      return parseChanges(owner, reply)
    } catch (cause) {
      throw readFailed(owner, cause)
    }
  }

  /**
   * Tells of commits and erasures by everybody who was given `listen`, until the promised function is called. Without
   * `listen` here there is nothing to tell. What a listener throws is dropped.
   *
   * @throws {RosterError} `STORAGE_FAILED`: `listen` failed; `CLOSED`
   */
  async watch(listener: StorageListener): Promise<() => Promise<void>> {
    this.#checkOpen()
    if (this.#listen === undefined) return async () => undefined
    let going = true
    const tell = (text: string): void => {
      const news = going ? parseNews(text) : undefined
      if (news !== undefined) dropping(() => listener.changed(news.owner, news.revision))
    }
    const gap = (): void => {
      if (going) dropping(() => listener.gap())
    }
    const silence = await this.#hear(this.#listen, tell, gap)
    const stop = async (): Promise<void> => {
      going = false
      if (this.#stops.delete(stop)) await silence()
    }
    this.#stops.add(stop)
    if (this.#closed) await stop()
    return stop
  }

  /**
   * Ends what watches; the client and the connection of `listen` are the application's to close. Closing again does nothing.
   */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#stops].map((stop) => stop()))
  }

  async #hear(listen: Listen, tell: (text: string) => void, gap: () => void): Promise<() => Promise<void>> {
    try {
      return await listen(this.#keys.channel, tell, gap)
    } catch (cause) {
      throw readFailed(ALL, cause)
    }
  }

  /** What no other commit has, by whatever storage. */
  #nextToken(): string {
    this.#commits += 1
    return this.#name + this.#commits.toString(16).padStart(COUNT_LENGTH, '0')
  }

  #checkOpen(): void {
    if (this.#closed) throw new RosterError('CLOSED', 'This storage was closed.')
  }
}

/** There is nobody to tell: the connection has nothing to do with a watcher's trouble. */
function dropping(tell: () => unknown): void {
  Promise.resolve()
    .then(tell)
    .catch(() => undefined)
}
