import { EventEmitter } from 'eventemitter3'
import type { Element } from 'ltx'
import type { Clock } from '../core/clock.js'
import { RosterError } from '../core/errors.js'
import type { OwnerRoster } from '../roster/owner-roster.js'
import { MemoryStorage } from '../storage/memory.js'
import type { XmppEntity } from '../xmpp/entity.js'
import { Roster } from '../xmpp/roster.js'

/** Answers nothing: accounts exchange subscription stanzas over it, and no IQs. */
const NO_ANSWERS = { get: () => undefined, set: () => undefined }

/**
 * A connection that leads nowhere but to the server itself. Over it the accounts are the owners of a component, whose domain is
 * the server's: what the library decides for a component's owners is what a server decides for its accounts.
 */
class TrunkEntity extends EventEmitter implements XmppEntity {
  readonly NS = 'jabber:component:accept'
  readonly status = 'online'
  readonly jid: { toString(): string }
  readonly iqCallee = NO_ANSWERS
  readonly iqCaller = {
    request: () => Promise.reject(new RosterError('UNSUPPORTED', 'There is nobody to ask: the server is here.')),
  }
  readonly middleware = { use: () => undefined }
  readonly #route: (stanza: Element) => void

  constructor(domain: string, route: (stanza: Element) => void) {
    super()
    this.jid = { toString: () => domain }
    this.#route = route
  }

  async send(stanza: Element): Promise<void> {
    this.#route(stanza)
  }
}

/** The rosters of all accounts. Presence never goes through here: it belongs to the sessions. */
export class Trunk {
  readonly storage = new MemoryStorage()
  readonly roster: Roster
  readonly #entity: TrunkEntity

  /** `route`: where the accounts' subscription stanzas go, and the `unavailable` for who loses a subscription. */
  constructor(domain: string, route: (stanza: Element) => void, clock: Clock) {
    this.#entity = new TrunkEntity(domain, route)
    this.roster = new Roster(this.#entity, {
      storage: this.storage,
      presence: false,
      autoAuthorize: null,
      autoSubscribe: false,
      maxLoaded: Number.POSITIVE_INFINITY,
      clock,
    })
  }

  /** An account's roster; it must have been opened. @throws RosterError `CLOSED` */
  of(jid: string): OwnerRoster {
    const roster = this.roster.get(jid)
    if (roster !== undefined) return roster
    throw new RosterError('CLOSED', `The roster of ${jid} is not open.`, { owner: jid })
  }

  /** A subscription stanza for an account. */
  receive(stanza: Element): void {
    this.#entity.emit('stanza', stanza)
  }
}
