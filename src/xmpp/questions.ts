import type { Element } from 'ltx'
import { RosterError } from '../core/errors.js'
import type { Bus } from '../roster/bus.js'
import type { Settings } from '../roster/options.js'
import type { Question, RosterAnswer } from '../roster/wire.js'
import { attr, conditionOf, contactIn, isAnswerOf, questionElement, readResult } from './codec.js'
import { type End, failureOf, OpenIqs } from './open-iqs.js'
import type { EntityWire } from './wire.js'

/** Roster requests of an account, which its own server alone may answer. */
export class Questions {
  readonly #wire: EntityWire
  readonly #bus: Bus
  readonly #iqs: OpenIqs<Question>

  constructor(wire: EntityWire, settings: Settings, bus: Bus) {
    this.#wire = wire
    this.#bus = bus
    this.#iqs = new OpenIqs(settings.clock)
  }

  readonly ask = (question: Question): (() => void) =>
    this.#iqs.ask(
      question,
      question.timeout,
      (id) => this.#wire.transmit(questionElement(question.ask, id)),
      (end) => question.done(this.#answer(question, end)),
    )

  /** An IQ result or error. */
  take(iq: Element): void {
    this.#iqs.take(iq, () => this.#isFromServer(iq))
  }

  #isFromServer(iq: Element): boolean {
    const self = this.#wire.self() ?? ''
    if (isAnswerOf(iq, self, this.#wire.entity.jid?.toString(), this.#wire.canonical)) return true
    const from = attr(iq, 'from')
    const message = `Expected the answer of the account's server, but ${from} sent one; the wait goes on.`
    this.#bus.rejected('STANZA_INVALID', message, self, from, iq)
    return false
  }

  #answer(question: Question, end: End): RosterAnswer | RosterError {
    const { ask, timeout } = question
    const owner = this.#wire.self() ?? ''
    if (end.kind === 'answer')
      return attr(end.iq, 'type') === 'error' ? this.#refused(ask, end.iq) : this.#result(ask, end.iq)
    return failureOf(end, { owner, timeout, isChange: ask.kind !== 'get' })
  }

  #refused(ask: Question['ask'], iq: Element): RosterError {
    const condition = conditionOf(iq)
    const message = `The server refused the roster ${ask.kind}: ${condition}. Nothing has changed.`
    return new RosterError('REFUSED', message, { condition, owner: this.#wire.self(), contact: contactIn(ask) })
  }

  #result(ask: Question['ask'], iq: Element): RosterAnswer {
    if (ask.kind !== 'get') return { items: undefined, version: undefined }
    return readResult(iq, (error, item) => {
      const message = `An item of the roster was skipped: ${error.message}`
      this.#bus.rejected('STANZA_INVALID', message, this.#wire.self() ?? '', undefined, item)
    })
  }

  /** The session is over: nothing is answered any more. */
  endAll(): void {
    this.#iqs.endAll()
  }
}
