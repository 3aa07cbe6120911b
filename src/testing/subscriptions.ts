import type { Element } from 'ltx'
import type { RosterItem } from '../core/item.js'
import { bareJid } from '../core/jid.js'
import { hasPendingIn, type SubscriptionType } from '../core/state.js'
import type { SubscriptionEvent } from '../roster/events.js'
import { attr } from '../xmpp/codec.js'
import type { Account } from './account.js'
import type { Line } from './line.js'
import type { Broadcaster } from './presence.js'
import { Pushes } from './pushes.js'
import type { Session } from './session.js'
import { addressed } from './stanzas.js'
import { Trunk } from './trunk.js'
import type { World } from './world.js'

/** A subscription stanza of a client that is under way. */
interface Spoken {
  readonly session: Session
  readonly type: SubscriptionType
  readonly contact: string
  readonly id: string | undefined
}

/** Subscriptions (RFC 6121 §3): what clients and components say goes to the rosters, and what these say to everybody. */
export class Subscriptions {
  readonly trunk: Trunk
  readonly pushes: Pushes
  readonly #world: World
  readonly #line: Line
  /** Set once, right after both are made: each needs the other. */
  broadcaster!: Broadcaster
  #spoken: Spoken | undefined
  /** Who was told `unsubscribe` and answers by itself: owner and contact. */
  readonly #replies = new Set<string>()

  constructor(world: World, line: Line) {
    this.#world = world
    this.#line = line
    this.pushes = new Pushes(world)
    this.trunk = new Trunk(world.domain, (stanza) => this.#route(stanza), world.clock)
    this.#listen()
  }

  /** A client's stanza; RFC 6121 §3.1.2: from its bare JID to a bare JID. */
  send(session: Session, stanza: Element, type: SubscriptionType, contact: string): void {
    const { account } = session
    if (contact === account.jid) {
      this.#world.refuse(stanza, session.jid, 'bad-request')
      return
    }
    const isUnasked = type === 'subscribed' && !hasPendingIn(account.roster.state(contact))
    if (isUnasked && !this.#world.quirks.preApproval) return
    this.#touch()
    this.#spoken = { session, type, contact, id: attr(stanza, 'id') }
    this.#command(this.trunk.roster.send(addressed(stanza, { from: account.jid, to: contact })))
  }

  /** A subscription stanza for an account or a component. To an account that is none it is ignored (RFC 6121 §8.5.1). */
  carry(stanza: Element): void {
    const place = this.#world.place(stanza.attrs['to'])
    if (place?.kind === 'component') this.#world.carry(stanza)
    else if (place?.kind === 'account' && place.account !== undefined) {
      this.#touch()
      this.#receive(addressed(stanza, { from: bareJid(stanza.attrs['from']), to: place.bare }))
    }
  }

  /** Between bare JIDs, both of them canonical. */
  #receive(stanza: Element): void {
    const { from, to, type } = stanza.attrs as Readonly<Record<'from' | 'to' | 'type', string>>
    if (type === 'unsubscribe') this.#replies.add(`${to} ${from}`)
    this.trunk.receive(stanza)
  }

  /** A new matter: what was under way is done. */
  #touch(): void {
    this.#line.slow()
    this.#spoken = undefined
    this.#replies.clear()
  }

  /** What is done with rosters here fails only when the server is closed meanwhile. */
  #command(command: Promise<unknown>): void {
    command.catch(() => undefined)
  }

  // — what the rosters say to others —

  #route(stanza: Element): void {
    const { from, to, type } = stanza.attrs as Readonly<Record<'from' | 'to' | 'type', string>>
    const owner = this.#world.accounts.get(from)
    if (owner === undefined) return
    if (type === 'unavailable') this.broadcaster.tellGone(owner, to)
    else this.#routeSubscription(owner, stanza, type, to)
  }

  #routeSubscription(owner: Account, stanza: Element, type: string, to: string): void {
    const spoken = this.#isSpoken(owner, type, to) ? this.#spoken : undefined
    const isReply = type === 'unsubscribed' && this.#replies.delete(`${owner.jid} ${to}`)
    if (isReply && !this.#world.quirks.autoReplyUnsubscribed) return
    // The rosters give ids of their own, which no client has made and no server would.
    const said = addressed(stanza, { id: spoken?.id })
    const place = this.#world.place(to)
    const obstacle = this.#world.obstacle(place)
    if (obstacle !== undefined) {
      if (spoken !== undefined) this.#world.refuse(said, spoken.session.jid, obstacle)
    } else if (place?.kind === 'component') {
      this.#world.carry(said)
      if (type === 'subscribed') this.broadcaster.tellCurrent(owner, to)
    } else if (place?.kind === 'account' && place.account !== undefined) this.#receive(said)
  }

  #isSpoken(owner: Account, type: string, contact: string): boolean {
    const spoken = this.#spoken
    return spoken?.session.account === owner && spoken.type === type && spoken.contact === contact
  }

  // — what the rosters tell their accounts —

  #listen(): void {
    const { roster } = this.trunk
    const onItem = (owner: string, act: (account: Account) => void): void => {
      const account = this.#world.accounts.get(owner)
      if (account !== undefined) act(account)
    }
    const changed = (owner: string, item: RosterItem, previous?: RosterItem): void =>
      onItem(owner, (account) => this.pushes.changed(account, previous, item))
    roster.on('added', ({ owner, item }) => changed(owner, item))
    roster.on('updated', ({ owner, item, previous }) => changed(owner, item, previous))
    roster.on('removed', ({ owner, item }) => onItem(owner, (account) => this.pushes.removed(account, item)))
    roster.on('subscribe', ({ owner, contact, decision, stanza }) => {
      // RFC 6121 §3.4.3: what was approved in advance is not asked again.
      if (decision !== 'defer') return
      const request = addressed(stanza, { from: contact, to: owner })
      onItem(owner, (account) => this.#write(account.available, request))
    })
    for (const type of ['subscribed', 'unsubscribe', 'unsubscribed'] as const)
      roster.on(type, (event) => onItem(event.owner, (account) => this.#told(account, type, event)))
  }

  /** RFC 6121 §3.1.6, §3.2.3, §3.3.3: the stanza, and the push that belongs to it. */
  #told(account: Account, type: SubscriptionType, { owner, contact, stanza }: SubscriptionEvent): void {
    if (this.#world.quirks.pushBeforePresence) this.pushes.flush()
    this.#write(account.interested, addressed(stanza, { from: contact, to: owner }))
    this.pushes.flush()
    const other = this.#world.accounts.get(contact)
    if (type === 'subscribed' && other !== undefined) this.broadcaster.tellCurrent(other, owner)
  }

  #write(sessions: readonly Session[], stanza: Element): void {
    for (const session of sessions) this.#world.post.write(session, stanza)
  }

  // — a resource has become available —

  /** RFC 6121 §3.1.3: a request is delivered again until it is answered, with all that stood in it. */
  redeliver(session: Session): void {
    const { account } = session
    for (const { contact, stanza } of account.roster.requests())
      this.#world.post.write(session, addressed(stanza, { from: contact, to: account.jid }))
  }

  /** What has not been answered is asked again. */
  resend(account: Account): void {
    const asked = [...account.roster.values()].filter((item) => item.pendingOut)
    if (asked.length === 0) return
    this.#touch()
    for (const { jid } of asked) this.#command(account.roster.subscribe(jid))
  }
}
