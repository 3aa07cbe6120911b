import { describe, expect, test } from 'vitest'
import { RosterError } from '../../../src/core/errors.js'
import type { RosterChanges } from '../../../src/storage/port.js'
import { JULIET, ledgerStage, ROMEO, WatchedStorage } from './support/ledger-stage.js'

const NURSE = 'nurse@example.com'

const conflict = (): RosterError => new RosterError('STORAGE_CONFLICT', 'Somebody else was faster')
const broken = new Error('The disk is full')

/** Another process on the same storage. */
const beside = (storage: WatchedStorage): ReturnType<typeof ledgerStage> =>
  ledgerStage({ storage: new WatchedStorage(storage.inner) })

describe('One movement: decide, store, send, tell (architecture 1, promise 20)', () => {
  test('in this order', async () => {
    const { run, log } = ledgerStage()
    await run({ kind: 'subscribe' })

    expect(log).toEqual(['decide subscribe', 'commit', 'send subscribe', 'tell subscribe'])
  })

  test('what is sent is stored with its cause, in the same commit', async () => {
    const { run, storage } = ledgerStage()
    await run({ kind: 'subscribe' })

    expect(storage.commits).toMatchObject([
      {
        base: undefined,
        put: [{ jid: JULIET, state: 'none+out' }],
        owe: [{ xml: expect.stringContaining('subscribe') }],
      },
    ])
  })

  test('the roster has moved when the stanza goes and the application is told', async () => {
    const { run, wire, stateOf } = ledgerStage()
    const seen: unknown[] = []
    wire.onWrite = () => void seen.push(stateOf())
    await run({ kind: 'subscribe' })

    expect(seen).toEqual(['none+out'])
  })

  test('presence is not owed: it goes with the grant, and is not stored', async () => {
    const { run, wire, storage } = ledgerStage()
    await run({ kind: 'recorded', type: 'subscribe' })
    await run({ kind: 'received', type: 'subscribe', xml: '<presence/>', decision: 'authorize', subscribeBack: false })

    expect(wire.written).toEqual([`subscribed ${JULIET}`, `presence ${JULIET}`])
    expect(storage.commits[1]?.owe).toHaveLength(1)
  })

  test('what changes nothing and sends nothing is not stored: told at once', async () => {
    const { run, log, storage } = ledgerStage()
    const done = run({ kind: 'authorize' })
    expect(log).toEqual(['decide authorize', 'tell authorize'])

    expect(await done).toBe(false)
    expect(storage.commits).toEqual([])
  })

  test('a command resolves when it is stored, also while disconnected; it goes with the connection (promise 19)', async () => {
    const { run, wire, ledger, clock, stored } = ledgerStage()
    wire.online = false
    await run({ kind: 'subscribe' })
    expect(wire.written).toEqual([])
    expect((await stored())?.owed).toHaveLength(1)
    wire.online = true
    ledger.outbox.flush()
    await clock.advance(1_000)

    expect(wire.written).toEqual([`subscribe ${JULIET}`])
    expect((await stored())?.owed).toEqual([])
  })
})

describe('What waits for the same owner is decided together', () => {
  test('and written in one commit', async () => {
    const { run, storage, log } = ledgerStage()
    await Promise.all([
      run({ kind: 'subscribe' }),
      run({ kind: 'subscribe' }, NURSE),
      run({ kind: 'update', patch: { name: 'Nurse' } }, NURSE),
      run({ kind: 'preapprove' }, 'tybalt@example.com'),
    ])

    expect(storage.commits.map(({ put }) => put?.map(({ jid }) => jid))).toEqual([
      [JULIET],
      [NURSE, 'tybalt@example.com'],
    ])
    expect(log.filter((what) => what.startsWith('tell'))).toHaveLength(4)
  })

  test('each on top of what the ones before it decided', async () => {
    const { run, stateOf } = ledgerStage()
    await Promise.all([
      run({ kind: 'update', patch: { name: 'Somebody' } }),
      run({ kind: 'subscribe' }),
      run({ kind: 'received', type: 'subscribed' }),
      run({ kind: 'unsubscribe' }),
    ])

    expect(stateOf()).toBe('none')
  })

  test('one that cannot be decided fails alone', async () => {
    const { run, stateOf, storage } = ledgerStage()
    const refused = run({ kind: 'update', patch: { name: '\u0000' } })
    const others = Promise.all([run({ kind: 'subscribe' }), run({ kind: 'subscribe' }, NURSE)])

    await expect(refused).rejects.toMatchObject({ code: 'ITEM_INVALID' })
    await others
    expect([stateOf(), stateOf(NURSE)]).toEqual(['none+out', 'none+out'])
    expect(storage.commits.flatMap(({ put }) => put ?? [])).toHaveLength(2)
  })

  test('a bug in a decision is told as an error of ours, with its cause', async () => {
    const { ledger, errors } = ledgerStage()
    ledger.post(() => {
      throw broken
    })

    expect(errors).toMatchObject([{ cause: broken }])
    expect(ledger.isIdle).toBe(true)
  })
})

