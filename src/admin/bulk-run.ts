import { type Clock, wakefulClock } from '../core/clock.js'
import { inWords, RosterError } from '../core/errors.js'
import type { CallOptions } from '../roster/options.js'
import type { BulkOptions, BulkSummary } from './bulk.js'

/** One change; it is given what the caller has said about waiting. */
export type Change = (call: CallOptions) => Promise<unknown>

/** Looks whether there is a change to make; `undefined`: what is wanted is there already. Throws why there cannot be one. */
export type Find = (call: CallOptions) => Change | undefined | Promise<Change | undefined>

/** Whatever a place throws is one of ours from here on. What a stranger's error means for the change, nobody knows. */
export function asRosterError(owner: string, contact: string | undefined, cause: unknown): RosterError {
  if (cause instanceof RosterError) return cause
  return new RosterError(
    'NOT_CONNECTED',
    `The place of the roster of ${owner} failed, and whether anything was changed is not known: ${inWords(cause)}`,
    { owner, contact, cause },
  )
}

/** Long work, one change after the other: it counts, waits, tells and stops, whatever the changes are. */
export class BulkRun {
  readonly #options: BulkOptions
  readonly #clock: Clock
  /** Milliseconds from the beginning of one change to that of the next. */
  readonly #distance: number
  readonly #errors: BulkSummary['errors'][number][] = []
  #total: number | undefined
  #done = 0
  #stopped = false
  #next = Number.NEGATIVE_INFINITY

  constructor(options: BulkOptions) {
    const { rate = Number.POSITIVE_INFINITY, clock = wakefulClock } = options
    if (typeof rate !== 'number' || !(rate > 0))
      throw new RosterError(
        'ITEM_INVALID',
        `Expected a rate of more than 0 changes per second, but ${rate} came; nothing was changed.`,
      )
    this.#options = options
    this.#clock = clock
    this.#distance = 1000 / rate
  }

  /** How long and until when each call waits. */
  get call(): CallOptions {
    const { signal, timeout } = this.#options
    return { ...(signal === undefined ? {} : { signal }), ...(timeout === undefined ? {} : { timeout }) }
  }

  /** From now on it is known how many changes there will be. */
  expect(total: number): void {
    this.#total = total
  }

  /** Asked before each piece of work: whether the rest is left undone. */
  stops(): boolean {
    if (this.#options.signal?.aborted === true) this.#stopped = true
    return this.#stopped
  }

  /** Reads what the work needs. `undefined`: it was stopped meanwhile. */
  async read<T>(read: (call: CallOptions) => Promise<T>): Promise<T | undefined> {
    if (this.stops()) return undefined
    try {
      return await read(this.call)
    } catch (cause) {
      if (this.#isEndedBy(cause)) return undefined
      throw cause
    }
  }

  /** As {@link read}, but a failure is noted, and the work goes on. */
  async readOf<T>(owner: string, read: (call: CallOptions) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.read(read)
    } catch (cause) {
      this.#failed(owner, undefined, cause)
      return undefined
    }
  }

  /** Makes one change, in its turn, if there is one to make. */
  async change(owner: string, contact: string, find: Find): Promise<void> {
    try {
      const first = await find(this.call)
      // What was decided before the wait may be wrong behind it.
      const change = first !== undefined && (await this.#turn()) ? await find(this.call) : first
      await change?.(this.call)
    } catch (cause) {
      if (!this.#isEndedBy(cause)) this.#failed(owner, contact, cause)
      return
    }
    this.count(owner, contact, 1)
  }

  /** So many changes are made, or would be. */
  count(owner: string, contact: string | undefined, changes: number): void {
    this.#done += changes
    this.#tell(owner, contact, undefined)
  }

  summary(): BulkSummary {
    return Object.freeze({
      done: this.#done,
      failed: this.#errors.length,
      stopped: this.#stopped,
      errors: Object.freeze([...this.#errors]),
    })
  }

  #failed(owner: string, contact: string | undefined, cause: unknown): void {
    const error = asRosterError(owner, contact, cause)
    this.#errors.push(Object.freeze({ owner, contact, error }))
    this.#tell(owner, contact, error)
  }

  #tell(owner: string, contact: string | undefined, error: RosterError | undefined): void {
    const progress = { done: this.#done, total: this.#total, failed: this.#errors.length, owner, contact, error }
    this.#options.onProgress?.(Object.freeze(progress))
  }

  #isEndedBy(cause: unknown): boolean {
    const { signal } = this.#options
    if (signal?.aborted !== true || cause !== signal.reason) return false
    this.#stopped = true
    return true
  }

  /** Resolves when the next change may begin: whether it had to wait. */
  async #turn(): Promise<boolean> {
    if (this.#distance === 0) return false
    const now = this.#clock.now()
    // A clock that was set back must not make a pause of what it was set back by.
    const at = Math.min(Math.max(now, this.#next), now + this.#distance)
    this.#next = at + this.#distance
    if (at > now) await this.#pause(at - now)
    return at > now
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#options
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(ms, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      const onAbort = (): void => {
        cancel()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }
}
