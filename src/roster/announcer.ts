import type { Element } from 'ltx'
import { RosterError } from '../core/errors.js'
import { isShow, type PresenceInit } from '../core/presence.js'
import { hasFrom } from '../core/state.js'
import { isXmlText } from '../core/text.js'
import type { Owner } from './owner.js'

/** Stanzas that are made and written at once. */
const BATCH = 100

/** @throws RosterError `STANZA_INVALID`; nothing was sent then. */
export function checkPresence(presence: PresenceInit): PresenceInit {
  const refuse = (what: string, came: unknown): never => {
    throw new RosterError('STANZA_INVALID', `A presence has ${what}, but ${String(came)} came (RFC 6121 §4.7.2).`)
  }
  if (presence.status !== undefined && (typeof presence.status !== 'string' || !isXmlText(presence.status))) {
    refuse('a status of text that XML can carry', typeof presence.status)
  }
  if (presence.type === 'unavailable') return presence
  const { type } = presence as { readonly type?: unknown }
  if (type !== undefined) refuse('no type or "unavailable"', type)
  if (presence.show !== undefined && !isShow(presence.show))
    refuse('a show of "chat", "away", "xa" or "dnd"', presence.show)
  const { priority } = presence
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= -128 && priority <= 127)) {
    refuse('a whole priority between −128 and 127', priority)
  }
  return presence
}

/** What an owner of a component announces of itself: to whom, and what it last said. Session state, not stored. */
export class Announcer {
  /** By resource; `''` is the bare JID. */
  readonly #announced = new Map<string, PresenceInit>()
  /** Directed presence (RFC 6121 §4.6), by the JID that it went to. */
  readonly #directed = new Map<string, PresenceInit>()
  readonly #owner: Owner
  #round = 0

  constructor(owner: Owner) {
    this.#owner = owner
  }

  get isAnnounced(): boolean {
    return this.#announced.size > 0
  }

  /** What somebody who may see the owner sees now. */
  current(to: string): readonly Element[] {
    const { wire } = this.#owner.world
    return [...this.#announced.values()].map((presence) => wire.presence(this.#owner.jid, presence, to))
  }

  /** What a stranger was told itself. */
  directedTo(contact: string): PresenceInit | undefined {
    return this.#directed.get(contact)
  }

  forget(contact: string): void {
    this.#directed.delete(contact)
  }

  /** Tells one. */
  async direct(presence: PresenceInit, to: string, contact: string): Promise<void> {
    const { wire } = this.#owner.world
    if (presence.type === 'unavailable') this.#directed.delete(contact)
    else this.#directed.set(contact, presence)
    if (wire.isOnline()) await wire.transmit(wire.presence(this.#owner.jid, presence, to))
  }

  /** Tells every subscriber, and remembers it for those who come later. */
  async announce(presence: PresenceInit): Promise<void> {
    const resource = presence.resource ?? ''
    if (presence.type === 'unavailable') this.#announced.delete(resource)
    else this.#announced.set(resource, presence)
    const others = presence.type === 'unavailable' && !this.isAnnounced ? [...this.#directed.keys()] : []
    if (others.length > 0) this.#directed.clear()
    await this.#broadcast(presence, others)
  }

  /** Says again what stands: the connection came back. */
  async again(): Promise<void> {
    for (const presence of [...this.#announced.values()]) await this.#broadcast(presence, [])
    for (const [contact, presence] of [...this.#directed]) await this.#sendAll(presence, [contact])
  }

  /** Says `unavailable` to everybody who was told otherwise. */
  async withdraw(): Promise<void> {
    for (const resource of [...this.#announced.keys()]) {
      await this.announce({ type: 'unavailable', ...(resource === '' ? {} : { resource }) })
    }
    const others = [...this.#directed.keys()]
    this.#directed.clear()
    await this.#sendAll({ type: 'unavailable' }, others)
  }

  async #broadcast(presence: PresenceInit, others: readonly string[]): Promise<void> {
    const round = ++this.#round
    const { items } = this.#owner.book
    let batch: string[] = others.filter((jid) => items.get(jid) === undefined)
    for (const item of items.values()) {
      if (!hasFrom(item.state)) continue
      batch.push(item.jid)
      if (batch.length < BATCH) continue
      await this.#sendAll(presence, batch)
      batch = []
      // What was said meanwhile is newer, and goes to all: the rest of this need not be said any more.
      if (round !== this.#round && presence.resource === undefined && this.#announced.size < 2) return
    }
    await this.#sendAll(presence, batch)
  }

  async #sendAll(presence: PresenceInit, to: readonly string[]): Promise<void> {
    const { wire, bus } = this.#owner.world
    if (to.length === 0 || !wire.isOnline()) return
    bus.count('presences.sent', to.length)
    await wire
      .transmitMany(to.map((jid) => wire.presence(this.#owner.jid, presence, jid)))
      .catch(() => bus.count('unsent'))
  }

  /** Asks every contact whose presence the owner may see. */
  async probe(contacts: readonly string[]): Promise<void> {
    const { wire, bus } = this.#owner.world
    for (let at = 0; at < contacts.length && wire.isOnline(); at += BATCH) {
      const batch = contacts.slice(at, at + BATCH)
      bus.count('probes.sent', batch.length)
      await wire
        .transmitMany(batch.map((to) => wire.stanza(this.#owner.jid, { type: 'probe', to })))
        .catch(() => bus.count('unsent'))
    }
  }
}
