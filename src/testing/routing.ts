import type { Element } from 'ltx'
import { bareJid } from '../core/jid.js'
import { attr, isSubscriptionType } from '../xmpp/codec.js'
import type { IqDesk } from './iq.js'
import { carryMessage } from './messages.js'
import type { Broadcaster } from './presence.js'
import type { Session } from './session.js'
import { addressed } from './stanzas.js'
import type { Subscriptions } from './subscriptions.js'
import type { World } from './world.js'

/** What each stanza means, by who sent it: a client of this server, or anybody else. */
export class Router {
  readonly #world: World
  readonly #subscriptions: Subscriptions
  readonly #broadcaster: Broadcaster
  readonly #iqs: IqDesk

  constructor(world: World, subscriptions: Subscriptions, broadcaster: Broadcaster, iqs: IqDesk) {
    this.#world = world
    this.#subscriptions = subscriptions
    this.#broadcaster = broadcaster
    this.#iqs = iqs
  }

  /** A client's stanza: `from` is the server's to say (RFC 6120 §8.1.2.1). */
  fromSession(session: Session, came: Element): void {
    const stanza = addressed(came, { from: session.jid })
    if (stanza.name === 'presence') this.#presenceOf(session, stanza)
    else if (stanza.name === 'iq') this.#iqs.carry(stanza, session.jid, session)
    else if (stanza.name === 'message')
      carryMessage(this.#world, stanza, session.jid, attr(stanza, 'to') ?? session.account.jid)
  }

  #presenceOf(session: Session, stanza: Element): void {
    const type = attr(stanza, 'type')
    const to = attr(stanza, 'to')
    if (to === undefined) {
      if (type === undefined) this.#broadcaster.announce(session, stanza)
      else if (type === 'unavailable') this.#broadcaster.leave(session, stanza)
      else this.#world.refuse(stanza, session.jid, 'bad-request')
    } else if (isSubscriptionType(type)) {
      const contact = bareOrNot(to)
      if (contact === undefined) this.#world.refuse(stanza, session.jid, 'jid-malformed')
      else this.#subscriptions.send(session, stanza, type, contact)
    } else if (type === undefined || type === 'unavailable' || type === 'error')
      this.#broadcaster.direct(session, stanza, to)
    else this.#presence(stanza, session.jid, to)
  }

  /** A stanza of a component, or of whomever: its `from` is taken for true. */
  fromOutside(stanza: Element): void {
    const from = attr(stanza, 'from')
    const to = attr(stanza, 'to')
    if (from === undefined || bareOrNot(from) === undefined) return
    if (to === undefined) this.#world.refuse(stanza, from, 'bad-request')
    else if (stanza.name === 'presence') this.#presence(stanza, from, to)
    else if (stanza.name === 'iq') this.#iqs.carry(stanza, from, undefined)
    else if (stanza.name === 'message') carryMessage(this.#world, stanza, from, to)
  }

  #presence(stanza: Element, from: string, to: string): void {
    const type = attr(stanza, 'type')
    const place = this.#world.place(to)
    const obstacle = this.#world.obstacle(place)
    if (obstacle !== undefined) this.#world.refuse(stanza, from, obstacle)
    else if (place?.kind === 'component') this.#world.carry(stanza)
    else if (isSubscriptionType(type)) this.#subscriptions.carry(stanza)
    else if (type === 'probe') {
      if (place?.kind === 'account') this.#broadcaster.probed(stanza, from, place.bare, place.resource)
    } else if (type === undefined || type === 'unavailable' || type === 'error') this.#world.carry(stanza)
    else this.#world.refuse(stanza, from, 'bad-request')
  }
}

function bareOrNot(jid: string): string | undefined {
  try {
    return bareJid(jid)
  } catch {
    return undefined
  }
}
