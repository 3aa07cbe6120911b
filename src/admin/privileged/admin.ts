import type { ServerItem } from '../../core/client-step.js'
import { type Clock, systemClock } from '../../core/clock.js'
import { RosterError } from '../../core/errors.js'
import { sameGroups } from '../../core/item.js'
import { bareJid, domainOf, type JidLike, type JidList } from '../../core/jid.js'
import type { Subscription } from '../../core/state.js'
import type { CallOptions } from '../../roster/options.js'
import { waitFor } from '../../roster/waiting.js'
import type { XmppEntity } from '../../xmpp/entity.js'
import { hintOf, Sources } from '../hint.js'
import { adminItem, type Wanted, wantedOf } from '../item.js'
import { gone } from '../plan/refusals.js'
import type { AdminItem, AdminItemInit, RosterAdmin } from '../port.js'
import { ownersFrom, takeOwners } from './owners.js'
import type { Access, Grant } from './permissions.js'
import { PrivilegedRosters } from './rosters.js'
import { Turns } from './turns.js'

/** Options of {@link privilegedAdmin}. */
export interface PrivilegedOptions {
  /**
   * Whose rosters there are: servers do not tell. A list or a set is copied; anything asynchronous is walked anew by each
   * `owners()`. Default: none, and `owners()` rejects with `UNSUPPORTED`.
   */
  readonly owners?: JidList | AsyncIterable<JidLike>
  /** Time, for tests. Default: the real one. */
  readonly clock?: Clock
}

/**
 * The rosters of a server's accounts, over XMPP: for a component that the server lets manage them (XEP-0356, Privileged
 * Entity; `urn:xmpp:privilege:1` and `:2`). Prosody and ejabberd do with `mod_privilege`. Accounts need not be online, and
 * those that are get roster pushes.
 *
 * Make it before `start()`, once for a connection. It listens to the connection (`stanza`, `open`, `disconnect`, `offline`)
 * as long as that lives, because a host says only once in a session what it lets the component do. A host that has said
 * nothing is waited for, up to two seconds, once in a session; one that grants too little, or takes it back, makes calls
 * reject with `UNSUPPORTED`, and the message says what to configure. Made when the session has begun already, it asks
 * without knowing, and the server's refusal is the same `UNSUPPORTED`, until that host has done once in the session what is
 * asked. A `Roster`, or another admin, on the same connection is not disturbed.
 *
 * **The other side**: `put` writes the owner's side alone; the contact learns nothing, and its roster stays, also when it is
 * an account of the same server (`connect` writes both). `remove` on Prosody too; ejabberd treats it as the owner's own
 * removal: the contact gets `unsubscribe` and `unsubscribed`, and its item falls to `none`.
 *
 * - `list` needs `get`. `pendingIn` is always `false`: it does not stand in a roster (RFC 6121 §2.1.2). No such account, no
 *   items.
 * - `put` needs `set`, and `get` unless name and groups are both given and no subscription is: the server's set replaces the
 *   whole item, so what is to be kept is read first. Calls of this admin for one owner wait for each other; what the owner
 *   itself changes between that read and the write is lost (`clear` and `applyPlan` read once for many items, and say what
 *   that means). Where nothing differs, nothing is written. ejabberd (24.12) ignores the subscription. So a host is watched
 *   until it has stored one: when the roster still shows another subscription afterwards, the call rejects with
 *   `UNSUPPORTED`; **name and groups are stored then**. Use `ejabberdAdmin` there. ejabberd 23.01 lets components read, but
 *   fails at whatever they set: `REFUSED` (`internal-server-error`), and nothing was stored; so does `remove`. `disconnect`
 *   that keeps `to` or `from` is therefore half done on ejabberd, and says so.
 * - `remove` needs `set`, and with `get` looks first whether there is something to remove: ejabberd does not tell. With
 *   `set` alone, an item that ejabberd does not have is `true` as well.
 *
 * Calls reject with `JID_MALFORMED`, `ITEM_INVALID` (the owner itself; a name, group or subscription that is none) and
 * `UNSUPPORTED` (see above), and when there is no session with `NOT_CONNECTED`: nothing was sent then. With `REFUSED` and
 * its `condition` when the server did not do it; nothing has changed then (Prosody: `service-unavailable`, there is no such
 * account; ejabberd makes a roster for it all the same). With `NOT_CONNECTED` when the connection was lost meanwhile,
 * `TIMED_OUT` (30 000 ms for each answer by default) or an abort, a change may have happened; doing it again is safe.
 * `STANZA_INVALID` when the answer holds no roster.
 *
 * @example
 * ```ts
 * import { component } from '@xmpp/component'
 * import { privilegedAdmin } from 'xmpp-roster/admin'
 *
 * const xmpp = component({ service: 'xmpp://localhost:5347', domain: 'bots.example.com', password: 'secret' })
 * const admin = privilegedAdmin(xmpp, { owners: ['romeo@example.com', 'juliet@example.com'] })
 * await xmpp.start()
 * for await (const owner of admin.owners())
 *   await admin.put(owner, 'lobby@bots.example.com', { name: 'Lobby', groups: ['Bots'], subscription: 'both' })
 * await xmpp.stop()
 * ```
 *
 * @throws {RosterError} `UNSUPPORTED` for a client; `JID_MALFORMED` for owners that are no list, or a list with what is no
 * JID
 */
export const privilegedAdmin = (entity: XmppEntity, options: PrivilegedOptions = {}): RosterAdmin =>
  new PrivilegedAdmin(entity, options)

type ServerItems = ReadonlyMap<string, ServerItem>

