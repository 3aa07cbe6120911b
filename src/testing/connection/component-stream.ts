import { timingSafeEqual } from 'node:crypto'
import type { Element } from 'ltx'
import { domainOf as domainIn, parseJid } from '../../core/jid.js'
import { attr } from '../../xmpp/codec.js'
import type { Guest, Link } from '../peer.js'
import { sha1 } from './accounts.js'
import type { Context } from './context.js'
import { NS_COMPONENT } from './namespaces.js'
import { domainOf, headerFault } from './negotiation.js'
import type { Header } from './parser.js'
import { isStanza, refuse } from './stanza.js'
import type { Conversation, XmlStream } from './stream.js'

/** A component's stream (XEP-0114). */
export class ComponentStream implements Link, Conversation {
  readonly #context: Context
  readonly #stream: XmlStream
  #id = ''
  #domain = ''
  #guest: Guest | undefined
  /** What the host sends while the component joins: `handshake` is answered first. */
  #early: string[] = []
  #isOver = false

  constructor(context: Context, stream: XmlStream) {
    this.#context = context
    this.#stream = stream
  }

  // — Link —

  send(xml: string): void {
    if (this.#isOver) return
    if (this.#guest === undefined) {
      this.#early.push(xml)
      return
    }
    this.#context.onStanza('out', this.#guest.jid, xml)
    this.#stream.write(xml)
  }

  end(condition?: string): void {
    if (condition === undefined) this.#stream.close()
    else this.#stream.fail(condition)
  }

  cut(): void {
    this.#stream.cut()
  }

  // — Conversation —

  opened(header: Header): void {
    const to = header.attributes.get('to')
    const domain = to === undefined ? undefined : domainOf(to)
    const isKnown = domain !== undefined && this.#context.host.secret(domain) !== undefined
    this.#domain = domain ?? ''
    this.#id = this.#stream.open(isKnown ? domain : this.#context.host.domain)
    const condition = headerFault(header, NS_COMPONENT, isKnown ? domain : undefined)
    if (condition !== undefined) this.#stream.fail(condition)
  }

  heard(element: Element): void {
    if (this.#guest !== undefined && isStanza(element)) this.#stanza(this.#guest, element)
    else if (this.#guest === undefined && isHandshake(element)) this.#shake(element.getText().trim())
    else if (isStanza(element)) this.#stream.fail('not-authorized')
    else refuse(this.#stream, element)
  }

  over(): void {
    this.#isOver = true
    this.#guest?.gone()
  }

  #shake(given: string): void {
    const secret = this.#context.host.secret(this.#domain)
    const expected = sha1(this.#id + (secret ?? '')).toString('hex')
    if (secret === undefined || !timingSafeEqual(sha1(given), sha1(expected))) {
      this.#stream.fail('not-authorized')
      return
    }
    this.#stream.established()
    const guest = this.#context.host.join(this.#domain, this)
    this.#guest = guest
    if (guest === undefined) this.#stream.fail('conflict')
    else if (this.#isOver) guest.gone()
    else {
      this.#stream.write('<handshake/>')
      for (const xml of this.#early.splice(0)) this.send(xml)
    }
  }

  #stanza(guest: Guest, stanza: Element): void {
    const from = attr(stanza, 'from')
    const to = attr(stanza, 'to')
    this.#context.onStanza('in', guest.jid, stanza.toString())
    if (from === undefined || from === '' || to === undefined || to === '') this.#stream.fail('improper-addressing')
    else if (!isWithin(from, this.#domain)) this.#stream.fail('invalid-from')
    else guest.receive(stanza)
  }
}

const isHandshake = (element: Element): boolean => element.name === 'handshake' && attr(element, 'xmlns') === undefined

/** XEP-0114 §3: a component speaks for every address of its domain, and for no other. */
function isWithin(from: string, domain: string): boolean {
  try {
    return domainIn(parseJid(from).bare) === domain
  } catch {
    return false
  }
}
