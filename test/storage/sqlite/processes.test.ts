import { afterEach, describe, expect, test, vi } from 'vitest'
import { SqliteStorage } from '../../../src/sqlite.js'
import { ownersOf, read } from '../../../src/testing/contract/assertions.js'
import { commit, create, item, JULIET, OWNER } from '../../../src/testing/contract/subject.js'
import { killWriters, startWriter } from './support/child.js'
import { openDatabase } from './support/database.js'
import { temporaryFolder } from './support/folder.js'

const file = temporaryFolder()
const ROUNDS = 6

// Hundreds of commits wait for the disk here, and so may everybody else on the machine.
vi.setConfig({ testTimeout: 240_000 })

afterEach(() => {
  killWriters()
  vi.useRealTimers()
})

describe('a process that is killed while it commits', () => {
  test('leaves everything that was acknowledged, whole commits only, and a sound file, time after time', async () => {
    const path = file('killed.db')
    const acknowledged: string[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const writer = startWriter('create', path, `round${round}`)
      // Somewhere in another commit each time, and not at the first one.
      await writer.wrote(5 + 17 * round)
      await writer.kill()
      acknowledged.push(...writer.lines)

      const storage = await SqliteStorage.open(path)
      const owners = await ownersOf(storage, { with: 'owed' })
      expect(acknowledged.filter((owner) => !owners.includes(owner))).toEqual([])
      // The one that was under way may be there as well: then all of it is.
      expect(owners.length).toBeLessThanOrEqual(acknowledged.length + round + 1)
      for (const owner of owners) {
        const roster = await read(storage, owner)
        expect([roster?.items.length, roster?.owed.length]).toEqual([1, 1])
      }
      await storage.close()
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(ROUNDS * 5)
  })

  test('is in nobody’s way: others go on while it is dead', async () => {
    const path = file('going-on.db')
    const storage = await SqliteStorage.open(path)
    const writer = startWriter('create', path, 'dead')
    await writer.wrote(10)
    await writer.kill()
    await create(storage, OWNER, { put: [item(JULIET)] })
    const owners = await ownersOf(storage)
    expect([...writer.lines, OWNER].filter((owner) => !owners.includes(owner))).toEqual([])
    await storage.close()
  })
})

test('two processes that write one roster at the same time lose nothing', async () => {
  const path = file('shared.db')
  const storage = await SqliteStorage.open(path)
  await create(storage, 'shared@example.net')
  const writers = ['left', 'right'].map((name) => startWriter('share', path, name, '100'))
  await Promise.all(writers.map((writer) => writer.wrote(1)))
  for (const writer of writers) writer.tell()
  await Promise.all(writers.map((writer) => writer.ended()))
  const roster = await read(storage, 'shared@example.net')
  expect(roster?.version).toBe('200')
  const expected = ['left', 'right'].flatMap((name) =>
    Array.from({ length: 100 }, (_, at) => `${name}-${at}@example.com`),
  )
  expect(roster?.items.map(({ jid }) => jid)).toEqual(expected.sort())
  await storage.close()
})

test('several processes may open a new file at the same time', async () => {
  const path = file('new.db')
  const writers = ['a', 'b', 'c'].map((name) => startWriter('create', path, name))
  await Promise.all(writers.map((writer) => writer.wrote(5)))
  await Promise.all(writers.map((writer) => writer.kill()))
  const storage = await SqliteStorage.open(path)
  const owners = await ownersOf(storage)
  expect(writers.flatMap(({ lines }) => lines).filter((owner) => !owners.includes(owner))).toEqual([])
  await storage.close()
})

describe('a database that another process has locked', () => {
  test('is a conflict for a commit and a failure for whoever opens it, after five seconds', async () => {
    const path = file('locked.db')
    const storage = await SqliteStorage.open(path)
    const base = await create(storage, OWNER)
    const writer = startWriter('lock', path)
    await writer.wrote(1)

    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const commits = commit(storage, OWNER, base, { put: [item(JULIET)] })
    const settled = vi.fn<(outcome: unknown) => void>()
    commits.catch(settled)
    await vi.advanceTimersByTimeAsync(4_900)
    expect(settled).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(200)
    await expect(commits).rejects.toMatchObject({ code: 'STORAGE_CONFLICT', owner: OWNER })

    const other = new SqliteStorage({ database: openDatabase(path), prefix: 'other_' })
    const loads = other.load(OWNER)
    loads.catch(settled)
    await vi.advanceTimersByTimeAsync(5_100)
    await expect(loads).rejects.toMatchObject({ code: 'STORAGE_FAILED', owner: OWNER })

    vi.useRealTimers()
    writer.tell()
    await writer.wrote(2)
    expect((await read(storage, OWNER))?.items).toEqual([])
    await commit(storage, OWNER, base, { put: [item(JULIET)] })
    expect(await other.load(OWNER)).toBeUndefined()
    await storage.close()
  })
})
