import type { Element } from 'ltx'
import { inWords, RosterError } from '../core/errors.js'
import type { SubscriptionType } from '../core/state.js'
import type { Bus } from '../roster/bus.js'
import type { Component } from '../roster/component.js'
import { attr, isSubscriptionType, isTooDeep } from './codec.js'
import { decodeWhole } from './entity.js'
import { Listeners } from './listeners.js'
import type { EntityWire } from './wire.js'

/** Connects a component's owners with their stream. */
export class ComponentBinding {
  readonly #wire: EntityWire
  readonly #component: Component
  readonly #bus: Bus
  readonly #listeners: Listeners

  constructor(wire: EntityWire, component: Component, bus: Bus) {
    this.#wire = wire
    this.#component = component
    this.#bus = bus
    this.#listeners = new Listeners(wire.entity)
    wire.detach = () => this.#listeners.removeAll()
    this.#listeners.on('stanza', (stanza: Element) => this.#stanza(stanza))
    this.#listeners.on('send', (stanza: Element) => this.#sent(stanza))
    this.#listeners.on('open', () => decodeWhole(wire.entity))
    this.#listeners.on('online', () => this.#online())
    this.#listeners.on('disconnect', () => component.offline())
    this.#listeners.on('offline', () => component.offline())
    if (wire.isOnline()) this.#online()
  }

  #online(): void {
    decodeWhole(this.#wire.entity)
    this.#wire.identify()
    this.#component.online()
  }

  #stanza(stanza: Element): void {
    if (stanza.name !== 'presence') return
    try {
      this.#presence(stanza)
    } catch (cause) {
      this.#bus.error(
        new RosterError('STANZA_INVALID', `A stanza could not be handled: ${inWords(cause)}`, {
          owner: attr(stanza, 'to'),
          cause,
        }),
      )
    }
  }

  #presence(stanza: Element): void {
    const { from, to, type } = stanza.attrs as { readonly from?: string; readonly to?: string; readonly type?: string }
    // XEP-0114 has both on every stanza.
    if (from === undefined || to === undefined) this.#bus.count('presences.unaddressed')
    else if (type === undefined) this.#component.reception.available(to, from, stanza)
    else if (type === 'unavailable') this.#component.reception.unavailable(to, from, stanza)
    else if (type === 'probe') this.#component.reception.probe(to, from)
    else if (isSubscriptionType(type)) this.#subscription(type, to, from, stanza)
    else if (type === 'error') this.#component.reception.failed(to, from, stanza)
    else this.#bus.count('presences.unknown')
  }

  #subscription(type: SubscriptionType, to: string, from: string, stanza: Element): void {
    if (isTooDeep(stanza)) {
      this.#bus.rejected(
        'STANZA_INVALID',
        `Expected a plain "${type}", but one nested without end came from ${from}.`,
        to,
        from,
        stanza,
      )
    } else this.#component.reception.subscription(type, to, from, stanza)
  }

  /** A subscription stanza that the application sent past the roster. */
  #sent(stanza: Element): void {
    if (stanza.name !== 'presence' || this.#wire.isOurs(stanza)) return
    const type = attr(stanza, 'type')
    const to = attr(stanza, 'to')
    const owner = attr(stanza, 'from') ?? this.#wire.self()
    if (owner !== undefined && to !== undefined && isSubscriptionType(type))
      this.#component.reception.recorded(type, owner, to)
  }
}
