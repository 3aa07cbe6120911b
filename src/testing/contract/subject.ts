import { RosterError } from '../../core/errors.js'
import { randomId } from '../../core/random.js'
import type { Owed, RosterChange, RosterStorage, StoredItem, StoredRoster } from '../../storage/port.js'

/** What one promise is tried on: nobody has written to any of it yet. */
export interface Subject {
  readonly storage: RosterStorage
  /** A second view of the same storage, as another process has it. */
  readonly other: RosterStorage
  /** One more view of the same storage. */
  readonly again: () => Promise<RosterStorage>
  /** Another storage: under another name. */
  readonly elsewhere: () => Promise<RosterStorage>
}

/** Promises by their titles, in the order in which they are tried. */
export type Chapter = Readonly<Record<string, (subject: Subject) => Promise<void>>>

export const OWNER = 'romeo@example.net'
export const JULIET = 'juliet@example.com'
export const NURSE = 'nurse@example.com'
export const TYBALT = 'tybalt@example.com'
export const PARIS = 'paris@example.com'

/** A date that does not fit into 32 bits, as none of today's do. */
export const NOW = 1_767_225_600_123

export const item = (jid: string, fields: Partial<StoredItem> = {}): StoredItem => ({
  jid,
  groups: [],
  state: 'none',
  ...fields,
})

/** A contact that has asked and waits for the answer. */
export const asking = (jid: string, fields: Partial<StoredItem> = {}): StoredItem => ({
  jid,
  groups: [],
  state: 'none+in',
  unlisted: true,
  request: { xml: `<presence from='${jid}' type='subscribe'/>`, receivedAt: NOW, deferred: true },
  ...fields,
})

export const owed = (id: string, at = NOW): Owed => ({ id, at, xml: `<presence id='${id}' type='subscribed'/>` })

/** `user000@example.net` and those after it. */
export const names = (count: number, domain = 'example.net'): readonly string[] =>
  Array.from({ length: count }, (_, index) => `user${String(index).padStart(3, '0')}@${domain}`)

export const newRevision = randomId

/** What a change says, besides the revisions that it leads from and to. */
export type Edit = Omit<RosterChange, 'base' | 'revision'>

/** One commit; returns the revision that it made. */
export async function commit(
  storage: RosterStorage,
  owner: string,
  base: string | undefined,
  edit: Edit = {},
): Promise<string> {
  const revision = newRevision()
  await storage.commit(owner, { base, revision, ...edit })
  return revision
}

/** A new roster; returns its revision. */
export const create = (storage: RosterStorage, owner: string, edit: Edit = {}): Promise<string> =>
  commit(storage, owner, undefined, edit)

/** Whatever this says, the storage has still to be told apart from one that fails. */
export const isConflict = (error: unknown): boolean => error instanceof RosterError && error.code === 'STORAGE_CONFLICT'

/** Far more than a storage needs that lets one of several writers through. */
const ATTEMPTS = 1_000

/**
 * Loads, decides and commits until nobody came in between: what the library does. A busy database may answer
 * `STORAGE_CONFLICT` where nobody else wrote the same roster, so this is how to write where several things go on at once.
 */
export async function retrying(
  storage: RosterStorage,
  owner: string,
  decide: (roster: StoredRoster | undefined) => Edit,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const roster = await storage.load(owner)
    try {
      return await commit(storage, owner, roster?.revision, decide(roster))
    } catch (error) {
      if (!isConflict(error) || attempt >= ATTEMPTS) throw error
    }
  }
}

/** How many of many things go on at once: a pool of connections is rarely larger. */
const ABREAST = 10

/** Does it for each of them, some at a time. */
export async function forEach<T>(all: readonly T[], run: (one: T) => Promise<unknown>): Promise<void> {
  const left = all.values()
  const line = async () => {
    for (const one of left) await run(one)
  }
  await Promise.all(Array.from({ length: ABREAST }, line))
}

/** Freezes whatever can be frozen, through and through. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part)
    Object.freeze(value)
  }
  return value
}
