import type { SubscriptionState, SubscriptionType } from './state.js'

/** One cell of RFC 6121 appendix A.2: an outbound stanza meets a state. */
export interface OutboundCell {
  /** Whether the stanza goes to the contact. */
  readonly route: boolean
  readonly next: SubscriptionState
  /** Footnote [1] of table 4: instead of a new state, what RFC 6121 §3.4 says. */
  readonly preapproval?: true
}

/** One cell of RFC 6121 appendix A.3: an inbound stanza meets a state. */
export interface InboundCell {
  /** Whether the application is told. */
  readonly deliver: boolean
  readonly next: SubscriptionState
  readonly autoReply?: 'subscribed' | 'unsubscribed'
}

type Table<Cell> = Readonly<Record<SubscriptionType, Readonly<Record<SubscriptionState, Cell>>>>

const routed = (next: SubscriptionState): OutboundCell => ({ route: true, next })
const kept = (next: SubscriptionState): OutboundCell => ({ route: false, next })
const preapproved = (next: SubscriptionState): OutboundCell => ({ route: false, next, preapproval: true })

/** RFC 6121 appendix A.2, tables 2 to 5, row for row. SHOULD NOT is read as no. */
export const OUTBOUND: Table<OutboundCell> = {
  // Table 2
  subscribe: {
    none: routed('none+out'),
    'none+out': routed('none+out'),
    'none+in': routed('none+out+in'),
    'none+out+in': routed('none+out+in'),
    to: routed('to'),
    'to+in': routed('to+in'),
    from: routed('from+out'),
    'from+out': routed('from+out'),
    both: routed('both'),
  },
  // Table 3
  unsubscribe: {
    none: routed('none'),
    'none+out': routed('none'),
    'none+in': routed('none+in'),
    'none+out+in': routed('none+in'),
    to: routed('none'),
    'to+in': routed('none+in'),
    from: routed('from'),
    'from+out': routed('from'),
    both: routed('from'),
  },
  // Table 4
  subscribed: {
    none: preapproved('none'),
    'none+out': preapproved('none+out'),
    'none+in': routed('from'),
    'none+out+in': routed('from+out'),
    to: preapproved('to'),
    'to+in': routed('both'),
    from: kept('from'),
    'from+out': kept('from+out'),
    both: kept('both'),
  },
  // Table 5
  unsubscribed: {
    none: kept('none'),
    'none+out': kept('none+out'),
    'none+in': routed('none'),
    'none+out+in': routed('none+out'),
    to: kept('to'),
    'to+in': routed('to'),
    from: routed('none'),
    'from+out': routed('none+out'),
    both: routed('to'),
  },
}

const delivered = (next: SubscriptionState): InboundCell => ({ deliver: true, next })
const dropped = (next: SubscriptionState): InboundCell => ({ deliver: false, next })
const answered = (next: SubscriptionState): InboundCell => ({ deliver: false, next, autoReply: 'subscribed' })
const ended = (next: SubscriptionState): InboundCell => ({ deliver: true, next, autoReply: 'unsubscribed' })

/** RFC 6121 appendix A.3, tables 6 to 9, row for row. SHOULD NOT is read as no, SHOULD as yes. */
export const INBOUND: Table<InboundCell> = {
  // Table 6
  subscribe: {
    none: delivered('none+in'),
    'none+out': delivered('none+out+in'),
    'none+in': dropped('none+in'),
    'none+out+in': dropped('none+out+in'),
    to: delivered('to+in'),
    'to+in': dropped('to+in'),
    from: answered('from'),
    'from+out': answered('from+out'),
    both: answered('both'),
  },
  // Table 7
  unsubscribe: {
    none: dropped('none'),
    'none+out': dropped('none+out'),
    'none+in': ended('none'),
    'none+out+in': ended('none+out'),
    to: dropped('to'),
    'to+in': ended('to'),
    from: ended('none'),
    'from+out': ended('none+out'),
    both: ended('to'),
  },
  // Table 8
  subscribed: {
    none: dropped('none'),
    'none+out': delivered('to'),
    'none+in': dropped('none+in'),
    'none+out+in': delivered('to+in'),
    to: dropped('to'),
    'to+in': dropped('to+in'),
    from: dropped('from'),
    'from+out': delivered('both'),
    both: dropped('both'),
  },
  // Table 9
  unsubscribed: {
    none: dropped('none'),
    'none+out': delivered('none'),
    'none+in': dropped('none+in'),
    'none+out+in': delivered('none+in'),
    to: delivered('none'),
    'to+in': delivered('none+in'),
    from: dropped('from'),
    'from+out': delivered('from'),
    both: delivered('from'),
  },
}
