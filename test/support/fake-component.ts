import { EventEmitter } from 'node:events'
import { component } from '@xmpp/component'
import type { Element } from 'ltx'
import { parse } from 'ltx/lib/ltx.js'
import type { XmppEntity } from '../../src/index.js'

/** What the tests reach of xmpp.js' component beyond its types. */
interface Inner extends XmppEntity {
  socket: unknown
  status: string
  readonly reconnect: { stop(): void }
  listeners(event: string): Parameters<XmppEntity['on']>[1][]
  listenerCount(event: string): number
  eventNames(): readonly (string | symbol)[]
  emit(event: string, ...args: unknown[]): boolean
  _onElement(element: Element): void
  _status(status: string, ...args: unknown[]): void
  _jid(jid: string): unknown
}

/** A turn of the event loop: every promise that can settle by then has settled. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A socket that notes what is written to it; it may be broken, or full. */
class FakeSocket extends EventEmitter {
  readonly written: Element[] = []
  broken: Error | undefined
  /** Set: what is written is on the wire, but the write does not end before `drain`. */
  full = false
  #waiting: (() => void)[] = []

  write(text: string, done: (error?: Error) => void): void {
    const { broken } = this
    // One write may carry several stanzas; each stands for itself.
    if (broken === undefined) this.#note(parse(`<stream>${text}</stream>`).children)
    const finish = (): void => (broken === undefined ? done() : done(broken))
    if (this.full) this.#waiting.push(finish)
    else queueMicrotask(finish)
  }

  #note(stanzas: readonly (Element | string)[]): void {
    for (const stanza of stanzas) if (typeof stanza !== 'string') this.written.push(parse(stanza.toString()))
  }

  drain(): void {
    this.full = false
    for (const finish of this.#waiting.splice(0)) finish()
  }
}

/**
 * The real component of xmpp.js with a socket that leads nowhere: the test is its server and all the contacts. What comes in
 * comes as elements, all of one packet in one turn; what goes out is noted.
 */
export class FakeComponent {
  readonly entity: Inner
  readonly domain: string
  /** What was emitted as `error` on the connection: nothing ever, as far as it depends on the library. */
  readonly errors: unknown[] = []
  readonly #socket = new FakeSocket()
  #read = 0

  constructor(domain: string) {
    this.domain = domain
    this.entity = component({ service: 'xmpp://localhost', domain, password: 'secret' }) as unknown as Inner
    this.entity.reconnect.stop()
    this.entity.socket = this.#socket
    // Without a listener, an error on the connection ends the process.
    this.entity.on('error', (error: unknown) => this.errors.push(error))
  }

  /** The handshake was accepted. */
  online(): void {
    this.entity._jid(this.domain)
    this.entity._status('online', this.entity.jid)
  }

  /** The connection is cut; a component has no resumption. */
  cut(): void {
    this.entity._status('disconnect', { clean: false })
  }

  /** The application stopped it. */
  stop(): void {
    this.entity._status('disconnect', { clean: true })
    this.entity._status('offline')
  }

  /** From now on writing fails; `undefined`: no longer. */
  breakSocket(error: Error | undefined): void {
    this.#socket.broken = error
  }

  /** From now on what is written arrives, but xmpp.js does not hear of it before `drain`. */
  fill(): void {
    this.#socket.full = true
  }

  drain(): void {
    this.#socket.drain()
  }

  /** One packet of the server. */
  receive(...packet: readonly string[]): void {
    for (const xml of packet) this.entity._onElement(parse(xml))
  }

  /** Everything that was written. */
  get written(): readonly Element[] {
    return this.#socket.written
  }

  /** What was written since the last look. */
  sent(): readonly Element[] {
    const news = this.written.slice(this.#read)
    this.#read = this.written.length
    return news
  }
}
