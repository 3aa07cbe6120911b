import type { Element } from 'ltx'
import type { Clock } from '../core/clock.js'
import type { Owed } from '../storage/port.js'
import { type Book, erasureIn, isErasure } from './book.js'
import { isDue } from './due.js'
import { closed } from './options.js'
import { Waiters } from './waiting.js'
import type { Wire } from './wire.js'

/** How long another process has to send what it owes before somebody else does it, in milliseconds. */
const GRACE = 30_000
/** How long stanzas that were sent may wait for company before they are written down as settled, in milliseconds. */
const SETTLE_AFTER = 1_000
/**
 * When what was written counts as received, in milliseconds. Nobody acknowledges a component's stanzas, and of a process
 * that is killed the server may lose what it has not read yet: until then it is owed.
 */
const RECEIVED_AFTER = 500
/** How soon that is tried again when storage did not take it, in milliseconds: well before others believe that nobody has sent it. */
const SETTLE_AGAIN = 5_000
/** When a process without a connection has decided something: long ago on every clock, so that nobody waits for it. */
export const NOBODYS = -GRACE

/** What of a connection is needed to send what is owed. */
export type OutboxWire = Pick<Wire, 'isOnline' | 'transmit' | 'parse' | 'read'>

/** What is written down of it. */
interface Bookkeeping {
  /** What was sent is owed no more. */
  settle(): void
  /** What another process left becomes this one's; answered with `tookUp` or `leftAlone`. */
  takeUp(): void
}

interface Waiting {
  readonly owed: Owed
  /** `undefined`: another process's task. */
  readonly stanza: Element | undefined
  sending: boolean
}

/** From when on the process that owes it need not be waited for. */
export const givenUpAt = (owed: Owed): number => owed.at + GRACE

/** Whether others need not wait any more for the process that owes it. */
export const isGivenUp = (owed: Owed, now: number): boolean => givenUpAt(owed) <= now

/** The same of the first of many; never for none. */
export const firstGivenUpAt = (all: readonly Owed[]): number =>
  all.reduce((least, owed) => Math.min(least, givenUpAt(owed)), Infinity)

/** What one owner owes: written with the change that caused it, sent in order, settled a while after it was sent. */
export class Outbox {
  readonly #waiting = new Map<string, Waiting>()
  /** When each was written, until that is written down. */
  readonly #sent = new Map<string, number>()
  readonly #drained = new Waiters<void>()
  readonly #written = new Waiters<void>()
  #writing = 0
  #hasEnded = false
  readonly #wire: OutboxWire
  readonly #clock: Clock
  readonly #book: Book
  readonly #bookkeeping: Bookkeeping
  /** What this process decided and has left to whoever looks first. */
  readonly #waived = new Set<string>()
  #isTaking = false
  #cancelSettle: (() => void) | undefined
  #cancelGrace: (() => void) | undefined

  constructor(wire: OutboxWire, clock: Clock, book: Book, bookkeeping: Bookkeeping) {
    this.#wire = wire
    this.#clock = clock
    this.#book = book
    this.#bookkeeping = bookkeeping
  }

  get isEmpty(): boolean {
    return this.#isDrained && this.#book.erasure === undefined
  }

