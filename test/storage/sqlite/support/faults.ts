import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type SqliteDatabase, SqliteStorage } from '../../../../src/sqlite.js'
import { ownersOf, read } from '../../../../src/testing/contract/assertions.js'
import type { ContractRunner } from '../../../../src/testing/contract/contract.js'
import {
  asking,
  commit,
  create,
  item,
  JULIET,
  NURSE,
  newRevision,
  OWNER,
  owed,
} from '../../../../src/testing/contract/subject.js'

/** A driver under test: `SqliteStorage.open` finds this one, and no other one. */
export interface DriverUnderTest {
  /** A path in a temporary folder; each name is used once. */
  readonly file: (name: string) => string
  readonly open: (path: string) => SqliteDatabase
}

const PAGE = 4_096
const OWNERS = Array.from({ length: 60 }, (_, at) => `user${at}@example.net`)

/**
 * What is promised of each driver, because each reports what goes wrong in its own way. Like the contract, it needs no more
 * of a test runner than node:test has.
 */
export function faultPromises({ describe, test }: ContractRunner, { file, open }: DriverUnderTest): void {
  describe('a file that', () => {
    const damages: readonly (readonly [title: string, damage: (path: string) => void])[] = [
      ['is none of SQLite', (path) => writeFileSync(path, 'Dear diary, today nothing happened.\n'.repeat(500))],
      ['lost its header', (path) => overwrite(path, 0, 100)],
      ['lost the page of its schema', (path) => overwrite(path, 100, PAGE)],
      ['lost its second half', (path) => truncateSync(path, Math.floor(statSync(path).size / 2 / PAGE) * PAGE)],
      ['lost a page in the middle', (path) => overwritePages(path, 5, 6)],
      ['lost its last page', (path) => overwritePages(path, pagesOf(path) - 1, pagesOf(path))],
    ]
    for (const [at, [title, damage]] of damages.entries()) {
      test(`${title} is refused and left as it is, byte for byte`, async () => {
        const path = file(`damaged-${at}.db`)
        await fill(path)
        damage(path)
        const before = readFileSync(path)
        await assertRejects(SqliteStorage.open(path), 'STORAGE_CORRUPT')
        assert.ok(before.equals(readFileSync(path)), 'the file is the same')
      })

      test(`${title} is refused and left as it is when the application has opened it`, async () => {
        const path = file(`damaged-own-${at}.db`)
        await fill(path)
        damage(path)
        const before = readFileSync(path)
        const database = open(path)
        const storage = new SqliteStorage({ database })
        await assertRejects(storage.load(OWNER), 'STORAGE_CORRUPT', OWNER)
        await assertRejects(create(storage, NURSE, { put: [item(JULIET)] }), 'STORAGE_CORRUPT', NURSE)
        await assertRejects(ownersOf(storage), 'STORAGE_CORRUPT')
        database.close()
        assert.ok(before.equals(readFileSync(path)), 'the file is the same')
      })
    }

    test('is damaged while its log waits to be written into it is left as it is, and so is the log', async () => {
      const [path, copy] = [file('logged.db'), file('logged-copy.db')]
      await fill(path)
      const storage = await SqliteStorage.open(path)
      await create(storage, 'late@example.net')
      for (const end of ['', '-wal']) copyFileSync(path + end, copy + end)
      await storage.close()
      overwritePages(copy, 5, pagesOf(copy))
      const before = [readFileSync(copy), readFileSync(`${copy}-wal`)]
      assert.ok(before[1]!.length > 0, 'there is something in the log')
      await assertRejects(SqliteStorage.open(copy), 'STORAGE_CORRUPT')
      assert.ok(before[0]!.equals(readFileSync(copy)), 'the file is the same')
      assert.ok(before[1]!.equals(readFileSync(`${copy}-wal`)), 'the log is the same')
    })

    test('turns out to be damaged later is not written to any more', async () => {
      const path = file('later.db')
      await fill(path)
      const storage = await SqliteStorage.open(path)
      const holding = pagesWith(path, 'Contact 7')
      const [page] = holding.slice(holding.length / 2)
      overwritePages(path, page!, page! + 1)
      const before = readFileSync(path)
      const loads = await Promise.allSettled(OWNERS.map((owner) => storage.load(owner)))
      const failed = OWNERS.filter((_, at) => loads[at]!.status === 'rejected')
      // Most of the file is sound, and gives what it has; but where else it is damaged nobody knows.
      assert.ok(failed.length > 0 && failed.length < OWNERS.length / 2, `${failed.length} owners are lost`)
      for (const owner of failed) await assertRejects(storage.load(owner), 'STORAGE_CORRUPT', owner)
      await assertRejects(create(storage, NURSE), 'STORAGE_CORRUPT', NURSE)
      await storage.close()
      assert.ok(before.equals(readFileSync(path)), 'the file is the same')
    })

    test('has tables of a newer version is refused and left as it is', async () => {
      const path = file('newer.db')
      await fill(path)
      const database = open(path)
      database.exec('UPDATE roster_schema SET version = 99; PRAGMA wal_checkpoint(TRUNCATE)')
      database.close()
      const before = readFileSync(path)
      await assertRejects(SqliteStorage.open(path), 'UNSUPPORTED')
      assert.ok(before.equals(readFileSync(path)), 'the file is the same')
      const own = open(path)
      await assertRejects(create(new SqliteStorage({ database: own }), NURSE), 'UNSUPPORTED')
      own.close()
      assert.ok(before.equals(readFileSync(path)), 'the file is the same')
    })

    test('gets tables of a newer version is refused from then on', async () => {
      const path = file('upgraded.db')
      const storage = await SqliteStorage.open(path)
      const base = await create(storage, OWNER, { put: [item(JULIET)] })
      const newer = open(path)
      newer.exec('UPDATE roster_schema SET version = 2')
      await assertRejects(storage.load(OWNER), 'UNSUPPORTED')
      await assertRejects(storage.loadMany([OWNER]), 'UNSUPPORTED')
      await assertRejects(ownersOf(storage), 'UNSUPPORTED')
      await assertRejects(commit(storage, OWNER, base, { remove: [JULIET] }), 'UNSUPPORTED')
      newer.exec('UPDATE roster_schema SET version = 1')
      assert.deepEqual((await read(storage, OWNER))?.items, [item(JULIET)])
      newer.close()
      await storage.close()
    })

    test('cannot be opened is a failure that makes nothing', async () => {
      const path = file('missing/folder/roster.db')
      await assertRejects(SqliteStorage.open(path), 'STORAGE_FAILED')
      assert.equal(existsSync(dirname(path)), false)
      const folder = dirname(dirname(dirname(path)))
      await assertRejects(SqliteStorage.open(folder), 'STORAGE_FAILED')
      assert.deepEqual(
        ['-wal', '-shm', '-journal'].filter((end) => existsSync(folder + end)),
        [],
      )
    })

    test('has no name is refused: SQLite would keep it until it is closed, and then delete it', async () => {
      await assertRejects(SqliteStorage.open(''), 'UNSUPPORTED')
    })

    test('has odd letters in its name is opened by that name', async () => {
      const path = file('a b%20c#d?e=é.db')
      for (const expected of [[], [OWNER]]) {
        const storage = await SqliteStorage.open(path)
        assert.deepEqual(await ownersOf(storage), expected)
        if (expected.length === 0) await create(storage, OWNER)
        await storage.close()
      }
      assert.ok(existsSync(path))
    })
  })

  describe('a disk that is full', () => {
    test('fails the commit, and everything acknowledged is there, then and afterwards', async () => {
      const path = file('full.db')
      const database = open(path)
      database.exec('PRAGMA journal_mode = WAL')
      const storage = new SqliteStorage({ database })
      await create(storage, OWNER)
      database.exec('PRAGMA max_page_count = 60')
      const acknowledged: string[] = []
      const fillUp = async () => {
        for (let at = 0; at < 1_000; at++) {
          const owner = `full${String(at).padStart(3, '0')}@example.net`
          await create(storage, owner, { put: [item(JULIET, { name: 'x'.repeat(2_000) })], owe: [owed('a')] })
          acknowledged.push(owner)
        }
      }
      await assertRejects(fillUp(), 'STORAGE_FAILED')
      assert.ok(acknowledged.length > 5, 'it began well')
      assert.deepEqual(await ownersOf(storage, { with: 'owed' }), acknowledged)
      for (const owner of acknowledged) assert.equal((await read(storage, owner))?.items.length, 1)
      database.exec('PRAGMA max_page_count = 10000')
      await create(storage, NURSE, { put: [item(JULIET, { name: 'x'.repeat(2_000) })] })
      assert.equal((await read(storage, NURSE))?.items.length, 1)
      database.close()
    })
  })

  describe('a database that somebody else has locked', () => {
    test('is waited for, while the process goes on', async () => {
      const path = file('locked.db')
      const storage = await SqliteStorage.open(path)
      const other = open(path)
      other.exec('BEGIN IMMEDIATE')
      let done = false
      const commits = create(storage, OWNER).then(() => {
        done = true
      })
      // Readers do not wait for writers.
      assert.equal(await storage.load(OWNER), undefined)
      assert.equal(done, false)
      other.exec('COMMIT')
      await commits
      assert.deepEqual(await ownersOf(storage), [OWNER])
      other.close()
      await storage.close()
    })

    test('is given up when the storage is closed meanwhile', async () => {
      const path = file('locked-closed.db')
      const storage = await SqliteStorage.open(path)
      const other = open(path)
      other.exec('BEGIN IMMEDIATE')
      const commits = assertRejects(create(storage, OWNER), 'CLOSED')
      await storage.close()
      await commits
      other.close()
    })
  })

  describe('closing', () => {
    test('ends every call with CLOSED, and may be done twice', async () => {
      const storage = await SqliteStorage.open(file('closed.db'))
      await create(storage, OWNER)
      await create(storage, NURSE)
      const walk = storage.owners()
      await walk.next()
      await storage.close()
      await storage.close()
      const calls = [
        () => walk.next(),
        () => storage.load(OWNER),
        () => storage.loadMany([]),
        () => storage.loadMany([OWNER]),
        () => storage.commit(OWNER, { base: undefined, revision: newRevision() }),
        () => storage.owners().next(),
      ]
      for (const call of calls) await assertRejects(call(), 'CLOSED')
    })

    test('leaves everything in the file itself', async () => {
      const [path, copy] = [file('whole.db'), file('whole-copy.db')]
      const storage = await SqliteStorage.open(path)
      await create(storage, OWNER, { put: [asking(JULIET)] })
      await storage.close()
      copyFileSync(path, copy)
      const copied = await SqliteStorage.open(copy)
      assert.deepEqual((await read(copied, OWNER))?.items, [asking(JULIET)])
      await copied.close()
    })

    test('leaves the database of the application open', async () => {
      const database = open(file('own.db'))
      const storage = new SqliteStorage({ database })
      await create(storage, OWNER)
      await storage.close()
      await assertRejects(storage.load(OWNER), 'CLOSED')
      assert.deepEqual(await ownersOf(new SqliteStorage({ database })), [OWNER])
      database.close()
      await assertRejects(new SqliteStorage({ database }).load(OWNER), 'STORAGE_FAILED', OWNER)
    })
  })

  describe('the settings', () => {
    const settingOf = (database: SqliteDatabase, name: string) =>
      Object.values(database.prepare(`PRAGMA ${name}`).get() as object)[0]

    test('of a file that the storage opens are a log that several processes may use', async () => {
      const path = file('settings.db')
      const storage = await SqliteStorage.open(path)
      const database = open(path)
      assert.equal(settingOf(database, 'journal_mode'), 'wal')
      database.close()
      await storage.close()
    })

    test('of a database of the application stay as they are', async () => {
      const database = open(file('own-settings.db'))
      const names = ['journal_mode', 'synchronous', 'busy_timeout', 'foreign_keys', 'user_version']
      database.exec('PRAGMA synchronous = NORMAL; PRAGMA user_version = 7')
      const before = names.map((name) => settingOf(database, name))
      await create(new SqliteStorage({ database }), OWNER)
      assert.deepEqual(
        names.map((name) => settingOf(database, name)),
        before,
      )
      database.close()
    })
  })

  test('a value that SQLite does not know is refused, and nothing of its commit is written', async () => {
    const storage = await SqliteStorage.open(':memory:')
    const base = await create(storage, OWNER, { put: [item(JULIET)] })
    for (const name of [true, {}, Symbol('name'), 1n] as unknown as string[]) {
      const change = { remove: [JULIET], put: [item(NURSE, { name })] }
      await assertRejects(commit(storage, OWNER, base, change), 'STORAGE_FAILED', OWNER)
    }
    assert.deepEqual((await read(storage, OWNER))?.items, [item(JULIET)])
    await storage.close()
  })

  test('a transaction of the application is neither joined nor ended', async () => {
    const database = open(file('transaction.db'))
    const storage = new SqliteStorage({ database })
    const base = await create(storage, OWNER)
    database.exec('CREATE TABLE own (a); BEGIN; INSERT INTO own VALUES (1)')
    await assertRejects(commit(storage, OWNER, base, { put: [item(JULIET)] }), 'STORAGE_FAILED', OWNER)
    await assertRejects(storage.load(OWNER), 'STORAGE_FAILED', OWNER)
    database.exec('COMMIT')
    assert.equal((database.prepare('SELECT count(*) AS n FROM own').get() as { n: number }).n, 1)
    await commit(storage, OWNER, base, { put: [item(JULIET)] })
    database.close()
  })
}

