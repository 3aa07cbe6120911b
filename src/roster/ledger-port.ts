import type { Element } from 'ltx'
import type { Clock } from '../core/clock.js'
import type { RosterError } from '../core/errors.js'
import type { Send } from '../core/step.js'
import type { RosterStorage } from '../storage/port.js'
import type { News } from './book.js'
import type { OutboxWire } from './outbox.js'

/** What a ledger needs around it. */
export interface LedgerPort {
  readonly storage: RosterStorage
  readonly clock: Clock
  readonly wire: OutboxWire
  /** Whether this process sends what it owes. One that has no connection leaves it to the others, at once. */
  readonly sends: boolean
  readonly count: (name: string, by?: number) => void
  /** A component's roster is its own: what is sent is owed, and storage decides. A client's is a cache of its server's. */
  readonly authority: 'self' | 'server'
  /** What a send looks like on the wire: nothing, one stanza, or one for each resource that the owner speaks from. */
  readonly stanzas: (send: Send) => readonly Element[]
  /** Another process has changed the roster. */
  readonly foreign: (news: News) => void
  readonly error: (error: RosterError) => void
}
