import assert from 'node:assert/strict'
import type { StoredRoster } from '../../storage/port.js'
import {
  asking,
  commit,
  create,
  item,
  JULIET,
  NOW,
  NURSE,
  OWNER,
  owed,
  type Promised,
  read,
  retrying,
} from './subject.js'

const FIFTY = Array.from({ length: 50 }, (_, index) => `contact${String(index).padStart(2, '0')}@example.com`)

export function concurrencyPromises(promise: Promised): void {
  promise('what one view commits, another one loads', async ({ storage, other }) => {
    const first = await create(storage, OWNER, { put: [item(JULIET)] })
    // Both have read it before the other one writes: whoever trusts a cache is found out.
    for (const view of [storage, other]) assert.deepEqual((await read(view, OWNER))?.items, [item(JULIET)])
    const second = await commit(other, OWNER, first, { remove: [JULIET], put: [item(NURSE)] })
    for (const view of [storage, other]) assert.deepEqual((await read(view, OWNER))?.items, [item(NURSE)])
    await commit(storage, OWNER, second, { erase: true })
    for (const view of [storage, other]) assert.equal(await view.load(OWNER), undefined)
  })

  promise(
    'of many who create the same roster at once one succeeds, the others conflict',
    async ({ storage, other }) => {
      const attempts = FIFTY.map((jid, index) => create(index % 2 ? storage : other, OWNER, { put: [item(jid)] }))
      const outcomes = await Promise.allSettled(attempts)
      assertOneWon(outcomes)
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled')
      assert.deepEqual((await read(storage, OWNER))?.items, [item(FIFTY[winner]!)])
    },
  )

  promise(
    'of many who commit from the same revision at once one succeeds, the others conflict',
    async ({ storage, other }) => {
      const base = await create(storage, OWNER)
      const attempts = FIFTY.map((jid, index) =>
        commit(index % 2 ? storage : other, OWNER, base, { put: [item(jid)], owe: [owed(jid)] }),
      )
      const outcomes = await Promise.allSettled(attempts)
      assertOneWon(outcomes)
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled')
      const roster = await read(storage, OWNER)
      assert.deepEqual(roster?.items, [item(FIFTY[winner]!)])
      assert.deepEqual(roster?.owed, [owed(FIFTY[winner]!)])
    },
  )

  promise('fifty writers of one roster who try again after a conflict lose no update', async ({ storage, other }) => {
    await create(storage, OWNER, { version: '0' })
    const count = ({ version }: StoredRoster) => String(Number(version) + 1)
    const writers = FIFTY.map((jid, index) =>
      retrying(index % 2 ? storage : other, OWNER, (roster) => ({ put: [item(jid)], version: count(roster) })),
    )
    await Promise.all(writers)
    const roster = await read(storage, OWNER)
    assert.equal(roster?.version, '50')
    assert.deepEqual(
      roster?.items.map(({ jid }) => jid),
      FIFTY,
    )
  })

  promise('who reads while others write sees whole commits only', async ({ storage, other }) => {
    await create(storage, OWNER, { version: '0', put: [item(JULIET, { name: '0' }), item(NURSE, { name: '0' })] })
    const write = async () => {
      for (let step = 0; step < 50; step++) {
        await retrying(storage, OWNER, ({ version }) => {
          const name = String(Number(version) + 1)
          return { version: name, put: [item(JULIET, { name }), item(NURSE, { name })] }
        })
      }
    }
    const watch = async () => {
      for (let step = 0; step < 50; step++) {
        const roster = await read(other, OWNER)
        assert.deepEqual(
          roster?.items.map(({ name }) => name),
          [roster?.version, roster?.version],
        )
      }
    }
    await Promise.all([write(), watch()])
  })

  promise(
    'owners do not wait for each other: writing one leaves the revision of another',
    async ({ storage, other }) => {
      const base = await create(storage, OWNER, { put: [item(JULIET)] })
      await create(storage, NURSE, { put: [item(JULIET, { name: 'My lamb' })] })
      const before = await read(storage, NURSE)
      await commit(other, OWNER, base, { put: [item(JULIET, { state: 'both' })], version: '1' })
      assert.deepEqual(await read(storage, NURSE), before)
    },
  )
}

function assertOneWon(outcomes: readonly PromiseSettledResult<unknown>[]): void {
  const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
  assert.equal(lost.length, outcomes.length - 1, 'exactly one succeeds')
  for (const { reason } of lost) assert.equal(reason.code, 'STORAGE_CONFLICT', String(reason))
}

export function valuePromises(promise: Promised): void {
  promise('what was handed out does not change with later commits', async ({ storage }) => {
    const base = await create(storage, OWNER, { put: [asking(JULIET)], version: '1', owe: [owed('a')] })
    const roster = await storage.load(OWNER)
    const copy = structuredClone(roster)
    const next = await commit(storage, OWNER, base, { put: [item(JULIET), item(NURSE)], settle: ['a'], version: '2' })
    assert.deepEqual(roster, copy)
    await commit(storage, OWNER, next, { erase: true })
    assert.deepEqual(roster, copy)
  })

  promise('what was passed in may be changed afterwards: the storage does not see it', async ({ storage }) => {
    const request = { xml: '<presence/>', receivedAt: NOW, deferred: true }
    const contact = { ...asking(JULIET), groups: ['Friends'], request }
    const stanza = owed('a')
    const put = [contact]
    const owe = [stanza]
    await create(storage, OWNER, { put, owe })
    const before = structuredClone(await read(storage, OWNER))
    contact.groups.push('Enemies')
    Object.assign(contact, { name: 'Changed', state: 'both' })
    Object.assign(request, { xml: '<changed/>' })
    Object.assign(stanza, { xml: '<changed/>' })
    put.push({ ...contact, jid: NURSE })
    owe.push(owed('b'))
    assert.deepEqual(await read(storage, OWNER), before)
  })

  promise('what was handed out may be written to: the storage does not see it', async ({ storage, other }) => {
    await create(storage, OWNER, { put: [asking(JULIET, { groups: ['Friends'] })], owe: [owed('a')], version: '1' })
    const before = structuredClone(await read(storage, OWNER))
    const roster = await storage.load(OWNER)
    spoil(roster)
    assert.deepEqual(await read(storage, OWNER), before)
    assert.deepEqual(await read(other, OWNER), before)
  })
}

/** Changes whatever lets itself be changed. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) {
    spoil(part)
    if (typeof part === 'string') Reflect.set(value, key, 'spoilt')
  }
  if (Array.isArray(value) && !Object.isFrozen(value)) value.length = 0
}