  /** What was sent and is not yet written down as settled. */
  get sent(): readonly string[] {
    return [...this.#sent.keys()]
  }

  /** What of it the server has read by now, as far as can be known. */
  get received(): readonly string[] {
    const now = this.#clock.now()
    const ids: string[] = []
    for (const [id, at] of this.#sent) {
      // Of a clock that was set back nothing can be known.
      if (at <= now && now - at < RECEIVED_AFTER) break
      ids.push(id)
    }
    return ids
  }

  /** A commit has written that these are settled. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#sent.delete(id)
    if (this.#book.erasure !== undefined && ids.includes(this.#book.erasure.id)) this.#book.erasure = undefined
    this.#tellDrained()
  }

  /** Just decided and stored: it goes at once when there is a connection. */
  add(owed: Owed, stanza: Element): void {
    if (isErasure(owed)) {
      this.#book.erasure = owed
      return
    }
    const waiting: Waiting = { owed, stanza, sending: false }
    this.#waiting.set(owed.id, waiting)
    if (this.#canSend()) this.#transmit(waiting, stanza)
  }

  #canSend(): boolean {
    return this.#wire.isOnline() && !this.#hasEnded
  }

  /** Decided here, but others may have gone on from there: the next look at storage shows what is still to be sent. */
  waive(owed: Owed): void {
    this.#waived.add(owed.id)
  }

  /** What storage says is owed: all of it. */
  adopt(all: readonly Owed[]): void {
    const ids = new Set(all.map((owed) => owed.id))
    for (const id of this.#waived) if (!ids.has(id)) this.#waived.delete(id)
    for (const [id, waiting] of this.#waiting) if (!ids.has(id) && !waiting.sending) this.#waiting.delete(id)
    for (const id of this.#sent.keys()) if (!ids.has(id)) this.#sent.delete(id)
    this.#book.erasure = erasureIn(all)
    for (const owed of all) {
      if (isErasure(owed) || this.#waiting.has(owed.id) || this.#sent.has(owed.id)) continue
      this.#waiting.set(owed.id, { owed, stanza: undefined, sending: false })
    }
    this.#tellDrained()
    this.flush()
  }

  /** Sends what waits: after a reconnect, and what another process has left for longer than the grace time. */
  flush(): void {
    if (!this.#canSend()) return
    const now = this.#clock.now()
    for (const waiting of [...this.#waiting.values()]) {
      const { owed, stanza, sending } = waiting
      if (stanza === undefined || sending) continue
      // Others may have sent it since, and may have gone on from there: it is what any process has left.
      if (isGivenUp(owed, now)) this.#waiting.set(owed.id, { owed, stanza: undefined, sending: false })
      else if (isDue(this.#wire, stanza, (jid) => this.#book.contact(jid))) this.#transmit(waiting, stanza)
      else this.#done(waiting)
    }
    this.#flushLeft()
  }

  #flushLeft(): void {
    this.#cancelGrace?.()
    this.#cancelGrace = undefined
    if (this.#isTaking) return
    const others = this.#others()
    if (others.length === 0) return
    const wait = firstGivenUpAt(others) - this.#clock.now()
    if (wait > 0 && this.left().length === 0) this.#flushAfter(wait)
    else {
      this.#isTaking = true
      this.#bookkeeping.takeUp()
    }
  }

  #flushAfter(ms: number): void {
    if (!this.#hasEnded) this.#cancelGrace ??= this.#clock.after(ms, () => this.flush())
  }

  /** What others should have sent by now; nothing without a connection. */
  left(): readonly Owed[] {
    if (!this.#wire.isOnline()) return []
    const now = this.#clock.now()
    return this.#others().filter((owed) => isGivenUp(owed, now) || this.#waived.has(owed.id))
  }

  /** What other processes owe. */
  #others(): readonly Owed[] {
    return [...this.#waiting.values()].filter(({ stanza }) => stanza === undefined).map(({ owed }) => owed)
  }

  /** These are no longer what others left: what of them is still to be sent was added as this process's own. */
  tookUp(ids: readonly string[]): void {
    this.#isTaking = false
    for (const id of ids) {
      this.#waiting.delete(id)
      this.#waived.delete(id)
    }
    this.#tellDrained()
    this.flush()
  }

  /** It could not be written down; it is tried again later. */
  leftAlone(): void {
    this.#isTaking = false
    this.#flushAfter(GRACE)
  }

  #transmit(waiting: Waiting, stanza: Element): void {
    waiting.sending = true
    this.#writing += 1
    this.#wire.transmit(stanza).then(
      () => {
        this.#done(waiting)
        this.#tellWritten()
      },
      () => {
        waiting.sending = false
        this.#tellWritten()
      },
    )
  }

  #tellWritten(): void {
    this.#writing -= 1
    if (this.#writing === 0) this.#written.resolve()
  }

  #done(waiting: Waiting): void {
    this.#waiting.delete(waiting.owed.id)
    this.#sent.set(waiting.owed.id, this.#clock.now())
    this.#settleAfter(SETTLE_AFTER)
  }

  #settleAfter(ms: number): void {
    if (!this.#hasEnded)
      this.#cancelSettle ??= this.#clock.after(ms, () => {
        this.#cancelSettle = undefined
        const count = this.received.length
        if (count < this.#sent.size) this.#settleAfter(SETTLE_AFTER)
        if (count > 0) this.#bookkeeping.settle()
      })
  }

  /** What was sent could not be written down; it is tried again soon. */
  unsettled(): void {
    if (this.#sent.size > 0) this.#settleAfter(SETTLE_AGAIN)
  }

  #tellDrained(): void {
    if (this.#isDrained) this.#drained.resolve()
  }

  get #isDrained(): boolean {
    return this.#waiting.size === 0 && this.#sent.size === 0
  }

  /** Resolves when everything that is owed was sent, also by others, and written down as settled. @throws RosterError `CLOSED` when it has ended before that. */
  drained(): Promise<void> {
    if (this.#isDrained) return Promise.resolve()
    if (this.#hasEnded) return Promise.reject(closed())
    return this.#drained.wait()
  }

  /** Resolves when nothing of this process is being written any more, or the session is over. What others owe is theirs. */
  written(): Promise<void> {
    if (this.#writing === 0 || !this.#canSend()) return Promise.resolve()
    return this.#written.wait()
  }

  /** The session is over: nobody need wait for what was being written in it. */
  cut(): void {
    this.#written.resolve()
  }

  /** For good: nothing is sent or written down any more. What is owed stays owed. */
  end(): void {
    this.#hasEnded = true
    this.#drained.reject(closed())
    this.stop()
    this.cut()
  }

  /** No more timers. */
  stop(): void {
    this.#cancelGrace?.()
    this.#cancelSettle?.()
    this.#cancelGrace = undefined
    this.#cancelSettle = undefined
  }
}
