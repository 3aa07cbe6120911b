import { patchItem, type RosterItem, rosterItem } from '../../core/item.js'
import { bareJid, type JidLike } from '../../core/jid.js'
import { stateFrom } from '../../core/state.js'
import type { CallOptions } from '../../roster/options.js'
import type { Change } from '../bulk-run.js'
import { defined } from '../defined.js'
import type { AdminItem, AdminItemInit, RosterAdmin } from '../port.js'
import { isEqual, sortedGroups } from './fields.js'
import type { Place, Wish } from './place.js'
import { gone } from './refusals.js'

/** A roster behind an administrator: read once, then written item by item, naming only what differs. */
export class AdminPlace implements Place {
  readonly owner: string
  readonly #admin: RosterAdmin
  #items: ReadonlyMap<string, AdminItem> = new Map()

  constructor(admin: RosterAdmin, owner: JidLike) {
    this.owner = bareJid(owner)
    this.#admin = admin
  }

  async look(call: CallOptions): Promise<void> {
    const items = await this.#admin.list(this.owner, call)
    this.#items = new Map(items.map((item) => [item.jid, item]))
  }

  grant(wish: Wish): Change | undefined {
    const item = this.#items.get(wish.jid)
    if (item === undefined && !wish.mayBeNew) throw gone(this.owner, wish.jid)
    const init = initOf(item, wish)
    if (item !== undefined && Object.keys(init).length === 0) return undefined
    return (call) => this.#admin.put(this.owner, wish.jid, init, call)
  }

  drop(contact: string): Change | undefined {
    if (!this.#items.has(contact)) return undefined
    return (call) => this.#admin.remove(this.owner, contact, call)
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