class PrivilegedAdmin implements RosterAdmin {
  readonly #rosters: PrivilegedRosters
  readonly #turns = new Turns()
  readonly #clock: Clock
  readonly #owners: ReturnType<typeof takeOwners>
  readonly #sources = new Sources<ServerItems>()

  constructor(entity: XmppEntity, { owners, clock = systemClock }: PrivilegedOptions) {
    this.#owners = takeOwners(owners)
    this.#clock = clock
    this.#rosters = new PrivilegedRosters(entity, clock)
  }

  owners(options: CallOptions & { readonly domain?: string } = {}): AsyncIterableIterator<string> {
    return ownersFrom(this.#owners, options)
  }

  async list(owner: JidLike, options: CallOptions = {}): Promise<readonly AdminItem[]> {
    const jid = bareJid(owner)
    const grant = await this.#rosters.grant(jid, ['get'], options)
    const stored = await this.#rosters.items(jid, grant, options)
    const items = [...stored.values()].map((item) => adminItem({ ...item, pendingIn: false }))
    return this.#sources.keep(items, stored)
  }

  async put(owner: JidLike, contact: JidLike, item: AdminItemInit, options: CallOptions = {}): Promise<void> {
    const wanted = wantedOf(owner, contact, item)
    await this.#inTurn(wanted.owner, options, () => this.#put(wanted, options))
  }

  async remove(owner: JidLike, contact: JidLike, options: CallOptions = {}): Promise<boolean> {
    const [jid, other] = [bareJid(owner), bareJid(contact)]
    return this.#inTurn(jid, options, () => this.#remove(jid, other, options))
  }

  #inTurn<T>(owner: string, options: CallOptions, run: () => Promise<T>): Promise<T> {
    const { signal } = options
    signal?.throwIfAborted()
    // Whoever gives up does not have to wait for its turn to be told so.
    return waitFor(this.#turns.run(owner, run), signal === undefined ? {} : { signal }, this.#clock, 'A change')
  }

  async #put(wanted: Wanted, options: CallOptions): Promise<void> {
    const { owner, contact, patch, subscription } = wanted
    const { mustExist = false } = hintOf(options)
    const isDoubted = subscription !== undefined && !this.#rosters.isObedient(owner)
    const isRead = patch.name === undefined || patch.groups === undefined || isDoubted || mustExist
    const needed: readonly Access[] = isRead ? ['get', 'set'] : ['set']
    const grant = await this.#rosters.grant(owner, needed, options)
    const known = isRead ? (await this.#before(owner, grant, options)).get(contact) : undefined
    if (known === undefined && mustExist) throw gone(owner, contact)
    const name = patch.name ?? known?.name
    const groups = patch.groups ?? known?.groups ?? []
    if (known !== undefined && isSame(known, name, groups, subscription)) return
    const item = { jid: contact, name: name === '' ? undefined : name, groups }
    const said = subscription === undefined ? item : { ...item, subscription }
    await this.#rosters.change(owner, { kind: 'set', item: said }, grant, options)
    if (subscription !== undefined && isDoubted && subscription !== (known?.subscription ?? 'none'))
      await this.#verify(owner, contact, subscription, grant, options)
  }

  /** What is there before a change. */
  async #before(owner: string, grant: Grant, options: CallOptions): Promise<ServerItems> {
    return this.#sources.hinted(options) ?? this.#rosters.items(owner, grant, options)
  }

  /** Whether the subscription was stored with the rest. */
  async #verify(
    owner: string,
    contact: string,
    subscription: Subscription,
    grant: Grant,
    options: CallOptions,
  ): Promise<void> {
    const stored = await this.#lookAgain(owner, contact, subscription, grant, options)
    if (stored?.subscription === subscription) {
      this.#rosters.hasObeyed(owner)
      return
    }
    throw new RosterError(
      'UNSUPPORTED',
      `The name and groups of ${contact} were stored in the roster of ${owner}, the subscription "${subscription}" was not: ` +
        `${domainOf(owner)} left it at "${stored?.subscription ?? 'none'}", as ejabberd does. Use ejabberdAdmin for subscriptions there.`,
      { owner, contact },
    )
  }

  async #lookAgain(
    owner: string,
    contact: string,
    subscription: Subscription,
    grant: Grant,
    options: CallOptions,
  ): Promise<ServerItem | undefined> {
    try {
      return (await this.#rosters.items(owner, grant, options)).get(contact)
    } catch (cause) {
      if (!(cause instanceof RosterError)) throw cause
      const { code, condition, message } = cause
      throw new RosterError(
        code,
        `${contact} was stored in the roster of ${owner}, but whether with the subscription "${subscription}" is not known: ${message}`,
        { condition, owner, contact, cause },
      )
    }
  }

  async #remove(owner: string, contact: string, options: CallOptions): Promise<boolean> {
    const grant = await this.#rosters.grant(owner, ['set'], options)
    if (grant.access.has('get') && !(await this.#before(owner, grant, options)).has(contact)) return false
    try {
      await this.#rosters.change(owner, { kind: 'remove', jid: contact }, grant, options)
      return true
    } catch (cause) {
      if (cause instanceof RosterError && cause.condition === 'item-not-found') return false
      throw cause
    }
  }
}

/** Whether there is nothing to write. */
const isSame = (
  known: ServerItem,
  name: string | undefined,
  groups: readonly string[],
  subscription: Subscription | undefined,
): boolean =>
  (name ?? '') === (known.name ?? '') &&
  sameGroups(groups, known.groups) &&
  (subscription === undefined || subscription === known.subscription)
