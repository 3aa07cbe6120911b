import type { EventEmitter } from 'eventemitter3'
import type { Element } from 'ltx'
import type { Clock } from '../core/clock.js'
import { inWords, RosterError, type RosterErrorCode } from '../core/errors.js'
import type { RosterEvents } from './events.js'

type Name = keyof RosterEvents
type Listener = (...args: unknown[]) => unknown

interface Registered {
  readonly fn: Listener
  readonly context: unknown
  readonly once: boolean
}

/** Everything that is told goes through here: each listener on its own, so that one that throws stops nothing. */
export class Bus {
  readonly counters: Record<string, number> = {}
  /** Streams that read along; each says whether it takes the event. */
  readonly taps = new Set<(type: Name, event: unknown) => boolean>()
  readonly #emitter: EventEmitter<RosterEvents>
  readonly #clock: Clock
  readonly #spoken = new Map<string, number>()

  constructor(emitter: EventEmitter<RosterEvents>, clock: Clock) {
    this.#emitter = emitter
    this.#clock = clock
  }

  count(name: string, by = 1): void {
    this.counters[name] = (this.counters[name] ?? 0) + by
  }

  /** Whether anybody hears this event: if not, it need not be made. */
  hears(type: Name): boolean {
    return this.taps.size > 0 || this.#emitter.listenerCount(type) > 0
  }

  /** `false`: nobody was there to hear it. */
  emit<K extends Name>(type: K, event: Parameters<RosterEvents[K]>[0]): boolean {
    let isHeard = false
    for (const tap of this.taps) if (tap(type, event)) isHeard = true
    const listeners = registered(this.#emitter, type)
    for (const listener of listeners) this.#call(type, listener, event)
    return isHeard || listeners.length > 0
  }

  #call(type: Name, listener: Registered, event: unknown): void {
    if (listener.once) this.#emitter.removeListener(type, listener.fn as never, undefined, true)
    try {
      const result = listener.fn.call(listener.context, event)
      if (result instanceof Promise) result.catch((cause: unknown) => this.#listenerFailed(type, cause))
    } catch (cause) {
      this.#listenerFailed(type, cause)
    }
  }

  #listenerFailed(type: Name, cause: unknown): void {
    const error = new RosterError('LISTENER_FAILED', `A listener of "${type}" threw: ${inWords(cause)}`, { cause })
    // An error listener that throws is not told of itself.
    if (type === 'error') this.#print(error)
    else this.error(error)
  }

  /** Local trouble that no caller can be told. */
  error(error: RosterError): void {
    this.count(`errors.${error.code}`)
    if (!this.emit('error', error)) this.#print(error)
  }

  #print(error: RosterError): void {
    if (this.#maySpeak(`print:${error.code}`, 60_000)) console.error(error)
  }

  /** Something from outside makes no sense, or is forged. */
  rejected(
    code: RosterErrorCode,
    message: string,
    owner: string,
    from: string | undefined,
    stanza: Element | undefined,
  ): void {
    this.count(`rejected.${code}`)
    if (!this.hears('rejected') || !this.#maySpeak(`rejected:${code}`, 1_000)) return
    this.emit('rejected', { owner, from, error: new RosterError(code, message, { owner }), stanza })
  }

  #maySpeak(key: string, interval: number): boolean {
    const now = this.#clock.now()
    const last = this.#spoken.get(key)
    if (last !== undefined && now >= last && now - last < interval) return false
    this.#spoken.set(key, now)
    return true
  }
}

/**
 * The listeners of an event as they stand now. eventemitter3's own `emit` ends at the first that throws, and its `listeners()`
 * leaves out the context and whether it is for once.
 */
function registered(emitter: EventEmitter<RosterEvents>, type: Name): readonly Registered[] {
  const { _events: events } = emitter as unknown as {
    readonly _events: Record<string, Registered | Registered[] | undefined>
  }
  const found = events[type]
  if (found === undefined) return []
  return Array.isArray(found) ? [...found] : [found]
}
