import { expect, test } from 'vitest'
import { read } from '../../../src/testing/contract/assertions.js'
import { commit, create, item, JULIET, NURSE, OWNER } from '../../../src/testing/contract/subject.js'
import { describeDatabase } from '../../databases/describe.js'
import { postgresDb } from './support/databases.js'
import { faultPromises } from './support/faults.js'
import { database, eventually, expectFailure, type Kit, newPrefix, query, storageOn } from './support/kit.js'
import { migrationPromises } from './support/migrations.js'
import { rowPromises } from './support/rows.js'

const WAITING = `pid <> pg_backend_pid() AND wait_event_type = 'Lock' AND state = 'active'`

describeDatabase('postgres', 'SqlStorage on PostgreSQL, beyond the contract', (server) => {
  const kit: Kit = {
    dialect: 'postgres',
    server,
    connect: (url, max) => postgresDb(url, max === undefined ? {} : { max }),
    finalWords: 'WITH own AS (UPDATE',
    endWaiting: async (db) =>
      (await query(db, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${WAITING}`)).length,
  }
  const settings = (options: string): ReturnType<Kit['connect']> => {
    const url = new URL(server().url)
    url.searchParams.set('options', options)
    return database(kit, 4, url.href)
  }
  const waiters = async (db: ReturnType<Kit['connect']>, count: number): Promise<void> => {
    await eventually(async () =>
      expect(await query(db, `SELECT pid FROM pg_stat_activity WHERE ${WAITING}`)).toHaveLength(count),
    )
  }

  migrationPromises(kit)
  rowPromises(kit)
  faultPromises(kit)

  test('a migration that fails leaves nothing behind', async () => {
    const db = database(kit)
    const prefix = newPrefix()
    await query(db, `CREATE TABLE ${prefix}log (in_the_way integer)`)
    await expectFailure(storageOn(kit, db, prefix), 'STORAGE_FAILED')
    const left = `SELECT tablename FROM pg_tables WHERE tablename LIKE '${prefix.replace('_', '\\_')}%'`
    expect(await query(db, left)).toEqual([{ tablename: `${prefix}log` }])
  })

  test('a deadlock is a conflict: nothing was written', async () => {
    // Given a commit that is to write two items, each of which somebody else holds
    const prefix = newPrefix()
    const storage = await storageOn(kit, settings('-c deadlock_timeout=50ms'), prefix)
    const base = await create(storage, OWNER, { put: [item(JULIET), item(NURSE)] })
    const before = await read(storage, OWNER)
    const others = settings('-c deadlock_timeout=60s')
    const hold = (jid: string) => `SELECT state FROM ${prefix}items WHERE contact = '${jid}' FOR UPDATE`
    await others.connection().execute(async (first) => {
      await others.connection().execute(async (second) => {
        for (const one of [first, second]) await query(one, 'begin')
        await query(first, hold(JULIET))
        await query(second, hold(NURSE))
        const edit = { put: [item(JULIET, { name: 'J' }), item(NURSE, { name: 'N' })] }
        const losing = expectFailure(commit(storage, OWNER, base, edit), 'STORAGE_CONFLICT')
        await waiters(others, 1)
        // When the holder of the second one waits for the owner, whom the commit holds, and the first item is let go
        const waiting = query(second, `SELECT id FROM ${prefix}owners FOR UPDATE`)
        await waiters(others, 2)
        await query(first, 'rollback')
        // Then the commit gives way
        await losing
        await waiting
        await query(second, 'rollback')
      })
    })
    expect(await read(storage, OWNER)).toEqual(before)
  })

  test('serialization failures and lock timeouts are conflicts', async () => {
    const prefix = newPrefix()
    const plain = database(kit)
    const storage = await storageOn(kit, settings('-c default_transaction_isolation=serializable'), prefix)
    const impatient = await storageOn(kit, settings('-c lock_timeout=50ms'), prefix)
    const base = await create(storage, OWNER)
    await plain.connection().execute(async (one) => {
      await query(one, 'begin')
      await query(one, `UPDATE ${prefix}owners SET commits = commits`)
      const losing = expectFailure(commit(storage, OWNER, base), 'STORAGE_CONFLICT')
      await waiters(plain, 1)
      await expectFailure(commit(impatient, OWNER, base), 'STORAGE_CONFLICT')
      await query(one, 'commit')
      await losing
    })
    expect((await read(storage, OWNER))?.revision).toBe(base)
  })

  test('many owners are loaded as one is: nothing is compiled first, however much work it looks like', async () => {
    const explain = ['session_preload_libraries=auto_explain', 'auto_explain.log_min_duration=0', 'jit_above_cost=0']
    const told = settings([...explain, 'auto_explain.log_analyze=on'].map((setting) => `-c ${setting}`).join(' '))
    const storage = await storageOn(kit, told)
    const owners = Array.from({ length: 100 }, (_, index) => `owner${index}@example.net`)
    for (const owner of owners) await create(storage, owner, { put: [item(JULIET)] })
    const before = kit.server().logs().length
    expect((await storage.loadMany(owners)).size).toBe(100)
    const log = await eventually(() => {
      const since = kit.server().logs().slice(before)
      expect(since).toContain('Function Scan on unnest')
      return since
    })
    expect(log).not.toContain('JIT:')
  })

  test('a commit writes the rows that changed and no others', async () => {
    const prefix = newPrefix()
    const db = database(kit)
    const storage = await storageOn(kit, db, prefix)
    const jids = Array.from({ length: 50 }, (_, index) => `c${index}@example.com`)
    const base = await create(storage, OWNER, { put: jids.map((jid) => item(jid)) })
    const versions = async () =>
      new Map(
        (await query(db, `SELECT contact, xmin::text FROM ${prefix}items`)).map((row) => [row['contact'], row['xmin']]),
      )
    const before = await versions()
    await commit(storage, OWNER, base, { put: [item(jids[7]!, { name: 'Seven' })], remove: [jids[8]!] })
    const after = await versions()
    const touched = jids.filter((jid) => before.get(jid) !== after.get(jid))
    expect(touched).toEqual([jids[7], jids[8]])
  })
})
