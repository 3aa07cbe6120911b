import assert from 'node:assert/strict'
import {
  asking,
  assertConflict,
  commit,
  create,
  item,
  JULIET,
  NOW,
  NURSE,
  newRevision,
  OWNER,
  owed,
  ownersOf,
  type Promised,
  read,
} from './subject.js'

const FULL = [
  item(JULIET, {
    name: 'Juliet ♥ "the sun"',
    groups: ['Friends', "Capulet, <all> & 'co'"],
    state: 'both',
    approved: true,
  }),
  item(NURSE, { state: 'none+out', askedAt: NOW }),
  asking('paris@example.com'),
  item('tybalt@example.com', {
    state: 'to+in',
    request: { xml: '<presence>é🌹</presence>', receivedAt: 0, deferred: false },
  }),
]

export function commitPromises(promise: Promised): void {
  promise('an owner that nobody wrote has no roster', async ({ storage }) => {
    assert.equal(await storage.load(OWNER), undefined)
  })

  promise('a roster may be empty: it exists and has a revision', async ({ storage, other }) => {
    const revision = await create(storage, OWNER)
    assert.deepEqual(await read(other, OWNER), { items: [], owed: [], revision })
    assert.deepEqual(await ownersOf(other), [OWNER])
  })

  promise('every field of an item comes back as it was put', async ({ storage, other }) => {
    await create(storage, OWNER, { put: FULL })
    const roster = await read(other, OWNER)
    for (const expected of FULL) {
      assert.deepEqual(
        roster?.items.find(({ jid }) => jid === expected.jid),
        expected,
      )
    }
    assert.equal(roster?.items.length, FULL.length)
  })

  promise('put replaces the whole item: what it does not say is gone', async ({ storage }) => {
    const base = await create(storage, OWNER, { put: FULL })
    await commit(storage, OWNER, base, { put: FULL.map(({ jid }) => item(jid, { state: 'from' })) })
    const roster = await read(storage, OWNER)
    assert.deepEqual(
      roster?.items,
      FULL.map(({ jid }) => item(jid, { state: 'from' })),
    )
  })

  promise('remove takes only the items that it names', async ({ storage }) => {
    const base = await create(storage, OWNER, { put: [item(JULIET), item(NURSE)] })
    await commit(storage, OWNER, base, { remove: [JULIET, 'nobody@example.com'] })
    assert.deepEqual((await read(storage, OWNER))?.items, [item(NURSE)])
  })

  promise('what a change does not name stays: items, version and what is owed', async ({ storage }) => {
    const base = await create(storage, OWNER, { put: [item(JULIET)], version: 'v1', owe: [owed('a')] })
    const revision = await commit(storage, OWNER, base)
    const expected = { items: [item(JULIET)], version: 'v1', owed: [owed('a')], revision }
    assert.deepEqual(await read(storage, OWNER), expected)
  })

  promise('the version is the last one that a change gave, even an empty text', async ({ storage }) => {
    const first = await create(storage, OWNER, { version: 'ver "1" é' })
    assert.equal((await read(storage, OWNER))?.version, 'ver "1" é')
    const second = await commit(storage, OWNER, first, { version: '2' })
    assert.equal((await read(storage, OWNER))?.version, '2')
    await commit(storage, OWNER, second, { version: '' })
    assert.equal((await read(storage, OWNER))?.version, '')
  })

  promise('load gives the revision that the last commit made', async ({ storage, other }) => {
    const base = await create(storage, OWNER)
    assert.equal((await read(other, OWNER))?.revision, base)
    const next = await commit(storage, OWNER, base, { put: [item(JULIET)] })
    assert.equal((await read(other, OWNER))?.revision, next)
  })

  promise('a commit from another revision conflicts', async ({ storage }) => {
    const first = await create(storage, OWNER)
    await commit(storage, OWNER, first)
    await assertConflict(storage, OWNER, first)
    await assertConflict(storage, OWNER, newRevision())
  })

  promise('a commit without a base conflicts when the roster exists', async ({ storage }) => {
    await create(storage, OWNER, { put: [item(JULIET)] })
    await assertConflict(storage, OWNER, undefined, { put: [item(NURSE)] })
  })

  promise('a commit with a base conflicts when there is no roster', async ({ storage }) => {
    await assertConflict(storage, OWNER, newRevision(), { put: [item(JULIET)] })
    assert.equal(await storage.load(OWNER), undefined)
    assert.deepEqual(await ownersOf(storage), [])
  })

  promise('a commit that conflicts writes nothing', async ({ storage }) => {
    await create(storage, OWNER, { put: [item(JULIET)], version: 'v1', owe: [owed('a')] })
    const before = await read(storage, OWNER)
    await assertConflict(storage, OWNER, newRevision(), { put: [asking(NURSE)] })
    await assertConflict(storage, OWNER, newRevision(), { remove: [JULIET], version: 'v2' })
    await assertConflict(storage, OWNER, newRevision(), { owe: [owed('b')], settle: ['a'] })
    assert.deepEqual(await read(storage, OWNER), before)
    assert.deepEqual(await ownersOf(storage, { with: 'request' }), [])
  })

  promise(
    'a commit that is repeated after an unknown outcome conflicts, and the revision tells that it happened',
    async ({ storage }) => {
      const base = await create(storage, OWNER)
      const change = { base, revision: newRevision(), owe: [owed('a')] }
      await storage.commit(OWNER, change)
      await assert.rejects(storage.commit(OWNER, change), { code: 'STORAGE_CONFLICT' })
      const roster = await read(storage, OWNER)
      assert.equal(roster?.revision, change.revision)
      assert.deepEqual(roster?.owed, [owed('a')])
    },
  )

  promise('ten thousand items are one commit, and one item of them is another', async ({ storage, other }) => {
    const jids = Array.from({ length: 10_000 }, (_, index) => `contact${String(index).padStart(5, '0')}@example.com`)
    const base = await create(storage, OWNER, { put: jids.map((jid) => item(jid, { state: 'both' })) })
    const revision = await commit(other, OWNER, base, {
      put: [item(jids[5_000]!, { name: 'One' })],
      remove: [jids[1]!],
    })
    const roster = await read(storage, OWNER)
    const expected = jids.filter((_, index) => index !== 1).map((jid) => item(jid, { state: 'both' }))
    expected[4_999] = item(jids[5_000]!, { name: 'One' })
    // One by one: telling how ten thousand differ takes newer Node.js minutes.
    assert.equal(roster?.items.length, expected.length)
    for (const [index, one] of expected.entries()) assert.deepEqual(roster?.items[index], one)
    assert.deepEqual({ ...roster, items: [] }, { items: [], owed: [], revision })
  })
}

