import { RosterError } from './errors.js'
import { partsOf, type Subscription, type SubscriptionState } from './state.js'
import { isXmlText, shorten } from './text.js'

/** One contact in one owner's roster: a frozen value, never changed in place. */
export interface RosterItem {
  /** Canonical bare JID (at most 2,047 bytes, U-labels): the key. */
  readonly jid: string
  /** What the owner calls the contact. Never empty: an empty name is none. */
  readonly name: string | undefined
  /** The owner's folders for the contact. Their order means nothing. */
  readonly groups: readonly string[]
  /** One of the nine of RFC 6121 appendix A.1: the subscription and what is pending. */
  readonly state: SubscriptionState
  /** Who sees whom: `'to'` = the owner sees the contact, `'from'` = the contact sees the owner. */
  readonly subscription: Subscription
  /** `ask='subscribe'`: the owner asked, the contact has not answered. */
  readonly pendingOut: boolean
  /** The contact asked, the owner has not answered. */
  readonly pendingIn: boolean
  /** Pre-approval (RFC 6121 §3.4); what SleekXMPP calls whitelisted. */
  readonly approved: boolean
}

/** What a change to an item may say. Absent = keep; `null` clears the name. */
export interface RosterItemPatch {
  /** `null`, or an empty text, clears it. */
  readonly name?: string | null
  /** A list replaces the groups; `add`/`remove` change some and keep the others. A group is never an empty text. */
  readonly groups?:
    | readonly string[]
    | {
        /** Groups that the contact is in afterwards. */
        readonly add?: readonly string[]
        /** Groups that it is not in afterwards, unless `add` names them, too. */
        readonly remove?: readonly string[]
      }
}

/** The fields of an item that do not follow from another one. */
export interface ItemFields {
  readonly jid: string
  readonly name?: string | undefined
  readonly groups?: readonly string[]
  readonly state: SubscriptionState
  readonly approved?: boolean | undefined
}

const NO_GROUPS: readonly string[] = Object.freeze([])

export function rosterItem(fields: ItemFields): RosterItem {
  const { subscription, pendingOut, pendingIn } = partsOf(fields.state)
  const groups = fields.groups ?? NO_GROUPS
  return Object.freeze({
    jid: fields.jid,
    name: fields.name === '' ? undefined : fields.name,
    groups: groups.length === 0 ? NO_GROUPS : Object.isFrozen(groups) ? groups : Object.freeze([...groups]),
    state: fields.state,
    subscription,
    pendingOut,
    pendingIn,
    approved: fields.approved === true,
  })
}

/** The same item in another state; the same object when nothing differs. */
export function withState(item: RosterItem, state: SubscriptionState, approved = item.approved): RosterItem {
  if (item.state === state && item.approved === approved) return item
  return rosterItem({ ...item, state, approved })
}

export function sameItem(a: RosterItem | undefined, b: RosterItem | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined) return false
  return (
    a.jid === b.jid &&
    a.name === b.name &&
    a.state === b.state &&
    a.approved === b.approved &&
    sameGroups(a.groups, b.groups)
  )
}

/** Groups have no order: some servers give them in another one each time. */
export function sameGroups(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  if (a.every((group, index) => group === b[index])) return true
  const others = new Set(b)
  return a.every((group) => others.has(group))
}

/**
 * Applies a patch to what is known of a contact.
 * @throws RosterError `ITEM_INVALID` for a name or group that XML cannot carry or that is not text, and for an empty group
 * (RFC 6121 §2.1.2.6); nothing has happened then.
 */
export function patchItem(jid: string, item: RosterItem | undefined, patch: RosterItemPatch): RosterItem {
  const name =
    patch.name === undefined ? item?.name : patch.name === null ? undefined : checkText(jid, 'name', patch.name)
  const next = rosterItem({
    jid,
    name,
    groups:
      patch.groups === undefined
        ? (item?.groups ?? NO_GROUPS)
        : patchGroups(jid, item?.groups ?? NO_GROUPS, patch.groups),
    state: item?.state ?? 'none',
    approved: item?.approved,
  })
  return item !== undefined && sameItem(item, next) ? item : next
}

type GroupsPatch = NonNullable<RosterItemPatch['groups']>

function patchGroups(jid: string, known: readonly string[], patch: GroupsPatch): readonly string[] {
  const isList = (value: GroupsPatch): value is readonly string[] => Array.isArray(value)
  if (isList(patch)) return [...checkGroups(jid, patch)]
  if (typeof patch !== 'object' || patch === null) throw invalid(jid, 'groups', patch)
  const removed = checkGroups(jid, patch.remove ?? [])
  const kept = known.filter((group) => !removed.has(group))
  return [...new Set([...kept, ...checkGroups(jid, patch.add ?? [])])]
}

function checkGroups(jid: string, groups: readonly string[]): ReadonlySet<string> {
  if (!Array.isArray(groups)) throw invalid(jid, 'groups', groups)
  return new Set(
    groups.map((group) => {
      if (group === '')
        throw new RosterError('ITEM_INVALID', 'A group needs a name, but an empty one came.', { contact: jid })
      return checkText(jid, 'group', group)
    }),
  )
}

function checkText(jid: string, what: string, text: unknown): string {
  if (typeof text !== 'string') throw invalid(jid, what, text)
  if (isXmlText(text)) return text
  throw new RosterError('ITEM_INVALID', `XML cannot carry this ${what}: "${shorten(text, 80)}".`, { contact: jid })
}

function invalid(jid: string, what: string, came: unknown): RosterError {
  return new RosterError('ITEM_INVALID', `Expected text as ${what}, but ${typeof came} came.`, { contact: jid })
}
