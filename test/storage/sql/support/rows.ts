import { randomBytes } from 'node:crypto'
import { CamelCasePlugin, ParseJSONResultsPlugin } from 'kysely'
import { expect, test } from 'vitest'
import { Roster } from '../../../../src/index.js'
import { ownersOf, read } from '../../../../src/testing/contract/assertions.js'
import { commit, create, item, JULIET, newRevision, OWNER, owed } from '../../../../src/testing/contract/subject.js'
import { FakeComponent } from '../../../support/fake-component.js'
import { database, expectFailure, type Kit, newPrefix, query, storageOn } from './kit.js'

const BENVOLIO = 'benvolio@example.net'

/** 2,047 bytes that no index can make shorter. */
const randomKey = (): string => {
  const part = (length: number): string =>
    randomBytes(length)
      .toString('base64')
      .replace(/[^a-zA-Z0-9]/g, 'x')
      .slice(0, length)
  return `${part(1_023)}@${part(1_023)}`
}

export function rowPromises(kit: Kit): void {
  test('keys of 2,047 random bytes are keys like any other, for owners and contacts', async () => {
    const storage = await storageOn(kit, database(kit))
    const [owner, other, contact, second] = [randomKey(), randomKey(), randomKey(), randomKey()]
    const base = await create(storage, owner, { put: [item(contact), item(second)], owe: [owed('a')] })
    await create(storage, other, { put: [item(contact)] })
    const next = await commit(storage, owner, base, { put: [item(contact, { name: 'Long' })], remove: [second] })
    expect((await storage.load(owner))?.items).toEqual([item(contact, { name: 'Long' })])
    expect([...(await storage.loadMany([owner, other])).keys()].sort()).toEqual([owner, other].sort())
    expect(await ownersOf(storage, { domain: owner.slice(1_024), with: 'owed' })).toEqual([owner])
    expect(await storage.changes(owner, base)).toMatchObject({
      put: [{ jid: contact }],
      remove: [second],
      revision: next,
    })
  })

  test('andre and andré, with and without a space, are four', async () => {
    const storage = await storageOn(kit, database(kit))
    const names = ['andre@example.com', 'andré@example.com', 'andre@example.com ', 'ANDRE@example.com']
    for (const name of names) await create(storage, name, { put: names.map((jid) => item(jid, { name: jid })) })
    expect(await ownersOf(storage)).toEqual([...names].sort())
    for (const name of names) expect((await storage.load(name))?.items).toHaveLength(4)
  })

  test('what is settled and owed again goes to the end, what is only owed again keeps its place', async () => {
    const storage = await storageOn(kit, database(kit))
    const base = await create(storage, OWNER, { owe: [owed('a'), owed('b'), owed('c')] })
    await commit(storage, OWNER, base, { settle: ['a'], owe: [owed('d'), owed('b', 5), owed('a')] })
    expect((await read(storage, OWNER))?.owed).toEqual([owed('b', 5), owed('c'), owed('d'), owed('a')])
  })

  test('a key that a change names twice is written once, the last word counts', async () => {
    const storage = await storageOn(kit, database(kit))
    const put = [item(JULIET, { name: 'first' }), item(JULIET, { name: 'last' })]
    await create(storage, OWNER, {
      put,
      owe: [owed('a', 1), owed('a', 2)],
      remove: [JULIET, JULIET],
      settle: ['a', 'a'],
    })
    const roster = await read(storage, OWNER)
    expect([roster?.items, roster?.owed]).toEqual([[item(JULIET, { name: 'last' })], [owed('a', 2)]])
  })

  test('the log of an owner is bounded, and knows the last 32 commits', async () => {
    const prefix = newPrefix()
    const db = database(kit)
    const storage = await storageOn(kit, db, prefix)
    const revisions = [await create(storage, OWNER)]
    for (let step = 0; step < 100; step++)
      revisions.push(await commit(storage, OWNER, revisions.at(-1), { put: [item(`c${step}@example.com`)] }))
    const [row] = await query<{ n: unknown }>(db, `SELECT count(*) AS n FROM ${prefix}log`)
    expect(Number(row?.n)).toBeLessThanOrEqual(48)
    expect((await storage.changes(OWNER, revisions.at(-32)!))?.put).toHaveLength(31)
    expect(await storage.changes(OWNER, revisions[0]!)).toBeUndefined()
  })

  test('a commit that names more than a thousand contacts is not told contact by contact', async () => {
    const storage = await storageOn(kit, database(kit))
    const base = await create(storage, OWNER)
    const many = Array.from({ length: 1_001 }, (_, index) => item(`c${index}@example.com`))
    const next = await commit(storage, OWNER, base, { put: many })
    expect(await storage.changes(OWNER, base)).toBeUndefined()
    expect((await storage.changes(OWNER, next))?.put).toEqual([])
  })

  test('what fifty thousand items and stanzas have gone through is one commit each, as of a few', async () => {
    const storage = await storageOn(kit, database(kit))
    const jids = Array.from({ length: 50_000 }, (_, index) => `c${index}@example.com`)
    const owe = jids.map((jid) => owed(jid))
    const first = await create(storage, OWNER, { put: jids.map((jid) => item(jid)), owe })
    const second = await commit(storage, OWNER, first, { settle: jids, owe: [...owe].reverse() })
    expect((await storage.load(OWNER))?.owed.map(({ id }) => id)).toEqual([...jids].reverse())
    await commit(storage, OWNER, second, { remove: jids.slice(1), settle: jids.slice(1) })
    expect(await read(storage, OWNER)).toMatchObject({ items: [item(jids[0]!)], owed: [owed(jids[0]!)] })
  })

  test('a very large roster among many small ones is told by its changes', async () => {
    const prefix = newPrefix()
    const db = database(kit)
    const storage = await storageOn(kit, db, prefix)
    for (let owner = 0; owner < 1_000; owner++) await create(storage, `o${owner}@example.net`, { put: [item(JULIET)] })
    // The statistics say that an owner has one contact.
    await query(db, kit.dialect === 'postgres' ? `ANALYZE ${prefix}items` : `ANALYZE TABLE ${prefix}items`)
    const put = Array.from({ length: 31_000 }, (_, index) => item(`c${index}@example.com`))
    const first = await create(storage, OWNER, { put })
    let base = first
    for (let from = 0; from < put.length; from += 1_000)
      base = await commit(storage, OWNER, base, { put: put.slice(from, from + 1_000) })
    const changes = await storage.changes(OWNER, first)
    expect(changes?.put.length).toBe(kit.dialect === 'postgres' ? put.length : undefined)
  })

  test("the application's plugins change nothing: neither names of columns nor texts that look like JSON", async () => {
    const plain = database(kit)
    const db = plain.withPlugin(new CamelCasePlugin()).withPlugin(new ParseJSONResultsPlugin())
    const storage = await storageOn(kit, db)
    const base = await create(storage, OWNER, {
      put: [item(JULIET, { name: '{"a":1}', groups: ['[1]'] })],
      version: '[2]',
    })
    expect(await read(storage, OWNER)).toMatchObject({ items: [{ name: '{"a":1}', groups: ['[1]'] }], version: '[2]' })
    expect(await storage.changes(OWNER, base)).toMatchObject({ version: '[2]' })
  })

  test('a row that cannot be read is STORAGE_CORRUPT for its owner, and the others are served', async () => {
    const prefix = newPrefix()
    const db = database(kit)
    const storage = await storageOn(kit, db, prefix)
    await create(storage, OWNER, { put: [item(JULIET)] })
    await create(storage, BENVOLIO, { put: [item(JULIET)] })
    const first = `SELECT id FROM (SELECT min(id) AS id FROM ${prefix}owners) o`
    await query(db, `UPDATE ${prefix}items SET state = 'friends' WHERE owner_id = (${first})`)
    const roster = new Roster(new FakeComponent('example.net').entity, { storage, presence: false })
    roster.on('error', () => undefined)
    await expectFailure(roster.open(OWNER), 'STORAGE_CORRUPT')
    expect((await roster.open(BENVOLIO)).size).toBe(1)
    await roster.close()
  })

  test('closing leaves the database of the application open, and refuses everything else', async () => {
    const db = database(kit)
    const storage = await storageOn(kit, db)
    await storage.close()
    await storage.close()
    await expectFailure(storage.load(OWNER), 'CLOSED')
    await expectFailure(storage.commit(OWNER, { base: undefined, revision: newRevision() }), 'CLOSED')
    await expectFailure(ownersOf(storage), 'CLOSED')
    expect(await query(db, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
}
