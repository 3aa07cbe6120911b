import type { Element } from 'ltx'
import { bareJid } from '../core/jid.js'
import { parsePriority } from '../core/presence.js'
import { hasFrom, hasPendingIn, hasTo } from '../core/state.js'
import { attr } from '../xmpp/codec.js'
import type { Account } from './account.js'
import type { Session } from './session.js'
import { addressed, presenceOf } from './stanzas.js'
import type { Subscriptions } from './subscriptions.js'
import type { World } from './world.js'

/**
 * Who sees whom (RFC 6121 §4). Rosters say who may; what was announced stands with the sessions. A `<show/>` or priority that is
 * none is relayed as it came, as Prosody does.
 *
 * What everybody is told goes to bare JIDs; what one resource alone is told, to its full JID.
 */
export class Broadcaster {
  readonly #world: World
  readonly #subscriptions: Subscriptions

  constructor(world: World, subscriptions: Subscriptions) {
    this.#world = world
    this.#subscriptions = subscriptions
  }

  /** A presence without an address: initial, an update, or the end. */
  announce(session: Session, stanza: Element): void {
    const isInitial = session.presence === undefined
    const presence = addressed(stanza, { from: session.jid, to: undefined })
    session.presence = presence
    session.priority = parsePriority(stanza.getChildText('priority'))
    this.#broadcast(session, presence)
    if (isInitial) this.#begin(session)
  }

  /** RFC 6121 §4.2.2 and §4.4.2: to the account's own resources, the announcing one among them, and to all subscribers. */
  #broadcast(session: Session, presence: Element): void {
    for (const other of session.account.available) this.#world.carry(addressed(presence, { to: other.jid }))
    for (const item of session.account.roster.values()) {
      if (hasFrom(item.state)) this.#world.carry(addressed(presence, { to: item.jid }))
    }
  }

  /** What a resource learns when it becomes available. */
  #begin(session: Session): void {
    const { account } = session
    for (const other of account.available) if (other !== session) this.#tell(other, session.jid)
    for (const item of account.roster.values()) if (hasTo(item.state)) this.#seek(session, item.jid)
    this.#subscriptions.redeliver(session)
    if (this.#world.quirks.resendPendingOut) this.#subscriptions.resend(account)
  }

  /**
   * RFC 6121 §4.3.1: what this server knows itself it need not probe for. Probes come from the new resource, as those of Prosody
   * and ejabberd do: the answers are for it alone.
   */
  #seek(session: Session, contact: string): void {
    const place = this.#world.place(contact)
    if (place?.kind === 'component') {
      if (this.#world.quirks.probesComponents) this.#world.carry(presenceOf('probe', session.jid, contact))
    } else if (place?.kind === 'account' && place.account !== undefined) {
      if (hasFrom(place.account.roster.state(session.account.jid)))
        for (const other of place.account.available) this.#tell(other, session.jid)
    }
  }

  #tell(session: Session, to: string): void {
    if (session.presence !== undefined) this.#world.carry(addressed(session.presence, { to }))
  }

  /** RFC 6121 §3.1.5: who was granted a subscription learns who is there. */
  tellCurrent(account: Account, to: string): void {
    for (const session of account.available) this.#tell(session, to)
  }

  /** RFC 6121 §3.2.2, §3.3.3: who has lost a subscription learns that nobody is there. */
  tellGone(account: Account, to: string): void {
    for (const session of account.available) this.#world.carry(presenceOf('unavailable', session.jid, to))
  }

  /** RFC 6121 §4.5: the resource says goodbye, or its connection has ended without. */
  leave(session: Session, stanza: Element = presenceOf('unavailable', session.jid, session.jid)): void {
    const farewell = addressed(stanza, { from: session.jid, to: undefined })
    const told = new Set<string>()
    if (session.presence !== undefined) {
      this.#broadcast(session, farewell)
      for (const item of session.account.roster.values()) if (hasFrom(item.state)) told.add(item.jid)
    }
    session.presence = undefined
    const directed = [...session.directed.keys()]
    session.directed.clear()
    // RFC 6121 §4.6.3: who was told directly is told of the end as well.
    for (const to of directed) if (!told.has(bareJid(to))) this.#world.carry(addressed(farewell, { to }))
  }

  /** RFC 6121 §4.6: a presence for one address alone. */
  direct(session: Session, stanza: Element, to: string): void {
    const presence = addressed(stanza, { from: session.jid })
    const type = attr(stanza, 'type')
    const obstacle = this.#world.obstacle(this.#world.place(to))
    if (obstacle !== undefined) {
      this.#world.refuse(stanza, session.jid, obstacle)
      return
    }
    if (type === undefined) session.directed.set(to, presence)
    else session.directed.delete(to)
    this.#world.carry(presence)
  }

  /** RFC 6121 §4.3.2: an account is probed. */
  probed(stanza: Element, from: string, bare: string, resource: string | undefined): void {
    const account = this.#world.accounts.get(bare)
    const prober = bareJid(from)
    const state = account?.roster.state(prober) ?? 'none'
    const id = attr(stanza, 'id')
    if (account !== undefined && (hasFrom(state) || prober === bare)) {
      if (resource !== undefined) this.#tellThatOne(account, resource, from, id)
      else if (account.available.length === 0) this.#world.carry(presenceOf('unavailable', bare, from, id))
      else this.tellCurrent(account, from)
      return
    }
    const directed = account === undefined ? [] : [...account.sessions.values()].flatMap(saidTo(from, prober))
    for (const presence of directed) this.#world.carry(addressed(presence, { to: from }))
    // To somebody whose request is pending it would mean that it was declined.
    if (directed.length === 0 && !hasPendingIn(state))
      this.#subscriptions.carry(presenceOf('unsubscribed', bare, prober, id))
  }

  /** A probe for one resource learns that it is there, and no more. */
  #tellThatOne(account: Account, resource: string, to: string, id: string | undefined): void {
    const from = `${account.jid}/${resource}`
    const isThere = account.sessions.get(resource)?.presence !== undefined
    this.#world.carry(presenceOf(isThere ? undefined : 'unavailable', from, to, isThere ? undefined : id))
  }
}

const saidTo =
  (from: string, prober: string) =>
  ({ directed }: Session): readonly Element[] => {
    const presence = directed.get(from) ?? directed.get(prober)
    return presence === undefined ? [] : [presence]
  }