export function erasePromises(promise: Promised): void {
  promise('an erased roster is gone: from load, from owners and from the indexes', async ({ storage, other }) => {
    const base = await create(storage, OWNER, { put: [asking(JULIET)], owe: [owed('a')] })
    await commit(storage, OWNER, base, { erase: true })
    assert.equal(await other.load(OWNER), undefined)
    assert.deepEqual(await ownersOf(other), [])
    assert.deepEqual(await ownersOf(other, { with: 'owed' }), [])
    assert.deepEqual(await ownersOf(other, { with: 'request' }), [])
  })

  promise('an erasure from another revision conflicts and erases nothing', async ({ storage }) => {
    const first = await create(storage, OWNER, { put: [item(JULIET)] })
    await commit(storage, OWNER, first, { put: [item(NURSE)] })
    await assertConflict(storage, OWNER, first, { erase: true })
    await assertConflict(storage, OWNER, undefined, { erase: true })
    assert.equal((await read(storage, OWNER))?.items.length, 2)
  })

  promise('a roster that is made anew after an erasure holds nothing of the old one', async ({ storage }) => {
    const base = await create(storage, OWNER, { put: [asking(JULIET), item(NURSE)], version: 'v1', owe: [owed('a')] })
    await commit(storage, OWNER, base, { erase: true })
    const revision = await create(storage, OWNER, { put: [item(NURSE, { state: 'to' })] })
    const expected = { items: [item(NURSE, { state: 'to' })], owed: [], revision }
    assert.deepEqual(await read(storage, OWNER), expected)
    assert.deepEqual(await ownersOf(storage, { with: 'owed' }), [])
  })

  promise('who still holds an erased roster conflicts, also when it was made anew', async ({ storage, other }) => {
    const stale = await create(storage, OWNER, { put: [item(JULIET)] })
    await commit(storage, OWNER, stale, { erase: true })
    await assertConflict(other, OWNER, stale, { put: [item(NURSE)] })
    assert.equal(await storage.load(OWNER), undefined)
    const revision = await create(storage, OWNER)
    await assertConflict(other, OWNER, stale, { put: [item(NURSE)] })
    await assertConflict(other, OWNER, stale, { erase: true })
    assert.deepEqual(await read(storage, OWNER), { items: [], owed: [], revision })
  })

  promise('an erasure leaves the other owners alone', async ({ storage }) => {
    const base = await create(storage, OWNER, { put: [asking(JULIET)], owe: [owed('a')] })
    await create(storage, NURSE, { put: [asking(JULIET)], owe: [owed('a')] })
    const before = await read(storage, NURSE)
    await commit(storage, OWNER, base, { erase: true })
    assert.deepEqual(await read(storage, NURSE), before)
    assert.deepEqual(await ownersOf(storage, { with: 'owed' }), [NURSE])
    assert.deepEqual(await ownersOf(storage, { with: 'request' }), [NURSE])
  })
}
