import assert from 'node:assert/strict'
import { commit, create, item, JULIET, NOW, NURSE, OWNER, owed, type Promised, read } from './subject.js'

export function owedPromises(promise: Promised): void {
  promise('what is owed comes back in the order in which it was owed', async ({ storage, other }) => {
    // The ids, the times and the order say three different things.
    const first = await create(storage, OWNER, { owe: [owed('m', NOW + 2), owed('z'), owed('a', NOW + 1)] })
    await commit(other, OWNER, first, { owe: [owed('k'), owed('b')] })
    const ids = (await read(storage, OWNER))?.owed.map(({ id }) => id)
    assert.deepEqual(ids, ['m', 'z', 'a', 'k', 'b'])
  })

  promise('what is owed comes back word for word', async ({ storage }) => {
    const stanza = {
      id: '<"\'&%:é🌹',
      at: NOW,
      xml: `<presence><status>${'é🌹'.repeat(20_000)}\n\t]]&gt;</status></presence>`,
    }
    await create(storage, OWNER, { owe: [stanza] })
    assert.deepEqual((await read(storage, OWNER))?.owed, [stanza])
  })

  promise('settle takes only the stanzas that it names', async ({ storage }) => {
    const base = await create(storage, OWNER, { owe: [owed('a'), owed('b'), owed('c')] })
    await commit(storage, OWNER, base, { settle: ['b', 'unknown'] })
    assert.deepEqual((await read(storage, OWNER))?.owed, [owed('a'), owed('c')])
  })

  promise('one commit may put, remove, settle and owe', async ({ storage }) => {
    const base = await create(storage, OWNER, { put: [item(JULIET)], version: '1', owe: [owed('a'), owed('b')] })
    const edit = { put: [item(NURSE)], remove: [JULIET], version: '2', settle: ['a'], owe: [owed('c')] }
    const revision = await commit(storage, OWNER, base, edit)
    const expected = { items: [item(NURSE)], version: '2', owed: [owed('b'), owed('c')], revision }
    assert.deepEqual(await read(storage, OWNER), expected)
  })

  promise('a stanza that is owed again under its id takes the place of the former', async ({ storage }) => {
    const base = await create(storage, OWNER, { owe: [owed('a')] })
    const again = { ...owed('a', NOW + 1), xml: "<presence id='a' type='unsubscribed'/>" }
    await commit(storage, OWNER, base, { owe: [again] })
    assert.deepEqual((await read(storage, OWNER))?.owed, [again])
  })

  promise('two owners may owe under the same id', async ({ storage }) => {
    const base = await create(storage, OWNER, { owe: [owed('a')] })
    await create(storage, NURSE, { owe: [owed('a')] })
    await commit(storage, OWNER, base, { settle: ['a'] })
    assert.deepEqual((await read(storage, OWNER))?.owed, [])
    assert.deepEqual((await read(storage, NURSE))?.owed, [owed('a')])
  })
}
