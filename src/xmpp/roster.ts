import type { Element } from 'ltx'
import { RosterError } from '../core/errors.js'
import type { OwnStanza } from '../roster/connect.js'
import type { RosterOptions } from '../roster/options.js'
import { RosterBase } from '../roster/roster-base.js'
import { ClientBinding } from './client-binding.js'
import { attr, isSubscriptionType } from './codec.js'
import { ComponentBinding } from './component-binding.js'
import type { XmppEntity } from './entity.js'
import { EntityWire } from './wire.js'

/**
 * The rosters of one xmpp.js connection: a map from owner to roster.
 * A client has one owner, the account; a component has as many as it answers for.
 * Create it before `start()`; created later, it begins at once, but cannot know then what the server offered when the stream
 * was opened: roster versioning and pre-approval are not used in that session.
 *
 * @example
 * ```ts
 * import { client } from '@xmpp/client'
 * import { Roster } from 'xmpp-roster'
 *
 * const xmpp = client({ service: 'xmpp://localhost', username: 'bot', password: 'secret' })
 * const roster = new Roster(xmpp, { autoAuthorize: true })
 * roster.on('online', ({ contact }) => console.log(`${contact} is online`))
 * await xmpp.start()
 * ```
 */
export class Roster extends RosterBase {
  readonly #entity: XmppEntity

  /**
   * @param entity what `client()` or `component()` of xmpp.js returns
   * @throws {RosterError} `JID_MALFORMED` for an `account` or a list of `owners` with what is no JID
   */
  constructor(entity: XmppEntity, options: RosterOptions = {}) {
    super((settings, bus) => {
      const wire = new EntityWire(entity, settings)
      return {
        wire,
        canonical: wire.canonical,
        attach: (authority) => {
          if (authority.kind === 'client') new ClientBinding(wire, authority.client, settings, bus)
          else new ComponentBinding(wire, authority.component, bus)
        },
      }
    }, options)
    this.#entity = entity
  }

  /** @internal */
  protected override ownStanza(stanza: Element): OwnStanza | undefined {
    const type = attr(stanza, 'type')
    if (stanza.name !== 'presence' || !isSubscriptionType(type)) return undefined
    const to = attr(stanza, 'to')
    const owner = attr(stanza, 'from') ?? this.#entity.jid?.toString() ?? this.#entity.options?.domain
    if (to !== undefined && owner !== undefined) return { type, owner, to }
    throw new RosterError(
      'STANZA_INVALID',
      `Expected a "${type}" with an address, but it has no "to" or "from"; nothing was sent.`,
    )
  }
}
