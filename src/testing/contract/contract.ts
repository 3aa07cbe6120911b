import { randomId } from '../../core/random.js'
import type { RosterStorage } from '../../storage/port.js'
import { CHANGES } from './changes.js'
import { CONFLICTS, WRITING } from './commits.js'
import { ERASING } from './erasing.js'
import { INDEXES } from './indexes.js'
import { KEYS } from './keys.js'
import { LOAD_MANY } from './load-many.js'
import { OWED } from './owed.js'
import { DOMAINS, OWNERS } from './owners.js'
import { SIZE } from './size.js'
import type { Chapter, Subject } from './subject.js'
import { SHARING, VALUES } from './values.js'
import { WATCHING } from './watching.js'
import { VIEWS, WRITERS } from './writers.js'

/** What the contract needs of a test runner. The functions of vitest, node:test and mocha fit as they are. */
export interface ContractRunner {
  /** Groups what `body` registers. */
  readonly describe: (title: string, body: () => void) => void
  /** Registers one test: it has passed when the promise resolves. */
  readonly test: (title: string, body: () => Promise<void>) => void
}

const CHAPTERS: Readonly<Record<string, Chapter>> = {
  writing: WRITING,
  conflicts: CONFLICTS,
  erasing: ERASING,
  'what is owed': OWED,
  keys: KEYS,
  values: VALUES,
  'what is passed in and handed out': SHARING,
  size: SIZE,
  owners: OWNERS,
  domains: DOMAINS,
  indexes: INDEXES,
  'two views': VIEWS,
  'several writers': WRITERS,
  loadMany: LOAD_MANY,
  changes: CHANGES,
  watch: WATCHING,
}

/**
 * Registers the promises of {@link RosterStorage} as tests with any runner: the title of each is the promise.
 *
 * ```ts
 * import { describe, test } from 'node:test'
 * import { MemoryStorage, type RosterStorage } from 'xmpp-roster'
 * import { storageContract } from 'xmpp-roster/testing'
 *
 * const storages = new Map<string, RosterStorage>()
 * const open = async (name: string): Promise<RosterStorage> => {
 *   const storage = storages.get(name) ?? new MemoryStorage()
 *   storages.set(name, storage)
 *   return storage
 * }
 * storageContract({ describe, test }, open)
 * ```
 *
 * `open` gives a view of the storage of that name: empty for a name that it has not seen yet; two calls with the same name
 * give two views of one storage, as two processes have them. It may be one object, as above, or one connection each. An
 * adapter makes the name a part of the file's, the database's or the key's name. Names are made anew for each run, so that
 * nothing of an earlier one is in the way: they begin with `contract_` and have at most 30 letters (a to z), digits and
 * underscores. What a run leaves behind is the adapter's tests' to delete.
 *
 * Each view is closed at the end of its test, where it has `close`; a view that was given twice is closed twice. The
 * promises of `loadMany`, `changes` and `watch` hold by themselves where the storage does not have the method.
 *
 * A storage that waits for disks or networks needs more time for a test than some runners give: ten thousand items are one
 * commit, twenty writers fight for one roster. Thirty seconds are plenty. It needs Node.js, like all of
 * `xmpp-roster/testing`.
 *
 * mocha's `it` is its `test`: `{ describe, test: it }`. A runner without `describe`, or whose tests take something else,
 * needs a few lines, as tape does:
 *
 * ```ts
 * import tape from 'tape'
 * import { MemoryStorage, type RosterStorage } from 'xmpp-roster'
 * import { type ContractRunner, storageContract } from 'xmpp-roster/testing'
 *
 * const runner: ContractRunner = {
 *   describe: (_title, body) => body(),
 *   test: (title, body) =>
 *     tape(title, async (t) => {
 *       await body()
 *       t.pass('kept')
 *     }),
 * }
 * const shared = new Map<string, RosterStorage>()
 * storageContract(runner, async (name) => {
 *   const storage = shared.get(name) ?? new MemoryStorage()
 *   shared.set(name, storage)
 *   return storage
 * })
 * ```
 */
export function storageContract(runner: ContractRunner, open: (name: string) => Promise<RosterStorage>): void {
  const run = randomId().slice(0, 8)
  let count = 0
  const register = (title: string, body: Chapter[string]): void => {
    count += 1
    const name = `contract_${run}_${count}`
    runner.test(title, () => onViews((suffix) => open(name + suffix), body))
  }
  runner.describe('a roster storage', () => {
    for (const [title, chapter] of Object.entries(CHAPTERS)) {
      runner.describe(title, () => {
        for (const [promise, body] of Object.entries(chapter)) register(promise, body)
      })
    }
  })
}

/** Opens what a promise asks for, and closes it when the promise is kept or broken. */
async function onViews(
  open: (suffix: string) => Promise<RosterStorage>,
  body: (subject: Subject) => Promise<void>,
): Promise<void> {
  const views: RosterStorage[] = []
  const view = async (suffix = ''): Promise<RosterStorage> => {
    const storage = await open(suffix)
    views.push(storage)
    return storage
  }
  try {
    const [storage, other] = [await view(), await view()]
    await body({ storage, other, again: () => view(), elsewhere: () => view('_b') })
  } catch (error) {
    // That the promise is broken says more than that the storage cannot be closed now.
    await Promise.allSettled(views.map((storage) => storage.close?.()))
    throw error
  }
  for (const storage of views) await storage.close?.()
}