describe('Somebody else was faster (promise 21)', () => {
  test('the loser looks, decides again and commits: no change is lost', async () => {
    const mine = ledgerStage()
    const theirs = beside(mine.storage)
    await mine.run({ kind: 'subscribe' })
    await theirs.run({ kind: 'subscribe' }, NURSE)
    await mine.run({ kind: 'update', patch: { groups: ['Verona'] } })

    expect((await mine.stored())?.items).toMatchObject([
      { jid: JULIET, state: 'none+out', groups: ['Verona'] },
      { jid: NURSE, state: 'none+out' },
    ])
    expect(mine.counters['conflicts']).toBe(1)
    expect(mine.stateOf(NURSE)).toBe('none+out')
  })

  test('the new decision is made from what the other has done', async () => {
    const mine = ledgerStage()
    await mine.run({ kind: 'received', type: 'subscribe', xml: '<presence/>', decision: 'defer', subscribeBack: true })
    const theirs = beside(mine.storage)
    await theirs.run({ kind: 'subscribe' }, NURSE)
    await theirs.run({ kind: 'authorize' })

    expect(await mine.run({ kind: 'unauthorize' })).toBe(true)
    expect(mine.wire.written).toEqual([`unavailable ${JULIET}`, `unsubscribed ${JULIET}`])
  })

  test('an answer that comes too late is no answer, and sends nothing (promise 5)', async () => {
    const mine = ledgerStage()
    await mine.run({ kind: 'received', type: 'subscribe', xml: '<presence/>', decision: 'defer', subscribeBack: true })
    const theirs = beside(mine.storage)
    await theirs.run({ kind: 'subscribe' }, NURSE)
    await theirs.run({ kind: 'authorize' })

    expect(await mine.run({ kind: 'authorize' })).toBe(false)
    expect(mine.wire.written).toEqual([])
  })

  test('again and again: a bounded number of times, then the caller is told STORAGE_CONFLICT', async () => {
    const { run, storage, clock, wire, log } = ledgerStage()
    storage.faults = Array.from({ length: 100 }, () => ({ when: 'before', error: conflict() }))
    const refused = expect(run({ kind: 'subscribe' })).rejects.toMatchObject({ code: 'STORAGE_CONFLICT' })
    await clock.advance(60_000)

    await refused
    expect(storage.commits.length).toBeGreaterThan(2)
    expect(storage.commits.length).toBeLessThan(20)
    expect(wire.written).toEqual([])
    expect(log).not.toContain('tell subscribe')
    storage.faults = []
    expect(await run({ kind: 'subscribe' })).toBe(true)
  })

  test('and waits between the attempts, so that those who collided do not collide again', async () => {
    const { run, storage, clock } = ledgerStage()
    storage.faults = Array.from({ length: 3 }, () => ({ when: 'before', error: conflict() }))
    const done = run({ kind: 'subscribe' })
    await clock.advance(0)
    expect(storage.commits).toHaveLength(2)
    await clock.advance(1_000)

    expect(await done).toBe(true)
    expect(storage.commits).toHaveLength(4)
  })
})

