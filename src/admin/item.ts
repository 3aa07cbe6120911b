import { inWords, RosterError } from '../core/errors.js'
import { patchItem } from '../core/item.js'
import { bareJid, type JidLike } from '../core/jid.js'
import { isSubscription, type Subscription } from '../core/state.js'
import { shorten } from '../core/text.js'
import type { AdminItem, AdminItemInit } from './port.js'

/** What `put` was asked for, checked. */
export interface Wanted {
  readonly owner: string
  readonly contact: string
  /** Absent = keep. Each group is there once. */
  readonly patch: { readonly name?: string; readonly groups?: readonly string[] }
  /** `undefined` = keep. */
  readonly subscription: Subscription | undefined
}

/**
 * The arguments of a `put`, before anything is asked of the place or written there.
 *
 * @throws RosterError `JID_MALFORMED`; `ITEM_INVALID` for the owner itself, and for a name, group or subscription that is
 * none
 */
export function wantedOf(owner: JidLike, contact: JidLike, init: AdminItemInit): Wanted {
  const jids = { owner: bareJid(owner), contact: bareJid(contact) }
  const invalid = (what: string): RosterError => new RosterError('ITEM_INVALID', `${what}; nothing was written.`, jids)
  if (jids.owner === jids.contact) throw invalid('An owner is not a contact of its own')
  const { name, groups, subscription } = init
  // A patch knows more words than these.
  if (name !== undefined && typeof name !== 'string') throw invalid(`Expected text as name, but ${typeof name} came`)
  if (groups !== undefined && !Array.isArray(groups))
    throw invalid(`Expected a list of groups, but ${typeof groups} came`)
  if (subscription !== undefined && !isSubscription(subscription))
    throw invalid(
      `Expected "none", "to", "from" or "both" as subscription, but "${shorten(inWords(subscription))}" came`,
    )
  const given = { ...(name === undefined ? {} : { name }), ...(groups === undefined ? {} : { groups }) }
  const item = patchItem(jids.contact, undefined, given)
  const patch = groups === undefined ? given : { ...given, groups: item.groups }
  return { ...jids, patch, subscription }
}

/** An item as it is handed out: these fields and no others. */
export function adminItem(item: AdminItem): AdminItem {
  const { jid, name, groups, subscription, pendingOut, pendingIn } = item
  return Object.freeze({ jid, name: name === '' ? undefined : name, groups, subscription, pendingOut, pendingIn })
}
