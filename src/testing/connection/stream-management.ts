import { randomId } from '../../core/random.js'

/** How long a session waits to be resumed, in seconds, if the client does not want less. */
const LONGEST_WAIT = 300
/** Stanzas that wait for the client to acknowledge them. A client that is asked in vain for so many is not there. */
const MOST_UNACKNOWLEDGED = 100_000
/** The client is asked after so many stanzas, once it has shown that it counts. */
const ASK_AFTER = 100
/** The same as long as it has not. */
const ASK_ANYWAY_AFTER = 1_000

/** XEP-0198 for one session: what has been handled in each direction, and what may have been lost on the way out. */
export class StreamManagement {
  readonly id = randomId()
  /** In seconds; `undefined`: the session is not to be resumed. */
  readonly max: number | undefined
  /** Stanzas from the client. */
  inbound = 0
  #outbound = 0
  #unacknowledged: string[] = []
  #unasked = 0
  #counts = false

  constructor(resume: boolean, preferred: number) {
    this.max = resume ? Math.min(LONGEST_WAIT, preferred > 0 ? preferred : LONGEST_WAIT) : undefined
  }

  /** Stanzas to the client. */
  get outbound(): number {
    return this.#outbound
  }

  /** What the client may not have got, in order. */
  get unacknowledged(): readonly string[] {
    return this.#unacknowledged
  }

  get isOverfull(): boolean {
    return this.#unacknowledged.length > MOST_UNACKNOWLEDGED
  }

  sent(xml: string): void {
    this.#outbound += 1
    this.#unasked += 1
    this.#unacknowledged.push(xml)
  }

  /**
   * Whether to ask the client now. xmpp.js starts to count some moments after `enabled`; what comes in one packet with
   * it is counted and forgotten. Asked too early it answers wrongly, so it is not asked before it has itself asked or
   * answered.
   */
  isToBeAsked(): boolean {
    if (this.#unasked < (this.#counts ? ASK_AFTER : ASK_ANYWAY_AFTER)) return false
    this.#unasked = 0
    return true
  }

  /** The client asks, or answers: it counts. */
  heard(): void {
    this.#counts = true
  }

  /** The client has handled `h` stanzas; fewer than it has said before is no news. `false`: more than were sent. */
  acknowledge(h: number): boolean {
    if (h > this.#outbound) return false
    const before = this.#outbound - this.#unacknowledged.length
    if (h > before) this.#unacknowledged = this.#unacknowledged.slice(h - before)
    return true
  }
}

/** The count that an element carries; `undefined`: none. */
export function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined
}
