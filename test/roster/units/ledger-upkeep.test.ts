import { describe, expect, test } from 'vitest'
import { RosterError } from '../../../src/core/errors.js'
import { rosterItem } from '../../../src/core/item.js'
import { JULIET, type LedgerStage, ledgerStage, ROMEO, WatchedStorage } from './support/ledger-stage.js'

const NURSE = 'nurse@example.com'
const broken = new Error('The disk is full')

describe('What was sent is settled lazily, in batches (promise 20)', () => {
  test('with the next commit', async () => {
    const { run, storage, clock, stored } = ledgerStage()
    await run({ kind: 'subscribe' })
    await clock.advance(600)
    await run({ kind: 'subscribe' }, NURSE)
    await clock.advance(600)
    await run({ kind: 'update', patch: { name: 'Nurse' } }, NURSE)
    const owed = storage.commits.flatMap(({ owe = [] }) => owe.map(({ id }) => id))

    // Each once: what one commit has settled, the next one does not settle again.
    expect(storage.commits.map(({ settle }) => settle)).toEqual([[], [owed[0]], [owed[1]]])
    expect((await stored())?.owed).toEqual([])
  })

  test('but not with one that comes at once: of a process that is killed, the server may lose what it has not read', async () => {
    const { run, storage, clock, stored } = ledgerStage()
    await run({ kind: 'subscribe' })
    await clock.advance(499)
    await run({ kind: 'subscribe' }, NURSE)
    expect(storage.commits.map(({ settle }) => settle)).toEqual([[], []])
    expect((await stored())?.owed).toHaveLength(2)

    await clock.advance(2_000)
    expect((await stored())?.owed).toEqual([])
  })

  test('by itself when no other comes', async () => {
    const { run, storage, clock, stored } = ledgerStage()
    await Promise.all([run({ kind: 'subscribe' }), run({ kind: 'subscribe' }, NURSE)])
    await clock.advance(999)
    const before = storage.commits.length
    await clock.advance(1)

    expect(storage.commits).toHaveLength(before + 1)
    expect((await stored())?.owed).toEqual([])
  })

  test('and again when storage did not take it, before others believe that nobody has sent it', async () => {
    const { run, storage, clock, errors, stored } = ledgerStage()
    await run({ kind: 'subscribe' })
    storage.faults = [{ when: 'before', error: broken }, undefined]
    await clock.advance(1_000)
    expect(errors).toMatchObject([{ code: 'STORAGE_FAILED' }])
    expect((await stored())?.owed).toHaveLength(1)

    await clock.advance(5_000)
    expect((await stored())?.owed).toEqual([])
    expect(errors).toHaveLength(1)
  })

  test('also of a hundred and fifty thousand that another process has left: more than a call may have arguments', async () => {
    const { ledger, storage, wire, clock, errors, stored } = ledgerStage()
    const put = Array.from({ length: 150_000 }, (_, at) => ({ jid: `c${at}@x.org`, state: 'to', groups: [] }) as const)
    const owe = put.map(({ jid }) => ({ id: jid, at: -60_000, xml: `<presence to="${jid}" type="subscribe"/>` }))
    await storage.inner.commit(ROMEO, { base: undefined, revision: 'theirs', put, owe })
    ledger.storageMoved('theirs')
    await clock.advance(2_000)
    expect([wire.written.length, errors]).toEqual([150_000, []])
    expect((await stored())?.owed).toEqual([])
  })

  test('What was not sent stays owed', async () => {
    const { run, wire, clock, stored } = ledgerStage()
    wire.online = false
    await run({ kind: 'subscribe' })
    await run({ kind: 'update', patch: { name: 'Juliet' } })
    await clock.advance(60_000)

    expect((await stored())?.owed).toHaveLength(1)
  })
})

