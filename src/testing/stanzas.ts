import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import { attr, errorElement } from '../xmpp/codec.js'

/** What is said on a stanza: `undefined` takes it away. */
interface Addresses {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly id?: string | undefined
}

/** The same stanza with other addresses, in the namespace of whatever stream it goes to. Its children are shared. */
export function addressed(stanza: Element, addresses: Addresses): Element {
  const attrs: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...stanza.attrs, ...addresses }))
    if (typeof value === 'string' && name !== 'xmlns') attrs[name] = value
  const copy = createElement(stanza.name, attrs)
  copy.children = stanza.children
  return copy
}

export function presenceOf(type: string | undefined, from: string, to: string, id?: string): Element {
  return addressed(createElement('presence', type === undefined ? {} : { type }), { from, to, id })
}

/** RFC 6120 §8.3.3: what a condition is sent with. The rest are of type `cancel`. */
const ERROR_TYPES: Readonly<Record<string, string>> = {
  'bad-request': 'modify',
  'jid-malformed': 'modify',
  'not-acceptable': 'modify',
  'item-not-found': 'modify',
  'remote-server-timeout': 'wait',
  forbidden: 'auth',
}

export type Condition =
  | 'bad-request'
  | 'jid-malformed'
  | 'not-acceptable'
  | 'item-not-found'
  | 'not-allowed'
  | 'forbidden'
  | 'service-unavailable'
  | 'internal-server-error'
  | 'remote-server-not-found'
  | 'remote-server-timeout'

/** The stanza comes back to `to`; `undefined`: nobody answers errors and results (RFC 6120 §8.3.1). */
export function refusal(stanza: Element, to: string, condition: Condition): Element | undefined {
  const type = attr(stanza, 'type')
  if (type === 'error' || (stanza.name === 'iq' && type === 'result')) return undefined
  return answer(stanza, to, 'error', errorElement(ERROR_TYPES[condition] ?? 'cancel', condition))
}

/** The result of an IQ. */
export const result = (iq: Element, to: string, payload?: Element): Element => answer(iq, to, 'result', payload)

export function answer(stanza: Element, to: string, type: string, payload?: Element): Element {
  const children = payload === undefined ? [] : [payload]
  return addressed(createElement(stanza.name, { type }, ...children), {
    from: attr(stanza, 'to'),
    to,
    id: attr(stanza, 'id'),
  })
}
