import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../../src/core/clock.js'
import type { SqlStorage } from '../../../../src/sql.js'
import { read } from '../../../../src/testing/contract/assertions.js'
import { commit, create, item, JULIET, NURSE, newRevision, OWNER } from '../../../../src/testing/contract/subject.js'
import { BOT, openBot, ROMEO, stage, store } from '../../../component/stage.js'
import { startProxy } from '../../../databases/proxy.js'
import {
  type Db,
  database,
  eventually,
  expectFailure,
  type Kit,
  newPrefix,
  query,
  storageOn,
  throughPort,
} from './kit.js'

const CODES = ['STORAGE_CONFLICT', 'STORAGE_FAILED']

/** A proxy that ends with the test, and a storage behind it whose tables are made already. */
async function behindProxy(kit: Kit, prefix: string) {
  const proxy = await startProxy(kit.server().port)
  onTestFinished(() => proxy.close())
  const storage = await storageOn(kit, database(kit, 2, throughPort(kit.server(), proxy.port)), prefix)
  return { proxy, storage }
}

/** Writes contacts into one roster after the other until it is told to stop; what was acknowledged is noted. */
class Writer {
  readonly acknowledged: string[] = []
  isStopped = false
  readonly #storage: SqlStorage
  readonly owner: string

  constructor(storage: SqlStorage, owner: string) {
    this.#storage = storage
    this.owner = owner
  }

  async run(): Promise<void> {
    for (let step = 0; !this.isStopped; step++) {
      const jid = `contact${step}@example.com`
      try {
        const roster = await this.#storage.load(this.owner)
        await commit(this.#storage, this.owner, roster?.revision, { put: [item(jid)] })
        this.acknowledged.push(jid)
      } catch (error) {
        expect(CODES).toContain((error as { code?: string }).code)
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  }
}

async function inTransaction(db: Db, statements: readonly string[], run: () => Promise<void>): Promise<void> {
  await db.connection().execute(async (one) => {
    await query(one, 'begin')
    for (const statement of statements) await query(one, statement)
    try {
      await run()
    } finally {
      await query(one, 'rollback')
    }
  })
}

export function faultPromises(kit: Kit): void {
  test('a connection that is ended in the middle of a commit fails it, and nothing is half done', async () => {
    const prefix = newPrefix()
    const [db, admin] = [database(kit), database(kit)]
    const storage = await storageOn(kit, db, prefix)
    const base = await create(storage, OWNER, { put: [item(JULIET), item(NURSE)] })
    const before = await read(storage, OWNER)
    // Somebody holds a row that the commit comes to after others
    const lock = `SELECT state FROM ${prefix}items WHERE contact = '${NURSE}' FOR UPDATE`
    await inTransaction(admin, [lock], async () => {
      const edit = { put: [item(JULIET, { name: 'J' }), item('paris@example.com'), item(NURSE, { name: 'N' })] }
      const failing = expectFailure(commit(storage, OWNER, base, edit), 'STORAGE_FAILED')
      await eventually(async () => expect(await kit.endWaiting(admin)).toBeGreaterThan(0))
      await failing
    })
    expect(await read(storage, OWNER)).toEqual(before)
    await commit(storage, OWNER, base, { remove: [NURSE] })
  })

  test('a commit whose answer is lost has an unknown outcome, and the revision tells', async () => {
    const prefix = newPrefix()
    const { proxy, storage } = await behindProxy(kit, prefix)
    const base = await create(storage, OWNER)
    const change = { base, revision: newRevision(), put: [item(JULIET)] }
    const cut = proxy.cutAnswerTo(kit.finalWords)
    await expectFailure(storage.commit(OWNER, change), 'STORAGE_FAILED')
    await cut
    expect(await read(storage, OWNER)).toMatchObject({ revision: change.revision, items: [{ jid: JULIET }] })
    await expectFailure(storage.commit(OWNER, change), 'STORAGE_CONFLICT')
  })

  test('a connection killed right after COMMIT was sent doubles nothing: one stanza, one item (promise 21)', async () => {
    const prefix = newPrefix()
    const { proxy, storage } = await behindProxy(kit, prefix)
    await store(storage, {})
    const played = await stage({ storage, clock: systemClock })
    onTestFinished(() => played.roster.close())
    const bot = await openBot(played)
    const cut = proxy.cutAnswerTo(kit.finalWords)
    await bot.subscribe(ROMEO)
    await cut
    expect(bot.get(ROMEO)?.state).toBe('none+out')
    await eventually(async () => expect((await storage.load(BOT))?.owed).toEqual([]))
    expect(played.said()).toEqual(['bot > romeo: subscribe'])
    expect((await storage.load(BOT))?.items).toMatchObject([{ jid: ROMEO, state: 'none+out' }])
  })

  test('the server dies under load and comes back: everything acknowledged is there, and service resumes', async () => {
    const storage = await storageOn(kit, database(kit))
    const writers = Array.from({ length: 6 }, (_, index) => new Writer(storage, `user${index}@example.net`))
    const running = Promise.all(writers.map((writer) => writer.run()))
    const further = async (more: number): Promise<void> => {
      const goals = writers.map(({ acknowledged }) => acknowledged.length + more)
      await eventually(() => {
        for (const [index, goal] of goals.entries())
          expect(writers[index]!.acknowledged.length).toBeGreaterThanOrEqual(goal)
      })
    }
    await further(10)
    await kit.server().kill()
    await kit.server().restart()
    await further(10)
    await kit.server().shutDown()
    await kit.server().restart()
    await further(10)
    for (const writer of writers) writer.isStopped = true
    await running
    for (const { owner, acknowledged } of writers) {
      const kept = new Set((await storage.load(owner))?.items.map(({ jid }) => jid))
      expect(acknowledged.filter((jid) => !kept.has(jid))).toEqual([])
    }
  })

  test('while the server is down everything is STORAGE_FAILED', async () => {
    const storage = await storageOn(kit, database(kit))
    const base = await create(storage, OWNER)
    await kit.server().shutDown()
    try {
      await expectFailure(storage.load(OWNER), 'STORAGE_FAILED')
      await expectFailure(storage.loadMany([OWNER]), 'STORAGE_FAILED')
      await expectFailure(storage.changes(OWNER, base), 'STORAGE_FAILED')
      await expectFailure(commit(storage, OWNER, base), 'STORAGE_FAILED')
      await expectFailure(storage.owners().next(), 'STORAGE_FAILED')
      await expectFailure(storage.migrate(), 'STORAGE_FAILED')
    } finally {
      await kit.server().restart()
    }
    await commit(storage, OWNER, base)
  })
}
