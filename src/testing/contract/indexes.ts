import { assertOwners } from './assertions.js'
import {
  asking,
  type Chapter,
  commit,
  create,
  forEach,
  item,
  JULIET,
  NURSE,
  names,
  OWNER,
  owed,
  PARIS,
  retrying,
} from './subject.js'

/** `with` is true the moment the commit is done: a restart that trusts it must find everybody. */
export const INDEXES: Chapter = {
  'with: owed names who owes a stanza, until the last one is settled': async ({ storage, other }) => {
    await create(storage, NURSE, { put: [asking(JULIET)] })
    const first = await create(storage, OWNER)
    await assertOwners(other, [], { with: 'owed' })
    const second = await commit(storage, OWNER, first, { owe: [owed('a'), owed('b')] })
    await assertOwners(other, [OWNER], { with: 'owed' })
    const third = await commit(storage, OWNER, second, { settle: ['a'] })
    await assertOwners(other, [OWNER], { with: 'owed' })
    await commit(storage, OWNER, third, { settle: ['b'] })
    await assertOwners(other, [], { with: 'owed' })
  },

  'with: owed is about what is owed now: settled twice, owed twice, settled and owed at once': async ({
    storage,
    other,
  }) => {
    const first = await create(storage, OWNER, { owe: [owed('a')] })
    const second = await commit(storage, OWNER, first, { owe: [owed('a')] })
    const third = await commit(storage, OWNER, second, { settle: ['a', 'a', 'unknown'] })
    await assertOwners(other, [], { with: 'owed' })
    const fourth = await commit(storage, OWNER, third, { owe: [owed('b')], settle: ['b'] })
    await assertOwners(other, [OWNER], { with: 'owed' })
    await commit(storage, OWNER, fourth, { settle: ['unknown'] })
    await assertOwners(other, [OWNER], { with: 'owed' })
  },

  'with: request names who holds a request, until the last one is answered': async ({ storage, other }) => {
    await create(storage, NURSE, { put: [item(JULIET, { state: 'none+in' })], owe: [owed('a')] })
    const first = await create(storage, OWNER, { put: [asking(JULIET), asking(NURSE), item(PARIS)] })
    await assertOwners(other, [OWNER], { with: 'request' })
    const second = await commit(storage, OWNER, first, { put: [item(JULIET, { state: 'from' })] })
    await assertOwners(other, [OWNER], { with: 'request' })
    const third = await commit(storage, OWNER, second, { put: [item(NURSE, { state: 'from' })] })
    await assertOwners(other, [], { with: 'request' })
    await commit(storage, OWNER, third, { put: [asking(NURSE)] })
    await assertOwners(other, [OWNER], { with: 'request' })
  },

  'with: request is about the item that holds it: removed, put again or put twice': async ({ storage, other }) => {
    const first = await create(storage, OWNER, { put: [asking(JULIET)] })
    const second = await commit(storage, OWNER, first, { put: [asking(JULIET)] })
    const third = await commit(storage, OWNER, second, { remove: [JULIET, NURSE] })
    await assertOwners(other, [], { with: 'request' })
    const fourth = await commit(storage, OWNER, third, { put: [asking(JULIET, { state: 'to+in', unlisted: false })] })
    await assertOwners(other, [OWNER], { with: 'request' })
    await commit(storage, OWNER, fourth, { put: [item(NURSE)] })
    await assertOwners(other, [OWNER], { with: 'request' })
  },

  'with: request names who holds one, deferred or not': async ({ storage, other }) => {
    const request = { xml: '<presence/>', receivedAt: 0, deferred: false }
    await create(storage, OWNER, { put: [asking(JULIET, { request })] })
    await create(storage, NURSE, { put: [asking(JULIET, { request: { ...request, deferred: true } })] })
    await assertOwners(other, [NURSE, OWNER], { with: 'request' })
  },

  'with and domain together name whom both name': async ({ storage, other }) => {
    await create(storage, 'a@example.com', { owe: [owed('a')] })
    await create(storage, 'b@example.com', { put: [asking(JULIET)] })
    await create(storage, 'a@example.net', { put: [asking(JULIET)], owe: [owed('a')] })
    await assertOwners(other, ['a@example.com'], { with: 'owed', domain: 'example.com' })
    await assertOwners(other, ['b@example.com'], { with: 'request', domain: 'example.com' })
    await assertOwners(other, ['a@example.com', 'b@example.com'], { domain: 'example.com' })
    await assertOwners(other, [], { with: 'request', domain: 'com' })
  },

  'many owners that are written at once are all in the indexes, and out of them again': async ({ storage, other }) => {
    const many = names(50)
    const held = { put: [asking(JULIET)], owe: [owed('a')] }
    const over = { put: [item(JULIET)], settle: ['a'] }
    await forEach(many, (owner) => retrying(storage, owner, () => held))
    for (const index of ['owed', 'request'] as const) await assertOwners(other, many, { with: index })
    await forEach(many, (owner) => retrying(other, owner, () => over))
    for (const index of ['owed', 'request'] as const) await assertOwners(storage, [], { with: index })
    await assertOwners(storage, many)
  },
}
