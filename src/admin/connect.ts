import { RosterError } from '../core/errors.js'
import { bareJid, type JidLike } from '../core/jid.js'
import type { CallOptions } from '../roster/options.js'
import { asRosterError } from './bulk-run.js'
import { defined } from './defined.js'
import { wantedOf } from './item.js'
import type { AdminItem, AdminItemInit, RosterAdmin } from './port.js'

/** Options of {@link connect}. */
export interface ConnectOptions extends CallOptions {
  /**
   * What `a` is called in the roster of `b`, and `b` in that of `a`. Absent = the name that is there; an empty text clears
   * it.
   */
  readonly names?: readonly [a?: string | undefined, b?: string | undefined]
  /** The groups of `a` in the roster of `b`, and those of `b` in that of `a`. Absent = those that are there. */
  readonly groups?: readonly [a?: readonly string[] | undefined, b?: readonly string[] | undefined]
}

/** Options of {@link disconnect}. */
export interface DisconnectOptions extends CallOptions {
  /** `b` stays in the roster of `a` with this subscription, its name and its groups. Default: it goes. */
  readonly keep?: 'to' | 'from' | 'none'
}

/**
 * Makes two owners see each other: each has the other in its roster with `both` (setBidireccionalBuddys of Emanagement).
 * Names and groups that are there stay unless others are given. Doing it again changes nothing.
 *
 * First `b` is written into the roster of `a`, then `a` into that of `b`; resolves when both are. `signal` counts until the
 * first is written: the second then follows, so that nothing is left half done.
 *
 * @example
 * ```ts
 * import { connect, type RosterAdmin } from 'xmpp-roster/admin'
 *
 * async function introduce(admin: RosterAdmin): Promise<void> {
 *   const names = ['Romeo', 'Juliet'] as const
 *   await connect(admin, 'romeo@example.com', 'juliet@example.com', { names, groups: [undefined, ['Capulet']] })
 * }
 * ```
 *
 * @throws {RosterError} `JID_MALFORMED`; `ITEM_INVALID` when both are the same, or for a name or group that XML cannot
 * carry: nothing was written. What the place says of the first, and the second is not tried then. What it says of the
 * second, its code with a sentence that begins with the first: the roster of `a` has `b` by then. What became of the change
 * that failed is what the place says with that code; connecting again is safe
 */
export async function connect(admin: RosterAdmin, a: JidLike, b: JidLike, options: ConnectOptions = {}): Promise<void> {
  const [one, other] = [bareJid(a), bareJid(b)]
  const { names = [], groups = [], ...call } = options
  const ofOther = both(one, other, defined({ name: names[1], groups: groups[1] }))
  const ofOne = both(other, one, defined({ name: names[0], groups: groups[0] }))
  await admin.put(one, other, ofOther, call)
  const done = `The roster of ${one} has ${other} with "both" by now.`
  await second(other, one, `${done} Connecting them again is safe.`, () =>
    admin.put(other, one, ofOne, withoutSignal(call)),
  )
}

/**
 * Ends what {@link connect} made, each half that is there: whoever has the other with `both` has it no more; with `keep`,
 * `b` stays in the roster of `a` with that subscription, its name and its groups (unsetBidireccionalBuddys of Emanagement).
 * An item with less than `both` is no half, and is left alone.
 *
 * `false`: neither has the other with `both`; nothing was written. Otherwise `a` is removed from the roster of `b` first,
 * because servers that tell the other side then lower it, and the roster of `a` is written last; resolves with `true` when
 * what was there is ended. So one that was left half done is finished by calling again; where the first half has lowered the
 * other, that is no half any more, and what is left of it is an item with `none`. `signal` counts until the first is
 * written.
 *
 * @example
 * ```ts
 * import { disconnect, type RosterAdmin } from 'xmpp-roster/admin'
 *
 * async function part(admin: RosterAdmin): Promise<void> {
 *   const were = await disconnect(admin, 'romeo@example.com', 'juliet@example.com', { keep: 'to' })
 *   if (!were) console.log('They were not connected')
 * }
 * ```
 *
 * @throws {RosterError} `JID_MALFORMED`; `ITEM_INVALID` for another `keep`: nothing was written. What the place says when it
 * cannot read a roster: nothing was written. What it says of the first change, and the second is not tried then. What it
 * says of the second, its code with a sentence that begins with the first: `b` does not have `a` any more then. What became
 * of the change that failed is what the place says with that code; disconnecting again is safe
 */
