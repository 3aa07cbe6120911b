import type { Element } from 'ltx'
import { stateOf } from '../core/contact.js'
import { hasPendingOut } from '../core/state.js'
import type { Owner } from './owner.js'

/** The canonical contact of an address from the wire, if the owner lists it. Strangers cost two look-ups and leave nothing. */
function listedContact(owner: Owner, bare: string): string | undefined {
  const { items } = owner.book
  const known = items.get(bare)
  if (known !== undefined) return known.jid
  const canonical = owner.world.canonical(bare)
  return canonical === undefined ? undefined : items.get(canonical)?.jid
}

const bareOf = (from: string, slash: number): string => (slash === -1 ? from : from.slice(0, slash))

/** A contact announced a resource, at its place among what is being stored. */
export function hearAvailable(owner: Owner, from: string, stanza: Element): void {
  if (owner.ledger.isIdle) keepAvailable(owner, from, stanza)
  else hearLater(owner, from, stanza)
}

/** On its own: a function that makes others costs more to call. */
function hearLater(owner: Owner, from: string, stanza: Element): void {
  const { session } = owner
  inTurn(owner, () => {
    if (session === owner.session) keepAvailable(owner, from, stanza)
  })
}

/** Behind what is being stored, whether or not that can be: what a contact says of itself is stored nowhere. */
function inTurn(owner: Owner, hear: () => void): void {
  owner.ledger.post(() => hear, hear)
}

function keepAvailable(owner: Owner, from: string, stanza: Element): void {
  const slash = from.indexOf('/')
  const contact = listedContact(owner, bareOf(from, slash))
  if (contact === undefined) {
    owner.world.bus.count('strangers')
    return
  }
  const resource = slash === -1 ? '' : from.slice(slash + 1)
  const previous = owner.presences.get(contact, resource)
  const presence = owner.world.wire.announced(stanza, contact, resource, previous)
  if (presence !== undefined) owner.available(contact, presence, previous, stanza)
}

/** A resource left; without a resource all of them did (RFC 6121 §4.5.4). */
export function hearUnavailable(owner: Owner, from: string, stanza: Element): void {
  const leave = (): void => {
    const slash = from.indexOf('/')
    const contact = listedContact(owner, bareOf(from, slash))
    if (contact !== undefined) owner.unavailable(contact, slash === -1 ? undefined : from.slice(slash + 1), stanza)
  }
  if (owner.ledger.isIdle) leave()
  else inTurn(owner, leave)
}

/** A presence came back: a request that could not be delivered, or a contact that cannot be reached. */
export function hearError(owner: Owner, from: string, stanza: Element): void {
  const { wire, bus } = owner.world
  inTurn(owner, () => {
    const slash = from.indexOf('/')
    const contact = owner.world.canonical(bareOf(from, slash))
    if (contact === undefined) return
    const known = owner.book.contact(contact)
    if (wire.isOurSubscription(stanza) || hasPendingOut(stateOf(known))) {
      bus.emit('failed', { owner: owner.jid, contact, item: known.item, condition: wire.condition(stanza), stanza })
      return
    }
    owner.unavailable(contact, slash === -1 ? undefined : from.slice(slash + 1), stanza)
  })
}
