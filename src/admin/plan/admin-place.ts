import { type Clock, wakefulClock } from '../../core/clock.js'
import { patchItem, type RosterItem, rosterItem } from '../../core/item.js'
import { bareJid, type JidLike } from '../../core/jid.js'
import { stateFrom } from '../../core/state.js'
import type { CallOptions } from '../../roster/options.js'
import type { Change } from '../bulk-run.js'
import { defined } from '../defined.js'
import { hinted } from '../hint.js'
import type { AdminItem, AdminItemInit, RosterAdmin } from '../port.js'
import { isEqual, sortedGroups } from './fields.js'
import type { Place, Wish } from './place.js'
import { gone } from './refusals.js'

/** How long what was read is decided on, in milliseconds. */
const FRESH = 5_000
/** However large the roster: of the time that the work takes, reading it again takes no more than a twentieth. */
const READINGS = 20

/** A roster behind an administrator: read once for many changes, and again when that was a while ago; only what differs is written. */
export class AdminPlace implements Place {
  readonly owner: string
  readonly #admin: RosterAdmin
  readonly #clock: Clock
  #listed: readonly AdminItem[] = []
  #items: ReadonlyMap<string, AdminItem> = new Map()
  #readAt = 0
  #fresh = 0

  constructor({ admin, owner }: { readonly admin: RosterAdmin; readonly owner: JidLike }, clock = wakefulClock) {
    this.owner = bareJid(owner)
    this.#admin = admin
    this.#clock = clock
  }

  async look(call: CallOptions): Promise<void> {
    const begun = this.#clock.now()
    this.#listed = await this.#admin.list(this.owner, call)
    this.#items = new Map(this.#listed.map((item) => [item.jid, item]))
    this.#readAt = this.#clock.now()
    this.#fresh = Math.max(FRESH, READINGS * (this.#readAt - begun))
  }

  async grant(wish: Wish, call: CallOptions): Promise<Change | undefined> {
    await this.#freshen(call)
    const item = this.#items.get(wish.jid)
    if (item === undefined && !wish.mayBeNew) throw gone(this.owner, wish.jid)
    const init = initOf(item, wish)
    if (item !== undefined && Object.keys(init).length === 0) return undefined
    const hint = { listed: this.#listed, mustExist: !wish.mayBeNew }
    return (call) => this.#admin.put(this.owner, wish.jid, init, hinted(call, hint))
  }

  async drop(contact: string, call: CallOptions): Promise<Change | undefined> {
    await this.#freshen(call)
    if (!this.#items.has(contact)) return undefined
    const hint = { listed: this.#listed }
    return (call) => this.#admin.remove(this.owner, contact, hinted(call, hint))
  }

  async #freshen(call: CallOptions): Promise<void> {
    const age = this.#clock.now() - this.#readAt
    // A clock that was set back tells nothing of an age.
    if (age < 0 || age > this.#fresh) await this.look(call)
  }
}

/** What the wish names and the item has not: whoever changes the rest meanwhile is not overwritten. */
function initOf(item: AdminItem | undefined, wish: Wish): AdminItemInit {
  const known = item === undefined ? undefined : asRosterItem(item)
  const next = patchItem(wish.jid, known, wish)
  const names = wish.name !== undefined && next.name !== known?.name
  const regroups = wish.groups !== undefined && !isEqual(sortedGroups(next.groups), sortedGroups(known?.groups ?? []))
  const resubscribes = wish.subscription !== undefined && wish.subscription !== (item?.subscription ?? 'none')
  return defined({
    name: names ? (next.name ?? '') : undefined,
    groups: regroups ? next.groups : undefined,
    subscription: resubscribes ? wish.subscription : undefined,
  })
}

const asRosterItem = (item: AdminItem): RosterItem =>
  rosterItem({ ...item, state: stateFrom(item.subscription, item.pendingOut, item.pendingIn) })
