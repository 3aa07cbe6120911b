import { type Contact, type PendingRequest, stranger } from '../../../src/core/contact.js'
import { rosterItem } from '../../../src/core/item.js'
import { hasPendingIn, hasPendingOut, type SubscriptionState } from '../../../src/core/state.js'
import type { Step } from '../../../src/core/step.js'

export const JULIET = 'juliet@example.com'
export const NOW = 1_700_000_000_000
export const ASKED = "<presence type='subscribe'/>"

export const request: PendingRequest = { xml: ASKED, receivedAt: NOW - 60_000, deferred: true }

interface Extras {
  readonly name?: string
  readonly groups?: readonly string[]
  readonly approved?: boolean
}

/** A contact that the owner lists, in this state. */
export const listed = (state: SubscriptionState, extras: Extras = {}): Contact => ({
  jid: JULIET,
  item: rosterItem({ jid: JULIET, state, ...extras }),
  request: hasPendingIn(state) ? request : undefined,
  askedAt: hasPendingOut(state) ? NOW - 3_600_000 : undefined,
})

/** Nobody that the owner knows. */
export const nobody: Contact = stranger(JULIET)

/** A stranger that has asked: a request without an item (appendix A.1, state 3). */
export const asking: Contact = { ...nobody, request }

/** Every way to be in a state: listed and, where it can be, not listed. */
export function inEveryWay(state: SubscriptionState): readonly Contact[] {
  if (state === 'none') return [listed(state), nobody]
  if (state === 'none+in') return [listed(state), asking]
  return [listed(state)]
}

/** What a step sends, in its order. */
export const sent = (step: Pick<Step, 'sends'>): readonly string[] => step.sends.map(({ type }) => type)

/** What a step tells, in its order: `transition none→to`, `subscribed`, `request deny`. */
export const told = (step: Pick<Step, 'facts'>): readonly string[] =>
  step.facts.map((fact) => {
    if (fact.type === 'transition') return `transition ${fact.before}→${fact.after}`
    return fact.type === 'request' ? `request ${fact.decision}` : fact.type
  })
