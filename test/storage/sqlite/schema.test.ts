import { readdirSync, readFileSync } from 'node:fs'
import Database from 'libsql'
import { describe, expect, test } from 'vitest'
import { SqliteStorage } from '../../../src/sqlite.js'
import { Connection } from '../../../src/storage/sqlite/connection.js'
import { LATEST, MIGRATIONS, type Migration, migrate, versionOf } from '../../../src/storage/sqlite/schema.js'
import { pageOf, statementsOf } from '../../../src/storage/sqlite/statements.js'
import { tablesOf } from '../../../src/storage/sqlite/tables.js'
import { ownersOf, read } from '../../../src/testing/contract/assertions.js'
import { asking, commit, item, JULIET, NOW, NURSE, OWNER, owed } from '../../../src/testing/contract/subject.js'
import { temporaryFolder } from './support/folder.js'

const file = temporaryFolder()
const SCHEMAS = new URL('./schemas/', import.meta.url)
const TABLES = tablesOf('roster_')

/** A database as a release has left it. */
function released(version: number): Database.Database {
  const database = new Database(':memory:')
  database.exec(readFileSync(new URL(`v${version}.sql`, SCHEMAS), 'utf8'))
  return database
}

/** What the tables and indexes are made of, however the statements are laid out. */
function shapeOf(database: Database.Database): readonly string[] {
  const rows = database.prepare(`SELECT sql FROM sqlite_master WHERE sql IS NOT NULL`).all() as { sql: string }[]
  return rows.map(({ sql }) => sql.replace(/\s+/g, ' ')).sort()
}

const versions = Array.from({ length: LATEST }, (_, at) => at + 1)

describe('a database of each released schema', () => {
  test('is kept as a fixture', () => {
    expect(readdirSync(SCHEMAS).sort()).toEqual(versions.map((version) => `v${version}.sql`).sort())
  })

  test.each(versions)('version %i is what its migration makes: a released one never changes', (version) => {
    const database = new Database(':memory:')
    migrate(new Connection(database), TABLES, MIGRATIONS.slice(0, version))
    expect(shapeOf(database)).toEqual(shapeOf(released(version)))
  })

  test.each(versions)('version %i is read by the newest code, field by field', async (version) => {
    const storage = new SqliteStorage({ database: released(version) })
    expect(await read(storage, OWNER)).toEqual({
      version: 'v"1" é',
      revision: '1'.repeat(32),
      owed: [],
      items: [
        item(JULIET, {
          name: "Juliet ♥ 'the sun'",
          groups: ['Capulet "&" co', 'Friends'],
          state: 'both',
          approved: true,
        }),
        item(NURSE, { state: 'none+out', askedAt: NOW }),
        asking('paris@example.com'),
        item('tybalt@example.com', {
          state: 'to+in',
          request: { xml: '<presence>é🌹</presence>', receivedAt: 0, deferred: false },
        }),
      ],
    })
    expect(await read(storage, 'bot.example.org')).toEqual({
      revision: '3'.repeat(32),
      items: [item(OWNER, { state: 'from' })],
      owed: [owed('m'), owed('a'), owed('b')],
    })
    expect(await read(storage, 'andré@example.net')).toEqual({
      version: '',
      revision: '4'.repeat(32),
      items: [],
      owed: [],
    })
    expect(await ownersOf(storage, { with: 'owed' })).toEqual(['bot.example.org'])
    expect(await ownersOf(storage, { with: 'request' })).toEqual([OWNER])
    expect(await ownersOf(storage, { domain: 'example.net' })).toEqual(['andré@example.net', OWNER])
  })

  test.each(versions)('version %i is written by the newest code, and has its tables then', async (version) => {
    const database = released(version)
    const storage = new SqliteStorage({ database })
    await commit(storage, OWNER, '1'.repeat(32), {
      remove: ['paris@example.com', 'tybalt@example.com'],
      owe: [owed('new')],
    })
    expect((await read(storage, OWNER))?.items.map(({ jid }) => jid)).toEqual([JULIET, NURSE])
    expect(await ownersOf(storage, { with: 'request' })).toEqual([])
    expect(await ownersOf(storage, { with: 'owed' })).toEqual(['bot.example.org', OWNER])
    const fresh = new Database(':memory:')
    await new SqliteStorage({ database: fresh }).load(OWNER)
    expect(shapeOf(database)).toEqual(shapeOf(fresh))
  })
})

