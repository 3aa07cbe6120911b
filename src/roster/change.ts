import { type Contact, sameContact, withoutPendingIn } from '../core/contact.js'
import { randomId } from '../core/random.js'
import type { Send } from '../core/step.js'
import type { Owed, RosterChange, RosterChanges, StoredRoster } from '../storage/port.js'
import { type Book, type Draft, toStored } from './book.js'

/** Subscription stanzas, and the `unavailable` that belongs to them, are owed; the rest is said anew in the next session. */
export const isOwed = (send: Send): boolean => send.type !== 'presence' && send.type !== 'probe'

/** What a commit writes of an owner whose roster is its own; `undefined`: there is nothing to write. */
export function changeOf(
  book: Book,
  draft: Draft,
  owe: readonly Owed[],
  settled: readonly string[],
): RosterChange | undefined {
  const isDue = draft.isNew || draft.settle.length > 0 || draft.sends.some(isOwed)
  return assemble(book, draft, [...draft.changed.values()], isDue, owe, settled)
}

/** What a commit writes of a server's roster: a cache of the items alone, since requests are the server's to remember. */
export function cacheChangeOf(book: Book, draft: Draft, settled: readonly string[]): RosterChange | undefined {
  const changed = [...draft.changed.values()].map(cached)
  const differing = changed.filter((contact) => !sameContact(contact, cached(book.contact(contact.jid))))
  return assemble(book, draft, differing, false, [], settled)
}

function assemble(
  book: Book,
  draft: Draft,
  changed: readonly Contact[],
  isDue: boolean,
  owe: readonly Owed[],
  settled: readonly string[],
): RosterChange | undefined {
  const hasVersion = draft.version !== undefined && draft.version !== book.version
  if (changed.length === 0 && !isDue && !hasVersion) return undefined
  const put = changed.flatMap((contact) => toStored(contact) ?? [])
  const remove = changed.filter((contact) => toStored(contact) === undefined).map((contact) => contact.jid)
  return {
    base: book.revision,
    revision: randomId(),
    put,
    remove,
    ...(draft.version === undefined ? {} : { version: draft.version }),
    owe,
    settle: [...new Set([...draft.settle, ...settled])],
  }
}

const cached = (contact: Contact): Contact =>
  contact.request === undefined && contact.item?.pendingIn !== true ? contact : withoutPendingIn(contact)

/** A server's roster as a whole, whatever the cache holds now. */
export function replacementOf(book: Book, draft: Draft, stored: StoredRoster | undefined): RosterChange {
  const jids = new Set([...book.items.keys(), ...draft.changed.keys()])
  const put = [...jids].flatMap((jid) => toStored(cached(draft.contact(jid))) ?? [])
  const kept = new Set(put.map((item) => item.jid))
  const remove = (stored?.items ?? []).map((item) => item.jid).filter((jid) => !kept.has(jid))
  const version = draft.version ?? book.version
  return {
    base: stored?.revision,
    revision: randomId(),
    put,
    remove,
    ...(version === undefined ? {} : { version }),
  }
}

/** What storage holds, by what it says has changed since the book was made. */
export function advanced(book: Book, changes: RosterChanges): StoredRoster {
  const stored = [...book.known()].flatMap((jid) => toStored(book.contact(jid)) ?? [])
  const items = new Map(stored.map((item) => [item.jid, item]))
  for (const jid of changes.remove) items.delete(jid)
  for (const item of changes.put) items.set(item.jid, item)
  const { owed, revision, version } = changes
  return { items: [...items.values()], owed, revision, ...(version === undefined ? {} : { version }) }
}
