import type { Element } from 'ltx'
import { bareJid } from '../../core/jid.js'
import { prepareResource } from '../../core/precis.js'
import { attr } from '../../xmpp/codec.js'
import { ClientSession, failed } from './client-session.js'
import type { Context } from './context.js'
import { NS_BIND, NS_CLIENT, NS_SASL, NS_SESSION, NS_SM, NS_STREAMS } from './namespaces.js'
import type { Header } from './parser.js'
import { Authentication, mechanismsElement } from './sasl.js'
import { errorOf, isStanza, refuse } from './stanza.js'
import type { Conversation, XmlStream } from './stream.js'

/** A client's stream from its first header until a resource is bound or a session resumed (RFC 6120 §4.3). */
export class Negotiation implements Conversation {
  readonly #context: Context
  readonly #stream: XmlStream
  readonly #authentication: Authentication

  constructor(context: Context, stream: XmlStream) {
    this.#context = context
    this.#stream = stream
    this.#authentication = new Authentication(context.accounts)
  }

  opened(header: Header): void {
    const { domain } = this.#context.host
    const from = header.attributes.get('from')
    this.#stream.open(domain, {
      ...(from !== undefined && { to: from }),
      version: '1.0',
      'xml:lang': 'en',
    })
    const condition = headerFault(header, NS_CLIENT, domain)
    if (condition !== undefined) this.#stream.fail(condition)
    else if (!/^[1-9]\d*\.\d+$/.test(header.attributes.get('version') ?? '')) this.#stream.fail('unsupported-version')
    else this.#stream.write(`<stream:features>${this.#features()}</stream:features>`)
  }

  heard(element: Element): void {
    const { username } = this.#authentication
    const xmlns = attr(element, 'xmlns')
    if (username === undefined && xmlns === NS_SASL) this.#authenticate(element)
    else if (username !== undefined && xmlns === NS_SM) this.#manage(username, element)
    else if (username !== undefined && isBinding(element)) this.#bind(username, element)
    // RFC 6120 §4.3.5, §7.1
    else if (isStanza(element)) this.#stream.fail('not-authorized')
    else refuse(this.#stream, element)
  }

  over(): void {}

  #features(): string {
    if (this.#authentication.username === undefined) return mechanismsElement().toString()
    return [
      `<bind xmlns='${NS_BIND}'/>`,
      `<session xmlns='${NS_SESSION}'><optional/></session>`,
      `<sm xmlns='${NS_SM}'/>`,
      ...this.#context.host.features,
    ].join('')
  }

  #authenticate(element: Element): void {
    const answer = this.#authentication.answer(element)
    if (answer === undefined) {
      refuse(this.#stream, element)
      return
    }
    this.#stream.write(answer.toString())
    if (this.#authentication.username !== undefined) this.#stream.restart()
    else if (this.#authentication.isExhausted) this.#stream.fail('policy-violation', 'Expected fewer tries.')
  }

  #manage(username: string, element: Element): void {
    if (element.name === 'enable') this.#stream.write(failed('unexpected-request'))
    else if (element.name !== 'resume') refuse(this.#stream, element)
    else {
      const session = this.#context.resumable.get(attr(element, 'previd') ?? '')
      // Somebody else's session does not exist for this one.
      if (session?.username === username) session.resume(this.#stream, element)
      else this.#stream.write(failed('item-not-found'))
    }
  }

  #bind(username: string, iq: Element): void {
    const text = iq.getChild('bind', NS_BIND)?.getChildText('resource') ?? ''
    const resource = text === '' ? undefined : resourceOf(text)
    const isSound =
      attr(iq, 'type') === 'set' && attr(iq, 'id') !== undefined && (text === '' || resource !== undefined)
    if (isSound) new ClientSession(this.#context, username, this.#stream).bind(iq, resource)
    else this.#refuseBinding(username, iq)
  }

  /** RFC 6120 §7.7.2.1 */
  #refuseBinding(username: string, iq: Element): void {
    const jid = `${username}@${this.#context.host.domain}`
    const error = errorOf(iq, 'modify', 'bad-request').toString()
    this.#context.onStanza('in', jid, iq.toString())
    this.#context.onStanza('out', jid, error)
    this.#stream.write(error)
  }
}

const isBinding = (element: Element): boolean =>
  isStanza(element) && element.name === 'iq' && element.getChild('bind', NS_BIND) !== undefined

function resourceOf(text: string): string | undefined {
  try {
    return prepareResource(text)
  } catch {
    return undefined
  }
}

/** What is wrong with a header, as far as clients' and components' have the same rules (RFC 6120 §4.7, §4.8). */
export function headerFault(header: Header, content: string, domain: string | undefined): string | undefined {
  if (header.namespace !== NS_STREAMS || header.content !== content) return 'invalid-namespace'
  if (header.name !== 'stream') return 'bad-format'
  const to = header.attributes.get('to')
  if (to === undefined) return 'improper-addressing'
  return domain !== undefined && domainOf(to) === domain ? undefined : 'host-unknown'
}

/** The canonical domain that a header is addressed to. */
export function domainOf(to: string): string | undefined {
  try {
    return bareJid(to)
  } catch {
    return undefined
  }
}
