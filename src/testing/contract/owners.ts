import assert from 'node:assert/strict'
import { RosterError } from '../../core/errors.js'
import type { RosterStorage } from '../../storage/port.js'
import { assertOwners, assertRoster, assertSame, ownersOf } from './assertions.js'
import {
  asking,
  type Chapter,
  commit,
  create,
  forEach,
  JULIET,
  NURSE,
  names,
  OWNER,
  owed,
  retrying,
} from './subject.js'

const MANY = names(250)

/** A walk over all owners comes to each of them, whatever goes on meanwhile. */
export const OWNERS: Chapter = {
  'owners names every owner, at least once': async ({ storage, other }) => {
    await forEach(MANY, (owner) => retrying(storage, owner, () => ({})))
    await assertOwners(other, MANY)
  },

  'owners that are there throughout are named although others come, change and go meanwhile': async ({
    storage,
    other,
  }) => {
    await forEach(MANY, (owner) => retrying(storage, owner, () => ({ owe: [owed('a')] })))
    const [leaving, staying] = [MANY.slice(0, 50), MANY.slice(50)]
    const named = new Set<string>()
    for await (const owner of storage.owners({ with: 'owed' })) {
      if (named.size < 50) await create(other, `late${named.size}@example.net`, { owe: [owed('a')] })
      named.add(owner)
      const gone = leaving.pop()
      if (gone !== undefined) await retrying(other, gone, () => ({ erase: true }))
    }
    const missed = staying.filter((owner) => !named.has(owner))
    assertSame(missed, [], 'the walk missed owners that were there all the time')
  },

  'a walk over what is owed ends, although its owners settle it and owe anew': async ({ storage }) => {
    const owners = [OWNER, JULIET, NURSE]
    for (const owner of owners) await create(storage, owner, { owe: [owed('a')] })
    const named = new Set<string>()
    let steps = 0
    for await (const owner of storage.owners({ with: 'owed' })) {
      named.add(owner)
      await retrying(storage, owner, () => ({ settle: ['a'] }))
      await retrying(storage, owner, () => ({ owe: [owed('a')] }))
      steps += 1
      assert.ok(steps < 100, 'the walk goes round in circles')
    }
    assertSame([...named].sort(), [...owners].sort(), 'the walk missed owners')
  },

  'a walk that is left early holds nothing back': async ({ storage, other }) => {
    const first = await create(storage, OWNER)
    await create(storage, JULIET)
    // More than a pool has connections.
    for (let walks = 0; walks < 50; walks++) await firstOf(storage)
    const second = await commit(storage, OWNER, first)
    await assertRoster(other, OWNER, { revision: second })
    await assertOwners(storage, [OWNER, JULIET])
  },

  'a walk that was called off before it began rejects with the reason': async ({ storage }) => {
    await create(storage, OWNER)
    const reason = shuttingDown()
    const walk = ownersOf(storage, { signal: AbortSignal.abort(reason) })
    await assert.rejects(walk, isReason(reason), 'the walk went on to its end')
  },

  'a walk that is called off on its way rejects with the reason': async ({ storage }) => {
    for (const owner of [OWNER, JULIET, NURSE]) await create(storage, owner)
    const reason = shuttingDown()
    const controller = new AbortController()
    const named: string[] = []
    const walk = async () => {
      for await (const owner of storage.owners({ signal: controller.signal })) {
        named.push(owner)
        controller.abort(reason)
      }
    }
    await assert.rejects(walk, isReason(reason), 'the walk went on to its end')
    assert.equal(named.length, 1, `the walk named ${named.length - 1} more after it was called off`)
  },
}

export const DOMAINS: Chapter = {
  'the domain of owners is matched exactly: neither its end, nor its case, nor as a pattern': async ({
    storage,
    other,
  }) => {
    const near = ['a@sub.example.org', 'x@notexample.org', 'a@example.org.net', 'a@example_org', 'a@EXAMPLE.org']
    const nearer = ['a@éxample.org', 'a@example.or', 'example.org@example.net', 'a@exampleXorg']
    const foreign = [...near, ...nearer, 'sub.example.org', 'notexample.org', 'example%', '%', 'example.org ']
    const own = ['andre@example.org', 'andré@example.org', 'example.org', 'o%_*@example.org']
    await forEach([...foreign, ...own], (owner) => retrying(storage, owner, () => ({})))
    await assertOwners(other, own, { domain: 'example.org' })
    await assertOwners(other, ['a@sub.example.org', 'sub.example.org'], { domain: 'sub.example.org' })
    for (const domain of ['org', 'nobody.example', 'example.%', '*']) await assertOwners(other, [], { domain })
  },

  'an owner that is a domain belongs to that domain': async ({ storage, other }) => {
    const revision = await create(storage, 'comp.localhost', { put: [asking(JULIET)], owe: [owed('a')] })
    await create(storage, 'bot@comp.localhost')
    await create(storage, 'localhost')
    await assertOwners(other, ['bot@comp.localhost', 'comp.localhost'], { domain: 'comp.localhost' })
    await assertOwners(other, ['localhost'], { domain: 'localhost' })
    await assertRoster(other, 'comp.localhost', { items: [asking(JULIET)], owed: [owed('a')], revision })
  },
}

async function firstOf(storage: RosterStorage): Promise<string | undefined> {
  for await (const owner of storage.owners()) return owner
  return undefined
}

const isReason = (reason: unknown) => (error: unknown) => {
  assert.equal(error, reason, `the walk rejects with ${String(error)}, not with the reason of its signal`)
  return true
}

const shuttingDown = () => new RosterError('CLOSED', 'The one who walks is shutting down.')
