import assert from 'node:assert/strict'
import type { RosterChanges, RosterStorage, StorageListener, StoredRoster } from '../../storage/port.js'
import {
  asking,
  commit,
  comparable,
  create,
  inTime,
  item,
  JULIET,
  NURSE,
  newRevision,
  OWNER,
  owed,
  type Promised,
  read,
} from './subject.js'

const TYBALT = 'tybalt@example.com'

export function loadManyPromises(promise: Promised): void {
  promise(
    'loadMany, where it is there, gives what load gives and leaves out who has no roster',
    async ({ storage, other }) => {
      if (other.loadMany === undefined) return
      const names = ['__proto__', 'constructor', 'andre@example.com', 'andré@example.com', OWNER, 'comp.localhost']
      for (const owner of names)
        await create(storage, owner, { put: [asking(JULIET), item(NURSE)], owe: [owed(owner)] })
      const many = await other.loadMany([...names, 'nobody@example.com', OWNER, 'ANDRE@example.com'])
      assert.deepEqual([...many.keys()].sort(), [...names].sort())
      for (const owner of names) assert.deepEqual(comparable(owner, many.get(owner)), await read(storage, owner))
    },
  )

  promise('loadMany, where it is there, takes none and a thousand', async ({ storage }) => {
    if (storage.loadMany === undefined) return
    assert.equal((await storage.loadMany([])).size, 0)
    await create(storage, OWNER)
    const names = Array.from({ length: 1_000 }, (_, index) => `user${index}@example.net`)
    assert.deepEqual([...(await storage.loadMany([...names, OWNER])).keys()], [OWNER])
  })
}

export function changesPromises(promise: Promised): void {
  promise('changes, where it is there, say what makes the roster of then that of now', async ({ storage, other }) => {
    const first = await create(storage, OWNER, {
      put: [item(JULIET), item(NURSE), item(TYBALT)],
      version: '1',
      owe: [owed('a')],
    })
    const then = await read(storage, OWNER)
    const second = await commit(storage, OWNER, first, {
      put: [asking('paris@example.com')],
      settle: ['a'],
      owe: [owed('b')],
    })
    const third = await commit(storage, OWNER, second, { remove: [NURSE, TYBALT, 'paris@example.com'], version: '2' })
    await commit(storage, OWNER, third, { put: [item(NURSE, { state: 'both' })], owe: [owed('c')] })
    const now = await read(storage, OWNER)
    await assertLeads(other, then, now)
  })

  promise('changes, where it is there, know the last commit, and nothing new after it', async ({ storage, other }) => {
    if (other.changes === undefined) return
    const first = await create(storage, OWNER, { put: [item(JULIET)], owe: [owed('a')] })
    const second = await commit(storage, OWNER, first, { put: [item(NURSE)], remove: [JULIET] })
    assert.ok(await other.changes(OWNER, first), 'the last commit is known')
    const nothing = await other.changes(OWNER, second)
    assert.ok(nothing)
    assert.deepEqual([nothing.put, nothing.remove, nothing.owed, nothing.revision], [[], [], [owed('a')], second])
  })

  promise(
    'changes, where it is there, know nothing of a strange revision, an erased roster or its successor',
    async ({ storage }) => {
      if (storage.changes === undefined) return
      assert.equal(await storage.changes(OWNER, newRevision()), undefined)
      const old = await create(storage, OWNER, { put: [item(JULIET)] })
      assert.equal(await storage.changes(OWNER, newRevision()), undefined)
      await commit(storage, OWNER, old, { erase: true })
      assert.equal(await storage.changes(OWNER, old), undefined)
      await create(storage, OWNER)
      assert.equal(await storage.changes(OWNER, old), undefined)
    },
  )
}

/** What is not known any more is a fair answer: then there is nothing to compare. */
async function assertLeads(storage: RosterStorage, then: StoredRoster | undefined, now: StoredRoster | undefined) {
  if (storage.changes === undefined || then === undefined || now === undefined) return
  const changes = await storage.changes(OWNER, then.revision)
  if (changes !== undefined) assert.deepEqual(applied(then, changes), now)
}

