import { RosterError } from '../core/errors.js'
import { bareJid, isWithin, type JidLike } from '../core/jid.js'
import type { Owner } from './owner.js'

/** The bare JID of a component's owner. @throws RosterError `JID_MALFORMED`, also for one outside the component's domain. */
export function ownerOf(domain: string | undefined, owner: JidLike): string {
  const jid = bareJid(owner)
  if (domain === undefined || isWithin(domain, jid)) return jid
  throw new RosterError(
    'JID_MALFORMED',
    `Expected an owner of the domain ${domain}, but ${jid} came: the server would end the stream.`,
    { owner: jid },
  )
}

/** @throws RosterError `JID_MALFORMED`, or `ITEM_INVALID` for the owner itself. */
export function contactOf(owner: Owner, contact: JidLike): string {
  const jid = bareJid(contact)
  if (jid === owner.jid)
    throw new RosterError('ITEM_INVALID', 'An owner is not a contact of its own.', { owner: jid, contact: jid })
  return jid
}
