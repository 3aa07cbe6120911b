import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { RosterError } from '../../core/errors.js'
import type { OwnersFilter, RosterChange, RosterStorage, StoredItem, StoredRoster } from '../../storage/port.js'
import { parseStoredRoster } from '../../storage/record.js'

/** What one promise is tried on. */
export interface Subject {
  readonly storage: RosterStorage
  /** A second view of the same storage, as another process has it. */
  readonly other: RosterStorage
}

/** Registers one promise: `body` gets a storage of its own, empty. */
export type Promised = (title: string, body: (subject: Subject) => Promise<void>) => void

export const OWNER = 'romeo@example.net'
export const JULIET = 'juliet@example.com'
export const NURSE = 'nurse@example.com'

/** A date that does not fit into 32 bits, as none of today's do. */
export const NOW = 1_767_225_600_123

/** How long a watcher may take to be told, in milliseconds. */
const PATIENCE = 5_000

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

export const owed = (id: string, at = NOW) => ({ id, at, xml: `<presence id='${id}' type='subscribed'/>` })

export const newRevision = (): string => randomUUID().replaceAll('-', '')

type Edit = Omit<RosterChange, 'base' | 'revision'>

/** One commit; returns the revision that it made. */
export async function commit(storage: RosterStorage, owner: string, base: string | undefined, edit: Edit = {}) {
  const revision = newRevision()
  await storage.commit(owner, { base, revision, ...edit })
  return revision
}

/** A new roster; returns its revision. */
export const create = (storage: RosterStorage, owner: string, edit: Edit = {}) =>
  commit(storage, owner, undefined, edit)

export async function assertConflict(storage: RosterStorage, owner: string, base: string | undefined, edit: Edit = {}) {
  await assert.rejects(
    commit(storage, owner, base, edit),
    (error) => error instanceof RosterError && error.code === 'STORAGE_CONFLICT',
    'a commit from another revision must reject with STORAGE_CONFLICT',
  )
}

/** The roster as the library reads it: through the border, items by their JID, because their order is not promised. */
export async function read(storage: RosterStorage, owner: string): Promise<StoredRoster | undefined> {
  return comparable(owner, await storage.load(owner))
}

export function comparable(owner: string, roster: StoredRoster | undefined): StoredRoster | undefined {
  if (roster === undefined) return undefined
  const parsed = parseStoredRoster(owner, roster)
  return { ...parsed, items: sorted(parsed.items) }
}

const sorted = (items: readonly StoredItem[]): readonly StoredItem[] =>
  [...items].sort((a, b) => (a.jid < b.jid ? -1 : 1))

/** Each owner once, in an order to compare by. */
export async function ownersOf(storage: RosterStorage, filter?: OwnersFilter): Promise<readonly string[]> {
  const owners = new Set<string>()
  for await (const owner of storage.owners(filter)) owners.add(owner)
  return [...owners].sort()
}

/** Loads, decides and commits until nobody came in between: what the library does. */
export async function retrying(storage: RosterStorage, owner: string, decide: (roster: StoredRoster) => Edit) {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const roster = await read(storage, owner)
    assert.ok(roster, 'the roster is there')
    try {
      return await commit(storage, owner, roster.revision, decide(roster))
    } catch (error) {
      if (!(error instanceof RosterError && error.code === 'STORAGE_CONFLICT')) throw error
    }
  }
  return assert.fail('a thousand attempts, and always somebody else was first')
}

/** What it says, or a failed promise when nothing comes in time. */
export async function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  let stop: () => void = () => undefined
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new assert.AssertionError({ message: `${what} in time` })), PATIENCE)
    stop = () => clearTimeout(timer)
  })
  return Promise.race([promise, late]).finally(stop)
}
