import { wakefulClock } from '../../core/clock.js'
import { RosterError } from '../../core/errors.js'
import { shorten } from '../../core/text.js'
import type { CallOptions } from '../../roster/options.js'
import { waitFor } from '../../roster/waiting.js'
import { patienceOf } from '../patience.js'
import { type HttpAnswer, resultOf, senseless } from './answer.js'
import { type Ask, type Dialect, DialectOnce, dialectOf, PROBE } from './dialect.js'
import type { Endpoint } from './endpoint.js'

/** Names and values of a command's arguments. */
export type Arguments = Readonly<Record<string, string | number | readonly string[]>>

/** What a call is for: whose roster, about whom, and how long its caller waits. */
export interface Errand extends CallOptions {
  readonly owner?: string
  readonly contact?: string
}

/** ejabberd's HTTP API: calls of commands, and what they answer. Each wait for an answer has the patience of its caller. */
export class EjabberdApi {
  readonly #endpoint: Endpoint
  readonly #dialect = new DialectOnce(async (signal) => dialectOf(await this.#post(PROBE, {}, signal)))

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  /** Which arguments this server takes. */
  dialect(errand: Errand): Promise<Dialect> {
    return this.#attempt(errand, () => this.#dialect.get(patienceOf(errand)))
  }

  /** Calls a command that answers with a list. */
  list(command: string, args: Arguments, errand: Errand): Promise<readonly unknown[]> {
    return this.#attempt(errand, async () => {
      const result = await this.#call(command, args, errand)
      if (!Array.isArray(result)) throw senseless(command, 'a list')
      return result
    })
  }

  /** Calls a command that answers with 0, and is done then. */
  run(command: string, args: Arguments, errand: Errand): Promise<void> {
    return this.#attempt(errand, async () => {
      const result = await this.#call(command, args, errand)
      if (result !== 0) throw senseless(command, '0')
    })
  }

  /** The version stands in the address: what the server takes for the default is its operator's choice. */
  async #call(command: string, args: Arguments, errand: Errand): Promise<unknown> {
    const path = (await this.dialect(errand)) === 'listed' ? `${command}/v1` : command
    return resultOf(await patiently((signal) => this.#post(path, args, signal), errand, command), command)
  }

  async #post(path: string, args: Arguments, signal: AbortSignal): Promise<HttpAnswer> {
    const { url, headers, send } = this.#endpoint
    const request = { method: 'POST', headers, body: JSON.stringify(args), redirect: 'manual', signal } as const
    try {
      const response = await send(`${url}/${path}`, request)
      const type = response.headers.get('content-type') ?? ''
      return { status: response.status, type, text: await response.text() }
    } catch (cause) {
      const why = this.#endpoint.conceal(reasonOf(cause))
      throw new RosterError('NOT_CONNECTED', `No answer came from ${url}: ${why}.`, { cause })
    }
  }

  /** Says whom an error is about. Servers repeat what they were told: a secret must not come back in a message. */
  async #attempt<T>(errand: Errand, work: () => Promise<T>): Promise<T> {
    const { signal, owner, contact } = errand
    signal?.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof RosterError) || error === signal?.reason) throw error
      const { code, condition, cause } = error
      throw new RosterError(code, this.#endpoint.conceal(error.message), { condition, cause, owner, contact })
    }
  }
}

/** One question with the patience of its caller; when that ends, so does the question. */
async function patiently<T>(ask: Ask<T>, errand: Errand, what: string): Promise<T> {
  errand.signal?.throwIfAborted()
  const abort = new AbortController()
  try {
    return await waitFor(ask(abort.signal), patienceOf(errand), wakefulClock, `ejabberd's answer to ${what}`)
  } catch (error) {
    abort.abort()
    throw error
  }
}

/** `fetch` says "fetch failed"; what failed is behind that, and sometimes only a code. */
function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  if (!(inner instanceof Error)) return 'the connection failed'
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : ''
  const words = [inner.message, inner.message.includes(code) ? '' : code].filter((part) => part !== '')
  return shorten(words.join(', '), 200).replace(/\.$/, '')
}
