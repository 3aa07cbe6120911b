import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import { attr, errorElement } from '../../xmpp/codec.js'
import { NS_CLIENT, NS_COMPONENT, NS_STREAMS } from './namespaces.js'
import type { XmlStream } from './stream.js'

const NAMES: ReadonlySet<string> = new Set(['message', 'presence', 'iq'])
const FOREIGN: ReadonlySet<string> = new Set([NS_CLIENT, NS_COMPONENT, 'jabber:server'])

/** The parser leaves out the namespace that a stream's stanzas have. */
export const isStanza = (element: Element): boolean => NAMES.has(element.name) && attr(element, 'xmlns') === undefined

/** Ends a stream on which something came that has no meaning there. */
export function refuse(stream: XmlStream, element: Element): void {
  const xmlns = attr(element, 'xmlns')
  if (xmlns === NS_STREAMS && element.name === 'error') stream.close()
  // RFC 6120 §4.8.2
  else if (NAMES.has(element.name) && FOREIGN.has(xmlns ?? '')) stream.fail('invalid-namespace')
  else stream.fail('unsupported-stanza-type', `Expected something else than ${element.name}.`)
}

const reply = (iq: Element, type: 'result' | 'error', ...children: readonly Element[]): Element => {
  const id = attr(iq, 'id')
  return createElement('iq', id === undefined ? { type } : { type, id }, ...children)
}

export const resultOf = (iq: Element, ...children: readonly Element[]): Element => reply(iq, 'result', ...children)

export const errorOf = (iq: Element, type: string, condition: string): Element =>
  reply(iq, 'error', errorElement(type, condition))
