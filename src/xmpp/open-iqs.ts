import type { Element } from 'ltx'
import type { Clock } from '../core/clock.js'
import { RosterError } from '../core/errors.js'
import { randomId } from '../core/random.js'
import type { CallOptions } from '../roster/options.js'
import { attr } from './codec.js'

/** Why no answer came: in time; because the session is over, by accident or in good order; it may or may not have left. */
export type Failure =
  | { readonly kind: 'late' | 'lost' | 'closed' }
  | { readonly kind: 'unsent'; readonly cause: unknown }

/** How a question ended. An answer is a result or an error. */
export type End = { readonly kind: 'answer'; readonly iq: Element } | Failure

/** Writes the question under this id. It never throws: it rejects. */
export type Write = (id: string) => Promise<unknown>

/** How long an answer may take unless the caller says something else, in milliseconds. */
export const TIMEOUT = 30_000

interface Open<Q> {
  readonly question: Q
  readonly finish: (end: End) => void
}

/**
 * IQs of our own that wait for an answer. Each ends once, and at its answer's place in the stream: xmpp.js' `iqCaller` goes by
 * the id alone, so that anybody who knows one can answer, and answers later.
 */
export class OpenIqs<Q> {
  readonly #clock: Clock
  readonly #open = new Map<string, Open<Q>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#open.size
  }

  /** `done` is called at once when it ended, in the midst of whatever ended it. Returns how to stop waiting without being told. */
  ask(question: Q, timeout: number, write: Write, done: (end: End) => void): () => void {
    const id = `xr-${randomId()}`
    const leave = (): boolean => {
      cancel()
      return this.#open.delete(id)
    }
    const finish = (end: End): void => {
      if (leave()) done(end)
    }
    const cancel = this.#clock.after(timeout, () => finish({ kind: 'late' }))
    this.#open.set(id, { question, finish })
    write(id).catch((cause: unknown) => finish({ kind: 'unsent', cause }))
    return () => void leave()
  }

  /** As `ask`. Rejects with the signal's reason when the caller does not wait any more, and with nothing else. */
  request(question: Q, { timeout = TIMEOUT, signal }: CallOptions, write: Write): Promise<End> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        leave()
        reject(signal?.reason)
      }
      const leave = this.ask(question, timeout, write, (end) => {
        signal?.removeEventListener('abort', onAbort)
        resolve(end)
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Takes an answer from whoever was asked. From anybody else it is none, and the wait goes on. */
  take(iq: Element, isFromAsked: (question: Q) => boolean): void {
    const type = attr(iq, 'type')
    const open = type === 'result' || type === 'error' ? this.#open.get(attr(iq, 'id') ?? '') : undefined
    if (open !== undefined && isFromAsked(open.question)) open.finish({ kind: 'answer', iq })
  }

  /** The session was closed in good order, and servers answer in order: so it was over what has waited longest. */
  closeFirst(): void {
    const [first] = this.#open.values()
    first?.finish({ kind: 'closed' })
  }

  endAll(): void {
    for (const open of [...this.#open.values()]) open.finish({ kind: 'lost' })
  }
}

/** A question of which nobody has heard the answer. */
export interface Unanswered {
  readonly timeout: number
  /** Whose server was asked. */
  readonly owner: string
  readonly isChange: boolean
}

/** What the caller is told. */
export function failureOf(failure: Failure, question: Unanswered): RosterError {
  const { timeout, owner, isChange } = question
  const outcome = isChange ? 'the change may have happened all the same' : 'nothing was to be changed'
  switch (failure.kind) {
    case 'late': {
      const message = `The server of ${owner} did not answer within ${timeout} ms; ${outcome}.`
      return new RosterError('TIMED_OUT', message, { owner })
    }
    case 'unsent': {
      if (failure.cause instanceof RosterError) return failure.cause
      const message = `The request could not be written whole; ${outcome}.`
      return new RosterError('NOT_CONNECTED', message, { owner, cause: failure.cause })
    }
    default: {
      const message = `The session ended before the server of ${owner} answered; ${outcome}.`
      return new RosterError('NOT_CONNECTED', message, { owner })
    }
  }
}
