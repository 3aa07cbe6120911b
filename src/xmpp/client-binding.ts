import type { Element } from 'ltx'
import { inWords, RosterError } from '../core/errors.js'
import type { SubscriptionType } from '../core/state.js'
import type { Bus } from '../roster/bus.js'
import type { ClientDesk } from '../roster/client-desk.js'
import { clientReceives, clientRecorded } from '../roster/client-inbound.js'
import { hearAvailable, hearError, hearUnavailable } from '../roster/hearing.js'
import type { Settings } from '../roster/options.js'
import {
  attr,
  errorElement,
  isFromOwnServer,
  isSubscriptionType,
  isTooDeep,
  NS_ROSTER,
  pushedItem,
  readItem,
} from './codec.js'
import { decodeWhole, isSecure, managementOf } from './entity.js'
import { Listeners } from './listeners.js'
import { Questions } from './questions.js'
import { type EntityWire, UNANSWERED } from './wire.js'

const NS_STREAMS = 'http://etherx.jabber.org/streams'
const NS_SM = 'urn:xmpp:sm:3'
/** How long to wait for what a server normally says at once, in milliseconds. */
const PATIENCE = 2_000

interface IqContext {
  readonly stanza: Element
}

/** Connects a client's roster with its stream: everything is taken in the order in which it came. */
export class ClientBinding {
  readonly #wire: EntityWire
  readonly #desk: ClientDesk
  readonly #settings: Settings
  readonly #bus: Bus
  readonly #questions: Questions
  readonly #listeners: Listeners
  /** What the server offers after authentication; `undefined`: not said yet. */
  #features: { readonly versioning: boolean; readonly preapproval: boolean; readonly management: boolean } | undefined
  #onFeatures: (() => void) | undefined
  #onManaged: (() => void) | undefined
  /** The server has answered whether it counts stanzas on this stream (XEP-0198). */
  #isManaged = false
  #endLater: (() => void) | undefined
  #isDetached = false

  constructor(wire: EntityWire, desk: ClientDesk, settings: Settings, bus: Bus) {
    this.#wire = wire
    this.#desk = desk
    this.#settings = settings
    this.#bus = bus
    this.#questions = new Questions(wire, settings, bus)
    this.#listeners = new Listeners(wire.entity)
    wire.ask = this.#questions.ask
    wire.quiet = () => this.#quiet()
    wire.detach = () => this.#detach()
    this.#listen()
    if (wire.isOnline()) this.#start()
  }

