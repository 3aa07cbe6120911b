import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../src/core/clock.js'
import { postgresListen, SqlStorage, type SqlStorageOptions } from '../../../src/sql.js'
import { commit, create, item, JULIET, OWNER } from '../../../src/testing/contract/subject.js'
import { BOT, openBot, ROMEO, type Stage, stage, store } from '../../component/stage.js'
import { describeDatabase } from '../../databases/describe.js'
import { postgresClient, postgresDb } from './support/databases.js'
import { eventually, newPrefix, query } from './support/kit.js'

/** What a watcher was told, in words. */
function diary() {
  const told: string[] = []
  return {
    told,
    listener: {
      changed: (owner: string, revision: string | undefined) => void told.push(`${owner} ${revision ?? 'erased'}`),
      gap: () => void told.push('gap'),
    },
  }
}

describeDatabase('postgres', 'watching PostgreSQL with LISTEN and NOTIFY', (server) => {
  let db: SqlStorageOptions['db']
  beforeAll(() => {
    db = postgresDb(server().url)
  })
  afterAll(() => db.destroy())

  /** A storage as one process has it: with a pool and a listening client of its own. */
  async function processOn(prefix: string, connect = () => postgresClient(server().url)): Promise<SqlStorage> {
    const own = postgresDb(server().url, { max: 4 })
    const storage = new SqlStorage({ db: own, dialect: 'postgres', prefix, listen: postgresListen(connect) })
    await storage.migrate()
    onTestFinished(async () => {
      await storage.close()
      await own.destroy()
    })
    return storage
  }
  const listeners = `FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`
  const endListeners = () => query(db, `SELECT pg_terminate_backend(pid) ${listeners}`)

  test('who is not given listen neither sends nor hears', async () => {
    const prefix = newPrefix()
    const silent = new SqlStorage({ db, dialect: 'postgres', prefix })
    const hearing = await processOn(prefix)
    const [here, there] = [diary(), diary()]
    const stops = [await silent.watch(here.listener), await hearing.watch(there.listener)]
    const base = await create(silent, OWNER)
    const next = await commit(hearing, OWNER, base)
    await eventually(() => expect(there.told).toEqual([`${OWNER} ${next}`]))
    expect(here.told).toEqual([])
    for (const stop of stops) await stop()
  })

  test('a connection that is lost comes back with a gap, and hears again', async () => {
    const storage = await processOn(newPrefix())
    const { told, listener } = diary()
    const stop = await storage.watch(listener)
    const first = await create(storage, OWNER)
    await eventually(() => expect(told).toEqual([`${OWNER} ${first}`]))
    for (let times = 1; times <= 2; times++) {
      told.splice(0)
      expect((await endListeners()).length).toBeGreaterThan(0)
      await eventually(() => expect(told).toEqual(['gap']))
    }
    const second = await commit(storage, OWNER, first)
    await eventually(() => expect(told).toEqual(['gap', `${OWNER} ${second}`]))
    await stop()
    await eventually(async () => expect(await query(db, `SELECT pid ${listeners}`)).toEqual([]))
  })

  test('the server is down for a while: the gap comes when it is back', async () => {
    const storage = await processOn(newPrefix())
    const { told, listener } = diary()
    await storage.watch(listener)
    await server().kill()
    await server().restart()
    await eventually(() => expect(told).toEqual(['gap']))
    const revision = await create(storage, OWNER)
    await eventually(() => expect(told).toEqual(['gap', `${OWNER} ${revision}`]))
  })

  test('what is not a notice of ours counts as a gap', async () => {
    const prefix = newPrefix()
    const storage = await processOn(prefix)
    const { told, listener } = diary()
    await storage.watch(listener)
    for (const text of ['', 'hello', '{}', '[1,2]', '["a"]'])
      await query(db, `SELECT pg_notify('${prefix}changes', '${text}')`)
    await eventually(() => expect(told).toEqual(['gap', 'gap', 'gap', 'gap', 'gap']))
  })

  test('the longest owner fits into a notification', async () => {
    const storage = await processOn(newPrefix())
    const { told, listener } = diary()
    await storage.watch(listener)
    const owner = `${'"'.repeat(1_023)}@${'\\'.repeat(1_023)}`
    const revision = await create(storage, owner)
    await eventually(() => expect(told).toEqual([`${owner} ${revision}`]))
  })

  describe('two processes with a Roster each', () => {
    async function two(connect?: () => Promise<unknown>): Promise<readonly [Stage, Stage]> {
      const prefix = newPrefix()
      const storages = [await processOn(prefix), await processOn(prefix, connect as never)] as const
      await store(storages[0], {})
      const played = [
        await stage({ storage: storages[0], clock: systemClock }),
        await stage({ storage: storages[1], clock: systemClock }),
      ] as const
      onTestFinished(async () => {
        for (const { roster } of played) await roster.close()
      })
      // The component's own JID has a roster as well, and is told of when it is loaded.
      for (const { roster } of played) await roster.ready()
      return played
    }
    const listening = async (count: number): Promise<void> => {
      await eventually(async () => expect(await query(db, `SELECT pid ${listeners}`)).toHaveLength(count))
    }

    test('a change in one shows in the other as the same events (promise 22)', async () => {
      const [one, other] = await two()
      await listening(2)
      const bots = [await openBot(one), await openBot(other)] as const
      await bots[0].update(ROMEO, { name: 'Ro' })
      await eventually(() => expect(bots[1].get(ROMEO)?.name).toBe('Ro'))
      await bots[0].subscribe(ROMEO)
      await eventually(() => expect(bots[1].get(ROMEO)?.state).toBe('none+out'))
      expect(other.told()).toEqual(['added romeo', 'updated romeo', 'romeo none > none+out by storage'])
      expect([...one.said(), ...other.said()]).toEqual(['bot > romeo: subscribe'])
      await bots[1].remove(ROMEO)
      await eventually(() => expect(bots[0].size).toBe(0))
    })

    test('what was missed while the channel was lost is found after the gap (promise 22)', async () => {
      let open = (): void => undefined
      let connections = 0
      let gate: Promise<void> = Promise.resolve()
      const [one, other] = await two(async () => {
        connections += 1
        await gate
        return postgresClient(server().url)
      })
      await listening(2)
      const bots = [await openBot(one), await openBot(other)] as const
      gate = new Promise((resolve) => (open = resolve))
      await endListeners()
      await eventually(() => expect(connections).toBe(2))
      await bots[0].update(ROMEO, { name: 'Ro' })
      expect(bots[1].get(ROMEO)).toBeUndefined()
      open()
      await eventually(() => expect(bots[1].get(ROMEO)?.name).toBe('Ro'))
      expect(other.told()).toEqual(['added romeo'])
    })
  })

  test('storages of one prefix hear each other, those of another do not', async () => {
    const [prefix, foreign] = [newPrefix(), newPrefix()]
    const [here, there] = [await processOn(prefix), await processOn(foreign)]
    const { told, listener } = diary()
    await here.watch(listener)
    await create(there, OWNER, { put: [item(JULIET)] })
    const revision = await create(here, BOT)
    await eventually(() => expect(told).toEqual([`${BOT} ${revision}`]))
  })
})
