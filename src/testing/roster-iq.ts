import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import { parseJid } from '../core/jid.js'
import { isXmlText, utf8Length } from '../core/text.js'
import { attr, NS_ROSTER } from '../xmpp/codec.js'
import type { Account } from './account.js'
import { itemElement } from './pushes.js'
import type { Session } from './session.js'
import { type Condition, result } from './stanzas.js'
import type { Subscriptions } from './subscriptions.js'
import type { World } from './world.js'

/** The longest name and the longest group, in bytes: long enough for whatever real servers take. */
const MAX_TEXT = 8_192

/** What a roster set asks for. */
type Wish =
  | { readonly kind: 'remove'; readonly jid: string }
  | { readonly kind: 'set'; readonly jid: string; readonly name: string | null; readonly groups: readonly string[] }

/** Roster gets and sets of an account's own sessions (RFC 6121 §2.1). */
export class RosterDesk {
  readonly #world: World
  readonly #subscriptions: Subscriptions
  readonly #touch: () => void

  /** `touch`: a roster is about to change. */
  constructor(world: World, subscriptions: Subscriptions, touch: () => void) {
    this.#world = world
    this.#subscriptions = subscriptions
    this.#touch = touch
  }

  /** RFC 6121 §2.2, §2.6: from now on the session gets pushes. */
  get(session: Session, iq: Element, query: Element): void {
    const { account } = session
    session.isInterested = true
    const isCurrent = this.#world.quirks.versioning && attr(query, 'ver') === account.version
    this.#world.carry(result(iq, session.jid, isCurrent ? undefined : this.#whole(account)))
  }

  #whole(account: Account): Element {
    const ver = this.#world.quirks.versioning ? { ver: account.version } : {}
    return createElement('query', { xmlns: NS_ROSTER, ...ver }, ...[...account.roster.values()].map(itemElement))
  }

  /** RFC 6121 §2.3 to §2.5. All is checked before: what is left to do cannot fail. */
  set(session: Session, iq: Element, query: Element): void {
    const { account } = session
    const wish = readSet(account, query)
    if (typeof wish === 'string') {
      this.#world.refuse(iq, session.jid, wish)
      return
    }
    this.#touch()
    const { pushBeforeResult } = this.#world.quirks
    const answer = (): void => this.#world.carry(result(iq, session.jid))
    if (!pushBeforeResult) answer()
    const before = account.version
    const done = (): void => {
      const item = account.roster.get(wish.jid)
      if (account.version === before && item !== undefined) this.#subscriptions.pushes.repeat(account, item)
      if (pushBeforeResult) answer()
    }
    // It fails only when the server is closed meanwhile.
    carryOut(account, wish).then(done, () => undefined)
  }
}

async function carryOut(account: Account, wish: Wish): Promise<void> {
  const { jid } = wish
  if (wish.kind === 'remove') await account.roster.remove(jid)
  else await account.roster.update(jid, { name: wish.name, groups: wish.groups })
}

/** RFC 6121 §2.1.5: any `subscription` but `remove` is ignored; §2.3.3 and §2.5.3: what is wrong with it. */
function readSet(account: Account, query: Element): Wish | Condition {
  const items = query.getChildElements()
  const [item] = items
  if (item?.is('item', NS_ROSTER) !== true || items.length !== 1) return 'bad-request'
  const jid = readJid(item)
  if (jid === undefined) return 'jid-malformed'
  if (jid.includes('/')) return 'bad-request'
  if (jid === account.jid) return 'not-allowed'
  if (attr(item, 'subscription') === 'remove')
    return account.roster.has(jid) ? { kind: 'remove', jid } : 'item-not-found'
  const name = attr(item, 'name') ?? ''
  const groups = item.getChildren('group').map((group) => group.getText())
  const problem = problemOf(name, groups)
  return problem ?? { kind: 'set', jid, name: name === '' ? null : name, groups }
}

function readJid(item: Element): string | undefined {
  try {
    const { bare, resource } = parseJid(attr(item, 'jid') ?? '')
    return resource === undefined ? bare : `${bare}/${resource}`
  } catch {
    return undefined
  }
}

function problemOf(name: string, groups: readonly string[]): Condition | undefined {
  if (new Set(groups).size < groups.length || ![name, ...groups].every(isXmlText)) return 'bad-request'
  if (groups.includes('') || [name, ...groups].some((text) => utf8Length(text) > MAX_TEXT)) return 'not-acceptable'
  return undefined
}
