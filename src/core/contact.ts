import { type RosterItem, rosterItem, sameItem, withState } from './item.js'
import { hasPendingIn, hasPendingOut, type SubscriptionState } from './state.js'

/** A subscription request that waits for its answer, as it is kept: the whole stanza (RFC 6121 §3.1.3). */
export interface PendingRequest {
  readonly xml: string
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
  /** A policy has left it to the application. `false`: nobody has decided yet, the policy is to be asked (again). */
  readonly deferred: boolean
}

/**
 * All that an owner keeps of one contact.
 *
 * A contact that has only asked has a `request` and no `item` (RFC 6121 appendix A.1, state 3): so a stranger and an item
 * that the owner added cannot be mixed up.
 */
export interface Contact {
  readonly jid: string
  readonly item: RosterItem | undefined
  readonly request: PendingRequest | undefined
  /** When the owner last sent `subscribe`; `undefined` unless the contact's answer is pending. */
  readonly askedAt: number | undefined
}

export const stranger = (jid: string): Contact => ({ jid, item: undefined, request: undefined, askedAt: undefined })

export const stateOf = (contact: Contact): SubscriptionState =>
  contact.item?.state ?? (contact.request === undefined ? 'none' : 'none+in')

/** Whether the contact waits for the owner's answer. */
export const hasAsked = (contact: Contact): boolean => hasPendingIn(stateOf(contact))

export const sameContact = (a: Contact, b: Contact): boolean =>
  a === b || (sameItem(a.item, b.item) && sameRequest(a.request, b.request) && a.askedAt === b.askedAt)

/** Whether it is one and the same request, whatever has been made of it since. */
export const isOneRequest = (a: PendingRequest | undefined, b: PendingRequest | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.receivedAt === b.receivedAt && a.xml === b.xml)

const sameRequest = (a: PendingRequest | undefined, b: PendingRequest | undefined): boolean =>
  isOneRequest(a, b) && a?.deferred === b?.deferred

/** The contact in this state, with what the state allows to be kept. */
export function inState(contact: Contact, state: SubscriptionState): Contact {
  const { jid, item, request, askedAt } = contact
  const unlisted = item === undefined && (state === 'none' || state === 'none+in')
  return {
    jid,
    item: unlisted ? undefined : item === undefined ? rosterItem({ jid, state }) : withState(item, state),
    request: hasPendingIn(state) ? request : undefined,
    askedAt: hasPendingOut(state) ? askedAt : undefined,
  }
}

/** The same without a request of the contact: it was declined, or the server keeps it. */
export const withoutPendingIn = (contact: Contact): Contact =>
  inState({ ...contact, request: undefined }, WITHOUT_PENDING_IN[stateOf(contact)] ?? stateOf(contact))

const WITHOUT_PENDING_IN: Partial<Record<SubscriptionState, SubscriptionState>> = {
  'none+in': 'none',
  'none+out+in': 'none+out',
  'to+in': 'to',
}
