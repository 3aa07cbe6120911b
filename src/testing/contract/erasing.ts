import { assertConflict, assertNone, assertOwners, assertRoster } from './assertions.js'
import { asking, type Chapter, commit, create, item, JULIET, NURSE, OWNER, owed } from './subject.js'

export const ERASING: Chapter = {
  'an erased roster is gone: from load, from owners and from the indexes': async ({ storage, other }) => {
    const base = await create(storage, OWNER, { put: [asking(JULIET)], owe: [owed('a')] })
    await commit(storage, OWNER, base, { erase: true })
    await assertNone(other, OWNER)
    await assertOwners(other, [])
    await assertOwners(other, [], { with: 'owed' })
    await assertOwners(other, [], { with: 'request' })
  },

  'an erasure from another revision conflicts and erases nothing': async ({ storage }) => {
    const first = await create(storage, OWNER, { put: [item(JULIET)] })
    const revision = await commit(storage, OWNER, first, { put: [item(NURSE)] })
    await assertConflict(storage, OWNER, first, { erase: true })
    await assertConflict(storage, OWNER, undefined, { erase: true })
    await assertRoster(storage, OWNER, { items: [item(JULIET), item(NURSE)], revision })
  },

  'a roster that is made anew after an erasure holds nothing of the old one': async ({ storage }) => {
    const base = await create(storage, OWNER, { put: [asking(JULIET), item(NURSE)], version: 'v1', owe: [owed('a')] })
    await commit(storage, OWNER, base, { erase: true })
    const revision = await create(storage, OWNER, { put: [item(NURSE, { state: 'to' })] })
    await assertRoster(storage, OWNER, { items: [item(NURSE, { state: 'to' })], revision })
    await assertOwners(storage, [OWNER])
    await assertOwners(storage, [], { with: 'owed' })
    await assertOwners(storage, [], { with: 'request' })
  },

  'who still holds an erased roster conflicts, also when it was made anew': async ({ storage, other }) => {
    const stale = await create(storage, OWNER, { put: [item(JULIET)] })
    await commit(storage, OWNER, stale, { erase: true })
    await assertConflict(other, OWNER, stale, { put: [item(NURSE)] })
    await assertNone(storage, OWNER)
    const revision = await create(storage, OWNER)
    await assertConflict(other, OWNER, stale, { put: [item(NURSE)] })
    await assertConflict(other, OWNER, stale, { erase: true })
    await assertRoster(other, OWNER, { revision })
  },

  'an erasure leaves the other owners alone': async ({ storage }) => {
    const held = { put: [asking(JULIET)], owe: [owed('a')] }
    const base = await create(storage, OWNER, held)
    const revision = await create(storage, NURSE, held)
    await commit(storage, OWNER, base, { erase: true })
    await assertRoster(storage, NURSE, { items: held.put, owed: held.owe, revision })
    await assertOwners(storage, [NURSE], { with: 'owed' })
    await assertOwners(storage, [NURSE], { with: 'request' })
  },
}
