import { assertConflict, assertNone, assertOwners, assertRoster, assertSame, read } from './assertions.js'
import {
  asking,
  type Chapter,
  commit,
  create,
  item,
  JULIET,
  NOW,
  NURSE,
  newRevision,
  OWNER,
  owed,
  PARIS,
  TYBALT,
} from './subject.js'

const FULL = [
  item(JULIET, {
    name: 'Juliet ♥ "the sun"',
    groups: ['Friends', "Capulet, <all> & 'co'"],
    state: 'both',
    approved: true,
  }),
  item(NURSE, { state: 'none+out', askedAt: NOW }),
  asking(PARIS),
  item(TYBALT, { state: 'to+in', request: { xml: '<presence>é🌹</presence>', receivedAt: 0, deferred: false } }),
]

/** What a commit writes is what a load gives. */
export const WRITING: Chapter = {
  'an owner that nobody wrote has no roster, and asking for it makes none': async ({ storage, other }) => {
    await assertNone(storage, OWNER)
    await assertNone(storage, OWNER)
    await assertOwners(other, [])
  },

  'a roster may be empty: it exists and has a revision': async ({ storage, other }) => {
    const revision = await create(storage, OWNER)
    await assertRoster(other, OWNER, { revision })
    await assertOwners(other, [OWNER])
  },

  'every field of an item comes back as it was put': async ({ storage, other }) => {
    const revision = await create(storage, OWNER, { put: FULL })
    await assertRoster(other, OWNER, { items: FULL, revision })
  },

  'put replaces the whole item: what it does not say is gone': async ({ storage }) => {
    const base = await create(storage, OWNER, { put: FULL })
    const items = FULL.map(({ jid }) => item(jid, { state: 'from' }))
    const revision = await commit(storage, OWNER, base, { put: items })
    await assertRoster(storage, OWNER, { items, revision })
  },

  'remove takes only the items that it names': async ({ storage }) => {
    const base = await create(storage, OWNER, { put: [item(JULIET), item(NURSE)] })
    const revision = await commit(storage, OWNER, base, { remove: [JULIET, 'nobody@example.com'] })
    await assertRoster(storage, OWNER, { items: [item(NURSE)], revision })
  },

  'what a change both removes and puts, or settles and owes, is there afterwards': async ({ storage }) => {
    const base = await create(storage, OWNER, { put: [asking(JULIET)], owe: [owed('a')] })
    const edit = { remove: [JULIET], put: [item(JULIET)], settle: ['a'], owe: [owed('a', NOW + 1)] }
    const revision = await commit(storage, OWNER, base, edit)
    await assertRoster(storage, OWNER, { items: [item(JULIET)], owed: [owed('a', NOW + 1)], revision })
  },

  'what a change does not name stays: items, version and what is owed': async ({ storage }) => {
    const base = await create(storage, OWNER, { put: [item(JULIET)], version: 'v1', owe: [owed('a')] })
    const revision = await commit(storage, OWNER, base)
    await assertRoster(storage, OWNER, { items: [item(JULIET)], version: 'v1', owed: [owed('a')], revision })
  },

  'the version is the last one that a change gave, even an empty text': async ({ storage }) => {
    let base = await create(storage, OWNER)
    for (const version of ['ver "1" é', '2', '']) {
      base = await commit(storage, OWNER, base, { version })
      await assertRoster(storage, OWNER, { version, revision: base })
    }
  },

  'load gives the revision that the last commit made': async ({ storage, other }) => {
    const base = await create(storage, OWNER)
    assertSame((await other.load(OWNER))?.revision, base, 'the revision of the first commit')
    const next = await commit(storage, OWNER, base, { put: [item(JULIET)] })
    assertSame((await other.load(OWNER))?.revision, next, 'the revision of the second commit')
  },
}

/** Nobody overwrites what he has not seen. */
export const CONFLICTS: Chapter = {
  'a commit from another revision conflicts': async ({ storage }) => {
    const first = await create(storage, OWNER)
    await commit(storage, OWNER, first)
    await assertConflict(storage, OWNER, first)
    await assertConflict(storage, OWNER, newRevision())
  },

  'a commit without a base conflicts when the roster exists': async ({ storage }) => {
    await create(storage, OWNER, { put: [item(JULIET)] })
    await assertConflict(storage, OWNER, undefined, { put: [item(NURSE)] })
  },

  'a commit with a base conflicts when there is no roster': async ({ storage }) => {
    await assertConflict(storage, OWNER, newRevision(), { put: [item(JULIET)] })
    await assertNone(storage, OWNER)
    await assertOwners(storage, [])
  },

  'a commit that conflicts writes nothing, not even into an index': async ({ storage }) => {
    const edit = { version: 'v1', owe: [owed('a')] }
    const revision = await create(storage, OWNER, { put: [item(JULIET)], ...edit })
    await create(storage, JULIET)
    await assertConflict(storage, OWNER, newRevision(), { put: [asking(NURSE)] })
    await assertConflict(storage, OWNER, newRevision(), { remove: [JULIET], version: 'v2' })
    await assertConflict(storage, OWNER, newRevision(), { owe: [owed('b')], settle: ['a'] })
    await assertConflict(storage, JULIET, newRevision(), { owe: [owed('b')] })
    await assertRoster(storage, OWNER, { items: [item(JULIET)], version: 'v1', owed: [owed('a')], revision })
    await assertOwners(storage, [], { with: 'request' })
    await assertOwners(storage, [OWNER], { with: 'owed' })
  },

  'a commit that is repeated after an unknown outcome conflicts, and the revision tells that it happened': async ({
    storage,
  }) => {
    const base = await create(storage, OWNER)
    const revision = newRevision()
    const repeated = { owe: [owed('a')], revision }
    await storage.commit(OWNER, { base, ...repeated })
    await assertConflict(storage, OWNER, base, repeated)
    assertSame((await read(storage, OWNER))?.revision, revision, 'the revision of the commit that happened')
    await assertRoster(storage, OWNER, { owed: [owed('a')], revision })
  },
}
