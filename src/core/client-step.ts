import { type Contact, inState, type PendingRequest, stateOf } from './contact.js'
import { rosterItem } from './item.js'
import type { Decision } from './policy.js'
import {
  hasFrom,
  hasPendingIn,
  hasPendingOut,
  hasTo,
  type Subscription,
  type SubscriptionState,
  type SubscriptionType,
  stateFrom,
} from './state.js'
import type { Cause, Fact, Send } from './step.js'
import { INBOUND, OUTBOUND } from './transition.js'

/** One item as the server says it (RFC 6121 §2.1.2). Who has asked does not stand in it. */
export interface ServerItem {
  readonly jid: string
  readonly name: string | undefined
  readonly groups: readonly string[]
  readonly subscription: Subscription
  readonly pendingOut: boolean
  readonly approved: boolean
}

/** A push told of a change whose stanza is yet to come. */
export interface PushMark {
  readonly type: Exclude<SubscriptionType, 'subscribe'>
  readonly previous: SubscriptionState
}

/** A decision about a contact whose roster is the server's. */
export interface ClientStep {
  readonly contact: Contact
  readonly sends: readonly Send[]
  readonly facts: readonly Fact[]
  /** What a push announced: its stanza is then no repeat. */
  readonly mark?: PushMark
}

const unchanged = (contact: Contact): ClientStep => ({ contact, sends: [], facts: [] })

/** What the server says of a contact, by a push or in a result; `undefined`: it is no longer in the roster. */
export function serverSays(contact: Contact, said: ServerItem | undefined, cause: Cause): ClientStep {
  const before = stateOf(contact)
  if (said === undefined) {
    const after = contact.request === undefined ? 'none' : 'none+in'
    return {
      contact: { ...contact, item: undefined, askedAt: undefined },
      sends: [],
      facts: changed(before, after, cause),
      ...marked(before, after),
    }
  }
  const after = stateFrom(said.subscription, said.pendingOut, contact.request !== undefined)
  const item = rosterItem({
    jid: contact.jid,
    name: said.name,
    groups: said.groups,
    state: after,
    approved: said.approved,
  })
  const request = hasPendingIn(after) ? contact.request : undefined
  return {
    contact: { ...contact, item, request },
    sends: [],
    facts: changed(before, after, cause),
    ...marked(before, after),
  }
}

const changed = (before: SubscriptionState, after: SubscriptionState, cause: Cause): readonly Fact[] =>
  before === after ? [] : [{ type: 'transition', before, after, cause }]

/** Which stanza of the contact explains what a push changed. */
function marked(before: SubscriptionState, after: SubscriptionState): { readonly mark?: PushMark } {
  if (hasTo(after) && !hasTo(before)) return { mark: { type: 'subscribed', previous: before } }
  if (hasTo(before) && !hasTo(after)) return { mark: { type: 'unsubscribed', previous: before } }
  if (hasPendingOut(before) && !hasPendingOut(after)) return { mark: { type: 'unsubscribed', previous: before } }
  if (hasFrom(before) && !hasFrom(after)) return { mark: { type: 'unsubscribe', previous: before } }
  return {}
}

/** A subscription stanza of the contact, other than a request. */
export function clientReceived(contact: Contact, type: PushMark['type'], mark: PushMark | undefined): ClientStep {
  const previous = stateOf(contact)
  const cell = INBOUND[type][previous]
  if (!cell.deliver) {
    // A grant that has been taken back since is none any more: its stanza is a stray one.
    const isTold = mark?.type === type && (type !== 'subscribed' || hasTo(previous))
    return isTold ? { contact, sends: [], facts: [{ type, previous: mark.previous }] } : unchanged(contact)
  }
  const facts: Fact[] = [...changed(previous, cell.next, 'stanza'), { type, previous }]
  return { contact: inState(contact, cell.next), sends: [], facts }
}

/** A request of the contact. The server keeps it; here it is known for the length of the session. */
export function clientRequested(
  contact: Contact,
  xml: string,
  decision: Decision | 'ask',
  subscribeBack: boolean,
  now: number,
): ClientStep {
  const before = stateOf(contact)
  const cell = INBOUND.subscribe[before]
  if (!cell.deliver || decision === 'ignore') return unchanged(contact)
  const request: PendingRequest = { xml, receivedAt: now, deferred: decision === 'defer' }
  const waiting = inState({ ...contact, request }, cell.next)
  const facts = changed(before, cell.next, 'stanza')
  if (decision === 'ask') return { contact: waiting, sends: [], facts }
  const answer = clientAnswered(waiting, decision, subscribeBack)
  return { ...answer, facts: [...facts, ...answer.facts] }
}

/** What the policy says about a request that is pending. */
export function clientAnswered(contact: Contact, decision: Decision, subscribeBack: boolean): ClientStep {
  const { request } = contact
  const before = stateOf(contact)
  if (request === undefined || !hasPendingIn(before)) return unchanged(contact)
  const fact: Fact = { type: 'request', decision, request }
  if (decision === 'defer')
    return { contact: { ...contact, request: { ...request, deferred: true } }, sends: [], facts: [fact] }
  // The server says when it has granted; a denial it does not tell of.
  if (decision === 'authorize') return { contact, sends: answers(contact, subscribeBack), facts: [fact] }
  const denied = clientDenied(contact, 'policy')
  return decision === 'ignore' ? { ...denied, sends: [] } : { ...denied, facts: [...denied.facts, fact] }
}

/** The stanzas that grant a request. */
export function answers(contact: Contact, subscribeBack: boolean): readonly Send[] {
  const state = stateOf(contact)
  const subscribed: Send = { type: 'subscribed', to: contact.jid }
  const asks = subscribeBack && !hasTo(state) && !hasPendingOut(state)
  return asks ? [subscribed, { type: 'subscribe', to: contact.jid }] : [subscribed]
}

/** A request is declined. */
export function clientDenied(contact: Contact, cause: Cause): ClientStep {
  const before = stateOf(contact)
  if (!hasPendingIn(before)) return unchanged(contact)
  const { next } = OUTBOUND.unsubscribed[before]
  return {
    contact: inState(contact, next),
    sends: [{ type: 'unsubscribed', to: contact.jid }],
    facts: changed(before, next, cause),
  }
}
