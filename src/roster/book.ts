import { type Contact, type PendingRequest, sameContact, stranger } from '../core/contact.js'
import { type RosterItem, rosterItem } from '../core/item.js'
import { hasPendingIn, hasPendingOut } from '../core/state.js'
import type { Send } from '../core/step.js'
import type { Owed, RosterChanges, StoredItem, StoredRoster } from '../storage/port.js'

/** One owner's roster in memory: what is sparse stands apart, so that an ordinary item costs little. */
export class Book {
  readonly items = new Map<string, RosterItem>()
  readonly requests = new Map<string, PendingRequest>()
  readonly askedAt = new Map<string, number>()
  version: string | undefined
  revision: string | undefined
  /** The owner was forgotten: the roster is to be erased, unless it changes before that. */
  erasure: Owed | undefined

  /** Whether storage has it, and is to keep it. */
  get stays(): boolean {
    return this.revision !== undefined && this.erasure === undefined
  }

  contact(jid: string): Contact {
    return { jid, item: this.items.get(jid), request: this.requests.get(jid), askedAt: this.askedAt.get(jid) }
  }

  put(contact: Contact): void {
    keep(this.items, contact.jid, contact.item)
    keep(this.requests, contact.jid, contact.request)
    keep(this.askedAt, contact.jid, contact.askedAt)
  }

  /** Everybody of whom something is kept. */
  *known(): IterableIterator<string> {
    yield* this.items.keys()
    for (const jid of this.requests.keys()) if (!this.items.has(jid)) yield jid
  }
}

function keep<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}

/** Changes to a book that are not yet made: what several steps decide together. */
export class Draft {
  readonly #book: Book
  readonly changed = new Map<string, Contact>()
  readonly sends: Send[] = []
  readonly settle: string[] = []
  version: string | undefined
  /** The roster is to exist, even if it is empty. */
  isNew = false
  #requests: number

  constructor(book: Book) {
    this.#book = book
    this.#requests = book.requests.size
  }

  /** How many requests wait. */
  get pending(): number {
    return this.#requests
  }

  contact(jid: string): Contact {
    return this.changed.get(jid) ?? this.#book.contact(jid)
  }

  put(contact: Contact): void {
    const before = this.contact(contact.jid)
    if (sameContact(before, contact)) return
    this.#requests += Number(contact.request !== undefined) - Number(before.request !== undefined)
    this.changed.set(contact.jid, contact)
  }
}

/** As it is stored; `undefined`: there is nothing to keep. */
export function toStored(contact: Contact): StoredItem | undefined {
  const { jid, item, request, askedAt } = contact
  if (item === undefined && request === undefined) return undefined
  return {
    jid,
    groups: item?.groups ?? [],
    state: item?.state ?? 'none+in',
    ...(item?.name === undefined ? {} : { name: item.name }),
    ...(item?.approved === true ? { approved: true } : {}),
    ...(item === undefined ? { unlisted: true } : {}),
    ...(request === undefined ? {} : { request }),
    ...(askedAt === undefined ? {} : { askedAt }),
  }
}

function fromStored(stored: StoredItem): Contact {
  const waits = hasPendingIn(stored.state)
  // A request without its stanza was written by other hands; it can be answered all the same.
  const request = waits ? (stored.request ?? { xml: '', receivedAt: 0, deferred: true }) : undefined
  return {
    jid: stored.jid,
    item: stored.unlisted === true ? undefined : rosterItem(stored),
    request,
    askedAt: hasPendingOut(stored.state) ? stored.askedAt : undefined,
  }
}

/** What stands among the owed for the erasure of the roster: other releases find no stanza in it, and send nothing. */
export const isErasure = ({ xml }: Owed): boolean => xml === '<forget/>'

export const erasureIn = (owed: readonly Owed[]): Owed | undefined => owed.find(isErasure)

/** Fills an empty book. */
export function fillBook(book: Book, stored: StoredRoster): readonly Owed[] {
  for (const item of stored.items) book.put(fromStored(item))
  book.version = stored.version
  book.revision = stored.revision
  book.erasure = erasureIn(stored.owed)
  return stored.owed
}

/** What storage holds: as a whole (`undefined`: nothing), or what has changed since a book was made. */
export type News =
  | { readonly kind: 'whole'; readonly stored: StoredRoster | undefined }
  | { readonly kind: 'changes'; readonly changes: RosterChanges }

/** Brings a book up to date; returns what is owed, and how every contact was that may have changed. */
export function renew(book: Book, news: News): { readonly before: readonly Contact[]; readonly owed: readonly Owed[] } {
  const next = new Map<string, Contact>()
  const gone = news.kind === 'whole' ? book.known() : news.changes.remove
  const there = news.kind === 'whole' ? news.stored?.items : news.changes.put
  for (const jid of gone) next.set(jid, stranger(jid))
  for (const item of there ?? []) next.set(item.jid, fromStored(item))
  const before = Array.from(next.keys(), (jid) => book.contact(jid))
  for (const contact of next.values()) book.put(contact)
  const head = news.kind === 'whole' ? news.stored : news.changes
  book.version = head?.version
  book.revision = head?.revision
  return { before, owed: head?.owed ?? [] }
}
