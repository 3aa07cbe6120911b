import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SqlStorage } from '../../../../src/sql.js'
import { Connection } from '../../../../src/storage/sql/connection.js'
import type { Dialect } from '../../../../src/storage/sql/dialect.js'
import { migrate } from '../../../../src/storage/sql/migrate.js'
import { MysqlDialect } from '../../../../src/storage/sql/mysql.js'
import { PostgresDialect } from '../../../../src/storage/sql/postgres.js'
import { tablesOf } from '../../../../src/storage/sql/tables.js'
import { read } from '../../../../src/testing/contract/assertions.js'
import { asking, create, item, JULIET, NOW, NURSE, OWNER, owed } from '../../../../src/testing/contract/subject.js'
import { type Db, database, expectFailure, type Kit, newPrefix, query, storageOn } from './kit.js'

const tables = (kit: Kit, prefix: string) => tablesOf(prefix, kit.dialect === 'mysql' ? '`' : '"')

const dialectOf = (kit: Kit, prefix: string): Dialect =>
  kit.dialect === 'mysql' ? new MysqlDialect(tables(kit, prefix)) : new PostgresDialect(tables(kit, prefix))

/** The version that the next release may have: one statement more. */
function later(kit: Kit, prefix: string, statement: string): Dialect {
  const dialect = dialectOf(kit, prefix)
  return Object.assign(dialect, { migrations: [...dialect.migrations, [statement]] })
}

async function fixture(kit: Kit, db: Db): Promise<void> {
  const file = new URL(`../fixtures/${kit.dialect}-v1.sql`, import.meta.url)
  for (const statement of readFileSync(file, 'utf8').split(/;\n/)) {
    if (statement.trim() !== '') await query(db, statement)
  }
}

const columns = (kit: Kit, db: Db, prefix: string) =>
  query<{ what: string }>(
    db,
    `SELECT concat(replace(table_name, '${prefix}', ''), ' ', column_name, ' ',
       ${kit.dialect === 'mysql' ? 'column_type' : 'data_type'}, ' ', is_nullable, ' ', coalesce(collation_name, '-')) AS what
     FROM information_schema.columns WHERE table_name LIKE '${prefix.replace('_', '\\_')}%' ORDER BY 1`,
  )

export function migrationPromises(kit: Kit): void {
  test('using it before migrate is refused with what to do, and works afterwards', async () => {
    const storage = new SqlStorage({ db: database(kit), dialect: kit.dialect, prefix: newPrefix() })
    await expect(storage.load(OWNER)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('call migrate() first'),
    })
    await storage.migrate()
    expect(await storage.load(OWNER)).toBeUndefined()
  })

  test('eight processes migrate at once, and once more: every one is done, and nothing is lost', async () => {
    const prefix = newPrefix()
    const all = Array.from({ length: 8 }, () => database(kit, 1))
    const storages = all.map((db) => new SqlStorage({ db, dialect: kit.dialect, prefix }))
    await Promise.all(storages.map((storage) => storage.migrate()))
    await create(storages[0]!, OWNER, { put: [item(JULIET)] })
    await Promise.all(storages.map((storage) => storage.migrate()))
    expect((await read(storages[7]!, OWNER))?.items).toEqual([item(JULIET)])
    expect(await query(all[0]!, `SELECT version FROM ${prefix}schema`)).toHaveLength(1)
  })

  test('tables of a newer version are refused and left alone', async () => {
    const prefix = newPrefix()
    const db = database(kit)
    await create(await storageOn(kit, db, prefix), OWNER, { put: [item(JULIET)] })
    await query(db, `UPDATE ${prefix}schema SET version = 99`)
    const older = new SqlStorage({ db, dialect: kit.dialect, prefix })
    await expectFailure(older.migrate(), 'UNSUPPORTED')
    await expectFailure(older.load(OWNER), 'UNSUPPORTED')
    await expectFailure(create(older, NURSE), 'UNSUPPORTED')
    expect(await query(db, `SELECT version FROM ${prefix}schema`)).toEqual([{ version: 99 }])
  })

  test('tables of an older version go forward, and the older program is refused from then on', async () => {
    const prefix = newPrefix()
    const db = database(kit)
    await create(await storageOn(kit, db, prefix), OWNER, { put: [item(JULIET)] })
    const next = later(kit, prefix, `ALTER TABLE ${prefix}owners ADD colour VARCHAR(20)`)
    await migrate(new Connection(db), next)
    await migrate(new Connection(db), next)
    expect(
      await query(db, `SELECT owner_id, colour FROM ${prefix}owners JOIN ${prefix}items ON id = owner_id`),
    ).toEqual([{ owner_id: expect.anything(), colour: null }])
    await expectFailure(new SqlStorage({ db, dialect: kit.dialect, prefix }).load(OWNER), 'UNSUPPORTED')
  })

  test('a migration that fails is tried again by the next call', async () => {
    const prefix = newPrefix()
    const db = database(kit)
    await storageOn(kit, db, prefix)
    const broken = later(kit, prefix, `ALTER TABLE ${prefix}nothing ADD colour VARCHAR(20)`)
    await expect(migrate(new Connection(db), broken)).rejects.toThrow()
    await migrate(new Connection(db), later(kit, prefix, `ALTER TABLE ${prefix}owners ADD colour VARCHAR(20)`))
    expect(await query(db, `SELECT version FROM ${prefix}schema`)).toEqual([{ version: 2 }])
  })

  test('a database of version 1 is opened by the newest code', async () => {
    const db = database(kit)
    await fixture(kit, db)
    const storage = await storageOn(kit, db, 'fixture_')
    expect(await read(storage, OWNER)).toEqual({
      items: [
        item(JULIET, {
          name: 'Juliet ♥ "the sun"',
          groups: ["Capulet, {all} & 'co'", 'Friends'],
          state: 'both',
          approved: true,
        }),
        item(NURSE, { state: 'none+out', askedAt: NOW }),
        asking('paris@example.com'),
      ],
      version: 'v7',
      owed: [owed('z', NOW + 1), owed('a')],
      revision: '00000000000000000000000000000002',
    })
    expect(await storage.changes(OWNER, '00000000000000000000000000000001')).toMatchObject({
      put: [{ jid: NURSE }],
      remove: ['tybalt@example.com'],
    })
    await storageOn(kit, db, 'fresh_')
    expect(await columns(kit, db, 'fixture_')).toEqual(await columns(kit, db, 'fresh_'))
  })

  test('a prefix that is no part of a name is refused', async () => {
    const db = database(kit)
    for (const prefix of ['a b', 'a"b', 'a`b', 'ä', 'a-', 'x'.repeat(41)]) {
      expect(() => new SqlStorage({ db, dialect: kit.dialect, prefix })).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED' }),
      )
    }
  })
}
