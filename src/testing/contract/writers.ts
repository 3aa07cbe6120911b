import type { StoredRoster } from '../../storage/port.js'
import { assertNone, assertOwners, assertRoster, assertSame, read, winnerOf } from './assertions.js'
import {
  type Chapter,
  commit,
  create,
  deepFreeze,
  item,
  JULIET,
  NURSE,
  names,
  OWNER,
  owed,
  retrying,
  type Subject,
} from './subject.js'

const RIVALS = deepFreeze(names(20).map((jid) => item(jid)))

/** One after the other through one view and the other. */
const viewOf = ({ storage, other }: Subject, index: number) => (index % 2 ? storage : other)

/** Several processes on one storage: each sees what the others wrote, and nobody's change is lost. */
export const VIEWS: Chapter = {
  'what one view commits, another one loads': async ({ storage, other }) => {
    const first = await create(storage, OWNER, { put: [item(JULIET)] })
    // Both have read it before the other one writes: whoever trusts a cache is found out.
    for (const view of [storage, other]) await assertRoster(view, OWNER, { items: [item(JULIET)], revision: first })
    const second = await commit(other, OWNER, first, { remove: [JULIET], put: [item(NURSE)] })
    for (const view of [storage, other]) await assertRoster(view, OWNER, { items: [item(NURSE)], revision: second })
    await commit(storage, OWNER, second, { erase: true })
    for (const view of [storage, other]) await assertNone(view, OWNER)
  },

  'a view that is opened later sees what was written before': async ({ storage, again }) => {
    const revision = await create(storage, OWNER, { put: [item(JULIET)], owe: [owed('a')], version: '1' })
    const later = await again()
    await assertRoster(later, OWNER, { items: [item(JULIET)], owed: [owed('a')], version: '1', revision })
    await assertOwners(later, [OWNER], { with: 'owed' })
  },

  'storages under two names know nothing of each other': async ({ storage, elsewhere }) => {
    const far = await elsewhere()
    const here = await create(storage, OWNER, { put: [item(JULIET)], owe: [owed('a')] })
    await assertNone(far, OWNER)
    await assertOwners(far, [])
    const there = await create(far, OWNER, { put: [item(NURSE)] })
    await assertOwners(far, [], { with: 'owed' })
    await assertRoster(storage, OWNER, { items: [item(JULIET)], owed: [owed('a')], revision: here })
    await assertRoster(far, OWNER, { items: [item(NURSE)], revision: there })
  },

  'owners are apart: writing one leaves the revision of another': async ({ storage, other }) => {
    const base = await create(storage, OWNER, { put: [item(JULIET)] })
    const revision = await create(storage, NURSE, { put: [item(JULIET, { name: 'My lamb' })] })
    await commit(other, OWNER, base, { put: [item(JULIET, { state: 'both' })], version: '1' })
    await assertRoster(storage, NURSE, { items: [item(JULIET, { name: 'My lamb' })], revision })
    await commit(other, NURSE, revision)
  },
}

export const WRITERS: Chapter = {
  'of many who create the same roster at once one succeeds, the others conflict': async (subject) => {
    const attempts = RIVALS.map((rival, index) => create(viewOf(subject, index), OWNER, { put: [rival] }))
    const winner = winnerOf(await Promise.allSettled(attempts))
    assertSame((await read(subject.storage, OWNER))?.items, [RIVALS[winner]], 'the roster is not what the winner wrote')
  },

  'of many who commit from the same revision at once one succeeds, the others conflict': async (subject) => {
    const base = await create(subject.storage, OWNER)
    const attempts = RIVALS.map((rival, index) =>
      commit(viewOf(subject, index), OWNER, base, { put: [rival], owe: [owed(rival.jid)] }),
    )
    const winner = winnerOf(await Promise.allSettled(attempts))
    const roster = await read(subject.storage, OWNER)
    assertSame(roster?.items, [RIVALS[winner]], 'the roster is not what the winner wrote')
    assertSame(
      roster?.owed.map(({ id }) => id),
      [RIVALS[winner]?.jid],
      'what is owed is not what the winner wrote',
    )
  },

  'of many who erase and change from the same revision at once one succeeds, the others conflict': async (subject) => {
    const base = await create(subject.storage, OWNER)
    const attempts = RIVALS.map((rival, index) =>
      commit(viewOf(subject, index), OWNER, base, index % 4 < 2 ? { erase: true } : { put: [rival] }),
    )
    const winner = winnerOf(await Promise.allSettled(attempts))
    const expected = winner % 4 < 2 ? undefined : [RIVALS[winner]]
    assertSame((await read(subject.other, OWNER))?.items, expected, 'the roster is not what the winner made of it')
  },

  'many writers of one roster who try again after a conflict lose no update': async (subject) => {
    await create(subject.storage, OWNER, { version: '0' })
    const count = (roster: StoredRoster | undefined) => String(Number(roster?.version) + 1)
    const writers = RIVALS.map((rival, index) =>
      retrying(viewOf(subject, index), OWNER, (roster) => ({ put: [rival], version: count(roster) })),
    )
    await Promise.all(writers)
    const roster = await read(subject.storage, OWNER)
    assertSame(roster?.version, String(RIVALS.length), 'an update of the version was lost')
    assertSame(roster?.items, RIVALS, 'an item was lost')
  },

  'who reads while others write sees whole commits only': async ({ storage, other }) => {
    const edit = (name: string) => ({ version: name, put: [item(JULIET, { name }), item(NURSE, { name })] })
    await create(storage, OWNER, edit('0'))
    const write = async () => {
      for (let step = 0; step < 30; step++) {
        await retrying(storage, OWNER, (roster) => edit(String(Number(roster?.version) + 1)))
      }
    }
    const look = async () => {
      for (let step = 0; step < 30; step++) {
        const roster = await read(other, OWNER)
        const seen = roster?.items.map(({ name }) => name)
        assertSame(seen, [roster?.version, roster?.version], 'the items and the version are of different commits')
      }
    }
    await Promise.all([write(), look()])
  },
}
