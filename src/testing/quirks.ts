/** How real servers differ, to be tried one by one: {@link TestServer}'s option `quirks`. */
export interface TestServerQuirks {
  /** Roster versioning (RFC 6121 §2.6) is offered, and every result and push has a `ver`. Default `true`. */
  readonly versioning: boolean
  /** Pre-approval (RFC 6121 §3.4) is offered. `false`: a `subscribed` that nobody asked for is ignored. Default `true`. */
  readonly preApproval: boolean
  /** Whether a roster push says whom it is from. Prosody: `'none'`, the default; ejabberd: the account's bare JID. */
  readonly pushFrom: 'none' | 'bare'
  /** A roster set is pushed before it is answered, as by ejabberd. Default `false`. */
  readonly pushBeforeResult: boolean
  /**
   * What a subscription stanza of a contact changed is pushed before the stanza is delivered, as by ejabberd. Default
   * `false`, as RFC 6121 §3.1.6 has it.
   */
  readonly pushBeforePresence: boolean
  /**
   * An `unsubscribe` of a contact is answered with `unsubscribed` (RFC 6121 appendix A.3.2). Prosody does not. Default
   * `true`.
   */
  readonly autoReplyUnsubscribed: boolean
  /** The account's own unanswered requests are sent again after initial presence, as by Prosody. Default `false`. */
  readonly resendPendingOut: boolean
  /** After initial presence, components whose presence the account may see are probed (RFC 6121 §4.3.1). Default `true`. */
  readonly probesComponents: boolean
}

/** What RFC 6121 says, or comes closest to it. */
export const STANDARD: TestServerQuirks = {
  versioning: true,
  preApproval: true,
  pushFrom: 'none',
  pushBeforeResult: false,
  pushBeforePresence: false,
  autoReplyUnsubscribed: true,
  resendPendingOut: false,
  probesComponents: true,
}
