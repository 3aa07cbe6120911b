import type { Element } from 'ltx'
import type { PendingRequest } from '../core/contact.js'
import type { Decision, SubscriptionAsk } from '../core/policy.js'
import { copyText } from '../core/text.js'
import type { SubscriptionRequest } from './events.js'
import type { Owner } from './owner.js'

/** More than anybody writes, in characters. Whoever may ask decides how much of it is kept, and a thousand may. */
const MOST_KEPT = 16_384

/**
 * A request as it is kept, whole (RFC 6121 §3.1.3). `undefined`: it is too long, was refused, and the application was told.
 * Detached: what the parser cut out would keep its packet in memory for as long as the request waits.
 */
export function keptXml(owner: Owner, contact: string, stanza: Element): string | undefined {
  const xml = stanza.toString()
  if (xml.length <= MOST_KEPT) return copyText(xml)
  const message = `Expected a request of at most ${MOST_KEPT} characters, but one of ${xml.length} came from ${contact}; it was not kept.`
  owner.world.bus.rejected('STANZA_INVALID', message, owner.jid, contact, stanza)
  return undefined
}

/** What a policy and the application are told of a request. */
export function askOf(owner: Owner, contact: string, request: PendingRequest, stanza?: Element): SubscriptionAsk {
  const { wire } = owner.world
  const whole = stanza ?? wire.parse(request.xml) ?? wire.stanza(contact, { type: 'subscribe', to: owner.jid })
  const { nick, status } = wire.read(whole)
  return {
    owner: owner.jid,
    contact,
    nick,
    status,
    item: owner.book.items.get(contact),
    receivedAt: new Date(request.receivedAt),
    stanza: whole,
  }
}

/** The same with its answers. */
export function requestOf(
  owner: Owner,
  contact: string,
  request: PendingRequest,
  decision: Decision,
  stanza?: Element,
): SubscriptionRequest {
  return Object.freeze({
    ...askOf(owner, contact, request, stanza),
    decision,
    authorize: (options = {}) =>
      owner.desk.authorize(contact, { ...options, subscribe: options.subscribe ?? owner.subscribesBack() }),
    deny: (options = {}) => owner.desk.deny(contact, options),
  } satisfies SubscriptionRequest)
}
