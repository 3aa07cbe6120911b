import type { Element } from 'ltx'
import type { Clock } from '../../core/clock.js'
import { RosterError } from '../../core/errors.js'
import { bareJid } from '../../core/jid.js'
import { randomId } from '../../core/random.js'
import { type CallOptions, notConnected } from '../../roster/options.js'
import type { Question } from '../../roster/wire.js'
import { attr, questionElement } from '../../xmpp/codec.js'
import type { XmppEntity } from '../../xmpp/entity.js'

/** Milliseconds. */
const TIMEOUT = 30_000

interface Open {
  readonly owner: string
  readonly isChange: boolean
  readonly finish: (answer: Element | RosterError) => void
}

/** Roster requests of a component in an owner's name, each under an id of its own. */
export class Questions {
  readonly #entity: XmppEntity
  readonly #clock: Clock
  readonly #open = new Map<string, Open>()

  constructor(entity: XmppEntity, clock: Clock) {
    this.#entity = entity
    this.#clock = clock
  }

  /**
   * Asks the owner's server; resolves with its answer, result or error.
   *
   * @throws RosterError `NOT_CONNECTED`, `TIMED_OUT`; the signal's reason
   */
  ask(owner: string, ask: Question['ask'], options: CallOptions): Promise<Element> {
    const { signal, timeout = TIMEOUT } = options
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    if (this.#entity.status !== 'online') return Promise.reject(notConnected(owner))
    const id = `xr-priv-${randomId()}`
    const isChange = ask.kind !== 'get'
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        if (!this.#open.delete(id)) return
        cancel()
        signal?.removeEventListener('abort', onAbort)
        settle()
      }
      const finish = (answer: Element | RosterError): void =>
        end(() => (answer instanceof RosterError ? reject(answer) : resolve(answer)))
      const onAbort = (): void => end(() => reject(signal?.reason))
      const late = `The server of ${owner} did not answer within ${timeout} ms; ${outcome(isChange)}.`
      const cancel = this.#clock.after(timeout, () => finish(new RosterError('TIMED_OUT', late, { owner })))
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#open.set(id, { owner, isChange, finish })
      this.#send(owner, questionElement(ask, id)).catch((cause: unknown) => finish(lost(owner, isChange, cause)))
    })
  }

  async #send(owner: string, iq: Element): Promise<void> {
    iq.attrs['to'] = owner
    const self = this.#entity.jid?.toString()
    if (self !== undefined) iq.attrs['from'] = self
    await this.#entity.send(iq)
  }

  /**
   * Takes an answer. It is the owner's server that speaks for the owner (XEP-0356 §4.3): what anybody else sends under the same
   * id is ignored, and so is what comes again (Prosody answers once for each item of a set).
   */
  take(iq: Element): void {
    const type = attr(iq, 'type')
    const open = type === 'result' || type === 'error' ? this.#open.get(attr(iq, 'id') ?? '') : undefined
    if (open !== undefined && isFrom(iq, open.owner)) open.finish(iq)
  }

  /** The session is over: nothing is answered any more. */
  endAll(): void {
    for (const { owner, isChange, finish } of [...this.#open.values()]) finish(lost(owner, isChange))
  }
}

function isFrom(iq: Element, owner: string): boolean {
  const from = attr(iq, 'from')
  if (from === undefined || from.includes('/')) return false
  try {
    return bareJid(from) === owner
  } catch {
    return false
  }
}

const outcome = (isChange: boolean): string =>
  isChange ? 'the change may have happened all the same' : 'nothing was to be changed'

function lost(owner: string, isChange: boolean, cause?: unknown): RosterError {
  const message = `The connection was lost before the server of ${owner} answered; ${outcome(isChange)}.`
  return new RosterError('NOT_CONNECTED', message, { owner, cause })
}
