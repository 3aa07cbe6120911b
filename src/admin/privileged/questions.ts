import type { Element } from 'ltx'
import type { Clock } from '../../core/clock.js'
import { bareJidOrNothing } from '../../core/jid.js'
import { type CallOptions, notConnected } from '../../roster/options.js'
import type { Question } from '../../roster/wire.js'
import { attr, questionElement } from '../../xmpp/codec.js'
import type { XmppEntity } from '../../xmpp/entity.js'
import { failureOf, OpenIqs, TIMEOUT } from '../../xmpp/open-iqs.js'

/** Roster requests of a component in an owner's name. */
export class Questions {
  readonly #entity: XmppEntity
  /** Of whom each is. */
  readonly #iqs: OpenIqs<string>

  constructor(entity: XmppEntity, clock: Clock) {
    this.#entity = entity
    this.#iqs = new OpenIqs(clock)
  }

  /**
   * Asks the owner's server; resolves with its answer, result or error.
   *
   * @throws RosterError `NOT_CONNECTED`, `TIMED_OUT`; the signal's reason
   */
  async ask(owner: string, ask: Question['ask'], options: CallOptions): Promise<Element> {
    options.signal?.throwIfAborted()
    if (this.#entity.status !== 'online') throw notConnected(owner)
    const end = await this.#iqs.request(owner, options, (id) => this.#send(owner, questionElement(ask, id)))
    if (end.kind === 'answer') return end.iq
    const { timeout = TIMEOUT } = options
    throw failureOf(end, { owner, timeout, isChange: ask.kind !== 'get' })
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
    const from = attr(iq, 'from') ?? ''
    this.#iqs.take(iq, (owner) => !from.includes('/') && bareJidOrNothing(from) === owner)
  }

  /** The session is over: nothing is answered any more. */
  endAll(): void {
    this.#iqs.endAll()
  }
}