describe('an upgrade', () => {
  const addNote: Migration = ({ items }) => `
    ALTER TABLE ${items} ADD COLUMN note TEXT;
    UPDATE ${items} SET note = 'of ' || jid;
  `
  const next = [...MIGRATIONS, addNote]

  test('keeps what is there, and happens once', () => {
    const connection = new Connection(released(LATEST))
    migrate(connection, TABLES, next)
    migrate(connection, TABLES, next)
    expect(versionOf(connection, TABLES, next.length)).toBe(next.length)
    const [first] = connection.all('SELECT jid, name, note FROM roster_items')
    expect(first).toMatchObject({ jid: JULIET, name: "Juliet ♥ 'the sun'", note: `of ${JULIET}` })
  })

  test('that fails halfway has changed nothing', () => {
    const database = released(LATEST)
    const before = shapeOf(database)
    const broken: Migration = (tables) => `${addNote(tables)} DROP TABLE ${tables.owners}; SELECT * FROM nowhere;`
    expect(() => migrate(new Connection(database), TABLES, [...MIGRATIONS, broken])).toThrow('nowhere')
    expect(shapeOf(database)).toEqual(before)
    expect(versionOf(new Connection(database), TABLES)).toBe(LATEST)
  })

  test('is refused by the code before it, which changes nothing', async () => {
    const database = released(LATEST)
    migrate(new Connection(database), TABLES, next)
    const before = shapeOf(database)
    const storage = new SqliteStorage({ database })
    await expect(storage.load(OWNER)).rejects.toMatchObject({ code: 'UNSUPPORTED', owner: OWNER })
    await expect(commit(storage, OWNER, '1'.repeat(32))).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(shapeOf(database)).toEqual(before)
  })

  test('by another process meanwhile is not done twice', () => {
    const path = file('race.db')
    const [ours, theirs] = [new Database(path), new Database(path)]
    const late = new Connection({
      exec: (sql) => {
        // This one has seen that there are no tables; before it gets the lock, the other one makes them.
        if (sql === 'BEGIN IMMEDIATE') migrate(new Connection(theirs), TABLES)
        return ours.exec(sql)
      },
      prepare: (sql) => ours.prepare(sql),
      close: () => ours.close(),
    })
    migrate(late, TABLES)
    expect(versionOf(late, TABLES)).toBe(LATEST)
    for (const database of [ours, theirs]) database.close()
  })

  test('never begins with tables that are no schema of ours', async () => {
    const database = new Database(':memory:')
    database.exec(`CREATE TABLE roster_items (own TEXT); INSERT INTO roster_items VALUES ('kept')`)
    const storage = new SqliteStorage({ database })
    await expect(storage.load(OWNER)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(shapeOf(database)).toEqual(['CREATE TABLE roster_items (own TEXT)'])
    database.exec(
      `DROP TABLE roster_items; CREATE TABLE roster_schema (version); INSERT INTO roster_schema VALUES ('one')`,
    )
    await expect(storage.load(OWNER)).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' })
  })
})

describe('walking over owners', () => {
  test.each([
    ['all of them', {}, 'owners_of_domain'],
    ['a domain', { domain: 'example.com' }, 'owners_of_domain'],
    ['who owes', { with: 'owed' }, 'owners_that_owe'],
    ['who owes in a domain', { with: 'owed', domain: 'example.com' }, 'owners_that_owe'],
    ['who holds a request', { with: 'request' }, 'owners_with_request'],
    ['who holds a request in a domain', { with: 'request', domain: 'example.com' }, 'owners_with_request'],
  ] as const)('reads %s from an index alone, in its order', (_whom, filter, index) => {
    const plan = released(LATEST)
      .prepare(`EXPLAIN QUERY PLAN ${pageOf(TABLES, filter, 500)}`)
      .all('', '') as { detail: string }[]
    expect(plan.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(new RegExp(`^SEARCH roster_owners USING COVERING INDEX roster_${index} `)),
    ])
  })
})

/** How SQLite goes about a statement. */
function planOf(sql: string): readonly string[] {
  const statement = released(LATEST).prepare(`EXPLAIN QUERY PLAN ${sql}`)
  const values = Array.from({ length: sql.split('?').length - 1 }, () => '')
  return (statement.all(...values) as { detail: string }[]).map(({ detail }) => detail)
}

describe('what a commit or a load costs does not grow with', () => {
  const sql = statementsOf(TABLES)
  const single = Object.entries(sql).flatMap(([name, text]) =>
    [text].flat().map((statement, at) => [at === 0 ? name : `${name}, part ${at}`, statement] as const),
  )

  test.each(single)('the number of owners: %s', (_name, statement) => {
    // The table of the version has one row.
    const scans = planOf(statement).filter((step) => step.startsWith('SCAN') && step !== 'SCAN s')
    expect(scans.filter((step) => step !== 'SCAN roster_schema')).toEqual([])
  })

  test('the number of items: the indexes are kept by looking into indexes', () => {
    const looks = planOf(sql.finish).filter((step) => step.startsWith('SEARCH'))
    expect(looks).toEqual([
      expect.stringContaining('roster_owners USING INTEGER PRIMARY KEY'),
      expect.stringMatching(/roster_owed USING COVERING INDEX \w+ \(owner=\?\)/),
      expect.stringContaining('roster_items USING INDEX roster_items_with_request (owner=?)'),
    ])
  })
})
