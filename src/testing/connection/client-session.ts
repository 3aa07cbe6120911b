import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import { attr } from '../../xmpp/codec.js'
import type { Guest, Link } from '../peer.js'
import type { Context } from './context.js'
import { NS_BIND, NS_SESSION, NS_SM, NS_STANZA_ERRORS } from './namespaces.js'
import { errorOf, isStanza, refuse, resultOf } from './stanza.js'
import { type Conversation, silence, type XmlStream } from './stream.js'
import { countOf, StreamManagement } from './stream-management.js'

/** A client with a resource. It outlives its stream when XEP-0198 lets another one take over. */
export class ClientSession implements Link, Conversation {
  readonly username: string
  readonly #context: Context
  readonly #bare: string
  /** `undefined`: it waits to be resumed, or it is over. */
  #stream: XmlStream | undefined
  #guest: Guest | undefined
  /** What the host sends while it binds: the client must learn its address first. */
  #early: string[] = []
  #management: StreamManagement | undefined
  #callOff = (): void => undefined
  #isFinal = false
  #isOver = false

  constructor(context: Context, username: string, stream: XmlStream) {
    this.#context = context
    this.username = username
    this.#bare = `${username}@${context.host.domain}`
    this.#stream = stream
  }

  /** Binds a resource (RFC 6120 §7) and takes the stream over. */
  bind(iq: Element, resource: string | undefined): void {
    const stream = this.#stream
    if (stream === undefined) return
    stream.conversation = this
    stream.established()
    this.#context.onStanza('in', this.#bare, iq.toString())
    const guest = this.#context.host.bind(this.username, resource, this)
    this.#guest = guest
    if (this.#isOver) {
      guest.gone()
      return
    }
    const jid = createElement('jid', {}, guest.jid)
    this.send(resultOf(iq, createElement('bind', { xmlns: NS_BIND }, jid)).toString())
    for (const xml of this.#early.splice(0)) this.send(xml)
  }

  // — Link —

  send(xml: string): void {
    if (this.#isOver) return
    if (this.#guest === undefined) {
      this.#early.push(xml)
      return
    }
    this.#management?.sent(xml)
    this.#write(xml)
    if (this.#management?.isOverfull === true) this.end('policy-violation')
    else if (this.#stream !== undefined && this.#management?.isToBeAsked() === true)
      this.#stream.write(`<r xmlns='${NS_SM}'/>`)
  }

  #write(xml: string): void {
    if (this.#stream === undefined) return
    this.#context.onStanza('out', this.#guest?.jid ?? this.#bare, xml)
    this.#stream.write(xml)
  }

  end(condition?: string): void {
    if (this.#stream === undefined) this.#finish()
    else if (condition === undefined) this.#stream.close()
    else this.#stream.fail(condition)
  }

  cut(resume: boolean): void {
    if (!resume) this.#isFinal = true
    if (this.#stream !== undefined) this.#stream.cut()
    else if (!resume) this.#finish()
  }

  // — Conversation —

  /** A header within a stream is an element like any other to the parser, so this one never comes. */
  opened(): void {}

  heard(element: Element): void {
    const stream = this.#stream
    if (stream === undefined) return
    if (isStanza(element)) this.#stanza(element)
    else if (attr(element, 'xmlns') === NS_SM) this.#manage(stream, element)
    else refuse(stream, element)
  }

  over(how: 'closed' | 'lost'): void {
    this.#stream = undefined
    const max = how === 'lost' && !this.#isFinal ? this.#management?.max : undefined
    if (max === undefined) this.#finish()
    else this.#callOff = this.#context.clock.after(max * 1_000, () => this.#finish())
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#callOff()
    if (this.#management !== undefined) this.#context.resumable.delete(this.#management.id)
    this.#guest?.gone()
  }

  #stanza(stanza: Element): void {
    if (this.#management !== undefined) this.#management.inbound += 1
    this.#context.onStanza('in', this.#guest?.jid ?? this.#bare, stanza.toString())
    const answer = this.#isForServer(stanza) ? ownAnswer(stanza) : undefined
    if (answer === undefined) this.#guest?.receive(stanza)
    else this.send(answer.toString())
  }

  #isForServer(stanza: Element): boolean {
    const to = attr(stanza, 'to')
    return stanza.name === 'iq' && (to === undefined || to === this.#context.host.domain || to === this.#bare)
  }

  // — XEP-0198 —

  #manage(stream: XmlStream, element: Element): void {
    const management = this.#management
    if (element.name === 'enable') this.#enable(stream, element)
    else if (element.name === 'resume') stream.write(failed('unexpected-request'))
    else if (management === undefined) refuse(stream, element)
    else if (element.name === 'r') {
      management.heard()
      stream.write(`<a xmlns='${NS_SM}' h='${management.inbound}'/>`)
    } else if (element.name === 'a') {
      management.heard()
      this.#acknowledged(stream, management, element)
    } else refuse(stream, element)
  }

  #enable(stream: XmlStream, element: Element): void {
    if (this.#management !== undefined) {
      // XEP-0198 §3: one attempt, or the stream is to end.
      stream.write(failed('unexpected-request'))
      stream.fail('policy-violation', 'Expected stream management to be enabled once.')
      return
    }
    const resume = ['true', '1'].includes(attr(element, 'resume') ?? '')
    const management = new StreamManagement(resume, countOf(attr(element, 'max')) ?? Number.NaN)
    this.#management = management
    const { id, max } = management
    if (max === undefined) {
      stream.write(`<enabled xmlns='${NS_SM}'/>`)
      return
    }
    this.#context.resumable.set(id, this)
    stream.write(`<enabled xmlns='${NS_SM}' id='${id}' resume='true' max='${max}'/>`)
  }

  /** What comes back is whether the count can be. */
  #acknowledged(stream: XmlStream, management: StreamManagement, element: Element): boolean {
    const h = countOf(attr(element, 'h'))
    if (h === undefined) stream.fail('invalid-xml', 'Expected a count of stanzas.')
    else if (management.acknowledge(h)) return true
    else {
      const sent = management.outbound
      const detail = `<handled-count-too-high xmlns='${NS_SM}' h='${h}' send-count='${sent}'/>`
      stream.fail('undefined-condition', `Expected at most ${sent} stanzas to be acknowledged, not ${h}.`, detail)
    }
    return false
  }

  /** Goes on on another stream, which has shown the same account's password; the session's own ends if it still lives. */
  resume(stream: XmlStream, request: Element): void {
    const management = this.#management
    if (management === undefined || !this.#acknowledged(stream, management, request)) return
    const old = this.#stream
    this.#callOff()
    this.#stream = stream
    stream.conversation = this
    stream.established()
    if (old !== undefined) {
      old.conversation = silence
      old.fail('conflict', 'Expected one stream: the session was resumed on another.')
    }
    stream.write(`<resumed xmlns='${NS_SM}' previd='${management.id}' h='${management.inbound}'/>`)
    for (const xml of management.unacknowledged) this.#write(xml)
  }
}

/** XEP-0198 §6 */
export const failed = (condition: string): string =>
  `<failed xmlns='${NS_SM}'><${condition} xmlns='${NS_STANZA_ERRORS}'/></failed>`

/** What the stream answers itself: a second binding (RFC 6120 §7.6.3), and the session of old that means nothing any more. */
function ownAnswer(iq: Element): Element | undefined {
  if (attr(iq, 'type') !== 'set') return undefined
  if (iq.getChild('bind', NS_BIND) !== undefined) return errorOf(iq, 'cancel', 'not-allowed')
  return iq.getChild('session', NS_SESSION) === undefined ? undefined : resultOf(iq)
}
