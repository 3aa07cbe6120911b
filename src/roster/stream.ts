import { RosterError } from '../core/errors.js'
import type { Bus } from './bus.js'
import type { RosterEvent, RosterEvents } from './events.js'

/** Which events a stream gives, and how many may wait. */
export interface StreamOptions<K extends keyof RosterEvents> {
  readonly types?: readonly K[] | undefined
  readonly signal?: AbortSignal | undefined
  readonly limit?: number | undefined
}

type Waiting<T> = { readonly resolve: (result: IteratorResult<T>) => void; readonly reject: (reason: unknown) => void }

/** Events as they come, from this moment on; ends with `return`, when the roster is closed, or by its signal. */
export class EventStream<K extends keyof RosterEvents> implements AsyncIterableIterator<RosterEvent<K>> {
  readonly #bus: Bus
  readonly #types: ReadonlySet<string> | undefined
  readonly #limit: number
  readonly #signal: AbortSignal | undefined
  readonly #buffer: RosterEvent<K>[] = []
  readonly #waiting: Waiting<RosterEvent<K>>[] = []
  readonly #onEnd: (stream: EventStream<K>) => void
  #failure: { readonly reason: unknown } | undefined
  #ended = false

  constructor(bus: Bus, options: StreamOptions<K>, onEnd: (stream: EventStream<K>) => void) {
    this.#bus = bus
    this.#types = options.types === undefined ? undefined : new Set(options.types)
    this.#limit = options.limit ?? 10_000
    this.#signal = options.signal
    this.#onEnd = onEnd
    this.#bus.taps.add(this.#tap)
    if (options.signal?.aborted === true) this.#abort()
    else options.signal?.addEventListener('abort', this.#abort, { once: true })
  }

  readonly #tap = (type: string, event: unknown): boolean => {
    if (this.#types !== undefined && !this.#types.has(type)) return false
    const value = { type, event } as RosterEvent<K>
    const reader = this.#waiting.shift()
    if (reader !== undefined) reader.resolve({ done: false, value })
    else if (this.#buffer.push(value) > this.#limit) {
      this.#buffer.length = 0
      this.#fail(
        new RosterError(
          'CLOSED',
          `More than ${this.#limit} events waited to be read: the stream has ended, events are lost.`,
        ),
      )
    }
    return true
  }

  readonly #abort = (): void => this.#fail(this.#signal?.reason)

  #fail(reason: unknown): void {
    this.#failure = { reason }
    this.end()
  }

  /** What waits can still be read; then the stream is done. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#bus.taps.delete(this.#tap)
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#onEnd(this)
    for (const reader of this.#waiting.splice(0)) {
      if (this.#failure === undefined) reader.resolve({ done: true, value: undefined })
      else {
        reader.reject(this.#failure.reason)
        this.#failure = undefined
      }
    }
  }

  next(): Promise<IteratorResult<RosterEvent<K>>> {
    const value = this.#buffer.shift()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    if (this.#failure !== undefined) {
      const { reason } = this.#failure
      this.#failure = undefined
      return Promise.reject(reason)
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  return(): Promise<IteratorResult<RosterEvent<K>>> {
    this.#buffer.length = 0
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