describe('Storage says that a roster has moved (promise 22)', () => {
  test('by this process: that is no news, even if it comes late', async () => {
    const { run, ledger, storage, clock } = ledgerStage()
    for (const name of ['1', '2', '3']) await run({ kind: 'update', patch: { name } })
    for (const { revision } of storage.commits) ledger.storageMoved(revision)
    await clock.advance(0)

    expect(storage.loads).toBe(0)
  })

  test('by another one: the book follows', async () => {
    const mine = ledgerStage()
    await mine.run({ kind: 'subscribe' })
    const theirs = ledgerStage({ storage: new WatchedStorage(mine.storage.inner) })
    theirs.ledger.storageMoved('somebody')
    await theirs.ledger.settled()

    expect(theirs.stateOf()).toBe('none+out')
    expect(theirs.ledger.book.revision).toBe(mine.ledger.book.revision)
  })

  test('away: the book is empty', async () => {
    const { run, ledger, storage, stateOf } = ledgerStage()
    await run({ kind: 'subscribe' })
    const revision = (await storage.inner.load(ROMEO))?.revision
    await storage.inner.commit(ROMEO, { base: revision, revision: 'gone', erase: true })
    ledger.storageMoved(undefined)
    await ledger.settled()

    expect(stateOf()).toBeUndefined()
    expect(ledger.book.revision).toBeUndefined()
  })

  test('and only what changed is asked for, where the storage can tell', async () => {
    const mine = ledgerStage()
    await mine.run({ kind: 'subscribe' })
    const { revision } = mine.ledger.book
    const changes = { put: [{ jid: NURSE, groups: [], state: 'to' as const }], remove: [], owed: [], revision: 'next' }
    const asked: unknown[] = []
    Object.assign(mine.storage, {
      async changes(...all: unknown[]) {
        asked.push(all)
        return changes
      },
    })
    mine.ledger.storageMoved('next')
    await mine.ledger.settled()

    expect(asked).toEqual([[ROMEO, revision]])
    expect(mine.storage.loads).toBe(0)
    expect([mine.stateOf(), mine.stateOf(NURSE), mine.ledger.book.revision]).toEqual(['none+out', 'to', 'next'])
  })

  test('and an answer about what changed that makes no sense is told of: the whole roster is loaded instead', async () => {
    // Given a storage whose log is damaged, and another process that has moved the roster
    const mine = ledgerStage()
    await mine.run({ kind: 'subscribe' })
    const theirs = ledgerStage({ storage: new WatchedStorage(mine.storage.inner) })
    theirs.ledger.storageMoved('unknown')
    await theirs.run({ kind: 'subscribe' }, NURSE)
    Object.assign(mine.storage, {
      changes: async () => ({
        put: [{ jid: NURSE, groups: [], state: 'friend' }],
        remove: [],
        owed: [],
        revision: 'x',
      }),
    })

    // When the storage says that it has moved
    mine.ledger.storageMoved('next')
    await mine.ledger.settled()

    // Then the book holds what the storage holds, and the damage has been told
    expect([mine.stateOf(), mine.stateOf(NURSE)]).toEqual(['none+out', 'none+out'])
    expect(mine.ledger.book.revision).toBe(theirs.ledger.book.revision)
    expect(mine.errors).toMatchObject([{ code: 'STORAGE_CORRUPT', owner: ROMEO }])
    expect(mine.errors[0]?.message).toContain('put[0].state')
  })

  test('and when neither what changed nor the whole makes sense, nothing is changed', async () => {
    const mine = ledgerStage()
    await mine.run({ kind: 'subscribe' })
    const damaged = { items: [{ jid: NURSE, groups: [], state: 'friend' }], owed: [], revision: 'x' }
    Object.assign(mine.storage, { changes: async () => [], load: async () => damaged })
    mine.ledger.storageMoved('next')
    await mine.ledger.settled()

    expect([mine.stateOf(), mine.stateOf(NURSE)]).toEqual(['none+out', undefined])
    expect(mine.errors.map(({ code }) => code)).toEqual(['STORAGE_CORRUPT', 'STORAGE_CORRUPT'])
  })
})

