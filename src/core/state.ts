/** The `subscription` attribute (RFC 6121 §2.1.2.5), from the owner's side. */
export type Subscription = 'none' | 'to' | 'from' | 'both'

const SUBSCRIPTIONS: ReadonlySet<unknown> = new Set<Subscription>(['none', 'to', 'from', 'both'])

export const isSubscription = (value: unknown): value is Subscription => SUBSCRIPTIONS.has(value)

/** The nine states of RFC 6121 appendix A.1; the other seven flag combinations cannot be written. */
export type SubscriptionState =
  | 'none'
  | 'none+out'
  | 'none+in'
  | 'none+out+in'
  | 'to'
  | 'to+in'
  | 'from'
  | 'from+out'
  | 'both'

/** The types of a presence stanza that manage a subscription (RFC 6121 §3). */
export type SubscriptionType = 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed'

/** What a state says about each direction. */
export interface StateParts {
  readonly subscription: Subscription
  readonly pendingOut: boolean
  readonly pendingIn: boolean
}

const parts = (subscription: Subscription, pendingOut: boolean, pendingIn: boolean): StateParts =>
  Object.freeze({ subscription, pendingOut, pendingIn })

const PARTS: Readonly<Record<SubscriptionState, StateParts>> = {
  none: parts('none', false, false),
  'none+out': parts('none', true, false),
  'none+in': parts('none', false, true),
  'none+out+in': parts('none', true, true),
  to: parts('to', false, false),
  'to+in': parts('to', false, true),
  from: parts('from', false, false),
  'from+out': parts('from', true, false),
  both: parts('both', false, false),
}

export const SUBSCRIPTION_STATES = Object.keys(PARTS) as readonly SubscriptionState[]

export const isSubscriptionState = (text: unknown): text is SubscriptionState =>
  typeof text === 'string' && Object.hasOwn(PARTS, text)

export const partsOf = (state: SubscriptionState): StateParts => PARTS[state]

/** Whether the owner receives the contact's presence. */
export const hasTo = (state: SubscriptionState): boolean => state === 'to' || state === 'to+in' || state === 'both'

/** Whether the contact receives the owner's presence. */
export const hasFrom = (state: SubscriptionState): boolean =>
  state === 'from' || state === 'from+out' || state === 'both'

/** Whether the contact asked and the owner has not answered. */
export const hasPendingIn = (state: SubscriptionState): boolean => PARTS[state].pendingIn

/** Whether the owner asked and the contact has not answered. */
export const hasPendingOut = (state: SubscriptionState): boolean => PARTS[state].pendingOut

/**
 * The state that says this. What contradicts itself is read as RFC 6121 §2.1.2.5 has it: who already has a
 * subscription does not also wait for it.
 */
export function stateFrom(subscription: Subscription, pendingOut: boolean, pendingIn: boolean): SubscriptionState {
  switch (subscription) {
    case 'both':
      return 'both'
    case 'to':
      return pendingIn ? 'to+in' : 'to'
    case 'from':
      return pendingOut ? 'from+out' : 'from'
    case 'none':
      if (pendingOut) return pendingIn ? 'none+out+in' : 'none+out'
      return pendingIn ? 'none+in' : 'none'
  }
}