describe('The storage fails', () => {
  test('nothing is sent, nobody is told but the caller: STORAGE_FAILED with its cause', async () => {
    const { run, storage, wire, log, errors, stateOf } = ledgerStage()
    storage.faults = [{ when: 'before', error: broken }]

    await expect(run({ kind: 'subscribe' })).rejects.toMatchObject({ code: 'STORAGE_FAILED', cause: broken })
    expect(wire.written).toEqual([])
    expect(log).toEqual(['decide subscribe', 'commit'])
    expect(stateOf()).toBeUndefined()
    expect(errors).toEqual([])
  })

  test('for all who waited together', async () => {
    const { run, storage } = ledgerStage()
    storage.faults = [undefined, { when: 'before', error: broken }]
    const results = await Promise.allSettled([
      run({ kind: 'subscribe' }),
      run({ kind: 'subscribe' }, NURSE),
      run({ kind: 'unsubscribe' }),
    ])

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  })

  test('the next command works when it is back', async () => {
    const { run, storage, wire, stateOf } = ledgerStage()
    storage.faults = [{ when: 'before', error: broken }]
    storage.loadError = broken
    await expect(run({ kind: 'subscribe' })).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    await expect(run({ kind: 'subscribe' }, NURSE)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    storage.loadError = undefined

    expect(await run({ kind: 'subscribe' })).toBe(true)
    expect([stateOf(), stateOf(NURSE)]).toEqual(['none+out', undefined])
    expect(wire.written).toEqual([`subscribe ${JULIET}`])
  })

  test('what nobody waits for is told as an error', async () => {
    const { ledger, storage, clock, errors } = ledgerStage()
    storage.faults = [{ when: 'before', error: broken }]
    ledger.post((draft) => {
      draft.isNew = true
      return undefined
    })
    await clock.advance(0)

    expect(errors).toMatchObject([{ code: 'STORAGE_FAILED', cause: broken }])
  })
})

describe('The outcome of a commit is unknown: the revision tells (promise 21)', () => {
  test('it was written: sent once, told once, the caller knows nothing of it', async () => {
    const { run, storage, wire, log, stored } = ledgerStage()
    storage.faults = [{ when: 'after', error: broken }]

    expect(await run({ kind: 'subscribe' })).toBe(true)
    expect(wire.written).toEqual([`subscribe ${JULIET}`])
    expect(log.filter((what) => what === 'tell subscribe')).toHaveLength(1)
    expect(storage.commits).toHaveLength(1)
    expect((await stored())?.revision).toBe(storage.commits[0]?.revision)
  })

  test('it was written, and another process has gone on from there: storage remembers it, so it is sent once, when storage was looked at', async () => {
    const base = { put: [], remove: [], owed: [] }
    const storage = Object.assign(new WatchedStorage(), {
      changes: async (owner: string, since: string): Promise<RosterChanges | undefined> => {
        const { revision = '', owed = [] } = (await storage.inner.load(owner)) ?? {}
        return storage.commits.some((commit) => commit.revision === since) ? { ...base, owed, revision } : undefined
      },
    })
    const { run, wire, clock, stored } = ledgerStage({ storage })
    storage.faults = [{ when: 'after', error: broken }]
    storage.onFault = (change) => storage.inner.commit(ROMEO, { base: change.revision, revision: 'theirs', put: [] })

    expect(await run({ kind: 'subscribe' })).toBe(true)
    expect((await stored())?.revision).toBe('theirs')
    await clock.advance(0)
    expect(wire.written).toEqual([`subscribe ${JULIET}`])
    await clock.advance(60_000)
    expect(wire.written).toEqual([`subscribe ${JULIET}`])
    expect((await stored())?.owed).toEqual([])
  })

  test('it cannot be told: the caller hears of the failure, and what it owes is sent after all, once', async () => {
    const { run, storage, wire, clock, stateOf, stored } = ledgerStage()
    storage.faults = [{ when: 'after', error: broken }]
    storage.loadError = broken
    await expect(run({ kind: 'subscribe' })).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    storage.loadError = undefined
    await run({ kind: 'update', patch: { name: 'Nurse' } }, NURSE)
    expect(stateOf()).toBe('none+out')
    await clock.advance(60_000)

    expect(wire.written).toEqual([`subscribe ${JULIET}`])
    expect((await stored())?.owed).toEqual([])
  })
})
