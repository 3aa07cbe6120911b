import type { Element } from 'ltx'
import type { Clock } from '../core/clock.js'
import { stateOf } from '../core/contact.js'
import { hasFrom, hasPendingIn, hasPendingOut, hasTo } from '../core/state.js'
import type { Owed } from '../storage/port.js'
import type { Book } from './book.js'
import { Waiters } from './waiting.js'
import type { Wire } from './wire.js'

/** How long another process has to send what it owes before somebody else does it, in milliseconds. */
const GRACE = 30_000
/** How long settled stanzas may wait for company before they are written down, in milliseconds. */
const SETTLE_AFTER = 1_000

interface Waiting {
  readonly owed: Owed
  readonly stanza: Element | undefined
  /** Decided by this process. */
  readonly ours: boolean
  sending: boolean
}

/** What one owner owes: written with the change that caused it, sent in order, settled when it was sent. */
export class Outbox {
  readonly #waiting = new Map<string, Waiting>()
  readonly #sent = new Set<string>()
  readonly #drained = new Waiters<void>()
  readonly #wire: Wire
  readonly #clock: Clock
  readonly #book: Book
  readonly #settle: () => void
  #cancelSettle: (() => void) | undefined
  #cancelGrace: (() => void) | undefined

  constructor(wire: Wire, clock: Clock, book: Book, settle: () => void) {
    this.#wire = wire
    this.#clock = clock
    this.#book = book
    this.#settle = settle
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#sent.size === 0
  }

  /** What was sent and is not yet written down as settled. */
  get settled(): readonly string[] {
    return [...this.#sent]
  }

  /** A commit has written that these are settled. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#sent.delete(id)
  }

  /** Just decided and stored: it goes at once when there is a connection. */
  add(owed: Owed, stanza: Element): void {
    const waiting: Waiting = { owed, stanza, ours: true, sending: false }
    this.#waiting.set(owed.id, waiting)
    if (this.#wire.isOnline()) this.#transmit(waiting, stanza)
  }

  /** What storage says is owed: all of it. */
  adopt(all: readonly Owed[]): void {
    const ids = new Set(all.map((owed) => owed.id))
    for (const [id, waiting] of this.#waiting) if (!ids.has(id) && !waiting.sending) this.#waiting.delete(id)
    for (const owed of all) {
      if (this.#waiting.has(owed.id) || this.#sent.has(owed.id)) continue
      this.#waiting.set(owed.id, { owed, stanza: undefined, ours: false, sending: false })
    }
    if (this.#waiting.size === 0) this.#drained.resolve()
    this.flush()
  }

  /** Sends what waits: after a reconnect, and what another process has left for longer than the grace time. */
  flush(): void {
    this.#cancelGrace?.()
    this.#cancelGrace = undefined
    if (!this.#wire.isOnline()) return
    const now = this.#clock.now()
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.sending) continue
      const wait = waiting.ours ? 0 : waiting.owed.at + GRACE - now
      if (wait > 0) {
        this.#cancelGrace ??= this.#clock.after(wait, () => this.flush())
        continue
      }
      const stanza = waiting.stanza ?? this.#wire.parse(waiting.owed.xml)
      if (stanza === undefined || !this.#isDue(stanza)) this.#done(waiting)
      else this.#transmit(waiting, stanza)
    }
  }

  /** What was overtaken by a later decision is not sent: above all, nobody is granted what was taken back since. */
  #isDue(stanza: Element): boolean {
    const { type, to } = this.#wire.read(stanza)
    if (to === undefined) return false
    const state = stateOf(this.#book.contact(to))
    switch (type) {
      case 'subscribed':
        return hasFrom(state)
      case 'subscribe':
        return hasPendingOut(state) || hasTo(state)
      case 'unsubscribe':
        return !hasTo(state) && !hasPendingOut(state)
      case 'unsubscribed':
      case 'unavailable':
        return !hasFrom(state) && !hasPendingIn(state)
      default:
        return false
    }
  }

  #transmit(waiting: Waiting, stanza: Element): void {
    waiting.sending = true
    this.#wire.transmit(stanza).then(
      () => this.#done(waiting),
      () => {
        waiting.sending = false
      },
    )
  }

  #done(waiting: Waiting): void {
    this.#waiting.delete(waiting.owed.id)
    this.#sent.add(waiting.owed.id)
    if (this.#waiting.size === 0) this.#drained.resolve()
    this.#cancelSettle ??= this.#clock.after(SETTLE_AFTER, () => {
      this.#cancelSettle = undefined
      this.#settle()
    })
  }

  /** Resolves when everything that is owed was sent. */
  drained(): Promise<void> {
    if (this.#waiting.size === 0) return Promise.resolve()
    return this.#drained.wait()
  }

  /** No more timers. */
  stop(): void {
    this.#cancelGrace?.()
    this.#cancelSettle?.()
    this.#cancelGrace = undefined
    this.#cancelSettle = undefined
  }
}
