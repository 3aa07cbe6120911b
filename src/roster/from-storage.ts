import { inWords, RosterError } from '../core/errors.js'
import { bareDomain, isWithin } from '../core/jid.js'
import { randomId } from '../core/random.js'
import type { OwnersFilter, RosterChanges, RosterStorage } from '../storage/port.js'
import { parseRosterChanges, parseStoredRoster } from '../storage/record.js'
import type { Book, News } from './book.js'

export const isConflict = (cause: unknown): boolean => cause instanceof RosterError && cause.code === 'STORAGE_CONFLICT'

/** Whatever a storage throws is one of ours from here on. */
export function asStorageError(owner: string, cause: unknown): RosterError {
  if (cause instanceof RosterError) return cause
  return new RosterError('STORAGE_FAILED', `The storage failed for ${owner}: ${inWords(cause)}`, { owner, cause })
}

/**
 * The roster as storage holds it now: what has changed since the book was made where the storage can tell. An answer about
 * that which makes no sense is told as `error`, and the whole roster is loaded: a damaged log is no reason to do without it.
 */
export async function lookAgain(
  storage: RosterStorage,
  book: Book,
  owner: string,
  error: (error: RosterError) => void,
): Promise<News> {
  const answer = book.revision === undefined ? undefined : await storage.changes?.(owner, book.revision)
  const changes = answer === undefined ? undefined : readChanges(owner, answer, error)
  if (changes !== undefined) return { kind: 'changes', changes }
  const stored = await storage.load(owner)
  return { kind: 'whole', stored: stored === undefined ? undefined : parseStoredRoster(owner, stored) }
}

function readChanges(owner: string, answer: unknown, error: (error: RosterError) => void): RosterChanges | undefined {
  try {
    return parseRosterChanges(owner, answer)
  } catch (cause) {
    error(asStorageError(owner, cause))
    return undefined
  }
}

/** What a caller says about owners, as a storage is asked for them. Throws `JID_MALFORMED`. */
export const filterOf = (options: {
  readonly domain?: string
  readonly signal?: AbortSignal
}): Omit<OwnersFilter, 'with'> => ({
  ...(options.domain === undefined ? {} : { domain: bareDomain(options.domain) }),
  ...(options.signal === undefined ? {} : { signal: options.signal }),
})

/**
 * What has become of a commit whose outcome is unknown, by its revision: storage stands there, or has `passed` it, where it
 * remembers. `undefined`: it has not happened, or nobody can tell.
 */
export async function outcomeOf(
  storage: RosterStorage,
  owner: string,
  revision: string,
): Promise<'here' | 'passed' | undefined> {
  try {
    const since = await storage.changes?.(owner, revision)
    if (since !== undefined) return since.revision === revision ? 'here' : 'passed'
    return (await storage.load(owner))?.revision === revision ? 'here' : undefined
  } catch {
    return undefined
  }
}

/** Owners of a component's domain, and of those below it, that owe a stanza. */
export async function* owing(storage: RosterStorage, domain: string): AsyncIterableIterator<string> {
  for await (const owner of storage.owners({ with: 'owed' })) if (isWithin(domain, owner)) yield owner
}

/** Each owner once, with errors of ours. */
export async function* ownersOf(storage: RosterStorage, filter: OwnersFilter): AsyncIterableIterator<string> {
  const seen = new Set<string>()
  try {
    for await (const owner of storage.owners(filter)) {
      if (!seen.has(owner)) yield owner
      seen.add(owner)
    }
  } catch (cause) {
    if (filter.signal?.aborted === true) throw filter.signal.reason
    throw asStorageError('all owners', cause)
  }
}

/** Deletes a roster that still owes its erasure, whoever changes it meanwhile. `false`: there is none, or it lives on. */
export async function eraseRoster(
  storage: RosterStorage,
  owner: string,
  mark: string,
  attempts: number,
  pause: (attempt: number) => Promise<void>,
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      const stored = await storage.load(owner)
      if (stored?.owed.some(({ id }) => id === mark) !== true) return false
      await storage.commit(owner, { base: stored.revision, revision: randomId(), erase: true })
      return true
    } catch (cause) {
      if (!isConflict(cause) || attempt >= attempts) throw asStorageError(owner, cause)
      await pause(attempt)
    }
  }
}
