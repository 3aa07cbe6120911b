import type { Element } from 'ltx'
import { RosterError } from '../core/errors.js'
import { parseJid } from '../core/jid.js'
import { isShow, type PresenceInit } from '../core/presence.js'
import { hasFrom } from '../core/state.js'
import { isXmlText } from '../core/text.js'
import type { Owner, World } from './owner.js'
import { waitFor } from './waiting.js'

/** Stanzas that are made and written at once. */
const BATCH = 100

/** @throws RosterError `STANZA_INVALID`, or `JID_MALFORMED` for the resource; nothing was sent then. */
export function checkPresence(presence: PresenceInit): PresenceInit {
  const refuse = (what: string, came: unknown): never => {
    throw new RosterError('STANZA_INVALID', `A presence has ${what}, but ${String(came)} came (RFC 6121 §4.7.2).`)
  }
  if (presence.status !== undefined && (typeof presence.status !== 'string' || !isXmlText(presence.status))) {
    refuse('a status of text that XML can carry', typeof presence.status)
  }
  if (presence.resource !== undefined) parseJid(`owner.invalid/${presence.resource}`)
  if (presence.children?.some((child) => !isXmlText(child.toString())) === true)
    refuse('children that XML can carry', 'something else')
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

/** What is to be announced for an owner by itself. */
export async function presenceFor({ settings, bus }: World, owner: string): Promise<PresenceInit | false> {
  const { presence, clock, timeout } = settings
  try {
    const wanted =
      typeof presence === 'function'
        ? await waitFor(Promise.resolve(presence(owner)), { timeout }, clock, 'What it answers')
        : presence
    return wanted === false ? false : checkPresence(wanted)
  } catch (cause) {
    const message = `The option "presence" failed for ${owner}; nothing was announced.`
    bus.error(new RosterError('LISTENER_FAILED', message, { owner, cause }))
    return false
  }
}

/** Presence that went to one JID only (RFC 6121 §4.6), as it was addressed. */
interface Directed {
  readonly to: string
  readonly presence: PresenceInit
}

const isSame = (a: Directed, b: Directed): boolean => a.to === b.to && a.presence.resource === b.presence.resource

const goodbye = ({ resource }: PresenceInit): PresenceInit => ({
  type: 'unavailable',
  ...(resource === undefined ? {} : { resource }),
})

/** What an owner of a component announces of itself: to whom, and what it last said. Session state, not stored. */
export class Announcer {
  /** By resource; `''` is the bare JID. */
  readonly #announced = new Map<string, PresenceInit>()
  /** Directed presence, by contact. */
  readonly #directed = new Map<string, readonly Directed[]>()
  readonly #owner: Owner

  constructor(owner: Owner) {
    this.#owner = owner
  }

  get isAnnounced(): boolean {
    return this.#announced.size > 0
  }

  /** Whether anybody may think that the owner is available. */
  get hasSpoken(): boolean {
    return this.isAnnounced || this.#directed.size > 0
  }

  /** What somebody who may see the owner sees now. */
  current(to: string): readonly Element[] {
    const { wire } = this.#owner.world
    return [...this.#announced.values()].map((presence) => wire.presence(this.#owner.jid, presence, to))
  }

  /** What a stranger was told itself. */
  directedTo(contact: string): readonly PresenceInit[] {
    return (this.#directed.get(contact) ?? []).map(({ presence }) => presence)
  }

  forget(contact: string): void {
    this.#directed.delete(contact)
  }

  /** Tells one. */
  async direct(init: PresenceInit, to: string, contact: string): Promise<void> {
    const { wire } = this.#owner.world
    const presence = this.#kept(init)
    const told = { to, presence }
    const others = (this.#directed.get(contact) ?? []).filter((one) => !isSame(one, told))
    const all = presence.type === 'unavailable' ? others : [...others, told]
    if (all.length === 0) this.#directed.delete(contact)
    else this.#directed.set(contact, all)
    if (wire.isOnline()) await wire.transmit(wire.presence(this.#owner.jid, presence, to))
  }

  /** Tells every subscriber, and remembers it for those who come later. */
  async announce(init: PresenceInit): Promise<void> {
    const presence = this.#kept(init)
    const resource = presence.resource ?? ''
    if (presence.type === 'unavailable') this.#announced.delete(resource)
    else this.#announced.set(resource, presence)
    await this.#broadcast(presence)
    // RFC 6121 §4.6.3: who was told directly MUST be told of the end as well.
    if (presence.type === 'unavailable' && !this.isAnnounced) await this.#withdrawDirected(presence)
  }

  /** The application may change what it passed in; what is said later is what was said then. */
  #kept(init: PresenceInit): PresenceInit {
    const { wire } = this.#owner.world
    if (init.children === undefined) return { ...init }
    return { ...init, children: init.children.map((child) => wire.parse(child.toString()) ?? child) }
  }

  /** Says again what stands: the connection came back. What was said otherwise meanwhile is not said again. */
  async again(): Promise<void> {
    for (const presence of [...this.#announced.values()]) if (this.#stands(presence)) await this.#broadcast(presence)
    for (const [contact, all] of [...this.#directed]) {
      for (const one of all)
        if (this.#directed.get(contact)?.includes(one) === true) await this.#sendAll(one.presence, [one.to])
    }
  }

  /** Says `unavailable` to everybody who was told otherwise. */
  async withdraw(): Promise<void> {
    for (const presence of [...this.#announced.values()]) await this.announce(goodbye(presence))
    await this.#withdrawDirected()
  }

  /** `last`: what the subscribers have just been told; they need not be told twice. */
  async #withdrawDirected(last?: PresenceInit): Promise<void> {
    const told = [...this.#directed]
    this.#directed.clear()
    for (const [contact, all] of told) {
      const item = this.#owner.book.items.get(contact)
      const knows = last !== undefined && item !== undefined && hasFrom(item.state)
      for (const { to, presence } of all) {
        if (!knows || presence.resource !== last?.resource) await this.#sendAll(goodbye(presence), [to])
      }
    }
  }

  async #broadcast(presence: PresenceInit): Promise<void> {
    let batch: string[] = []
    for (const item of this.#owner.book.items.values()) {
      if (!hasFrom(item.state)) continue
      batch.push(item.jid)
      if (batch.length < BATCH) continue
      await this.#sendAll(presence, batch)
      batch = []
      // What this resource said meanwhile is newer, and goes to all: the rest of this need not be said any more.
      if (!this.#stands(presence)) return
    }
    await this.#sendAll(presence, batch)
  }

  #stands(presence: PresenceInit): boolean {
    const current = this.#announced.get(presence.resource ?? '')
    return presence.type === 'unavailable' ? current === undefined : current === presence
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
