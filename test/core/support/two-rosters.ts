import { type Contact, stateOf, stranger } from '../../../src/core/contact.js'
import type { Decision } from '../../../src/core/policy.js'
import { hasFrom, hasPendingIn, hasPendingOut, hasTo, type SubscriptionType } from '../../../src/core/state.js'
import { type Send, type StepInput, step } from '../../../src/core/step.js'
import { ASKED, NOW } from './contacts.js'

/** How one of the two decides about requests, one after the other. */
export interface Manners {
  readonly decisions: readonly (Decision | 'ask')[]
  readonly subscribesBack: boolean
}

const isSubscription = (send: Send): send is Extract<Send, { readonly type: SubscriptionType }> =>
  send.type !== 'presence' && send.type !== 'unavailable' && send.type !== 'probe'

/** Somebody with a roster of its own that holds the other one; what it says goes onto a wire, first in, first out. */
export class Party {
  contact: Contact
  /** What it has said and the other has not heard. */
  readonly wire: SubscriptionType[] = []
  /** All that it has said. */
  readonly said: SubscriptionType[] = []
  readonly #manners: Manners
  #asked = 0

  constructor(other: string, manners: Manners) {
    this.contact = stranger(other)
    this.#manners = manners
  }

  do(input: StepInput): void {
    const { contact, sends } = step(this.contact, input, NOW)
    this.contact = contact
    const types = sends.filter(isSubscription).map(({ type }) => type)
    this.wire.push(...types)
    this.said.push(...types)
  }

  hear(type: SubscriptionType): void {
    const { decisions, subscribesBack: subscribeBack } = this.#manners
    if (type === 'subscribe') {
      const decision = decisions[this.#asked++ % decisions.length] ?? 'defer'
      this.do({ kind: 'received', type, xml: ASKED, decision, subscribeBack })
    } else this.do({ kind: 'received', type })
  }

  get sees(): boolean {
    return hasTo(stateOf(this.contact))
  }

  get isSeen(): boolean {
    return hasFrom(stateOf(this.contact))
  }

  get waits(): boolean {
    return hasPendingOut(stateOf(this.contact))
  }

  get isAsked(): boolean {
    return hasPendingIn(stateOf(this.contact))
  }
}

/** Two who have each other in their rosters. */
export class Two {
  readonly a: Party
  readonly b: Party

  constructor(a: Manners, b: Manners) {
    this.a = new Party('b@example.net', a)
    this.b = new Party('a@example.com', b)
  }

  /** One stanza arrives. */
  deliver(from: Party): void {
    const type = from.wire.shift()
    if (type !== undefined) (from === this.a ? this.b : this.a).hear(type)
  }

  /** Everything arrives. Returns after how many stanzas. */
  drain(): number {
    let delivered = 0
    while (this.a.wire.length + this.b.wire.length > 0) {
      this.deliver(this.a.wire.length > 0 ? this.a : this.b)
      if (++delivered > 1_000) throw new Error('They never stop talking')
    }
    return delivered
  }
}
