import type { Element } from 'ltx'
import { RosterError } from '../core/errors.js'
import { randomId } from '../core/random.js'
import type { Bus } from '../roster/bus.js'
import { notConnected, type Settings } from '../roster/options.js'
import type { Question, RosterAnswer } from '../roster/wire.js'
import { attr, conditionOf, isFromOwnServer, questionElement, readResult } from './codec.js'
import type { EntityWire } from './wire.js'

interface Open {
  readonly question: Question
  readonly finish: (answer: RosterAnswer | RosterError) => void
}

/**
 * Roster requests under ids of our own. Their answers are taken where they stand in the stream, between pushes and
 * presences, and from the account's server alone: xmpp.js' `iqCaller` goes by the id only and answers later.
 */
export class Questions {
  readonly #wire: EntityWire
  readonly #settings: Settings
  readonly #bus: Bus
  readonly #open = new Map<string, Open>()

  constructor(wire: EntityWire, settings: Settings, bus: Bus) {
    this.#wire = wire
    this.#settings = settings
    this.#bus = bus
  }

  readonly ask = (question: Question): (() => void) => {
    const id = `xr-${randomId()}`
    const finish = (answer: RosterAnswer | RosterError): void => {
      if (!this.#open.delete(id)) return
      cancel()
      question.done(answer)
    }
    const late = `The server did not answer within ${question.timeout} ms; it may still do what it was asked to.`
    const cancel = this.#settings.clock.after(question.timeout, () =>
      finish(new RosterError('TIMED_OUT', late, { owner: this.#wire.self() })),
    )
    this.#open.set(id, { question, finish })
    this.#wire.transmit(questionElement(question.ask, id)).catch((error: RosterError) => finish(error))
    return () => {
      cancel()
      this.#open.delete(id)
    }
  }

  /** An IQ result or error. Whether it was an answer to us. */
  take(iq: Element): boolean {
    const id = attr(iq, 'id')
    const open = id === undefined ? undefined : this.#open.get(id)
    if (open === undefined) return false
    const self = this.#wire.self() ?? ''
    const from = attr(iq, 'from')
    if (!isFromOwnServer(iq, self, this.#wire.canonical) && from !== this.#wire.entity.jid?.toString()) {
      this.#bus.rejected(
        'STANZA_INVALID',
        `Expected the answer of the account's server, but ${from} sent one; the wait goes on.`,
        self,
        from,
        iq,
      )
      return true
    }
    open.finish(attr(iq, 'type') === 'error' ? this.#refused(open.question, iq) : this.#result(open.question, iq))
    return true
  }

  #refused(question: Question, iq: Element): RosterError {
    const condition = conditionOf(iq)
    const contact =
      question.ask.kind === 'get' ? undefined : question.ask.kind === 'set' ? question.ask.item.jid : question.ask.jid
    return new RosterError(
      'REFUSED',
      `The server refused the roster ${question.ask.kind}: ${condition}. Nothing has changed.`,
      {
        condition,
        owner: this.#wire.self(),
        contact,
      },
    )
  }

  #result(question: Question, iq: Element): RosterAnswer {
    if (question.ask.kind !== 'get') return { items: undefined, version: undefined }
    return readResult(iq, (error, item) => {
      this.#bus.rejected(
        'STANZA_INVALID',
        `An item of the roster was skipped: ${error.message}`,
        this.#wire.self() ?? '',
        undefined,
        item,
      )
    })
  }

  /** The session is over: nothing is answered any more. */
  endAll(): void {
    for (const open of [...this.#open.values()]) open.finish(notConnected(this.#wire.self()))
  }
}
