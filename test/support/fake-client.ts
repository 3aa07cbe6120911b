import { EventEmitter } from 'node:events'
import { client } from '@xmpp/client'
import type { Element } from 'ltx'
import { createElement, parse } from 'ltx/lib/ltx.js'
import type { XmppEntity } from '../../src/index.js'

export const ACCOUNT = 'juliet@example.com'
export const SESSION = `${ACCOUNT}/balcony`

/** What a server may offer after authentication. */
export const OFFERS = {
  ver: '<ver xmlns="urn:xmpp:features:rosterver"/>',
  sub: '<sub xmlns="urn:xmpp:features:pre-approval"/>',
} as const

const NS_ROSTER = 'jabber:iq:roster'
const ERROR = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** A turn of the event loop: every promise that can settle by then has settled. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What the tests reach of xmpp.js' client beyond its types. */
interface Inner extends XmppEntity {
  socket: unknown
  status: string
  readonly reconnect: { stop(): void }
  readonly streamManagement: EventEmitter & { id: string; max: string | undefined; enabled: boolean }
  listenerCount(event: string): number
  emit(event: string, ...args: unknown[]): boolean
  Transport: unknown
  _findTransport(service: string): unknown
  _onElement(element: Element): void
  _status(status: string, ...args: unknown[]): void
  _ready(resumed: boolean): void
  _jid(jid: string): unknown
}

/** A socket that notes what is written to it. */
class FakeSocket extends EventEmitter {
  readonly written: Element[] = []
  /** Set: writing fails with it. */
  broken: Error | undefined

  write(text: string, done: (error?: Error) => void): void {
    if (this.broken === undefined) this.written.push(parse(text))
    queueMicrotask(() => done(this.broken))
  }
}

/**
 * The real client of xmpp.js with a socket that leads nowhere: the test is its server. What comes in comes as elements, all
 * of one packet in one turn; what goes out is noted.
 */
export class FakeClient {
  readonly entity: Inner
  readonly #socket = new FakeSocket()
  #read = 0

  constructor() {
    const options = { service: 'xmpp://example.com', domain: 'example.com', username: 'juliet', password: 'secret' }
    this.entity = client(options) as unknown as Inner
    this.entity.reconnect.stop()
    this.entity.Transport = this.entity._findTransport(options.service)
    this.entity.socket = this.#socket
    // Without a listener, an error on the connection ends the process.
    this.entity.on('error', (error: unknown) => this.errors.push(error))
  }

  /** What was emitted as `error` on the connection: nothing ever, as far as it depends on the library. */
  readonly errors: unknown[] = []

  /** A session begins; `offers`: what the server offers; `'later'`: it has not said so yet (SASL2). */
  online(offers: readonly string[] | 'later' = [], jid: string = SESSION): void {
    this.entity._status('open')
    if (offers !== 'later') this.features(offers)
    this.entity._jid(jid)
    this.entity._status('online', this.entity.jid)
  }

  features(offers: readonly string[]): void {
    this.receive(
      `<stream:features xmlns:stream="http://etherx.jabber.org/streams">${offers.join('')}</stream:features>`,
    )
  }

  /** The connection is cut; with an id the server would resume the session (XEP-0198). */
  cut(resumable?: { readonly max?: string }): void {
    if (resumable !== undefined) {
      this.entity.streamManagement.id = 'sm-1'
      this.entity.streamManagement.max = resumable.max
    }
    this.entity._status('disconnect', { clean: false })
  }

  /** As xmpp.js resumes: no `online`, and the status changes behind everybody's back. */
  resume(): void {
    this.entity._status('open')
    this.entity.streamManagement.emit('resumed')
    this.entity._ready(true)
  }

  stop(): void {
    this.entity.streamManagement.id = ''
    this.entity._status('disconnect', { clean: true })
    this.entity._status('offline')
  }

  breakSocket(error: Error | undefined): void {
    this.#socket.broken = error
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

  /** The same as text, without the ids. */
  said(): readonly string[] {
    return this.sent().map((stanza) => {
      const { id: _id, xmlns: _ns, ...attrs } = stanza.attrs as Record<string, string>
      return createElement(stanza.name, attrs, ...stanza.children).toString()
    })
  }

  /** The last roster get or set. */
  question(type: 'get' | 'set' = 'get'): Element {
    const found = this.written.findLast(
      (stanza) => stanza.is('iq') && stanza.attrs['type'] === type && stanza.getChild('query', NS_ROSTER) !== undefined,
    )
    if (found === undefined) throw new Error(`No roster ${type} was sent`)
    return found
  }

  /** Answers the last roster get with these items (or, without, "not modified"). */
  answer(items?: string, version?: string): void {
    this.receive(this.result(items, version))
  }

  result(items?: string, version?: string, id: unknown = this.question().attrs['id']): string {
    const ver = version === undefined ? '' : ` ver="${version}"`
    const query = items === undefined ? '' : `<query xmlns="${NS_ROSTER}"${ver}>${items}</query>`
    return `<iq type="result" id="${id}" to="${SESSION}">${query}</iq>`
  }

  /** Accepts or refuses the last roster set. */
  accept(): void {
    this.receive(`<iq type="result" id="${this.question('set').attrs['id']}" to="${SESSION}"/>`)
  }

  refuse(condition: string, type: 'get' | 'set' = 'set'): void {
    const error = `<error type="cancel"><${condition} xmlns="${ERROR}"/></error>`
    this.receive(`<iq type="error" id="${this.question(type).attrs['id']}" to="${SESSION}">${error}</iq>`)
  }

  /** A session whose roster has come; leaves nothing unread. */
  async login(items: string | 'unchanged' = '', version?: string, offers: readonly string[] = []): Promise<void> {
    this.online(offers)
    await turn()
    if (items === 'unchanged') this.answer()
    else this.answer(items, version)
    await turn()
    this.sent()
  }
}

/** A roster push of one item. */
export const push = (
  item: string,
  options: { readonly ver?: string; readonly from?: string; readonly id?: string } = {},
) => {
  const from = options.from === undefined ? '' : ` from="${options.from}"`
  const ver = options.ver === undefined ? '' : ` ver="${options.ver}"`
  return `<iq type="set" id="${options.id ?? 'push'}"${from}><query xmlns="${NS_ROSTER}"${ver}>${item}</query></iq>`
}

export const item = (jid: string, subscription = 'none', more = ''): string =>
  `<item jid="${jid}" subscription="${subscription}"${more}/>`

export const presence = (from: string, type?: string, children = ''): string =>
  `<presence from="${from}" to="${ACCOUNT}"${type === undefined ? '' : ` type="${type}"`}>${children}</presence>`

export const element = (xml: string): Element => parse(xml)