  #listen(): void {
    const { entity } = this.#wire
    this.#listeners.on('stanza', (stanza: Element) => this.#stanza(stanza))
    this.#listeners.on('nonza', (nonza: Element) => this.#nonza(nonza))
    this.#listeners.on('send', (stanza: Element) => this.#sent(stanza))
    this.#listeners.on('open', () => {
      this.#features = undefined
      this.#isManaged = false
      // An open stream over TLS stays as it is; another one may still be upgraded.
      if (isSecure(entity)) decodeWhole(entity)
    })
    this.#listeners.on('online', () => this.#online())
    this.#listeners.on('disconnect', () => this.#disconnected())
    this.#listeners.on('offline', () => this.#end())
    const { emitter } = managementOf(entity)
    if (emitter !== undefined) this.#listeners.onOther(emitter, 'resumed', () => this.#resumed())
    entity.iqCallee.set(NS_ROSTER, 'query', (context: IqContext, next: () => unknown) => {
      if (this.#wire.isEnding()) return UNANSWERED
      return this.#isDetached ? next() : this.#reply(context.stanza)
    })
  }

  // — the session —

  #online(): void {
    this.#wire.identify()
    // A refused resumption says nothing about the session that was begun instead.
    this.#isManaged = false
    this.#endLater?.()
    this.#endLater = undefined
    this.#questions.endAll()
    this.#desk.session.end()
    if (this.#features !== undefined) {
      this.#start()
      return
    }
    // With SASL2 a session begins before the features tell what it can do.
    const cancel = this.#settings.clock.after(PATIENCE, () => this.#onFeatures?.())
    this.#onFeatures = () => {
      cancel()
      this.#onFeatures = undefined
      this.#start()
    }
  }

  #start(): void {
    decodeWhole(this.#wire.entity)
    this.#wire.identify()
    this.#wire.features = this.#features ?? { versioning: false, preapproval: false }
    void this.#desk.session.start()
  }

  #disconnected(): void {
    this.#onFeatures = undefined
    const keptFor = managementOf(this.#wire.entity).resumableFor()
    if (keptFor === undefined) {
      this.#end()
      return
    }
    this.#endLater?.()
    this.#endLater = this.#settings.clock.after(keptFor, () => this.#end())
  }

  #resumed(): void {
    this.#endLater?.()
    this.#endLater = undefined
    decodeWhole(this.#wire.entity)
    this.#bus.count('resumptions')
    void this.#desk.session.resume()
  }

  #end(): void {
    this.#endLater?.()
    this.#endLater = undefined
    this.#onFeatures = undefined
    this.#questions.endAll()
    this.#desk.session.end()
  }

  #nonza(nonza: Element): void {
    if (nonza.name === 'success') {
      this.#features = undefined
      // Authenticated: no TLS will come any more.
      decodeWhole(this.#wire.entity)
    } else if (nonza.is('features', NS_STREAMS)) {
      this.#features = {
        versioning: nonza.getChild('ver', 'urn:xmpp:features:rosterver') !== undefined,
        preapproval: nonza.getChild('sub', 'urn:xmpp:features:pre-approval') !== undefined,
        management: nonza.getChild('sm', NS_SM) !== undefined,
      }
      this.#onFeatures?.()
    } else if (nonza.is('enabled', NS_SM) || nonza.is('failed', NS_SM)) {
      this.#isManaged = true
      this.#onManaged?.()
    }
  }

  /**
   * xmpp.js begins to count (XEP-0198) some turns after `<enabled/>` came; what comes with it in one packet would be counted
   * and forgotten, and Prosody ends a session whose count goes back. So the roster and the presence are asked for later.
   */
  async #quiet(): Promise<void> {
    const management = this.#wire.entity.streamManagement as { readonly enabled?: unknown } | undefined
    if (this.#features?.management !== true || management === undefined) return
    // The answer may have come in one packet with the roster.
    if (management.enabled !== true && !this.#isManaged) {
      await new Promise<void>((resolve) => {
        const cancel = this.#settings.clock.after(PATIENCE, resolve)
        this.#onManaged = () => {
          cancel()
          resolve()
        }
      })
      this.#onManaged = undefined
    }
    await new Promise<void>((resolve) => void setTimeout(resolve, 0))
  }

  // — what comes in —

  #stanza(stanza: Element): void {
    try {
      if (stanza.name === 'presence') this.#presence(stanza)
      else if (stanza.name === 'iq') this.#iq(stanza)
    } catch (cause) {
      this.#bus.error(
        new RosterError('STANZA_INVALID', `A stanza could not be handled: ${inWords(cause)}`, {
          owner: this.#wire.self(),
          cause,
        }),
      )
    }
  }

  #presence(stanza: Element): void {
    const owner = this.#desk.peek()
    const { from, type } = stanza.attrs as { readonly from?: string; readonly type?: string }
    if (owner === undefined || from === undefined || !this.#desk.session.isRunning) return
    const slash = from.indexOf('/')
    const isOwn = (slash === -1 ? from.length : slash) === owner.jid.length && from.startsWith(owner.jid)
    if (isOwn) this.#ownPresence(from, slash, type, stanza)
    else if (type === undefined) hearAvailable(owner, from, stanza)
    else if (type === 'unavailable') hearUnavailable(owner, from, stanza)
    else if (isSubscriptionType(type)) this.#subscription(type, from, stanza)
    else if (type === 'error') hearError(owner, from, stanza)
    else this.#bus.count('presences.unknown')
  }

  #subscription(type: SubscriptionType, from: string, stanza: Element): void {
    const contact = this.#wire.canonical(from)
    if (contact === undefined || contact === this.#wire.self() || isTooDeep(stanza)) {
      const message = `Expected a plain "${type}" from a contact, but this came from ${from}.`
      this.#bus.rejected('STANZA_INVALID', message, this.#wire.self() ?? '', from, stanza)
    } else clientReceives(this.#desk.session, this.#desk.owner(), type, contact, stanza)
  }

  #ownPresence(from: string, slash: number, type: string | undefined, stanza: Element): void {
    const owner = this.#desk.owner()
    if (slash === -1 || from === this.#wire.entity.jid?.toString()) return
    const resource = from.slice(slash + 1)
    const { session } = this.#desk
    if (type === undefined)
      session.ownResource(resource, this.#wire.announced(stanza, owner.jid, resource, session.resources.get(resource)))
    else if (type === 'unavailable' || type === 'error') session.ownResource(resource, undefined)
  }

  #iq(iq: Element): void {
    const type = attr(iq, 'type')
    if (type === 'result' || type === 'error') {
      this.#questions.take(iq)
      return
    }
    if (type === 'set' && iq.getChild('query', NS_ROSTER) !== undefined) this.#push(iq)
  }

  /** RFC 6121 §2.1.6: what to do with a push, and what to answer. */
  #check(iq: Element): { readonly item: Element; readonly version: string | undefined } | Element {
    if (!isFromOwnServer(iq, this.#wire.self() ?? '', this.#wire.canonical))
      return errorElement('cancel', 'service-unavailable')
    return pushedItem(iq) ?? errorElement('modify', 'bad-request')
  }

  #reply(iq: Element): true | Element {
    const checked = this.#check(iq)
    if (!('item' in checked)) return checked
    return this.#wire.canonical(attr(checked.item, 'jid') ?? '') === undefined
      ? errorElement('modify', 'bad-request')
      : true
  }

  #push(iq: Element): void {
    const checked = this.#check(iq)
    const self = this.#wire.self() ?? ''
    const from = attr(iq, 'from')
    if (!('item' in checked)) {
      this.#bus.rejected(
        'PUSH_REJECTED',
        `Expected a roster push of one item from the account's own server, but this came from ${from ?? self}.`,
        self,
        from,
        iq,
      )
      return
    }
    try {
      const { jid, said } = readItem(checked.item)
      this.#desk.session.push(jid, said, checked.version)
    } catch (cause) {
      const message = inWords(cause)
      this.#bus.rejected('PUSH_REJECTED', `A roster push was refused: ${message}`, self, from, iq)
    }
  }

  /** Something was written; what the application sent past the roster is noted. */
  #sent(stanza: Element): void {
    if (stanza.name !== 'presence' || this.#wire.isOurs(stanza)) return
    const type = attr(stanza, 'type')
    const to = attr(stanza, 'to')
    if (to === undefined && (type === undefined || type === 'unavailable')) this.#desk.session.hasAnnounced = true
    const contact = to === undefined ? undefined : this.#wire.canonical(to)
    if (contact !== undefined && isSubscriptionType(type)) {
      const owner = this.#desk.peek()
      if (owner !== undefined) clientRecorded(this.#desk.session, owner, type, contact)
    }
  }

  #detach(): void {
    this.#isDetached = true
    this.#listeners.removeAll()
    this.#questions.endAll()
    this.#endLater?.()
  }
}