export async function disconnect(
  admin: RosterAdmin,
  a: JidLike,
  b: JidLike,
  options: DisconnectOptions = {},
): Promise<boolean> {
  const [one, other] = [bareJid(a), bareJid(b)]
  const { keep, ...call } = options
  if (keep !== undefined && !['to', 'from', 'none'].includes(keep))
    throw new RosterError(
      'ITEM_INVALID',
      `Expected "to", "from" or "none" as what is kept, but ${String(keep)} came; nothing was written.`,
      { owner: one, contact: other },
    )
  if (one === other) return false
  const ofOne = await bothItem(admin, one, other, call)
  const ofOther = await bothItem(admin, other, one, call)
  if (ofOther !== undefined) await admin.remove(other, one, call)
  if (ofOne === undefined) return ofOther !== undefined
  const end = (options: CallOptions): Promise<unknown> =>
    keep === undefined ? admin.remove(one, other, options) : admin.put(one, other, kept(ofOne, keep), options)
  if (ofOther === undefined) await end(call)
  else {
    const done = `${one} is out of the roster of ${other} by now. Disconnecting them again is safe.`
    await second(one, other, done, () => end(withoutSignal(call)))
  }
  return true
}

/**
 * Whether two owners see each other: both rosters hold the other with `both` (checkBidirecctionalBuddys of Emanagement,
 * which took membership for it). Reads the roster of `a`, and that of `b` if it is still open then. Nobody is connected to
 * itself.
 *
 * @example
 * ```ts
 * import { areConnected, type RosterAdmin } from 'xmpp-roster/admin'
 *
 * async function tell(admin: RosterAdmin): Promise<void> {
 *   if (await areConnected(admin, 'romeo@example.com', 'juliet@example.com')) console.log('They see each other')
 * }
 * ```
 *
 * @throws {RosterError} `JID_MALFORMED`; what the place says when it cannot read a roster
 */
export async function areConnected(
  admin: RosterAdmin,
  a: JidLike,
  b: JidLike,
  options: CallOptions = {},
): Promise<boolean> {
  return (await mutual(admin, bareJid(a), bareJid(b), options)) !== undefined
}

/** The item of `b` in the roster of `a`, if they are connected. */
async function mutual(admin: RosterAdmin, a: string, b: string, call: CallOptions): Promise<AdminItem | undefined> {
  if (a === b) return undefined
  const item = await bothItem(admin, a, b, call)
  if (item === undefined) return undefined
  return (await bothItem(admin, b, a, call)) === undefined ? undefined : item
}

async function bothItem(
  admin: RosterAdmin,
  owner: string,
  contact: string,
  call: CallOptions,
): Promise<AdminItem | undefined> {
  const items = await admin.list(owner, call)
  return items.find(({ jid, subscription }) => jid === contact && subscription === 'both')
}

/** Checked here: a side that the place refuses after the other was written would be half a connection. */
function both(owner: string, contact: string, named: Pick<AdminItemInit, 'name' | 'groups'>): AdminItemInit {
  wantedOf(owner, contact, named)
  return { ...named, subscription: 'both' }
}

/** In full: some servers forget the item when the other side removes theirs. */
const kept = (item: AdminItem, subscription: 'to' | 'from' | 'none'): AdminItemInit => ({
  name: item.name ?? '',
  groups: item.groups,
  subscription,
})

const withoutSignal = ({ timeout }: CallOptions): CallOptions => (timeout === undefined ? {} : { timeout })

/**
 * The second of two sides. When it fails, what has become of the first belongs to the story; of the second only the place
 * knows.
 */
async function second(owner: string, contact: string, done: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (cause) {
    const { code, message, condition } = asRosterError(owner, contact, cause)
    throw new RosterError(
      code,
      `${done} But the change of ${contact} in the roster of ${owner} ended with this: ${message}`,
      { condition, owner, contact, cause },
    )
  }
}
