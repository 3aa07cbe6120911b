import { describe, expect, test } from 'vitest'
import { MemoryStorage, RosterError, type RosterStorage } from '../../src/index.js'
import { create, item, JULIET, NURSE, OWNER } from '../../src/testing/contract/subject.js'
import { faultyStorage, manualClock, type StorageCall, type StorageFault } from '../../src/testing.js'
import { BOT, ROMEO, turn, withContacts } from '../component/stage.js'
import { LoggedStorage } from '../storage/logged.js'

const silent = { changed: () => undefined, gap: () => undefined }

const ownersOf = async (storage: RosterStorage): Promise<readonly string[]> => {
  const owners: string[] = []
  for await (const owner of storage.owners()) owners.push(owner)
  return owners
}

/** Two owners in the memory, and in front of it a storage whose n-th call has this fault. */
async function faulty(fault: StorageFault | undefined, n = 1) {
  const memory = new LoggedStorage()
  for (const owner of [OWNER, NURSE]) await create(memory, owner, { put: [item(JULIET)] })
  const clock = manualClock()
  const storage = faultyStorage(memory, (call) => (call.n === n ? fault : undefined), { clock })
  return { memory, storage, clock }
}

/** Every method, called once; what it does in the memory can be seen there. */
const CALLS: Readonly<Record<keyof RosterStorage, (storage: RosterStorage) => Promise<unknown> | undefined>> = {
  load: (storage) => storage.load(OWNER),
  commit: (storage) => storage.commit(JULIET, { base: undefined, revision: 'r1' }),
  owners: (storage) => ownersOf(storage),
  loadMany: (storage) => storage.loadMany?.([OWNER, NURSE]),
  changes: (storage) => storage.changes?.(OWNER, 'r0'),
  watch: (storage) => storage.watch?.(silent),
  close: (storage) => storage.close?.(),
}
const METHODS = Object.keys(CALLS) as (keyof RosterStorage)[]

