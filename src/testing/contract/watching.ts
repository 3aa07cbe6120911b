import { RosterError } from '../../core/errors.js'
import { shorten } from '../../core/text.js'
import type { RosterStorage, StorageListener } from '../../storage/port.js'
import { assertConflict, assertSame, inTime } from './assertions.js'
import { longest } from './keys.js'
import { type Chapter, commit, create, item, JULIET, newRevision, OWNER } from './subject.js'

/** Nothing here waits to see that nothing comes: what comes later in any case stands as a fence behind it. */
export const WATCHING: Chapter = {
  'watch, where it is there, tells of commits by anybody, with the revision': async ({ storage, other }) => {
    if (storage.watch === undefined) return
    const { listener, until } = hearing()
    const stop = await storage.watch(listener)
    const first = await create(other, OWNER, { put: [item(JULIET)] })
    await until(OWNER, first)
    const second = await commit(storage, OWNER, first)
    await until(OWNER, second)
    await stop()
  },

  'watch, where it is there, names owners as they are, whatever they are made of': async ({ storage, other }) => {
    if (storage.watch === undefined) return
    const { listener, until } = hearing()
    const stop = await storage.watch(listener)
    for (const owner of ['o\'brien "\\@example.com', 'andré,\u{1F339}:@example.com', '__proto__', longest('é', '1')]) {
      await until(owner, await create(other, owner))
    }
    await stop()
  },

  'watch, where it is there, tells of an erasure without a revision': async ({ storage, other }) => {
    if (storage.watch === undefined) return
    const { listener, until } = hearing()
    const stop = await storage.watch(listener)
    const base = await create(other, OWNER)
    await until(OWNER, base)
    await commit(other, OWNER, base, { erase: true })
    await until(OWNER, undefined)
    await until(OWNER, await create(other, OWNER))
    await stop()
  },

  'watch, where it is there, tells only of what was written': async ({ storage, other }) => {
    if (storage.watch === undefined) return
    const { heard, listener, until } = hearing()
    const stop = await storage.watch(listener)
    const first = await create(other, OWNER)
    await assertConflict(other, OWNER, newRevision(), { put: [item(JULIET)] })
    const last = await commit(other, OWNER, first)
    await until(OWNER, last)
    const others = heard.filter(([, revision]) => revision !== first && revision !== last)
    assertSame(others, [], 'the watcher is told of a commit that was refused')
    await stop()
  },

  'watch, where it is there, tells only of its own storage': async ({ storage, other, elsewhere }) => {
    if (storage.watch === undefined) return
    const { heard, listener, until } = hearing()
    const stop = await storage.watch(listener)
    const foreign = await create(await elsewhere(), OWNER)
    await until(OWNER, await create(other, OWNER))
    assertSame(heardOf(heard, foreign), [], 'the watcher is told of a commit to another storage')
    await stop()
  },

  'watch, where it is there, ends with stop: nothing is heard afterwards': async ({ storage, other }) => {
    if (storage.watch === undefined) return
    const [stopped, going] = [hearing(), hearing()]
    const stop = await storage.watch(stopped.listener)
    const stopOther = await storage.watch(going.listener)
    const first = await create(other, OWNER)
    await Promise.all([stopped.until(OWNER, first), going.until(OWNER, first)])
    await stop()
    const second = await commit(other, OWNER, first)
    await going.until(OWNER, second)
    await going.until(OWNER, await commit(storage, OWNER, second))
    await stopOther()
    assertSame(heardOf(stopped.heard, second), [], 'a watcher is told after it has stopped')
  },

  'watch, where it is there, tells every listener, of both views, and each once more after another one stopped':
    async ({ storage, other }) => {
      const listeners = [hearing(), hearing(), hearing()] as const
      const stops = await watchAll(storage, other, listeners)
      if (stops === undefined) return
      const first = await create(storage, OWNER)
      await Promise.all(listeners.map(({ until }) => until(OWNER, first)))
      await stops[0]?.()
      const second = await commit(storage, OWNER, first)
      await Promise.all(listeners.slice(1).map(({ until }) => until(OWNER, second)))
      for (const stop of stops.slice(1)) await stop()
    },

  'watch, where it is there, survives a listener that throws, and so does the committer': async ({ storage }) => {
    if (storage.watch === undefined) return
    const trouble = () => {
      throw new RosterError('LISTENER_FAILED', 'This listener always throws.')
    }
    const { listener, until } = hearing()
    const stops = [await storage.watch({ changed: trouble, gap: trouble }), await storage.watch(listener)]
    const first = await create(storage, OWNER)
    await until(OWNER, first)
    await until(OWNER, await commit(storage, OWNER, first))
    for (const stop of stops) await stop()
  },
}

type Heard = readonly [owner: string, revision: string | undefined]

/** A listener that keeps what it hears, and says when it has heard of a revision. */
interface Hearing {
  readonly heard: readonly Heard[]
  readonly listener: StorageListener
  until(owner: string, revision: string | undefined): Promise<void>
}

function hearing(): Hearing {
  const heard: Heard[] = []
  const waiting = new Set<() => void>()
  const listener: StorageListener = {
    changed(owner, revision) {
      heard.push([owner, revision])
      for (const look of waiting) look()
    },
    gap: () => undefined,
  }
  const until = (owner: string, revision: string | undefined) => {
    const told = new Promise<void>((resolve) => {
      const look = () => {
        if (heard.some(([who, what]) => who === owner && what === revision)) resolve()
      }
      waiting.add(look)
      look()
    })
    const what = revision === undefined ? 'the erasure' : `revision ${revision}`
    return inTime(`the watcher must be told of ${what} of ${shorten(owner)}`, told)
  }
  return { heard, listener, until }
}

const heardOf = (heard: readonly Heard[], wanted: string): readonly Heard[] =>
  heard.filter(([, revision]) => revision === wanted)

/** Two of them on the first view, the others on the second one. */
async function watchAll(storage: RosterStorage, other: RosterStorage, [a, b, c]: readonly [Hearing, Hearing, Hearing]) {
  if (storage.watch === undefined || other.watch === undefined) return undefined
  return [await storage.watch(a.listener), await storage.watch(b.listener), await other.watch(c.listener)]
}
