import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { RosterStorage } from '../../../src/index.js'
import { bundle } from './bundle.js'
import { flawsOf } from './history.js'
import { SHARED, type Work } from './labour.js'
import { openStorage, prepareStorage } from './storages.js'
import { WriterProcess } from './writers.js'

const WRITERS = ['a', 'b', 'c', 'd']
const OWNERS = Array.from({ length: 200 }, (_, at) => `owner${at}@bots.example`)
const OPERATIONS = 20_000
const SEED = 4_711
/** A commit in the midst of its work, and how many operations the others do while it stands still. */
const STOP_AT = 1_500
const MEANWHILE = 600
const DISTURB_EVERY = 250
/**
 * What was sent is settled after a second, and after five more where storage did not take it; what others have left is nobody's
 * after half a minute. Time moves in steps that pass over none of that: otherwise a process that was about to try again would
 * be given up by one whose time has moved first.
 */
const STEPS_MS = [2_000, ...Array.from({ length: 8 }, () => 5_000), 2_000]
/** A guard against a test that hangs. */
const PATIENCE_MS = 900_000

const PROGRAM = fileURLToPath(new URL('./writer.child.ts', import.meta.url))

/** What four processes did, and what storage holds afterwards. */
interface Outcome {
  readonly works: readonly Work[]
  readonly storage: RosterStorage
  readonly first: ReadonlyMap<string, string>
}

async function createOwners(storage: RosterStorage): Promise<ReadonlyMap<string, string>> {
  const first = new Map(OWNERS.map((owner) => [owner, `first of ${owner}`]))
  for (const [owner, revision] of first) await storage.commit(owner, { base: undefined, revision })
  return first
}

/** The one that stands still in the midst of a commit goes on when the others have done much. */
async function letGoOn(writers: readonly WriterProcess[]): Promise<void> {
  const [stopped] = writers
  const done = (): number => writers.reduce((sum, { operations }) => sum + operations, 0)
  const when = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      for (const writer of writers) writer.onWord = () => (isSo() ? resolve() : undefined)
    })
  await when(() => stopped?.isStopping === true)
  const goal = Math.min(done() + MEANWHILE, OPERATIONS * (1 - 1 / WRITERS.length))
  await when(() => done() >= goal)
  await stopped?.goOn()
}

async function workTogether(url: string): Promise<Outcome> {
  await prepareStorage(url)
  const folder = mkdtempSync(join(tmpdir(), 'xmpp-roster-writers-'))
  const program = await bundle(PROGRAM)
  const { storage, close } = await openStorage(url)
  const first = await createOwners(storage)
  const writers = WRITERS.map(() => new WriterProcess(program.path, url))
  onTestFinished(async () => {
    for (const writer of writers) await writer.end()
    await close()
    await program.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  const working = writers.map((writer, at) =>
    writer.work({
      name: String(WRITERS[at]),
      seed: SEED + at,
      owners: OWNERS,
      operations: OPERATIONS / WRITERS.length,
      disturbEvery: DISTURB_EVERY,
      stopAt: at === 0 ? STOP_AT : 0,
      report: join(folder, `report${at}`),
    }),
  )
  await Promise.all([...working, letGoOn(writers)])
  for (const ms of STEPS_MS) await Promise.all(writers.map((writer) => writer.advance(ms)))
  return { works: await Promise.all(writers.map((writer) => writer.report())), storage, first }
}

const words = (pairs: readonly (readonly [string, string])[]): readonly string[] =>
  pairs.map(([owner, second]) => `${owner} ${second}`).sort()

function expectOneHistory({ works, first }: Outcome, revisions: ReadonlyMap<string, string>): void {
  const commits = works.flatMap((work) => work.commits)
  for (const owner of OWNERS) {
    const its = commits.filter((commit) => commit.owner === owner)
    expect(flawsOf(owner, its, String(first.get(owner)), String(revisions.get(owner)))).toEqual([])
  }
}

async function expectNothingLost({ works, storage, first }: Outcome, disturbed: boolean): Promise<void> {
  const [items, groups, granted, revisions] = [[], [], [], new Map<string, string>()] as [
    [string, string][],
    [string, string][],
    [string, string][],
    Map<string, string>,
  ]
  for (const owner of OWNERS) {
    const stored = await storage.load(owner)
    revisions.set(owner, String(stored?.revision))
    expect(stored?.owed).toEqual([])
    for (const { jid, state, groups: its } of stored?.items ?? []) {
      if (jid === SHARED) groups.push(...its.map((group): [string, string] => [owner, group]))
      else if (state === 'from') granted.push([owner, jid])
      else items.push([owner, jid])
    }
  }
  const all = (what: 'added' | 'removed' | 'grouped' | 'asked' | 'subscribed' | 'granted') =>
    words(works.flatMap((work) => work[what]))
  const removed = new Set(all('removed'))
  expect(words(items)).toEqual(all('added').filter((pair) => !removed.has(pair)))
  expect(words(groups)).toEqual(all('grouped'))
  expect(words(granted)).toEqual(all('asked'))
  expect(all('subscribed')).toEqual(all('asked'))
  // Who was told that it has granted something is at most one; of an unknown outcome it is nobody.
  expect(new Set(all('granted')).size).toBe(all('granted').length)
  if (!disturbed) expect(all('granted')).toEqual(all('asked'))
  expectOneHistory({ works, storage, first }, revisions)
}

/** `disturbed`: connections are ended in the midst of commits, where the storage has any. */
export function writersTest(url: () => string, disturbed: boolean): void {
  test(`${WRITERS.length} processes, ${OWNERS.length} owners, ${OPERATIONS} operations: one history per owner, nothing lost, nothing twice`, {
    timeout: PATIENCE_MS,
  }, async () => {
    const outcome = await workTogether(url())
    expect(outcome.works.flatMap(({ errors }) => errors)).toEqual([])
    await expectNothingLost(outcome, disturbed)
    // They did get into each other's way, and were disturbed.
    const refused = outcome.works.flatMap(({ commits }) => commits.filter((commit) => commit.outcome === 'refused'))
    expect(refused.length).toBeGreaterThan(OWNERS.length)
    expect(outcome.works.every(({ disturbances }) => disturbances > 0)).toBe(disturbed)
  })
}
