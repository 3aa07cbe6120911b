import { randomId } from '../core/random.js'
import type { OwnerRoster } from '../roster/owner-roster.js'
import type { Session } from './session.js'

/** How much of a random id tells one server's versions from another's. */
const MARK = 8

/** One account: its roster, which decides subscriptions, and its sessions, which have presence. */
export class Account {
  /** The canonical local part. */
  readonly name: string
  /** Bare JID. */
  readonly jid: string
  readonly password: string
  /** By resource. */
  readonly sessions = new Map<string, Session>()
  readonly #roster: () => OwnerRoster
  readonly #mark = randomId().slice(0, MARK)
  #changes = 0

  constructor(name: string, jid: string, password: string, roster: () => OwnerRoster) {
    this.name = name
    this.jid = jid
    this.password = password
    this.#roster = roster
  }

  get roster(): OwnerRoster {
    return this.#roster()
  }

  /**
   * The `ver` of RFC 6121 §2.6: a counter. In front of it stands what no other server says, so that what a client has cached
   * of an earlier one is never taken for current.
   */
  get version(): string {
    return `${this.#mark}-${this.#changes}`
  }

  /** What clients see of the roster has changed. */
  advance(): void {
    this.#changes += 1
  }

  get available(): readonly Session[] {
    return [...this.sessions.values()].filter((session) => session.presence !== undefined)
  }

  get interested(): readonly Session[] {
    return [...this.sessions.values()].filter((session) => session.isInterested)
  }
}
