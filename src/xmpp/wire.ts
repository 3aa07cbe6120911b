import type { Element } from 'ltx'
import { RosterError } from '../core/errors.js'
import { JidCache } from '../core/jid.js'
import type { Presence, PresenceInit } from '../core/presence.js'
import type { Send } from '../core/step.js'
import { notConnected, type Settings } from '../roster/options.js'
import type { Question, Wire, Wrapped } from '../roster/wire.js'
import {
  conditionOf,
  isOurSubscription,
  parseStanza,
  presenceElement,
  readPresence,
  readStanza,
  stanzaElement,
} from './codec.js'
import { kindOf, type XmppEntity } from './entity.js'

const ENDING: ReadonlySet<string> = new Set(['closing', 'close', 'disconnecting', 'disconnect', 'offline'])

/** What a handler of xmpp.js returns that answers nothing, not even with an error. */
export const UNANSWERED: Promise<never> = new Promise(() => undefined)

/** An xmpp.js entity as the roster sees it. */
export class EntityWire implements Wire {
  readonly kind: 'client' | 'component'
  readonly entity: XmppEntity
  readonly #settings: Settings
  readonly #jids = new JidCache()
  /** What this library sends is not recorded as the application's doing. */
  readonly #ours = new WeakSet<Element>()
  #self: string | undefined
  features: Wire['features'] = { versioning: false, preapproval: false }
  /** Set by the binding. */
  ask: (question: Question) => () => void = () => () => undefined
  quiet: () => Promise<void> = () => Promise.resolve()
  detach: () => void = () => undefined

  constructor(entity: XmppEntity, settings: Settings) {
    this.entity = entity
    this.#settings = settings
    this.kind = kindOf(entity)
    this.identify()
  }

  readonly canonical = (jid: string): string | undefined => {
    try {
      return this.#jids.bare(jid)
    } catch {
      return undefined
    }
  }

  /** Looks who this is; once a session, since it costs. */
  identify(): void {
    const jid = this.entity.jid?.toString() ?? (this.kind === 'component' ? this.entity.options?.domain : undefined)
    this.#self = jid === undefined ? undefined : this.canonical(jid)
  }

  self(): string | undefined {
    return this.#self
  }

  isOnline(): boolean {
    return this.entity.status === 'online'
  }

  /** Nothing can be written any more: xmpp.js makes an answer that it cannot write an error of the connection. */
  isEnding(): boolean {
    return ENDING.has(this.entity.status)
  }

  isOurs(stanza: Element): boolean {
    return this.#ours.has(stanza)
  }

  /** A client's server knows who sends. */
  #addressed(stanza: Element): Element {
    if (this.kind === 'client') delete stanza.attrs['from']
    return stanza
  }

  stanza(owner: string, send: Exclude<Send, { readonly type: 'presence' }>): Element {
    return this.#addressed(stanzaElement(owner, send))
  }

  presence(owner: string, presence: PresenceInit, to: string | undefined): Element {
    return this.#addressed(presenceElement(owner, presence, to))
  }

  parse(xml: string): Element | undefined {
    return parseStanza(xml)
  }

  read(stanza: Element): Wrapped {
    return readStanza(stanza)
  }

  announced(stanza: Element, contact: string, resource: string, previous: Presence | undefined): Presence | undefined {
    const { extend, clock } = this.#settings
    return readPresence(stanza, contact, resource, previous, clock.now(), extend?.(stanza))
  }

  isOurSubscription(stanza: Element): boolean {
    return isOurSubscription(stanza)
  }

  condition(stanza: Element): string {
    return conditionOf(stanza)
  }

  async transmit(stanza: Element): Promise<void> {
    if (!this.isOnline()) throw notConnected(this.#self)
    this.#ours.add(stanza)
    try {
      await this.entity.send(stanza)
    } catch (cause) {
      throw new RosterError('NOT_CONNECTED', 'The stanza could not be written; it may or may not have left.', {
        owner: this.#self,
        cause,
      })
    }
  }

  async transmitMany(stanzas: readonly Element[]): Promise<void> {
    const { entity } = this
    if (entity.sendMany === undefined) {
      await Promise.all(stanzas.map((stanza) => this.transmit(stanza)))
      return
    }
    if (!this.isOnline()) throw notConnected(this.#self)
    for (const stanza of stanzas) this.#ours.add(stanza)
    try {
      await entity.sendMany(stanzas)
    } catch (cause) {
      throw new RosterError('NOT_CONNECTED', 'The stanzas could not be written; they may or may not have left.', {
        owner: this.#self,
        cause,
      })
    }
  }

  question(question: Question): () => void {
    return this.ask(question)
  }

  async forward(stanza: Element): Promise<void> {
    if (!this.isOnline()) throw notConnected(this.#self)
    await this.entity.send(stanza)
  }
}
