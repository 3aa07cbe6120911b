import type { Clock } from '../core/clock.js'
import { RosterError } from '../core/errors.js'
import type { CallOptions } from './options.js'

/** Waits for a promise as long as the caller wants to; what is waited for goes on. */
export function waitFor<T>(promise: Promise<T>, options: CallOptions, clock: Clock, what: string): Promise<T> {
  const { signal, timeout } = options
  if (signal?.aborted === true) {
    // What becomes of it has nobody left to hear it.
    promise.catch(() => undefined)
    return Promise.reject(signal.reason)
  }
  if (signal === undefined && timeout === undefined) return promise
  return new Promise((resolve, reject) => {
    const cancel =
      timeout === undefined
        ? undefined
        : clock.after(timeout, () =>
            finish(() => reject(new RosterError('TIMED_OUT', `${what} took longer than ${timeout} ms.`))),
          )
    const onAbort = (): void => finish(() => reject(signal?.reason))
    const finish = (settle: () => void): void => {
      cancel?.()
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    promise.then(
      (value) => finish(() => resolve(value)),
      (reason: unknown) => finish(() => reject(reason)),
    )
  })
}

/** Many may wait for one thing that happens, ends or fails. */
export class Waiters<T> {
  #waiting: { readonly resolve: (value: T) => void; readonly reject: (reason: unknown) => void }[] = []

  wait(): Promise<T> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  resolve(value: T): void {
    for (const one of this.#waiting.splice(0)) one.resolve(value)
  }

  reject(reason: unknown): void {
    for (const one of this.#waiting.splice(0)) one.reject(reason)
  }
}
