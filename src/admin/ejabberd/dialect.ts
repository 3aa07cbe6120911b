import { wakefulClock } from '../../core/clock.js'
import type { CallOptions } from '../../roster/options.js'
import { waitFor } from '../../roster/waiting.js'
import { type HttpAnswer, parseBody, resultOf, senseless } from './answer.js'

/** `'listed'` (24.02 and later): groups are a list, a priority is a number. `'joined'`: groups are one text, so is a priority. */
export type Dialect = 'listed' | 'joined'

/** Sends one question; `signal` calls it off. */
export type Ask<T> = (signal: AbortSignal) => Promise<T>

interface Asking {
  readonly answer: Promise<Dialect>
  readonly abort: AbortController
  waiting: number
}

/**
 * Which arguments a server takes: asked once. Who wants to know meanwhile waits for the same answer, each with a patience of
 * its own; when the last one has lost it, the question is called off. A failure is forgotten: the next call asks again.
 */
export class DialectOnce {
  readonly #ask: Ask<Dialect>
  #known: Dialect | undefined
  #asking: Asking | undefined

  constructor(ask: Ask<Dialect>) {
    this.#ask = ask
  }

  async get(patience: CallOptions): Promise<Dialect> {
    if (this.#known !== undefined) return this.#known
    this.#asking ??= this.#start()
    const asking = this.#asking
    asking.waiting += 1
    try {
      this.#known = await waitFor(asking.answer, patience, wakefulClock, 'To reach ejabberd')
      return this.#known
    } finally {
      asking.waiting -= 1
      if (asking.waiting === 0) this.#end(asking)
    }
  }

  #start(): Asking {
    const abort = new AbortController()
    const asking = { answer: this.#ask(abort.signal), abort, waiting: 0 }
    // Everybody who waits is told; that nobody does is no error.
    asking.answer.catch(() => this.#forget(asking))
    return asking
  }

  #end(asking: Asking): void {
    this.#forget(asking)
    asking.abort.abort()
  }

  #forget(asking: Asking): void {
    if (this.#asking === asking) this.#asking = undefined
  }
}

/** What tells the dialects apart: a command without its arguments and with a version behind it. Nothing can come of it. */
export const PROBE = 'get_roster/v1'

/**
 * Before 24.02 nothing may stand behind the name of a command: no command is found there at all, by nobody. Later ones miss
 * the arguments, or the permission, or the command.
 *
 * @throws RosterError for any other answer, as if a command had got it
 */
export function dialectOf(answer: HttpAnswer): Dialect {
  const body = JSON.stringify(parseBody(answer)) ?? ''
  if (answer.status === 400 && body.includes('Missing command name')) return 'joined'
  if (answer.status === 400 && body.includes('argument')) return 'listed'
  if ([403, 404].includes(answer.status) && body.includes('"status":"error"')) return 'listed'
  // An account that is no administrator's is answered with its own roster.
  if (Array.isArray(resultOf(answer, 'get_roster'))) return 'listed'
  throw senseless('get_roster without arguments', 'a complaint')
}
