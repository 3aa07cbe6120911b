import type { RosterStorage } from '../../storage/port.js'
import { commitPromises, erasePromises } from './commits.js'
import { keyPromises } from './keys.js'
import { changesPromises, loadManyPromises, watchPromises } from './optional.js'
import { owedPromises } from './owed.js'
import { indexPromises, ownerPromises } from './owners.js'
import { concurrencyPromises, valuePromises } from './sharing.js'
import type { Promised } from './subject.js'

/** What the contract needs of a test runner: vitest, node:test and mocha have it. */
export interface ContractRunner {
  readonly describe: (title: string, body: () => void) => void
  readonly test: (title: string, body: () => Promise<void>) => void
}

const CHAPTERS: readonly (readonly [string, (promise: Promised) => void])[] = [
  ['commits', commitPromises],
  ['erasing', erasePromises],
  ['what is owed', owedPromises],
  ['keys', keyPromises],
  ['owners', ownerPromises],
  ['indexes', indexPromises],
  ['several writers', concurrencyPromises],
  ['values', valuePromises],
  ['loadMany', loadManyPromises],
  ['changes', changesPromises],
  ['watch', watchPromises],
]

/**
 * Registers the promises of `RosterStorage` as tests: the title of each is the promise.
 *
 * `open` gives a storage that is empty for a name that it has not seen in this run; two calls with the same name give two
 * views of one storage. Names are made of letters, digits and underscores. Each view is closed at the end of its test.
 * The promises of an optional method hold by themselves where the storage does not have it.
 */
export function storageContract(runner: ContractRunner, open: (name: string) => Promise<RosterStorage>): void {
  let count = 0
  const promise: Promised = (title, body) => {
    count += 1
    const name = `contract_${count}`
    runner.test(title, () => onTwoViews(() => open(name), body))
  }
  runner.describe('a roster storage', () => {
    for (const [title, promises] of CHAPTERS) runner.describe(title, () => promises(promise))
  })
}

async function onTwoViews(open: () => Promise<RosterStorage>, body: Parameters<Promised>[1]): Promise<void> {
  const views: RosterStorage[] = []
  const view = async (): Promise<RosterStorage> => {
    const storage = await open()
    views.push(storage)
    return storage
  }
  try {
    await body({ storage: await view(), other: await view() })
  } finally {
    for (const storage of views) await storage.close?.()
  }
}
