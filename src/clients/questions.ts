import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import type { Clock } from '../core/clock.js'
import { RosterError } from '../core/errors.js'
import { bareJid } from '../core/jid.js'
import { randomId } from '../core/random.js'
import { type CallOptions, notConnected } from '../roster/options.js'
import { attr, isFromOwnServer } from '../xmpp/codec.js'
import { decodeWhole, managementOf, type XmppEntity } from '../xmpp/entity.js'
import { Listeners } from '../xmpp/listeners.js'

const NS_STREAMS = 'http://etherx.jabber.org/streams'
const TIMEOUT = 30_000

/** What the server did: it answered, or it closed the stream in good order, without an error. */
export type Reply = Element | 'closed'

interface Open {
  readonly account: string
  readonly session: string
  finish(settle: () => void): void
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: RosterError) => void
}

const canonical = (jid: string): string | undefined => {
  try {
    return bareJid(jid)
  } catch {
    return undefined
  }
}

/**
 * Questions to the account's own server, listened for only while one is open.
 *
 * Not through `iqCaller`: it goes by the id alone, so that anybody who knows one can answer; what it waits for can be neither
 * called off nor ended by the end of the session, and that is how a client that revokes itself is answered; and it hides
 * answers from xmpp.js' stream management, which then counts too few.
 */
export class Questions {
  readonly #entity: XmppEntity
  readonly #clock: Clock
  readonly #listeners: Listeners
  readonly #open = new Map<string, Open>()

  constructor(entity: XmppEntity, clock: Clock) {
    this.#entity = entity
    this.#clock = clock
    this.#listeners = new Listeners(entity)
  }

  /** Rejects with `NOT_CONNECTED`, `TIMED_OUT`, or the signal's reason; in what has happened they differ, see the messages. */
  ask(type: 'get' | 'set', payload: Element, options: CallOptions): Promise<Reply> {
    const { signal, timeout = TIMEOUT } = options
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    const session = this.#entity.jid?.toString()
    if (session === undefined || this.#entity.status !== 'online') return Promise.reject(notConnected())
    decodeWhole(this.#entity)
    return new Promise((resolve, reject) => {
      const id = `xr-${randomId()}`
      const account = bareJid(session)
      const finish = (settle: () => void): void => {
        if (!this.#open.delete(id)) return
        cancel()
        signal?.removeEventListener('abort', onAbort)
        if (this.#open.size === 0) this.#listeners.removeAll()
        settle()
      }
      const onAbort = (): void => finish(() => reject(signal?.reason))
      const cancel = this.#clock.after(timeout, () => finish(() => reject(late(timeout, account))))
      signal?.addEventListener('abort', onAbort, { once: true })
      if (this.#open.size === 0) this.#listen()
      this.#open.set(id, { account, session, finish, resolve, reject })
      this.#write(createElement('iq', { type, id }, payload)).catch((cause: unknown) =>
        finish(() => reject(unwritten(account, cause))),
      )
    })
  }

  /** What is thrown at once is a rejection too. */
  async #write(iq: Element): Promise<void> {
    await this.#entity.send(iq)
  }

  #listen(): void {
    this.#listeners.on('stanza', (stanza: Element) => this.#take(stanza))
    // A stream error comes before the end of the stream, or in one packet with it.
    this.#listeners.on('nonza', (nonza: Element) => {
      if (nonza.is('error', NS_STREAMS)) this.#end()
    })
    // Closing is what this side does; when there was none before, it was the server that closed, unless the connection was gone.
    this.#listeners.on('closing', () => this.#end())
    this.#listeners.on('close', () => {
      if (isGone(this.#entity)) this.#end()
      else this.#endWith(({ resolve }) => resolve('closed'))
    })
    this.#listeners.on('disconnect', () => {
      // What the server still holds for a session that can be resumed comes when it is.
      if (managementOf(this.#entity).resumableFor() === undefined) this.#end()
    })
    this.#listeners.on('online', () => this.#end())
    this.#listeners.on('offline', () => this.#end())
  }

  /** From anybody but the account's server it is no answer, and the wait goes on. */
  #take(stanza: Element): void {
    const type = attr(stanza, 'type')
    if (stanza.name !== 'iq' || (type !== 'result' && type !== 'error')) return
    const open = this.#open.get(attr(stanza, 'id') ?? '')
    if (open === undefined) return
    const isServer = isFromOwnServer(stanza, open.account, canonical) || attr(stanza, 'from') === open.session
    if (isServer) open.finish(() => open.resolve(stanza))
  }

  #end(): void {
    this.#endWith(({ account, reject }) => reject(endedEarly(account)))
  }

  #endWith(settle: (open: Open) => void): void {
    for (const open of [...this.#open.values()]) open.finish(() => settle(open))
  }
}

const isGone = ({ socket }: XmppEntity): boolean => socket === undefined || socket === null

const late = (timeout: number, owner: string): RosterError =>
  new RosterError(
    'TIMED_OUT',
    `The server did not answer within ${timeout} ms; it may still do what it was asked to.`,
    {
      owner,
    },
  )

const unwritten = (owner: string, cause: unknown): RosterError =>
  new RosterError('NOT_CONNECTED', 'The request could not be written; it may or may not have left.', { owner, cause })

/** The session is over, and the question was sent. */
export const endedEarly = (owner: string | undefined): RosterError =>
  new RosterError(
    'NOT_CONNECTED',
    'The session ended before the server answered; it may have done what it was asked.',
    {
      owner,
    },
  )
