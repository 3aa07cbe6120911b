import type { Element } from 'ltx'
import type { Account } from './account.js'
import type { Guest, Link } from './peer.js'
import type { Peer } from './post.js'

/** What a session hands on. */
export interface SessionPort {
  received(session: Session, stanza: Element): void
  ended(session: Session): void
}

/** One resource of an account that is connected. */
export class Session implements Guest, Peer {
  readonly jid: string
  readonly account: Account
  readonly resource: string
  readonly link: Link
  readonly #port: SessionPort
  /** What it last announced to everybody, from its full JID and to nobody yet; `undefined`: it is not available. */
  presence: Element | undefined
  /** RFC 6121 §4.7.2.3; it counts only while there is a presence. */
  priority = 0
  /** It has asked for the roster, and so gets pushes (RFC 6121 §2.2). */
  isInterested = false
  /** Directed presence (RFC 6121 §4.6): to whom, as it was addressed, and what was said last. */
  readonly directed = new Map<string, Element>()
  #isOver = false

  constructor(account: Account, resource: string, link: Link, port: SessionPort) {
    this.jid = `${account.jid}/${resource}`
    this.account = account
    this.resource = resource
    this.link = link
    this.#port = port
  }

  receive(stanza: Element): void {
    if (!this.#isOver) this.#port.received(this, stanza)
  }

  /** A session that had to give way is over before its connection is. */
  gone(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#port.ended(this)
  }
}