async function assertRejects(promise: Promise<unknown>, code: string, owner?: string): Promise<void> {
  const expected = owner === undefined ? { name: 'RosterError', code } : { name: 'RosterError', code, owner }
  await assert.rejects(promise, expected)
}

async function fill(path: string): Promise<void> {
  const storage = await SqliteStorage.open(path)
  const put = Array.from({ length: 20 }, (_, at) => item(`contact${at}@example.com`, { name: `Contact ${at}` }))
  for (const owner of OWNERS) await create(storage, owner, { put, owe: [owed('a')] })
  await storage.close()
}

const pagesOf = (path: string): number => Math.floor(statSync(path).size / PAGE)

const pagesWith = (path: string, text: string): readonly number[] => {
  const bytes = readFileSync(path)
  return Array.from({ length: pagesOf(path) }, (_, at) => at).filter((at) =>
    bytes.subarray(at * PAGE, (at + 1) * PAGE).includes(text),
  )
}

const overwritePages = (path: string, from: number, to: number): void => overwrite(path, from * PAGE, to * PAGE)

/** Noise, which is no page of anything: what a dying disk gives. */
function overwrite(path: string, from: number, to: number): void {
  const bytes = readFileSync(path)
  randomBytes(to - from).copy(bytes, from)
  // A page of SQLite's trees begins with one of four numbers, and noise might hit one.
  if (from > 0) bytes[from] = 0xff
  writeFileSync(path, bytes)
}
