import assert from 'node:assert/strict'
import { shorten } from '../../core/text.js'
import type { OwnersFilter, RosterStorage, StoredItem, StoredRoster } from '../../storage/port.js'
import { parseStoredRoster } from '../../storage/record.js'
import { commit, type Edit, isConflict } from './subject.js'

/** How long a storage may take to tell a watcher, in milliseconds: only what never comes is waited for that long. */
const PATIENCE = 10_000

/** Deeply the same; `what` stands above the difference when they are not. */
export function assertSame(actual: unknown, expected: unknown, what: string): void {
  try {
    assert.deepEqual(actual, expected)
  } catch (error) {
    if (!(error instanceof assert.AssertionError)) throw error
    // Made anew: many runners print the stack, and that has the first message.
    const message = `${what}\n${error.message}`
    throw new assert.AssertionError({
      message,
      actual,
      expected,
      operator: 'deepStrictEqual',
      stackStartFn: assertSame,
    })
  }
}

/** A roster as a promise expects it: what is not said is not there. */
export type Expected = Partial<StoredRoster> & Pick<StoredRoster, 'revision'>

/** What the storage holds for the owner is this and nothing else; the order of items and of groups does not matter. */
export async function assertRoster(storage: RosterStorage, owner: string, expected: Expected): Promise<void> {
  const whole = { items: [], owed: [], ...expected }
  assertSame(await read(storage, owner), comparable(owner, whole), `load gives another roster for ${shorten(owner)}`)
}

export async function assertNone(storage: RosterStorage, owner: string): Promise<void> {
  assertSame(await storage.load(owner), undefined, `load gives a roster for ${shorten(owner)}, who has none`)
}

/** Exactly these owners are named by a walk. */
export async function assertOwners(
  storage: RosterStorage,
  expected: readonly string[],
  filter: OwnersFilter = {},
): Promise<void> {
  const named = await ownersOf(storage, filter)
  assertSame(named, [...expected].sort(), `owners(${JSON.stringify(filter)}) names others`)
}

/** The commit is refused, with the code by which the library knows that it has to decide again. */
export async function assertConflict(
  storage: RosterStorage,
  owner: string,
  base: string | undefined,
  edit: Edit = {},
): Promise<void> {
  const refused = await commit(storage, owner, base, edit).then(
    () => assert.fail('a commit from another revision went through; it must reject with STORAGE_CONFLICT'),
    (error: unknown) => error,
  )
  assertIsConflict(refused)
}

/** Of several commits from one revision exactly one went through, and the others conflicted; returns which. */
export function winnerOf(outcomes: readonly PromiseSettledResult<unknown>[]): number {
  const won = outcomes.filter(({ status }) => status === 'fulfilled').length
  assert.equal(won, 1, `${won} of ${outcomes.length} commits from the same revision went through; exactly one must`)
  for (const outcome of outcomes) if (outcome.status === 'rejected') assertIsConflict(outcome.reason)
  return outcomes.findIndex(({ status }) => status === 'fulfilled')
}

function assertIsConflict(error: unknown): void {
  const message = `a commit must conflict with a RosterError of code STORAGE_CONFLICT, but ${String(error)} came`
  if (!isConflict(error)) throw new assert.AssertionError({ message, actual: error })
}

/** The roster as the library reads it: through the border, in an order to compare by. */
export async function read(storage: RosterStorage, owner: string): Promise<StoredRoster | undefined> {
  const roster = await storage.load(owner)
  return roster === undefined ? undefined : comparable(owner, roster)
}

/** A roster in an order to compare by: that of items and of groups means nothing. */
export function comparable(owner: string, roster: unknown): StoredRoster {
  const parsed = parseStoredRoster(owner, roster)
  return { ...parsed, items: parsed.items.map(withSortedGroups).sort((a, b) => (a.jid < b.jid ? -1 : 1)) }
}

const withSortedGroups = (item: StoredItem): StoredItem => ({ ...item, groups: [...item.groups].sort() })

/** Each owner once, in an order to compare by. */
export async function ownersOf(storage: RosterStorage, filter?: OwnersFilter): Promise<readonly string[]> {
  const owners = new Set<string>()
  for await (const owner of storage.owners(filter)) owners.add(owner)
  return [...owners].sort()
}

/** What it says, or a failed promise when nothing comes in time. */
export async function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  let stop: () => void = () => undefined
  const late = new Promise<never>((_, reject) => {
    const message = `${what}, but nothing came in ${PATIENCE / 1_000} seconds`
    const timer = setTimeout(() => reject(new assert.AssertionError({ message })), PATIENCE)
    stop = () => clearTimeout(timer)
  })
  return Promise.race([promise, late]).finally(stop)
}
