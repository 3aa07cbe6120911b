import type { SubscriptionState } from '../core/state.js'

/** One contact as a storage keeps it. */
export interface StoredItem {
  /** Canonical bare JID: the key within the owner's roster. */
  readonly jid: string
  /** Missing when the owner gave none. */
  readonly name?: string
  /** Their order means nothing. */
  readonly groups: readonly string[]
  /** One of the nine of RFC 6121 appendix A.1. */
  readonly state: SubscriptionState
  /** Pre-approval (RFC 6121 §3.4). Missing = `false`. */
  readonly approved?: boolean
  /** The contact has only asked (`none+in` of a stranger): kept, but not in the roster. */
  readonly unlisted?: boolean
  /** The request that waits for an answer. */
  readonly request?: {
    /** The stanza as it came, of at most 16 384 characters. */
    readonly xml: string
    /** Milliseconds since the epoch. */
    readonly receivedAt: number
    /** It is the application's turn; `false`: no policy has decided yet. */
    readonly deferred: boolean
  }
  /** When the owner last sent `subscribe` (ms): how often an unanswered one is repeated. */
  readonly askedAt?: number
}

/** A stanza that is owed to somebody: written with the change that caused it, settled when it was sent. */
export interface Owed {
  /** Made by the library, unique within the owner's roster. */
  readonly id: string
  /**
   * When it was decided, in milliseconds since the epoch; negative when the process that decided it has no connection
   * to send it on.
   */
  readonly at: number
  /** The stanza as it is to be sent. */
  readonly xml: string
}

/** One owner's roster as a storage keeps it. */
export interface StoredRoster {
  /** In any order. */
  readonly items: readonly StoredItem[]
  /** The server's version of a client's roster. */
  readonly version?: string
  /** What was owed and not settled yet, in the order in which it was owed. */
  readonly owed: readonly Owed[]
  /** That of the last commit. */
  readonly revision: string
}

/**
 * What one commit writes. `remove` goes before `put` and `settle` before `owe`: what stands in both is there afterwards.
 * Owed stanzas keep the order in which they came.
 */
export interface RosterChange {
  /** The revision that the change was made from; `undefined` = the roster must not exist yet. */
  readonly base: string | undefined
  /** The new one, made by the library (at least 122 random bits): an adapter stores and compares it, nothing else. */
  readonly revision: string
  /** Items to write, each as a whole; one that is there already is replaced. */
  readonly put?: readonly StoredItem[]
  /** JIDs of items to delete; one that is not there is no error. */
  readonly remove?: readonly string[]
  /** The server's new version; missing = keep the old one. An empty text is a version like any other. */
  readonly version?: string
  /** Stanzas that are owed from now on. */
  readonly owe?: readonly Owed[]
  /** Ids of stanzas that were sent and are owed no more; one that is not there is no error. */
  readonly settle?: readonly string[]
  /** The roster goes away; with nothing else in the change. */
  readonly erase?: boolean
}

/** What changed since a revision: {@link RosterStorage.changes}. */
export interface RosterChanges {
  /** Items as they are now that were written since. */
  readonly put: readonly StoredItem[]
  /** JIDs of items that were deleted since and are not there. */
  readonly remove: readonly string[]
  /** All that is owed now, in its order, not only what was added. */
  readonly owed: readonly Owed[]
  /** The server's version as it is now, also when it has not changed. */
  readonly version?: string
  /** The revision that all of this leads to. */
  readonly revision: string
}

/** Who is told of commits: {@link RosterStorage.watch}. */
export interface StorageListener {
  /** `revision` is `undefined` when the roster was erased. */
  changed(owner: string, revision: string | undefined): void
  /** Something may have been missed: what is held is to be checked again. */
  gap(): void
}

/** Which owners {@link RosterStorage.owners} names. Default: all. */
export interface OwnersFilter {
  /** Only those of this domain, exactly. */
  readonly domain?: string
  /** Only those that owe a stanza, or hold a request: an index, kept in the same commit. */
  readonly with?: 'owed' | 'request'
  /** Aborted: the walk ends with the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * Where rosters are kept: what an adapter implements.
 *
 * Keys are canonical text of at most 2,047 bytes, compared byte by byte; `domainOf` is all that an adapter needs of XMPP.
 * Whatever a method rejects with that is no `RosterError` counts as `STORAGE_FAILED`. The guide "Write a storage adapter"
 * goes through it promise by promise, and `storageContract` of `xmpp-roster/testing` tests it.
 */
export interface RosterStorage {
  /** The owner's roster; `undefined` when there is none. */
  load(owner: string): Promise<StoredRoster | undefined>
  /**
   * All or nothing. Rejects with `STORAGE_CONFLICT` when the roster is not at `change.base` (also for deadlocks and busy
   * databases: the library loads and decides again); nothing was written then.
   */
  commit(owner: string, change: RosterChange): Promise<void>
  /**
   * The owners that have a roster. Each that is there during the whole walk comes at least once; commits may go on
   * meanwhile.
   */
  owners(options?: OwnersFilter): AsyncIterable<string>
  /** Optional: many at once, one round trip. Owners without a roster are missing in the answer. */
  loadMany?(owners: readonly string[]): Promise<ReadonlyMap<string, StoredRoster>>
  /**
   * Optional: what changed after revision `since`; `undefined` = not known any more, load the whole. An answer that makes no
   * sense is told as `STORAGE_CORRUPT`, and the whole is loaded.
   */
  changes?(owner: string, since: string): Promise<RosterChanges | undefined>
  /**
   * Optional: tells of every commit and erasure by anybody, this storage included, after it is written; of an owner's in
   * their order. Resolves once it hears, with how to stop. When it rejects, the library calls it again later, but not after
   * `UNSUPPORTED`.
   */
  watch?(listener: StorageListener): Promise<() => Promise<void>>
  /** Optional: lets go of what the adapter itself opened. After it, every other call rejects with `CLOSED`. */
  close?(): Promise<void>
}