function applied(
  roster: StoredRoster,
  { put, remove, owed, version, revision }: RosterChanges,
): StoredRoster | undefined {
  const items = new Map(roster.items.map((known) => [known.jid, known]))
  for (const jid of remove) items.delete(jid)
  for (const changed of put) items.set(changed.jid, changed)
  const latest = version ?? roster.version
  const whole = { items: [...items.values()], owed, revision }
  return comparable(OWNER, latest === undefined ? whole : { ...whole, version: latest })
}

/** A listener that keeps what it hears, and says when it has heard of a revision. */
function hearing() {
  const heard: (readonly [string, string | undefined])[] = []
  const waiting = new Set<() => void>()
  const listener: StorageListener = {
    changed(owner, revision) {
      heard.push([owner, revision])
      for (const look of waiting) look()
    },
    gap: () => undefined,
  }
  const until = (owner: string, revision: string | undefined) =>
    inTime(
      'the watcher is told',
      new Promise<void>((resolve) => {
        const look = () => {
          if (heard.some(([who, what]) => who === owner && what === revision)) resolve()
        }
        waiting.add(look)
        look()
      }),
    )
  return { heard, listener, until }
}

export function watchPromises(promise: Promised): void {
  promise('watch, where it is there, tells of commits by anybody, with the revision', async ({ storage, other }) => {
    if (storage.watch === undefined) return
    const { listener, until } = hearing()
    const stop = await storage.watch(listener)
    const first = await create(other, OWNER, { put: [item(JULIET)] })
    await until(OWNER, first)
    const second = await commit(storage, OWNER, first)
    await until(OWNER, second)
    await until('andré@example.com', await create(other, 'andré@example.com'))
    await stop()
  })

  promise('watch, where it is there, tells of an erasure without a revision', async ({ storage, other }) => {
    if (storage.watch === undefined) return
    const { listener, until } = hearing()
    const stop = await storage.watch(listener)
    const base = await create(other, OWNER)
    await commit(other, OWNER, base, { erase: true })
    await until(OWNER, undefined)
    await stop()
  })

  promise('watch, where it is there, tells only of what was written', async ({ storage, other }) => {
    if (storage.watch === undefined) return
    const { heard, listener, until } = hearing()
    const stop = await storage.watch(listener)
    const first = await create(other, OWNER)
    await commit(other, OWNER, newRevision(), { put: [item(JULIET)] }).catch(() => undefined)
    const last = await commit(other, OWNER, first)
    await until(OWNER, last)
    assert.deepEqual(new Set(heard.map(([, revision]) => revision)), new Set([first, last]))
    await stop()
  })

  promise('watch, where it is there, ends with stop: nothing is heard afterwards', async ({ storage, other }) => {
    if (storage.watch === undefined) return
    const [stopped, going] = [hearing(), hearing()]
    const stop = await storage.watch(stopped.listener)
    const stopOther = await storage.watch(going.listener)
    const first = await create(other, OWNER)
    await Promise.all([stopped.until(OWNER, first), going.until(OWNER, first)])
    await stop()
    const second = await commit(other, OWNER, first)
    await going.until(OWNER, second)
    await stopOther()
    assert.deepEqual(
      stopped.heard.filter(([, revision]) => revision === second),
      [],
    )
  })

  promise(
    'watch, where it is there, survives a listener that throws, and so does the committer',
    async ({ storage }) => {
      if (storage.watch === undefined) return
      const trouble = () => {
        throw new Error('a listener of the test')
      }
      const { listener, until } = hearing()
      const stops = [await storage.watch({ changed: trouble, gap: trouble }), await storage.watch(listener)]
      const first = await create(storage, OWNER)
      await until(OWNER, first)
      await until(OWNER, await commit(storage, OWNER, first))
      for (const stop of stops) await stop()
    },
  )
}
