import { describe, expect, test } from 'vitest'
import { RosterError } from '../../src/core/errors.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import type { StoredItem } from '../../src/storage/port.js'
import { storageContract } from '../../src/testing/contract/contract.js'
import { asking, commit, create, item, JULIET, NURSE, OWNER, owed } from '../../src/testing/contract/subject.js'
import { LoggedStorage } from './logged.js'
import { shared } from './views.js'

describe('MemoryStorage', () =>
  storageContract(
    { describe, test },
    shared(() => new MemoryStorage()),
  ))
describe('with changes', () =>
  storageContract(
    { describe, test },
    shared(() => new LoggedStorage()),
  ))

const silent = { changed: () => undefined, gap: () => undefined }

/** Whatever waits in the queue of microtasks has run when the next task begins. */
const nextTask = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('what MemoryStorage hands out', () => {
  test('is frozen through and through', async () => {
    const storage = new MemoryStorage()
    await create(storage, OWNER, { put: [asking(JULIET, { groups: ['Friends'] })], owe: [owed('a')] })
    const roster = await storage.load(OWNER)
    const [contact] = roster!.items
    const parts = [roster, roster!.items, roster!.owed, roster!.owed[0], contact, contact!.groups, contact!.request]
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true))
  })

  test('is one object until the next commit, whoever asks', async () => {
    const storage = new MemoryStorage()
    const base = await create(storage, OWNER, { put: [item(JULIET)] })
    const roster = await storage.load(OWNER)
    expect(await storage.load(OWNER)).toBe(roster)
    expect((await storage.loadMany([OWNER])).get(OWNER)).toBe(roster)
    await commit(storage, OWNER, base)
    expect(await storage.load(OWNER)).not.toBe(roster)
  })

  test('keeps the very items that a commit did not touch', async () => {
    const storage = new MemoryStorage()
    const base = await create(storage, OWNER, { put: [item(JULIET), item(NURSE)] })
    const before = await storage.load(OWNER)
    await commit(storage, OWNER, base, { put: [item(NURSE, { state: 'both' })] })
    const after = await storage.load(OWNER)
    expect(after!.items[0]).toBe(before!.items[0])
    expect(after!.items[1]).not.toBe(before!.items[1])
  })

  test('leaves out what says nothing and what is no field', async () => {
    const storage = new MemoryStorage()
    const wordy = { ...item(JULIET, { name: '', approved: false, unlisted: false }), colour: 'red' }
    await create(storage, OWNER, { put: [wordy] })
    expect((await storage.load(OWNER))?.items).toStrictEqual([item(JULIET)])
  })
})

describe('MemoryStorage.commit', () => {
  test('conflicts with the owner in the error', async () => {
    const refused = new MemoryStorage().commit(OWNER, { base: 'r1', revision: 'r2' })
    await expect(refused).rejects.toBeInstanceOf(RosterError)
    await expect(refused).rejects.toMatchObject({ code: 'STORAGE_CONFLICT', owner: OWNER })
  })

  test('writes nothing when one of its items is no item', async () => {
    const storage = new MemoryStorage()
    const base = await create(storage, OWNER, { put: [item(JULIET)] })
    const before = await storage.load(OWNER)
    const broken = null as unknown as StoredItem
    await expect(commit(storage, OWNER, base, { remove: [JULIET], put: [item(NURSE), broken] })).rejects.toThrow()
    expect(await storage.load(OWNER)).toBe(before)
  })

  test('removes before it puts and settles before it owes', async () => {
    const storage = new MemoryStorage()
    const base = await create(storage, OWNER, { put: [asking(JULIET)], owe: [owed('a'), owed('b')] })
    await commit(storage, OWNER, base, { remove: [JULIET], put: [item(JULIET)], settle: ['a'], owe: [owed('a')] })
    const roster = await storage.load(OWNER)
    expect(roster?.items).toEqual([item(JULIET)])
    expect(roster?.owed).toEqual([owed('b'), owed('a')])
  })
})

describe('MemoryStorage.watch', () => {
  test('tells after the committer went on, in the order of the commits', async () => {
    const storage = new MemoryStorage()
    const heard: (string | undefined)[] = []
    await storage.watch({ ...silent, changed: (_owner, revision) => heard.push(revision) })
    void storage.commit(OWNER, { base: undefined, revision: 'r1' })
    void storage.commit(OWNER, { base: 'r1', revision: 'r2' })
    void storage.commit(OWNER, { base: 'r2', revision: 'r3', erase: true })
    expect(heard).toEqual([])
    await nextTask()
    expect(heard).toEqual(['r1', 'r2', undefined])
  })

  test('drops what a listener throws or rejects with', async () => {
    const storage = new MemoryStorage()
    const heard: string[] = []
    await storage.watch({ ...silent, changed: () => Promise.reject(new Error('a listener of the test')) })
    await storage.watch({ ...silent, changed: (owner) => heard.push(owner) })
    await create(storage, OWNER)
    await nextTask()
    expect(heard).toEqual([OWNER])
  })

  test('tells nobody who stopped while the news was on its way', async () => {
    const storage = new MemoryStorage()
    const heard: string[] = []
    const stop = await storage.watch({ ...silent, changed: (owner) => heard.push(owner) })
    void storage.commit(OWNER, { base: undefined, revision: 'r1' })
    void stop()
    await nextTask()
    expect(heard).toEqual([])
  })

  test('counts one listener that watches twice as two', async () => {
    const storage = new MemoryStorage()
    const heard: string[] = []
    const listener = { ...silent, changed: (owner: string) => heard.push(owner) }
    const stop = await storage.watch(listener)
    await storage.watch(listener)
    await stop()
    await stop()
    await create(storage, OWNER)
    await nextTask()
    expect(heard).toEqual([OWNER])
  })
})

describe('MemoryStorage.close', () => {
  const calls: readonly (readonly [string, (storage: MemoryStorage) => Promise<unknown>])[] = [
    ['load', (storage) => storage.load(OWNER)],
    ['loadMany', (storage) => storage.loadMany([OWNER])],
    ['commit', (storage) => storage.commit(OWNER, { base: undefined, revision: 'r1' })],
    ['owners', (storage) => storage.owners().next()],
    ['watch', (storage) => storage.watch(silent)],
  ]
  test.each(calls)('makes %s reject with CLOSED', async (_name, call) => {
    const storage = new MemoryStorage()
    await storage.close()
    await expect(call(storage)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('may be called again', async () => {
    const storage = new MemoryStorage()
    await storage.close()
    await expect(storage.close()).resolves.toBeUndefined()
  })

  test('ends a walk over the owners', async () => {
    const storage = new MemoryStorage()
    await create(storage, OWNER)
    await create(storage, NURSE)
    const walk = storage.owners()
    await walk.next()
    await storage.close()
    await expect(walk.next()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('tells the watchers nothing more', async () => {
    const storage = new MemoryStorage()
    const heard: string[] = []
    await storage.watch({ ...silent, changed: (owner) => heard.push(owner) })
    void storage.commit(OWNER, { base: undefined, revision: 'r1' })
    void storage.close()
    await nextTask()
    expect(heard).toEqual([])
  })
})
