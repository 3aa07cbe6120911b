import { assertOwners, assertRoster, assertSame } from './assertions.js'
import { type Chapter, commit, create, item, JULIET, NOW, NURSE, OWNER, owed } from './subject.js'

export const OWED: Chapter = {
  'what is owed comes back in the order in which it was owed': async ({ storage, other }) => {
    // The ids, the times and the order say three different things.
    const first = await create(storage, OWNER, { owe: [owed('m', NOW + 2), owed('z'), owed('a', NOW + 1)] })
    const second = await commit(other, OWNER, first, { owe: [owed('k'), owed('b')] })
    await commit(storage, OWNER, second, { settle: ['z'], owe: [owed('c', 0)] })
    const ids = (await other.load(OWNER))?.owed.map(({ id }) => id)
    assertSame(ids, ['m', 'a', 'k', 'b', 'c'], 'what is owed stands in another order')
  },

  'what is owed comes back word for word': async ({ storage }) => {
    const xml = `<presence><status>${'é🌹'.repeat(20_000)} \n\t]]&gt;\\n%s $1 </status></presence> `
    const stanza = { id: '<"\'&%:é🌹', at: NOW, xml }
    const revision = await create(storage, OWNER, { owe: [stanza] })
    await assertRoster(storage, OWNER, { owed: [stanza], revision })
  },

  'settle takes only the stanzas that it names': async ({ storage }) => {
    const ids = ['a', 'A', 'á', 'a ', '%', '_', 'b']
    const base = await create(storage, OWNER, { owe: ids.map((id) => owed(id)) })
    const revision = await commit(storage, OWNER, base, { settle: ['a', '_', '%', 'unknown'] })
    await assertRoster(storage, OWNER, { owed: [owed('A'), owed('á'), owed('a '), owed('b')], revision })
  },

  'one commit may put, remove, settle and owe': async ({ storage }) => {
    const base = await create(storage, OWNER, { put: [item(JULIET)], version: '1', owe: [owed('a'), owed('b')] })
    const edit = { put: [item(NURSE)], remove: [JULIET], version: '2', settle: ['a'], owe: [owed('c')] }
    const revision = await commit(storage, OWNER, base, edit)
    const expected = { items: [item(NURSE)], version: '2', owed: [owed('b'), owed('c')], revision }
    await assertRoster(storage, OWNER, expected)
  },

  'a stanza that is owed again under its id takes the place of the former': async ({ storage }) => {
    const base = await create(storage, OWNER, { owe: [owed('a')] })
    const again = { ...owed('a', NOW + 1), xml: "<presence id='a' type='unsubscribed'/>" }
    const revision = await commit(storage, OWNER, base, { owe: [again] })
    await assertRoster(storage, OWNER, { owed: [again], revision })
  },

  'two owners may owe under the same id': async ({ storage }) => {
    const base = await create(storage, OWNER, { owe: [owed('a')] })
    const theirs = await create(storage, NURSE, { owe: [owed('a')] })
    const ours = await commit(storage, OWNER, base, { settle: ['a'] })
    await assertRoster(storage, OWNER, { revision: ours })
    await assertRoster(storage, NURSE, { owed: [owed('a')], revision: theirs })
    await assertOwners(storage, [NURSE], { with: 'owed' })
  },
}
