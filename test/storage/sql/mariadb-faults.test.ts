import { expect, test } from 'vitest'
import { SqlStorage } from '../../../src/sql.js'
import { read } from '../../../src/testing/contract/assertions.js'
import { commit, create, item, JULIET, NURSE, OWNER } from '../../../src/testing/contract/subject.js'
import { describeDatabase } from '../../databases/describe.js'
import { mysqlDb } from './support/databases.js'
import { faultPromises } from './support/faults.js'
import { type Db, database, eventually, expectFailure, type Kit, newPrefix, query, storageOn } from './support/kit.js'
import { migrationPromises } from './support/migrations.js'
import { rowPromises } from './support/rows.js'

/** How many wait for a row. (`innodb_trx` is no help: it does not change as long as somebody looks at it often.) */
async function waiters(db: Db): Promise<number> {
  const [row] = await query<{ Value: string }>(db, `SHOW STATUS LIKE 'Innodb_row_lock_current_waits'`)
  return Number(row?.Value)
}

describeDatabase('mariadb', 'SqlStorage on MariaDB, beyond the contract', (server) => {
  const kit: Kit = {
    dialect: 'mysql',
    server,
    connect: mysqlDb,
    // A message of its own, after the byte that says "query".
    finalWords: '\x03commit',
    async endWaiting(db) {
      if ((await waiters(db)) === 0) return 0
      const busy = `SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND command = 'Query'`
      const waiting = await query<{ id: number }>(db, busy)
      for (const { id } of waiting) await query(db, `KILL ${id}`)
      return waiting.length
    },
  }

  migrationPromises(kit)
  rowPromises(kit)
  faultPromises(kit)

  test('a deadlock is a conflict: nothing was written', async () => {
    // Given somebody who has written much and holds an item
    const prefix = newPrefix()
    const [db, others] = [database(kit), database(kit)]
    const storage = await storageOn(kit, db, prefix)
    const base = await create(storage, OWNER, { put: [item(JULIET), item(NURSE)] })
    const many = Array.from({ length: 50 }, (_, index) => item(`c${index}@example.com`))
    await create(storage, 'heavy@example.net', { put: many })
    const before = await read(storage, OWNER)
    await others.connection().execute(async (one) => {
      await query(one, 'begin')
      await query(one, `UPDATE ${prefix}items SET name = 'x' WHERE contact LIKE 'c%'`)
      await query(one, `SELECT state FROM ${prefix}items WHERE contact = '${NURSE}' FOR UPDATE`)
      const losing = expectFailure(
        commit(storage, OWNER, base, { put: [item(NURSE, { name: 'N' })] }),
        'STORAGE_CONFLICT',
      )
      await eventually(async () => expect(await waiters(others)).toBe(1))
      // When that one waits for the owner, whom the commit holds
      await query(one, `SELECT id FROM ${prefix}owners FOR UPDATE`)
      // Then the commit gives way
      await losing
      await query(one, 'rollback')
    })
    expect(await read(storage, OWNER)).toEqual(before)
  })

  test('a lock that is not to be had in time is a conflict', async () => {
    const prefix = newPrefix()
    const [db, others] = [database(kit, 1), database(kit)]
    const storage = await storageOn(kit, db, prefix)
    const base = await create(storage, OWNER)
    await query(db, 'SET innodb_lock_wait_timeout = 1')
    await others.connection().execute(async (one) => {
      await query(one, 'begin')
      await query(one, `SELECT id FROM ${prefix}owners FOR UPDATE`)
      await expectFailure(commit(storage, OWNER, base), 'STORAGE_CONFLICT')
      await query(one, 'rollback')
    })
    await commit(storage, OWNER, base)
  })

  test('connections that do not speak UTF-8, or quote in another way, are refused before anything is written', async () => {
    const prefix = newPrefix()
    const db = database(kit, 1)
    await query(db, 'SET NAMES latin1')
    await expectFailure(storageOn(kit, db, prefix), 'UNSUPPORTED')
    await query(db, 'SET NAMES utf8mb4')
    await query(db, "SET sql_mode = 'NO_BACKSLASH_ESCAPES'")
    await expectFailure(storageOn(kit, db, prefix), 'UNSUPPORTED')
    expect(await query(db, `SHOW TABLES LIKE '${prefix}%'`)).toEqual([])
  })

  test('listen is refused: there is nothing to hear', () => {
    const options = { db: database(kit), dialect: 'mysql', listen: async () => async () => undefined } as const
    expect(() => new SqlStorage(options)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }))
  })
})
