import type { Element } from 'ltx'
import type { PendingRequest } from '../core/contact.js'
import type { Decision, SubscriptionAsk } from '../core/policy.js'
import type { SubscriptionRequest } from './events.js'
import type { Owner } from './owner.js'

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
