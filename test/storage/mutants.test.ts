import { describe, expect, test } from 'vitest'
import { storageContract } from '../../src/testing/contract/contract.js'
import { LoggedStorage } from './logged.js'
import { INDEXING } from './mutants/indexing.js'
import type { Mutant } from './mutants/mutant.js'
import { NAMING } from './mutants/naming.js'
import { READING } from './mutants/reading.js'
import { TELLING } from './mutants/telling.js'
import { ERASING, FILLING, OWING, RACING, WRITING } from './mutants/writing.js'
import { type Open, shared } from './views.js'

const MUTANTS: readonly Mutant[] = [
  ...[...WRITING, ...FILLING, ...ERASING, ...OWING, ...RACING],
  ...[...READING, ...NAMING, ...INDEXING, ...TELLING],
]

type Promised = readonly [title: string, body: () => Promise<void>]

/** The promises as a runner gets them. */
function promisesOf(open: Open): readonly Promised[] {
  const promises: Promised[] = []
  const runner = {
    describe: (_title: string, body: () => void) => body(),
    test: (title: string, body: () => Promise<void>) => promises.push([title, body]),
  }
  storageContract(runner, open)
  return promises
}

/** Milliseconds for a promise of `watch`: it waits for what a mutant never tells. */
const PATIENCE = 1_000

const holds = (body: () => Promise<void>): Promise<boolean> =>
  body().then(
    () => true,
    () => false,
  )

async function holdsInTime(body: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, false)
  })
  return Promise.race([holds(body), late]).finally(() => clearTimeout(timer))
}

describe('the contract of a storage', () => {
  const promises = promisesOf(shared(() => new LoggedStorage()))
  const titles = promises.map(([title]) => title)

  test('has promises that are told apart by their titles', () => {
    expect(new Set(titles).size).toBe(titles.length)
  })

  test.each(promises)('is kept by a sound storage: %s', async (_title, body) => {
    await expect(body()).resolves.toBeUndefined()
  })

  test('has for each of its promises a storage that breaks it', () => {
    expect(MUTANTS.map(({ breaks }) => breaks).sort()).toEqual([...titles].sort())
  })
})

describe('the contract catches a storage that', () => {
  test.each(MUTANTS)('$fault: $breaks', async ({ breaks, open }) => {
    const [, body] = promisesOf(open()).find(([title]) => title === breaks) ?? expect.fail('there is no such promise')
    expect(await (breaks.startsWith('watch') ? holdsInTime : holds)(body)).toBe(false)
  })
})