describe('A roster comes and goes', () => {
  test('create makes an empty one, once', async () => {
    const { ledger, storage, stored } = ledgerStage()
    await Promise.all([ledger.create(), ledger.create()])

    expect(await stored()).toMatchObject({ items: [], owed: [] })
    expect(storage.commits).toHaveLength(1)
  })

  const MARK = { id: 'mark', at: 1, xml: '<forget/>' }

  test('erase deletes one that owes it, whatever has become of it otherwise', async () => {
    const { ledger, storage, stored } = ledgerStage()
    await storage.commit(ROMEO, { base: undefined, revision: 'r', put: [], owe: [MARK] })
    storage.faults = [{ when: 'before', error: new RosterError('STORAGE_CONFLICT', 'Somebody else was faster') }]

    await ledger.erase(MARK.id)
    expect(await stored()).toBeUndefined()
    await expect(ledger.erase(MARK.id)).resolves.toBeUndefined()
  })

  test('erase leaves one alone that does not owe it any more', async () => {
    const { ledger, run, stored } = ledgerStage()
    await run({ kind: 'subscribe' })

    await ledger.erase(MARK.id)
    expect((await stored())?.items).toHaveLength(1)
  })

  test('settled waits for what is under way, and for nothing else', async () => {
    const { ledger, run, log } = ledgerStage()
    await ledger.settled()
    void run({ kind: 'subscribe' })
    expect(ledger.isIdle).toBe(false)
    await ledger.settled()

    expect(log.at(-1)).toBe('tell subscribe')
    expect(ledger.isIdle).toBe(true)
  })

  test('A command that is given while another is told comes after it', async () => {
    const { ledger, log, run } = ledgerStage()
    let second: Promise<boolean> | undefined
    ledger.post(() => () => {
      second = run({ kind: 'subscribe' })
      log.push('told')
    })
    await second

    expect(log).toEqual(['told', 'decide subscribe', 'commit', 'send subscribe', 'tell subscribe'])
  })
})

describe("A server's roster: what the server says is true, whether or not the cache takes it (promise 11)", () => {
  /** The server says it; returns once it is told. */
  const says = ({ ledger, log }: LedgerStage, jid: string, version: string): Promise<void> =>
    ledger.run((draft) => {
      draft.put({ jid, item: rosterItem({ jid, state: 'to' }), request: undefined, askedAt: undefined })
      draft.version = version
      return { value: undefined, told: () => void log.push(`tell ${jid}`) }
    })

  test('items and version are one commit, and nothing is owed', async () => {
    const stage = ledgerStage({ authority: 'server' })
    await says(stage, JULIET, 'v1')

    expect(stage.storage.commits).toMatchObject([{ put: [{ jid: JULIET, state: 'to' }], version: 'v1', owe: [] }])
  })

  test('a cache that fails is told of; the roster goes on, and the whole of it is written when it can be', async () => {
    const stage = ledgerStage({ authority: 'server' })
    stage.storage.faults = [{ when: 'before', error: broken }]
    await says(stage, JULIET, 'v1')
    expect(stage.errors).toMatchObject([{ code: 'STORAGE_FAILED', cause: broken }])
    expect(stage.stateOf()).toBe('to')
    await says(stage, NURSE, 'v2')

    expect((await stage.stored())?.items.map(({ jid }) => jid)).toEqual([JULIET, NURSE])
    expect((await stage.stored())?.version).toBe('v2')
    expect(stage.log).toEqual(['commit', `tell ${JULIET}`, 'commit', `tell ${NURSE}`])
  })

  test('a cache that another one has written is replaced: two of the same account do not stop each other', async () => {
    const stage = ledgerStage({ authority: 'server' })
    await stage.storage.inner.commit(ROMEO, {
      base: undefined,
      revision: 'theirs',
      put: [{ jid: 'gone@example.com', groups: [], state: 'both' }],
      version: 'v0',
    })
    await says(stage, JULIET, 'v1')

    expect(await stage.stored()).toMatchObject({ items: [{ jid: JULIET, state: 'to' }], version: 'v1' })
    expect(stage.errors).toEqual([])
  })

  test('requests are the server’s to remember: they are not in the cache', async () => {
    const stage = ledgerStage({ authority: 'server' })
    await stage.run({ kind: 'received', type: 'subscribe', xml: '<presence/>', decision: 'defer', subscribeBack: true })

    expect(stage.storage.commits).toEqual([])
    expect(stage.ledger.book.requests.size).toBe(1)
  })
})
