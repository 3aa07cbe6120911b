import { type Contact, sameContact, withoutPendingIn } from '../core/contact.js'
import { randomId } from '../core/random.js'
import type { Send } from '../core/step.js'
import type { Owed, RosterChange, StoredItem, StoredRoster } from '../storage/port.js'
import { type Book, type Draft, toStored } from './book.js'

/** Subscription stanzas, and the `unavailable` that belongs to them, are owed; the rest is said anew in the next session. */
export const isOwed = (send: Send): boolean => send.type !== 'presence' && send.type !== 'probe'

const hasNewVersion = (book: Book, draft: Draft): boolean =>
  draft.version !== undefined && draft.version !== book.version

/** Whether there is anything to write of an owner whose roster is its own. */
export const isChanged = (book: Book, draft: Draft): boolean =>
  draft.changed.size > 0 ||
  draft.isNew ||
  draft.settle.length > 0 ||
  hasNewVersion(book, draft) ||
  draft.sends.some(isOwed)

/** What a commit writes of an owner whose roster is its own. */
export const changeOf = (book: Book, draft: Draft, owe: readonly Owed[], settled: readonly string[]): RosterChange =>
  assemble(book, draft, draft.changed.values(), owe, settled)

/** Of a server's roster the items alone are kept, since requests are the server's to remember. */
const differing = (book: Book, draft: Draft): readonly Contact[] =>
  [...draft.changed.values()].map(cached).filter((contact) => !sameContact(contact, cached(book.contact(contact.jid))))

/** Whether there is anything to write into the cache of a server's roster. */
export const isCacheChanged = (book: Book, draft: Draft): boolean =>
  hasNewVersion(book, draft) || differing(book, draft).length > 0

/** What a commit writes into the cache of a server's roster. */
export const cacheChangeOf = (book: Book, draft: Draft, settled: readonly string[]): RosterChange =>
  assemble(book, draft, differing(book, draft), [], settled)

function assemble(
  book: Book,
  draft: Draft,
  changed: Iterable<Contact>,
  owe: readonly Owed[],
  settled: readonly string[],
): RosterChange {
  const put: StoredItem[] = []
  const remove: string[] = []
  for (const contact of changed) {
    const stored = toStored(contact)
    if (stored === undefined) remove.push(contact.jid)
    else put.push(stored)
  }
  // A roster that changes is not to be erased any more.
  const erasure = book.erasure !== undefined && put.length + remove.length > 0 ? [book.erasure.id] : []
  return {
    base: book.revision,
    revision: randomId(),
    put,
    remove,
    ...(draft.version === undefined ? {} : { version: draft.version }),
    owe,
    settle: [...new Set([...draft.settle, ...settled, ...erasure])],
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
