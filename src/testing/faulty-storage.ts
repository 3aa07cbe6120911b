import type { Clock } from '../core/clock.js'
import { RosterError } from '../core/errors.js'
import type { OwnersFilter, RosterStorage } from '../storage/port.js'

/** One call of a storage's method: what a {@link StorageFaultPlan} is asked about. */
export interface StorageCall {
  /** The how-manieth call of this storage it is, whatever the method: the first one is 1. */
  readonly n: number
  /** Which method was called. */
  readonly method: keyof RosterStorage
}

/**
 * What becomes of a call. `'fail-before'`: it fails, and nothing was done. `'fail-after'`: it was done, and fails all the
 * same, as when a connection breaks before the answer is here. `delay`: it is done `delay` milliseconds later, or with
 * `when: 'after'` at once, and the answer comes later.
 */
export type StorageFault = 'fail-before' | 'fail-after' | { readonly delay: number; readonly when?: 'before' | 'after' }

/** Decides what becomes of a call; `undefined`: nothing in particular. */
export type StorageFaultPlan = (call: StorageCall) => StorageFault | undefined

/** Options of {@link faultyStorage}. */
export interface FaultyStorageOptions {
  /** What delays are counted by. Default: the real time; with a {@link manualClock} nobody waits. */
  readonly clock?: Pick<Clock, 'after'>
}

/**
 * A storage that fails or delays the calls that `plan` names, before or after they took effect; all others go through to
 * `storage`. It has the optional methods that `storage` has.
 *
 * ```ts
 * import { MemoryStorage } from 'xmpp-roster'
 * import { faultyStorage } from 'xmpp-roster/testing'
 *
 * // The second commit is written, and its answer lost.
 * let commits = 0
 * export const storage = faultyStorage(new MemoryStorage(), ({ method }) =>
 *   method === 'commit' && ++commits === 2 ? 'fail-after' : undefined,
 * )
 * ```
 *
 * Every call of a method is numbered, `close` and `watch` too, in the order in which they are made, also when several are
 * under way at once. A walk over `owners` is one call, however many owners it names: its plan is asked when it begins,
 * `'fail-before'` fails it before the first owner and `'fail-after'` after the last one; one that is left early does not
 * fail. `watch` that fails after it took effect goes on telling, and nobody can stop it. What a watcher is told, and its
 * stop, is no call.
 *
 * A planned failure rejects with a {@link RosterError} of code `STORAGE_FAILED`, with the owner where there is one. A plan
 * that throws decides for itself: the call rejects with what it threw, and nothing was done. That is how
 * `STORAGE_CONFLICT`, or a driver's own error, is played.
 */
export function faultyStorage(
  storage: RosterStorage,
  plan: StorageFaultPlan,
  options: FaultyStorageOptions = {},
): RosterStorage {
  let count = 0
  const next = (method: keyof RosterStorage, owner?: string): Passage => {
    count += 1
    return new Passage({ n: count, method }, plan, owner, options.clock)
  }
  const { loadMany, changes, watch, close } = storage
  return {
    load: (owner) => next('load', owner).through(() => storage.load(owner)),
    commit: (owner, change) => next('commit', owner).through(() => storage.commit(owner, change)),
    owners: (filter) => walk(next('owners'), storage, filter),
    ...(loadMany && { loadMany: (owners) => next('loadMany').through(() => loadMany.call(storage, owners)) }),
    ...(changes && {
      changes: (owner, since) => next('changes', owner).through(() => changes.call(storage, owner, since)),
    }),
    ...(watch && { watch: (listener) => next('watch').through(() => watch.call(storage, listener)) }),
    ...(close && { close: () => next('close').through(() => close.call(storage)) }),
  }
}

async function* walk(passage: Passage, storage: RosterStorage, filter: OwnersFilter | undefined) {
  const leave = await passage.enter()
  yield* storage.owners(filter)
  await leave()
}

/** The way of one call to the storage and back. */
class Passage {
  readonly #call: StorageCall
  readonly #plan: StorageFaultPlan
  readonly #owner: string | undefined
  readonly #clock: Pick<Clock, 'after'> | undefined

  constructor(call: StorageCall, plan: StorageFaultPlan, owner?: string, clock?: Pick<Clock, 'after'>) {
    this.#call = call
    this.#plan = plan
    this.#owner = owner
    this.#clock = clock
  }

  async through<T>(run: () => Promise<T>): Promise<T> {
    const leave = await this.enter()
    const answer = await run()
    await leave()
    return answer
  }

  /** Resolves when the storage may be asked, with the way back. */
  async enter(): Promise<() => Promise<void>> {
    const fault = this.#plan(this.#call)
    await this.#meet(fault, 'before')
    return () => this.#meet(fault, 'after')
  }

  async #meet(fault: StorageFault | undefined, when: 'before' | 'after'): Promise<void> {
    if (fault === `fail-${when}`) throw this.#failure(when)
    if (typeof fault === 'object' && (fault.when ?? 'before') === when) await this.#wait(fault.delay)
  }

  #failure(when: 'before' | 'after'): RosterError {
    const { n, method } = this.#call
    const message = `Call ${n} of this storage (${method}) fails as planned, ${when} it took effect.`
    return new RosterError('STORAGE_FAILED', message, { owner: this.#owner })
  }

  /** Unlike the clock of a `Roster`, a call that is under way keeps the process alive, as one to a database does. */
  async #wait(delay: number): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#clock === undefined) setTimeout(resolve, delay)
      else this.#clock.after(delay, resolve)
    })
  }
}
