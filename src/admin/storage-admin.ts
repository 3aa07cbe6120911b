import { wakefulClock } from '../core/clock.js'
import { type Contact, inState, stateOf, stranger } from '../core/contact.js'
import { bareJid, type JidLike } from '../core/jid.js'
import { partsOf, type Subscription, stateFrom } from '../core/state.js'
import { step } from '../core/step.js'
import { Book, type Draft, renew } from '../roster/book.js'
import { asStorageError, filterOf, lookAgain, ownersOf } from '../roster/from-storage.js'
import type { CallOptions } from '../roster/options.js'
import { waitFor } from '../roster/waiting.js'
import type { RosterStorage } from '../storage/port.js'
import { hintOf } from './hint.js'
import { adminItem, wantedOf } from './item.js'
import { Ledgers } from './ledger.js'
import { patienceOf } from './patience.js'
import { gone } from './plan/refusals.js'
import type { AdminItem, AdminItemInit, RosterAdmin } from './port.js'

/**
 * The rosters that a component keeps itself, straight in its storage: from any process, with or without a connection. Not
 * for the storage of a client: that is a cache of what its server has.
 *
 * **The other side learns nothing.** No stanza is sent and none is owed, whatever is written: the contact is neither asked
 * nor told, and on its side everything stays. When the contact is an owner of the same storage, `connect` and `disconnect`
 * write both sides. To tell a contact, use the commands of `OwnerRoster`, or {@link answerRequest} for one that has asked.
 *
 * Changes of other processes are never lost: each call decides on what storage holds, and decides again when somebody else
 * was faster, a bounded number of times. A connected process on the same storage tells of the change by `added`, `updated`
 * or `removed`, and `transition` with the cause `storage`: at once where the storage can be watched, else with its next
 * change of that owner. From then on it treats the contact accordingly: who has `from` gets the owner's next presence.
 *
 * - `owners`: those that storage has a roster of, also an empty one; of one `domain`, exactly that.
 * - `list`: the items, as `OwnerRoster` has them. A contact that has only asked and was never added (`none+in`) is no item
 *   (RFC 6121 §3.1.3) and not among them; `Roster.pending()` has it. An owner that is not there has no items: reading makes
 *   nothing.
 * - `put`: an owner that is not there is made. The subscription becomes the given one, and what is pending stays as far as
 *   it makes sense with it: with `to` or `both` the owner does not wait any more (`pendingOut`), with `from` or `both` the
 *   contact does not (`pendingIn`): its stored request goes, unanswered. `none` keeps both, so `put` neither withdraws nor
 *   denies a request. Pre-approval stays. Of a stranger that has asked it makes an item; its request goes on waiting.
 * - `remove`: the item goes, and with it a request of that contact. `false`: there was no item, nothing was written; a
 *   stranger's request is none, and stays.
 *
 * Calls reject with `JID_MALFORMED`; `put` with `ITEM_INVALID` for the owner itself, and for a name, group or subscription
 * that is none; `STORAGE_CORRUPT` when what storage holds makes no sense; `STORAGE_CONFLICT` when others kept changing the
 * roster: nothing was written in all these cases. With `STORAGE_FAILED`, `TIMED_OUT` (30 000 ms by default) or an abort it
 * may have been written; doing it again is safe.
 *
 * @example
 * ```ts
 * import { storageAdmin } from 'xmpp-roster/admin'
 * import { SqliteStorage } from 'xmpp-roster/sqlite'
 *
 * const storage = await SqliteStorage.open('rosters.db')
 * const admin = storageAdmin(storage)
 * await admin.put('lobby@bots.example.com', 'juliet@example.com', { name: 'Juliet', subscription: 'both' })
 * for (const { jid, subscription } of await admin.list('lobby@bots.example.com')) console.log(jid, subscription)
 * await storage.close()
 * ```
 */
export const storageAdmin = (storage: RosterStorage): RosterAdmin => new StorageAdmin(storage)

class StorageAdmin implements RosterAdmin {
  readonly #storage: RosterStorage
  readonly #ledgers: Ledgers

  constructor(storage: RosterStorage) {
    this.#storage = storage
    this.#ledgers = new Ledgers(storage)
  }

  async *owners(options: CallOptions & { readonly domain?: string } = {}): AsyncIterableIterator<string> {
    options.signal?.throwIfAborted()
    yield* ownersOf(this.#storage, filterOf(options))
  }

  async list(owner: JidLike, options: CallOptions = {}): Promise<readonly AdminItem[]> {
    const jid = bareJid(owner)
    const book = await patiently(options, 'Reading the roster', () => this.#read(jid))
    return [...book.items.values()].map(adminItem)
  }

  async put(owner: JidLike, contact: JidLike, item: AdminItemInit, options: CallOptions = {}): Promise<void> {
    const wanted = wantedOf(owner, contact, item)
    const { mustExist = false } = hintOf(options)
    await patiently(options, 'Writing the item, which may still happen,', () =>
      this.#change(wanted.owner, options, (draft) => {
        const known = draft.contact(wanted.contact)
        if (known.item === undefined && mustExist) throw gone(wanted.owner, wanted.contact)
        const updated = step(known, { kind: 'update', patch: wanted.patch }, wakefulClock.now()).contact
        draft.put(withSubscription(updated, wanted.subscription))
      }),
    )
  }

  async remove(owner: JidLike, contact: JidLike, options: CallOptions = {}): Promise<boolean> {
    const [jid, other] = [bareJid(owner), bareJid(contact)]
    return patiently(options, 'Removing the item, which may still happen,', () =>
      this.#change(jid, options, (draft) => {
        const isThere = draft.contact(other).item !== undefined
        if (isThere) draft.put(stranger(other))
        return isThere
      }),
    )
  }

  #change<T>(owner: string, options: CallOptions, decide: (draft: Draft) => T): Promise<T> {
    const { listed } = hintOf(options)
    return listed === undefined ? this.#ledgers.run(owner, decide) : this.#ledgers.runOn(listed, owner, decide)
  }

  async #read(owner: string): Promise<Book> {
    const book = new Book()
    try {
      renew(book, await lookAgain(this.#storage, book, owner, () => undefined))
      return book
    } catch (cause) {
      throw asStorageError(owner, cause)
    }
  }
}

function patiently<T>(options: CallOptions, what: string, run: () => Promise<T>): Promise<T> {
  options.signal?.throwIfAborted()
  return waitFor(run(), patienceOf(options), wakefulClock, what)
}

/** What was asked stays asked, unless the subscription answers it (RFC 6121 appendix A.1). */
function withSubscription(contact: Contact, subscription: Subscription | undefined): Contact {
  const before = partsOf(stateOf(contact))
  return inState(contact, stateFrom(subscription ?? before.subscription, before.pendingOut, before.pendingIn))
}
