import assert from 'node:assert/strict'
import type { RosterChanges, RosterStorage, StoredRoster } from '../../storage/port.js'
import { parseRosterChanges } from '../../storage/record.js'
import { assertSame, comparable, read } from './assertions.js'
import {
  asking,
  type Chapter,
  commit,
  create,
  item,
  JULIET,
  NURSE,
  newRevision,
  OWNER,
  owed,
  PARIS,
  TYBALT,
} from './subject.js'

/** "Not known any more" is always a fair answer, except for the last commit; a wrong one never is. */
export const CHANGES: Chapter = {
  'changes, where it is there, say what makes the roster of then that of now': async ({ storage, other }) => {
    const then: (StoredRoster | undefined)[] = []
    const see = async (revision: string) => {
      then.push(await read(other, OWNER))
      return revision
    }
    const whole = { put: [item(JULIET), item(NURSE), item(TYBALT)], version: '1', owe: [owed('a')] }
    let base = await see(await create(storage, OWNER, whole))
    for (const edit of [
      { put: [asking(PARIS)], settle: ['a'], owe: [owed('b')] },
      { remove: [NURSE, TYBALT, PARIS], version: '2' },
      { put: [item(NURSE, { state: 'both' })], owe: [owed('c')] },
      { put: [item(JULIET, { name: 'Ju' })], settle: ['b', 'c'] },
      {},
    ]) {
      base = await see(await commit(storage, OWNER, base, edit))
      for (const roster of then) await assertLeads(other, roster)
    }
  },

  'changes, where it is there, know the last commit, and nothing new after it': async ({ storage, other }) => {
    if (other.changes === undefined) return
    const first = await create(storage, OWNER, { put: [item(JULIET)], owe: [owed('a')] })
    const second = await commit(storage, OWNER, first, { put: [item(NURSE)], remove: [JULIET] })
    assert.ok(await changesSince(other, first), 'the last commit is not known')
    const nothing = await changesSince(other, second)
    assert.ok(nothing, 'the present revision is not known')
    const { put, remove, owed: stanzas, revision } = nothing
    assertSame({ put, remove, revision }, { put: [], remove: [], revision: second }, 'nothing has changed since')
    assertSame(stanzas, [owed('a')], 'all that is owed now is told, also when nothing has changed')
  },

  'changes, where it is there, name what is owed now, in its order, and not only what was added': async ({
    storage,
  }) => {
    const first = await create(storage, OWNER, { owe: [owed('m'), owed('z'), owed('a')] })
    const second = await commit(storage, OWNER, first, { owe: [owed('k')], settle: ['z'] })
    for (const since of [first, second]) {
      const changes = await changesSince(storage, since)
      if (changes !== undefined)
        assertSame(
          changes.owed,
          ['m', 'a', 'k'].map((id) => owed(id)),
          'what is owed differs',
        )
    }
  },

  'changes, where it is there, name the version as it is now, also when it is an old one': async ({ storage }) => {
    const first = await create(storage, OWNER, { version: 'v1' })
    const second = await commit(storage, OWNER, first, { put: [item(JULIET)] })
    for (const since of [first, second]) {
      const changes = await changesSince(storage, since)
      if (changes !== undefined) assertSame(changes.version, 'v1', 'another version stands there now')
    }
  },

  'changes, where it is there, name an item once: as removed or as it is now': async ({ storage }) => {
    const first = await create(storage, OWNER, { put: [item(JULIET), item(NURSE)] })
    const second = await commit(storage, OWNER, first, { remove: [JULIET], put: [item(NURSE, { name: 'Angelica' })] })
    await commit(storage, OWNER, second, { put: [item(JULIET, { state: 'to' })], remove: [NURSE] })
    const changes = await changesSince(storage, first)
    if (changes === undefined) return
    assertSame(changes.put, [item(JULIET, { state: 'to' })], 'who was removed and came back is put')
    assertSame(changes.remove, [NURSE], 'who was changed and then removed is removed')
  },

  'changes, where it is there, are right after many commits, or not known any more': async ({ storage, other }) => {
    if (storage.changes === undefined) return
    let base = await create(storage, OWNER, { put: [item(JULIET), item(NURSE)] })
    const then = await read(other, OWNER)
    for (let step = 0; step < 100; step++) {
      base = await commit(
        storage,
        OWNER,
        base,
        step === 0 ? { remove: [NURSE] } : { put: [item(JULIET, { name: `${step}` })] },
      )
    }
    await assertLeads(other, then)
  },

  'changes, where it is there, know nothing of a strange revision, an erased roster or its successor': async ({
    storage,
    other,
  }) => {
    const unknown = async (since: string, what: string) => {
      for (const view of [storage, other]) assertSame(await view.changes?.(OWNER, since), undefined, what)
    }
    await unknown(newRevision(), 'there is no roster yet')
    const old = await create(storage, OWNER, { put: [item(JULIET)] })
    await unknown(newRevision(), 'the revision was never there')
    const last = await commit(storage, OWNER, old)
    await commit(storage, OWNER, last, { erase: true })
    await unknown(old, 'the roster was erased')
    await unknown(last, 'the roster was erased')
    await create(storage, OWNER)
    await unknown(old, 'the revision is that of an erased roster')
    await unknown(last, 'the revision is that of an erased roster')
  },
}

/** As the library reads it: through the border. `undefined`: not known any more, or the storage cannot tell at all. */
async function changesSince(storage: RosterStorage, since: string): Promise<RosterChanges | undefined> {
  const answer = await storage.changes?.(OWNER, since)
  return answer === undefined ? undefined : parseRosterChanges(OWNER, answer)
}

/** What has changed since `then`, applied to it, is what a load gives. */
async function assertLeads(storage: RosterStorage, then: StoredRoster | undefined): Promise<void> {
  if (then === undefined) return
  const changes = await changesSince(storage, then.revision)
  if (changes === undefined) return
  assertSame(applied(then, changes), await read(storage, OWNER), 'changes lead to another roster than load gives')
}

function applied(then: StoredRoster, { put, remove, ...now }: RosterChanges): StoredRoster {
  const items = new Map(then.items.map((known) => [known.jid, known]))
  for (const jid of remove) items.delete(jid)
  for (const changed of put) items.set(changed.jid, changed)
  return comparable(OWNER, { ...now, items: [...items.values()] })
}
