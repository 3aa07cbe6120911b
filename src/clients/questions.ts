import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import type { Clock } from '../core/clock.js'
import type { RosterError } from '../core/errors.js'
import { bareJid, bareJidOrNothing } from '../core/jid.js'
import { type CallOptions, notConnected } from '../roster/options.js'
import { isAnswerOf } from '../xmpp/codec.js'
import { decodeWhole, managementOf, type XmppEntity } from '../xmpp/entity.js'
import { Listeners } from '../xmpp/listeners.js'
import { type End, type Failure, failureOf, OpenIqs, TIMEOUT } from '../xmpp/open-iqs.js'

const NS_STREAMS = 'http://etherx.jabber.org/streams'

/** Who asked, in which session. */
interface Asker {
  readonly account: string
  readonly session: string
}

interface Ended {
  readonly end: End
  /** What the caller is told when it was no answer. */
  readonly failed: (failure: Failure) => RosterError
}

/**
 * Questions to the account's own server, listened for only while one is open.
 *
 * Not through `iqCaller`: what it waits for can be neither called off nor ended by the end of the session, and that is how a
 * client that revokes itself is answered; and it hides answers from xmpp.js' stream management, which then counts too few.
 */
export class Questions {
  readonly #entity: XmppEntity
  readonly #iqs: OpenIqs<Asker>
  readonly #listeners: Listeners

  constructor(entity: XmppEntity, clock: Clock) {
    this.#entity = entity
    this.#iqs = new OpenIqs(clock)
    this.#listeners = new Listeners(entity)
  }

  /** Rejects with `NOT_CONNECTED`, `TIMED_OUT`, or the signal's reason; in what has happened they differ, see the messages. */
  async get(payload: Element, options: CallOptions): Promise<Element> {
    const { end, failed } = await this.#ask('get', payload, options)
    if (end.kind === 'answer') return end.iq
    throw failed(end)
  }

  /** As `get`; the server may also answer by closing the stream in good order, without an error. */
  async set(payload: Element, options: CallOptions): Promise<Element | 'closed'> {
    const { end, failed } = await this.#ask('set', payload, options)
    if (end.kind === 'answer') return end.iq
    if (end.kind === 'closed') return 'closed'
    throw failed(end)
  }

  async #ask(type: 'get' | 'set', payload: Element, options: CallOptions): Promise<Ended> {
    options.signal?.throwIfAborted()
    const session = this.#entity.jid?.toString()
    if (session === undefined || this.#entity.status !== 'online') throw notConnected()
    const account = bareJid(session)
    decodeWhole(this.#entity)
    this.#listen()
    const { timeout = TIMEOUT } = options
    const asked = { owner: account, timeout, isChange: type === 'set' }
    const write = async (id: string): Promise<unknown> => this.#entity.send(createElement('iq', { type, id }, payload))
    try {
      const end = await this.#iqs.request({ account, session }, options, write)
      return { end, failed: (failure) => failureOf(failure, asked) }
    } finally {
      if (this.#iqs.size === 0) this.#listeners.removeAll()
    }
  }

  #listen(): void {
    if (!this.#listeners.isEmpty) return
    this.#listeners.on('stanza', (stanza: Element) => this.#take(stanza))
    const lost = (): void => this.#iqs.endAll()
    // A stream error comes before the end of the stream, or in one packet with it.
    this.#listeners.on('nonza', (nonza: Element) => {
      if (nonza.is('error', NS_STREAMS)) lost()
    })
    // Closing is what this side does; when there was none before, it was the server that closed, unless the connection was gone.
    this.#listeners.on('closing', lost)
    this.#listeners.on('close', () => {
      if (!isGone(this.#entity)) this.#iqs.closeFirst()
      lost()
    })
    this.#listeners.on('disconnect', () => {
      // What the server still holds for a session that can be resumed comes when it is.
      if (managementOf(this.#entity).resumableFor() === undefined) lost()
    })
    this.#listeners.on('online', lost)
    this.#listeners.on('offline', lost)
  }

  #take(stanza: Element): void {
    if (stanza.name !== 'iq') return
    this.#iqs.take(stanza, ({ account, session }) => isAnswerOf(stanza, account, session, bareJidOrNothing))
  }
}

const isGone = ({ socket }: XmppEntity): boolean => socket === undefined || socket === null
