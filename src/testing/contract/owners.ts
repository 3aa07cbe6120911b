import assert from 'node:assert/strict'
import { asking, commit, create, item, JULIET, NURSE, OWNER, owed, ownersOf, type Promised, read } from './subject.js'

const NAMES = Array.from({ length: 250 }, (_, index) => `user${String(index).padStart(3, '0')}@example.net`)

export function ownerPromises(promise: Promised): void {
  promise('owners names every owner, at least once', async ({ storage, other }) => {
    await Promise.all(NAMES.map((owner) => create(storage, owner)))
    assert.deepEqual(await ownersOf(other), NAMES)
  })

  promise(
    'owners that are there throughout are named although others come, change and go meanwhile',
    async ({ storage, other }) => {
      const revisions = new Map<string, string>()
      for (const owner of NAMES) revisions.set(owner, await create(storage, owner, { owe: [owed('a')] }))
      const [leaving, staying] = [NAMES.slice(0, 50), NAMES.slice(50)]
      const named = new Set<string>()
      for await (const owner of storage.owners({ with: 'owed' })) {
        if (named.size < 50) await create(other, `late${named.size}@example.net`, { owe: [owed('a')] })
        named.add(owner)
        const gone = leaving.pop()
        if (gone !== undefined) await commit(other, gone, revisions.get(gone), { erase: true })
      }
      assert.deepEqual(
        staying.filter((owner) => !named.has(owner)),
        [],
      )
    },
  )

  promise('a walk over what is owed ends, although its owners settle it and owe anew', async ({ storage }) => {
    for (const owner of [OWNER, JULIET, NURSE]) await create(storage, owner, { owe: [owed('a')] })
    let steps = 0
    for await (const owner of storage.owners({ with: 'owed' })) {
      const settled = await commit(storage, owner, (await read(storage, owner))?.revision, { settle: ['a'] })
      await commit(storage, owner, settled, { owe: [owed('a')] })
      steps += 1
      assert.ok(steps < 100, 'the walk goes round in circles')
    }
    assert.ok(steps >= 3)
  })

  promise('the domain of owners is matched exactly', async ({ storage, other }) => {
    const near = [
      'a@sub.example.com',
      'a@notexample.com',
      'a@example.com.net',
      'a@example_com',
      'a@EXAMPLE.com',
      'a@éxample.com',
    ]
    const foreign = [...near, 'example.com@example.net', 'sub.example.com', 'notexample.com', 'example%']
    const own = ['andre@example.com', 'andré@example.com', 'example.com', 'o%_*@example.com']
    for (const owner of [...foreign, ...own]) await create(storage, owner)
    assert.deepEqual(await ownersOf(other, { domain: 'example.com' }), [...own].sort())
    assert.deepEqual(await ownersOf(other, { domain: 'sub.example.com' }), ['a@sub.example.com', 'sub.example.com'])
    assert.deepEqual(await ownersOf(other, { domain: 'com' }), [])
  })

  promise('an owner that is a domain belongs to that domain', async ({ storage, other }) => {
    await create(storage, 'comp.localhost', { put: [asking(JULIET)], owe: [owed('a')] })
    await create(storage, 'bot@comp.localhost')
    await create(storage, 'localhost')
    assert.deepEqual(await ownersOf(other, { domain: 'comp.localhost' }), ['bot@comp.localhost', 'comp.localhost'])
    assert.deepEqual(await ownersOf(other, { domain: 'localhost' }), ['localhost'])
    assert.deepEqual((await read(other, 'comp.localhost'))?.items, [asking(JULIET)])
  })

  promise('a walk that was called off before it began rejects with the reason', async ({ storage }) => {
    await create(storage, OWNER)
    const reason = new Error('shutting down')
    await assert.rejects(ownersOf(storage, { signal: AbortSignal.abort(reason) }), (error) => error === reason)
  })

  promise('a walk that is called off on its way rejects with the reason', async ({ storage }) => {
    for (const owner of [OWNER, JULIET, NURSE]) await create(storage, owner)
    const reason = new Error('shutting down')
    const controller = new AbortController()
    const named: string[] = []
    const walk = async () => {
      for await (const owner of storage.owners({ signal: controller.signal })) {
        named.push(owner)
        controller.abort(reason)
      }
    }
    await assert.rejects(walk, (error) => error === reason)
    assert.equal(named.length, 1)
  })
}

export function indexPromises(promise: Promised): void {
  promise('with: owed names who owes a stanza, until the last one is settled', async ({ storage, other }) => {
    await create(storage, NURSE, { put: [asking(JULIET)] })
    const first = await create(storage, OWNER)
    assert.deepEqual(await ownersOf(other, { with: 'owed' }), [])
    const second = await commit(storage, OWNER, first, { owe: [owed('a'), owed('b')] })
    assert.deepEqual(await ownersOf(other, { with: 'owed' }), [OWNER])
    const third = await commit(storage, OWNER, second, { settle: ['a'] })
    assert.deepEqual(await ownersOf(other, { with: 'owed' }), [OWNER])
    await commit(storage, OWNER, third, { settle: ['b'] })
    assert.deepEqual(await ownersOf(other, { with: 'owed' }), [])
  })

  promise('with: request names who holds a request, until the last one is answered', async ({ storage, other }) => {
    await create(storage, NURSE, { put: [item(JULIET, { state: 'none+in' })], owe: [owed('a')] })
    const first = await create(storage, OWNER, { put: [asking(JULIET), asking(NURSE), item('paris@example.com')] })
    assert.deepEqual(await ownersOf(other, { with: 'request' }), [OWNER])
    const second = await commit(storage, OWNER, first, { put: [item(JULIET, { state: 'from' })] })
    assert.deepEqual(await ownersOf(other, { with: 'request' }), [OWNER])
    const third = await commit(storage, OWNER, second, { put: [item(NURSE, { state: 'from' })] })
    assert.deepEqual(await ownersOf(other, { with: 'request' }), [])
    await commit(storage, OWNER, third, { put: [asking(NURSE)] })
    assert.deepEqual(await ownersOf(other, { with: 'request' }), [OWNER])
  })

  promise(
    'with: request is about the item that holds it: removed, put again or put twice',
    async ({ storage, other }) => {
      const first = await create(storage, OWNER, { put: [asking(JULIET)] })
      const second = await commit(storage, OWNER, first, { put: [asking(JULIET)] })
      const third = await commit(storage, OWNER, second, { remove: [JULIET, NURSE] })
      assert.deepEqual(await ownersOf(other, { with: 'request' }), [])
      const fourth = await commit(storage, OWNER, third, { put: [asking(JULIET, { state: 'to+in', unlisted: false })] })
      assert.deepEqual(await ownersOf(other, { with: 'request' }), [OWNER])
      await commit(storage, OWNER, fourth, { put: [item(NURSE)] })
      assert.deepEqual(await ownersOf(other, { with: 'request' }), [OWNER])
    },
  )

  promise('with and domain together name whom both name', async ({ storage, other }) => {
    await create(storage, 'a@example.com', { owe: [owed('a')] })
    await create(storage, 'b@example.com', { put: [asking(JULIET)] })
    await create(storage, 'a@example.net', { put: [asking(JULIET)], owe: [owed('a')] })
    assert.deepEqual(await ownersOf(other, { with: 'owed', domain: 'example.com' }), ['a@example.com'])
    assert.deepEqual(await ownersOf(other, { with: 'request', domain: 'example.com' }), ['b@example.com'])
    assert.deepEqual(await ownersOf(other, { with: 'request', domain: 'com' }), [])
  })
}
