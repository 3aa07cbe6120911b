import type { Element } from 'ltx'
import { randomId } from '../core/random.js'
import type { Send } from '../core/step.js'
import type { Owed, RosterChange } from '../storage/port.js'
import type { Book, Draft } from './book.js'
import { cacheChangeOf, changeOf, isCacheChanged, isChanged, isOwed, replacementOf } from './change.js'
import { isConflict, outcomeOf } from './from-storage.js'
import type { LedgerPort } from './ledger-port.js'
import { isGivenUp, NOBODYS, type Outbox } from './outbox.js'

/** Notifications may come late, but not later than this many commits. */
const REMEMBERED = 32

/** A stanza that has to go, as it is sent and as it is stored. */
export interface OwedStanza {
  readonly send: Send
  readonly stanza: Element
  readonly entry: Owed
}

/** Writes what one owner's drafts say. */
export class Commits {
  readonly #owner: string
  readonly #port: LedgerPort
  readonly #book: Book
  readonly #outbox: Outbox
  /** Server's roster: storage holds something that the next commit has to replace as a whole. */
  #replace = false
  /** The revisions of the last commits that were tried here: news of them is no news. */
  readonly #ours: string[] = []

  constructor(owner: string, port: LedgerPort, book: Book, outbox: Outbox) {
    this.#owner = owner
    this.#port = port
    this.#book = book
    this.#outbox = outbox
  }

  /** Server's roster: the cache cannot be trusted; the next commit replaces it. */
  replaceAll(): void {
    this.#replace = true
  }

  /** Whether a revision comes from here. */
  isOurs(revision: string): boolean {
    return revision === this.#book.revision || this.#ours.includes(revision)
  }

  /** Whether there is anything to write. */
  isDue(draft: Draft): boolean {
    return this.#port.authority === 'server' ? isCacheChanged(this.#book, draft) : isChanged(this.#book, draft)
  }

  owedOf(draft: Draft): readonly OwedStanza[] {
    if (this.#port.authority === 'server') return []
    const at = this.#port.sends ? this.#port.clock.now() : NOBODYS
    return draft.sends.flatMap((send) => {
      const [stanza] = isOwed(send) ? this.#port.stanzas(send) : []
      return stanza === undefined ? [] : [{ send, stanza, entry: { id: randomId(), at, xml: stanza.toString() } }]
    })
  }

  /** Whether it took so long that others may have sent it by now, and may have gone on from there. */
  isLate(owed: readonly OwedStanza[]): boolean {
    const now = this.#port.clock.now()
    return this.#port.sends && owed.some(({ entry }) => isGivenUp(entry, now))
  }

  /** `passed`: it has happened, and others have gone on from there. */
  async write(draft: Draft, owed: readonly OwedStanza[]): Promise<'here' | 'passed'> {
    const { storage } = this.#port
    if (!this.#replace && !this.isDue(draft)) return 'here'
    const change = this.#replace
      ? replacementOf(this.#book, draft, await storage.load(this.#owner))
      : this.#changeOf(draft, owed)
    this.#port.count('commits')
    if (this.#ours.push(change.revision) > REMEMBERED) this.#ours.shift()
    let outcome: 'here' | 'passed' = 'here'
    try {
      await storage.commit(this.#owner, change)
    } catch (cause) {
      const known = isConflict(cause) ? undefined : await outcomeOf(storage, this.#owner, change.revision)
      if (known === undefined) throw cause
      outcome = known
    }
    this.#replace = false
    this.#book.revision = change.revision
    this.#outbox.forget(change.settle ?? [])
    return outcome
  }

  #changeOf(draft: Draft, owed: readonly OwedStanza[]): RosterChange {
    const { received } = this.#outbox
    if (this.#port.authority === 'server') return cacheChangeOf(this.#book, draft, received)
    const owe = owed.map(({ entry }) => entry)
    return changeOf(this.#book, draft, owe, received)
  }
}
