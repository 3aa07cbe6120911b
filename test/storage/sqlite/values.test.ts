import Database from 'libsql'
import { describe, expect, test } from 'vitest'
import { SqliteStorage } from '../../../src/sqlite.js'
import { parseStoredRoster } from '../../../src/storage/record.js'
import { ownersOf, read } from '../../../src/testing/contract/assertions.js'
import { asking, commit, create, item, JULIET, NURSE, OWNER, owed } from '../../../src/testing/contract/subject.js'

describe('what the tables hold', () => {
  test('is checked by whoever reads the storage, who says what is wrong with whose roster', async () => {
    const database = new Database(':memory:')
    const storage = new SqliteStorage({ database })
    await create(storage, OWNER, { put: [item(JULIET)] })
    await create(storage, NURSE, { put: [item(JULIET)] })
    const broken = [
      [`"groups" = 'Friends'`, /items\[0\]\.groups should be a list, but "Friends" came/],
      [`"groups" = '{}'`, /items\[0\]\.groups should be a list/],
      [`"groups" = x'00'`, /items\[0\]\.groups should be a list/],
      [`"groups" = '[]', approved = 2`, /items\[0\]\.approved should be true or false, but 2 came/],
      [`approved = 0, state = 'friends'`, /items\[0\]\.state should be one of the nine states/],
      [`state = 'none', asked_at = 'today'`, /items\[0\]\.askedAt should be a time/],
    ] as const
    for (const [set, expected] of broken) {
      database.exec(`UPDATE roster_items SET ${set} WHERE owner = 1`)
      const stored = await storage.load(OWNER)
      expect(() => parseStoredRoster(OWNER, stored)).toThrow(expected)
      expect((await read(storage, NURSE))?.items).toEqual([item(JULIET)])
      expect([...(await storage.loadMany([OWNER, NURSE])).keys()]).toEqual([OWNER, NURSE])
    }
  })

  test('comes back from a database that gives whole numbers as bigint', async () => {
    const database = new Database(':memory:')
    database.defaultSafeIntegers(true)
    const storage = new SqliteStorage({ database })
    const put = [asking(JULIET), item(NURSE, { state: 'none+out', askedAt: 1_767_225_600_123, approved: true })]
    const base = await create(storage, OWNER, { put, owe: [owed('a')] })
    expect(await read(storage, OWNER)).toEqual({ revision: base, items: put, owed: [owed('a')] })
    await commit(storage, OWNER, base, { erase: true })
    expect(await ownersOf(storage)).toEqual([])
  })

  test('is not what rules of the application say about its own tables', async () => {
    const database = new Database(':memory:')
    database.exec(
      `CREATE TABLE own (a INTEGER CHECK (a > 0)); PRAGMA ignore_check_constraints = ON; INSERT INTO own VALUES (-1)`,
    )
    const storage = new SqliteStorage({ database })
    await create(storage, OWNER)
    expect(await ownersOf(storage)).toEqual([OWNER])
  })
})

test('loadMany of many thousands lets others go on', async () => {
  const storage = await SqliteStorage.open(':memory:')
  await create(storage, OWNER)
  const names = Array.from({ length: 2_000 }, (_, at) => `user${at}@example.net`)
  let turns = 0
  const timer = setInterval(() => turns++, 0)
  const rosters = await storage.loadMany([...names, OWNER])
  clearInterval(timer)
  expect([...rosters.keys()]).toEqual([OWNER])
  expect(turns).toBeGreaterThan(0)
})
