import assert from 'node:assert/strict'
import type { RosterStorage, StoredItem } from '../../storage/port.js'
import { assertOwners, assertRoster, assertSame, read } from './assertions.js'
import { type Chapter, commit, create, item, NOW, OWNER, owed } from './subject.js'

const COUNT = 10_000

const contacts = (): readonly StoredItem[] =>
  Array.from({ length: COUNT }, (_, index) =>
    item(`contact${String(index).padStart(5, '0')}@example.com`, { state: 'both', groups: [`Group ${index % 7}`] }),
  )

/** One by one: telling how ten thousand differ as a whole takes newer Node.js minutes. */
async function assertItems(storage: RosterStorage, expected: readonly StoredItem[]): Promise<void> {
  const items = (await read(storage, OWNER))?.items ?? []
  assert.equal(items.length, expected.length, `load gives ${items.length} items, not ${expected.length}`)
  for (const [index, one] of expected.entries()) assertSame(items[index], one, `item ${index} differs`)
}

export const SIZE: Chapter = {
  'ten thousand items are one commit, and a few of them are another': async ({ storage, other }) => {
    const put = contacts()
    const base = await create(storage, OWNER, { put })
    await assertItems(other, put)
    const [renamed, removed, ...kept] = [...put].reverse()
    assert.ok(renamed && removed)
    const changed = { ...renamed, name: 'One' }
    const revision = await commit(other, OWNER, base, { put: [changed], remove: [removed.jid] })
    await assertItems(storage, [...kept.reverse(), changed])
    assert.equal((await storage.load(OWNER))?.revision, revision)
  },

  'ten thousand items can be removed in one commit': async ({ storage, other }) => {
    const put = contacts()
    const base = await create(storage, OWNER, { put: [...put, item(OWNER)] })
    const revision = await commit(storage, OWNER, base, { remove: put.map(({ jid }) => jid) })
    await assertItems(other, [item(OWNER)])
    assert.equal((await other.load(OWNER))?.revision, revision)
  },

  'a thousand stanzas are owed in one commit and settled in another': async ({ storage, other }) => {
    // Their order is neither that of the ids nor that of the times.
    const owe = Array.from({ length: 1_000 }, (_, index) => owed(`id${(index * 7) % 1_000}`, NOW - index))
    const first = await create(storage, OWNER, { owe })
    const ids = (await other.load(OWNER))?.owed.map(({ id }) => id)
    assertSame(
      ids,
      owe.map(({ id }) => id),
      'what is owed stands in another order',
    )
    const last = owe.slice(-1)
    const settle = owe.slice(0, -1).map(({ id }) => id)
    const second = await commit(storage, OWNER, first, { settle })
    await assertRoster(other, OWNER, { owed: last, revision: second })
    await commit(storage, OWNER, second, { settle: last.map(({ id }) => id) })
    await assertOwners(other, [], { with: 'owed' })
  },
}
