import type { Element } from 'ltx'
import { wakefulClock } from '../core/clock.js'
import type { Send } from '../core/step.js'
import { type Draft, renew } from '../roster/book.js'
import { Ledger } from '../roster/ledger.js'
import { notConnected } from '../roster/options.js'
import type { OutboxWire } from '../roster/outbox.js'
import type { RosterStorage } from '../storage/port.js'
import { parseStanza, readStanza, stanzaElement } from '../xmpp/codec.js'

/** This process has no connection. */
const NO_WIRE: OutboxWire = {
  isOnline: () => false,
  transmit: () => Promise.reject(notConnected()),
  parse: parseStanza,
  read: readStanza,
}

/**
 * The owner's roster as a connected process would decide on it, without anybody to send or to tell. It looks what storage
 * holds.
 */
export function ledgerOf(storage: RosterStorage, owner: string): Ledger {
  const ledger: Ledger = new Ledger(owner, {
    storage,
    clock: wakefulClock,
    wire: NO_WIRE,
    sends: false,
    count: () => undefined,
    authority: 'self',
    stanzas: (send) => stanzasOf(owner, send),
    foreign: (news) => void renew(ledger.book, news),
    error: () => undefined,
  })
  ledger.doubt()
  return ledger
}

/** Presence is not owed: it is for whoever sends the rest. */
const stanzasOf = (owner: string, send: Send): readonly Element[] =>
  send.type === 'presence' ? [] : [stanzaElement(owner, send)]

/** Changes of one owner that are asked for at the same time are decided together: they would only be in each other's way. */
export class Ledgers {
  readonly #storage: RosterStorage
  readonly #open = new Map<string, { readonly ledger: Ledger; calls: number }>()
  readonly #kept = new WeakMap<object, Ledger>()

  constructor(storage: RosterStorage) {
    this.#storage = storage
  }

  /** Decides on what storage holds now, again when others were faster; resolves with the value when it is stored. */
  async run<T>(owner: string, decide: (draft: Draft) => T): Promise<T> {
    const open = this.#open.get(owner) ?? { ledger: ledgerOf(this.#storage, owner), calls: 0 }
    this.#open.set(owner, open)
    open.calls += 1
    open.ledger.doubt()
    try {
      return await open.ledger.run((draft) => ({ value: decide(draft) }))
    } finally {
      open.calls -= 1
      if (open.calls === 0) this.#open.delete(owner)
    }
  }

  /**
   * As `run`, for many changes one after the other: what storage holds is looked at by the first of those with the same
   * `work`, and again when a commit shows that others have changed it.
   */
  runOn<T>(work: object, owner: string, decide: (draft: Draft) => T): Promise<T> {
    const ledger = this.#kept.get(work) ?? ledgerOf(this.#storage, owner)
    this.#kept.set(work, ledger)
    return ledger.run((draft) => ({ value: decide(draft) }))
  }
}