describe('A faulty storage, as long as nothing is planned,', () => {
  test('is the storage behind it, also when its methods are taken off it', async () => {
    const { memory, storage } = await faulty(undefined)
    const { load, commit, owners, loadMany, changes, watch } = storage
    const heard: (string | undefined)[] = []
    const stop = await watch?.({ ...silent, changed: (_owner, revision) => heard.push(revision) })
    const before = await load(OWNER)
    expect(before).toBe(await memory.load(OWNER))
    await commit(OWNER, { base: before?.revision, revision: 'r2', remove: [JULIET] })
    expect(await load(OWNER)).toMatchObject({ items: [], revision: 'r2' })
    expect((await loadMany?.([OWNER]))?.get(OWNER)?.revision).toBe('r2')
    expect(await changes?.(OWNER, before?.revision ?? '')).toMatchObject({ remove: [JULIET], revision: 'r2' })
    const named: string[] = []
    for await (const owner of owners({ domain: 'example.com' })) named.push(owner)
    expect(named).toEqual([NURSE])
    await turn()
    expect(heard).toEqual(['r2'])
    await stop?.()
    await storage.close?.()
    await expect(memory.load(OWNER)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('has the optional methods that the storage has, and no others', () => {
    const { load, commit, owners } = new MemoryStorage()
    expect(Object.keys(faultyStorage({ load, commit, owners }, () => undefined))).toEqual(['load', 'commit', 'owners'])
    const optional = Object.keys(faultyStorage(new MemoryStorage(), () => undefined)).slice(3)
    expect(optional).toEqual(['loadMany', 'watch', 'close'])
  })

  test('lets the storage say no', async () => {
    const { storage } = await faulty(undefined)
    const refused = storage.commit(OWNER, { base: 'other', revision: 'r2' })
    await expect(refused).rejects.toMatchObject({ code: 'STORAGE_CONFLICT' })
  })
})

describe('A plan', () => {
  test('is asked about every call, numbered in the order in which they are made', async () => {
    const asked: StorageCall[] = []
    const storage = faultyStorage(new LoggedStorage(), (call) => void asked.push(call))
    for (const method of METHODS) await CALLS[method](storage)
    expect(asked).toEqual(METHODS.map((method, index) => ({ n: index + 1, method })))
  })

  test('numbers calls that are under way at once as they were made, and a walk as one', async () => {
    const asked: StorageCall[] = []
    const memory = new MemoryStorage()
    for (const owner of [OWNER, NURSE, JULIET]) await create(memory, owner)
    const storage = faultyStorage(memory, (call) => void asked.push(call))
    const walk = ownersOf(storage)
    await Promise.all([storage.load(OWNER), storage.load(NURSE), walk])
    expect([...asked].sort((a, b) => a.n - b.n).map(({ method }) => method)).toEqual(['owners', 'load', 'load'])
    expect(await walk).toHaveLength(3)
  })

  test('that throws decides what the call rejects with, and nothing was done', async () => {
    const memory = new MemoryStorage()
    const conflict = new RosterError('STORAGE_CONFLICT', 'Busy, says the plan.')
    const storage = faultyStorage(memory, () => {
      throw conflict
    })
    await expect(create(storage, OWNER)).rejects.toBe(conflict)
    await expect(ownersOf(storage)).rejects.toBe(conflict)
    expect(await memory.load(OWNER)).toBeUndefined()
  })
})

describe('A call that fails', () => {
  test.each(METHODS)('rejects with STORAGE_FAILED and says which it was: %s', async (method) => {
    for (const when of ['before', 'after'] as const) {
      const { storage } = await faulty(`fail-${when}`)
      const message = `Call 1 of this storage (${method}) fails as planned, ${when} it took effect.`
      const error: unknown = await CALLS[method](storage)?.catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(RosterError)
      expect(error).toMatchObject({ code: 'STORAGE_FAILED', message })
    }
  })

  test('names the owner, where there is one', async () => {
    const { storage } = await faulty('fail-before')
    await expect(storage.load(OWNER)).rejects.toMatchObject({ owner: OWNER })
  })

  test('fails alone: those around it go through', async () => {
    const { storage } = await faulty('fail-before', 2)
    const outcomes = await Promise.allSettled([storage.load(OWNER), storage.load(OWNER), storage.load(OWNER)])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  test('before it took effect has done nothing', async () => {
    const { memory, storage } = await faulty('fail-before')
    await expect(create(storage, JULIET)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(await memory.load(JULIET)).toBeUndefined()
  })

  test('after it took effect has done it all', async () => {
    const { memory, storage } = await faulty('fail-after')
    const change = { base: undefined, revision: 'r1', put: [item(NURSE)] }
    await expect(storage.commit(JULIET, change)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(await memory.load(JULIET)).toMatchObject({ items: [item(NURSE)], revision: 'r1' })
  })

  test.each([
    ['fail-before', 0],
    ['fail-after', 2],
  ] as const)('as a walk over owners, %s, has named %i of two', async (fault, named) => {
    const { storage } = await faulty(fault)
    const owners: string[] = []
    const walk = async () => {
      for await (const owner of storage.owners()) owners.push(owner)
    }
    await expect(walk()).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(owners).toHaveLength(named)
  })

  test('as a walk that is left early does not fail after it', async () => {
    const { storage } = await faulty('fail-after')
    const first = async () => {
      for await (const owner of storage.owners()) return owner
      return undefined
    }
    expect(await first()).toBe(OWNER)
  })

  test('as watch before it took effect tells nothing, and after it goes on telling', async () => {
    for (const [fault, told] of [
      ['fail-before', 0],
      ['fail-after', 1],
    ] as const) {
      const { memory, storage } = await faulty(fault)
      const heard: string[] = []
      const watching = storage.watch?.({ ...silent, changed: (owner) => heard.push(owner) })
      await expect(watching).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
      await create(memory, JULIET)
      await turn()
      expect(heard).toHaveLength(told)
    }
  })
})

describe('A call that is delayed', () => {
  test('is done when the time has come', async () => {
    const { memory, storage, clock } = await faulty({ delay: 100 })
    const created = create(storage, JULIET)
    await clock.advance(99)
    expect(await memory.load(JULIET)).toBeUndefined()
    await clock.advance(1)
    expect((await memory.load(JULIET))?.revision).toBe(await created)
  })

  test('with the answer alone: it is done at once, and the answer is that of then', async () => {
    const { memory, storage, clock } = await faulty({ delay: 100, when: 'after' })
    let answered = false
    const loaded = storage.load(JULIET).finally(() => (answered = true))
    await turn()
    await create(memory, JULIET)
    await clock.advance(99)
    expect(answered).toBe(false)
    await clock.advance(1)
    expect(await loaded).toBeUndefined()
  })

  test('lets the others overtake it', async () => {
    const { storage, clock } = await faulty({ delay: 100 })
    const order: string[] = []
    const slow = storage.load(OWNER).then(() => order.push('slow'))
    await storage.load(NURSE).then(() => order.push('quick'))
    await clock.advance(100)
    await slow
    expect(order).toEqual(['quick', 'slow'])
  })

  test('as a walk over owners names nobody before the time has come', async () => {
    const { storage, clock } = await faulty({ delay: 100 })
    const named: string[] = []
    const walk = (async () => {
      for await (const owner of storage.owners()) named.push(owner)
    })()
    await clock.advance(99)
    expect(named).toEqual([])
    await clock.advance(1)
    await walk
    expect(named).toEqual([OWNER, NURSE])
  })

  test('by the real time where no clock is given', async () => {
    const storage = faultyStorage(new MemoryStorage(), () => ({ delay: 1 }))
    expect(await storage.load(OWNER)).toBeUndefined()
  })
})

describe('A component on a faulty storage', () => {
  test('knows by its revision that a commit whose answer was lost took effect (promise 21)', async () => {
    // Given a bot with a pending request, whose commits will be written and their answers lost
    let isLosing = false
    const storage = faultyStorage(new MemoryStorage(), ({ method }) =>
      method === 'commit' && isLosing ? 'fail-after' : undefined,
    )
    const { bot, roster, said } = await withContacts({ [ROMEO]: 'none+in' }, { storage })
    isLosing = true

    // When it authorizes
    const done = await bot.authorize(ROMEO)

    // Then that has happened once: stored, sent and told
    expect([done, bot.get(ROMEO)?.state, said()]).toEqual([true, 'from', ['bot > romeo: subscribed']])
    expect(roster.counters['conflicts']).toBeUndefined()
    expect((await storage.load(BOT))?.items).toMatchObject([{ jid: ROMEO, state: 'from' }])
  })
})
