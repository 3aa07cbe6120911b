import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import type { RosterItem } from '../core/item.js'
import { NS_ROSTER } from '../xmpp/codec.js'
import type { Account } from './account.js'
import type { World } from './world.js'

/** What a client sees of an item (RFC 6121 §2.1.2); that the contact has asked is not among it. */
export function itemElement(item: RosterItem): Element {
  return createElement(
    'item',
    {
      jid: item.jid,
      ...(item.name === undefined ? {} : { name: item.name }),
      subscription: item.subscription,
      ...(item.pendingOut ? { ask: 'subscribe' } : {}),
      ...(item.approved ? { approved: 'true' } : {}),
    },
    ...item.groups.map((group) => createElement('group', {}, group)),
  )
}

const removedElement = (item: RosterItem): Element => createElement('item', { jid: item.jid, subscription: 'remove' })

/** Roster pushes (RFC 6121 §2.1.6): every change that a client can see goes to all who have asked for the roster. */
export class Pushes {
  readonly #world: World
  #waiting: { readonly account: Account; readonly item: Element } | undefined
  #count = 0

  constructor(world: World) {
    this.#world = world
  }

  changed(account: Account, previous: RosterItem | undefined, item: RosterItem): void {
    const element = itemElement(item)
    if (previous === undefined || itemElement(previous).toString() !== element.toString()) this.#enter(account, element)
  }

  removed(account: Account, item: RosterItem): void {
    this.#enter(account, removedElement(item))
  }

  /** RFC 6121 §2.4: a set is pushed even if it changes nothing. */
  repeat(account: Account, item: RosterItem): void {
    this.#enter(account, itemElement(item))
    this.flush()
  }

  /** The stanza that explains a push comes right after it in the order of events; which of them goes first is a quirk. */
  #enter(account: Account, item: Element): void {
    this.flush()
    account.advance()
    this.#waiting = { account, item }
    queueMicrotask(() => this.flush())
  }

  flush(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) return
    const { account, item } = waiting
    const { versioning, pushFrom } = this.#world.quirks
    for (const session of account.interested) {
      this.#count += 1
      const query = createElement('query', { xmlns: NS_ROSTER, ...(versioning ? { ver: account.version } : {}) })
      query.children = [item]
      const from = pushFrom === 'bare' ? { from: account.jid } : {}
      const attrs = { type: 'set', id: `push-${this.#count}`, ...from, to: session.jid }
      this.#world.post.write(session, createElement('iq', attrs, query))
    }
  }
}
