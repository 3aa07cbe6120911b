import type { JidLike } from '../../core/jid.js'
import type { OwnerRoster } from '../../roster/owner-roster.js'
import type { BulkOptions, BulkSummary } from '../bulk.js'
import { BulkRun, type Find } from '../bulk-run.js'
import type { RosterAdmin } from '../port.js'
import { AdminPlace } from './admin-place.js'
import { LivePlace } from './live-place.js'
import { parsePlan } from './parse.js'
import type { Place } from './place.js'
import type { RosterPlan } from './types.js'

/** Where a plan is applied: a roster of a connection, or one behind an administrator. */
export type PlanTarget =
  | OwnerRoster
  | {
      /** Where the roster is. */
      readonly admin: RosterAdmin
      /** Whose roster it is. */
      readonly owner: JidLike
    }

/**
 * Carries a plan out: first what is added, then what is changed, then what is removed, each by JID. It looks at what is
 * there and makes only the changes that are missing; those that are not count as done. So it can be repeated, and a second
 * call with the same plan goes on where the first one stopped. Fields that the plan does not name stay, whoever has changed
 * them since. What is to be changed and is gone by now is not made anew: `PLAN_REFUSED` among the failures. Conflicts are
 * left alone.
 *
 * What "by now" means depends on the target. A live roster, and `storageAdmin`, decide at each change on what is there. Any
 * other admin's roster is read before the first change, and read again before one that comes later than five seconds after
 * that (twenty times as long as reading took, where that is longer): what its owner does after the last reading may be
 * overlooked. There an item that was removed meanwhile may be made anew, and `ejabberdAdmin` and `privilegedAdmin`, which
 * write items whole, may write a name, groups or a subscription as they were read.
 *
 * Resolves when everything was tried, or `signal` has stopped it; failures are in the summary, contact by contact.
 *
 * Through an administrator the subscription is written as it is wanted. On a live roster the owner does its part of it
 * (RFC 6121 §3), and the contact's answer may come later or never: it subscribes unless it sees the contact or has asked,
 * and gives up a subscription or request that is not wanted; it grants a pending request or one to come (`preapprove`; where
 * the account's server does not offer that, `UNSUPPORTED` among the failures, after everything else of that contact was
 * done), and takes back what it has granted. A request of the contact's that is not wanted stays pending. A client's roster
 * shows a change when its server has said so: to plan or apply again at once may repeat a subscription stanza, which does no
 * harm.
 *
 * @example
 * ```ts
 * import type { OwnerRoster } from 'xmpp-roster'
 * import { applyPlan, planRoster, type WantedContact } from 'xmpp-roster/admin'
 *
 * async function reach(own: OwnerRoster, wanted: WantedContact[], signal: AbortSignal): Promise<void> {
 *   const plan = planRoster(own.values(), wanted)
 *   const { failed, stopped, errors } = await applyPlan(own, plan, { rate: 10, signal })
 *   for (const { contact, error } of errors) console.log(contact, error.message)
 *   if (failed > 0 || stopped) console.log('Apply the same plan again')
 * }
 * ```
 *
 * @throws {RosterError} As {@link parsePlan} for what is no plan; `ITEM_INVALID` for a `rate` that is none; `NOT_CONNECTED`
 * for a live roster that is not loaded; what the administrator says when it cannot read the roster. Nothing was changed in
 * all these cases
 */
export async function applyPlan(target: PlanTarget, plan: RosterPlan, options: BulkOptions = {}): Promise<BulkSummary> {
  const run = new BulkRun(options)
  const place = 'admin' in target ? new AdminPlace(target, options.clock) : new LivePlace(target)
  const changes = changesOf(place, parsePlan(plan))
  run.expect(changes.length)
  await run.read((call) => place.look(call))
  for (const [contact, find] of changes) {
    if (run.stops()) break
    await run.change(place.owner, contact, find)
  }
  return run.summary()
}

/** In the order of least regret: whoever stops it has lost nothing yet. */
function changesOf(place: Place, { add, update, remove }: RosterPlan): readonly [string, Find][] {
  const wishes = [
    ...add.map((one) => ({ ...one, mayBeNew: true })),
    ...update.map((one) => ({ ...one, mayBeNew: false })),
  ]
  return [
    ...wishes.map((wish): [string, Find] => [wish.jid, (call) => place.grant(wish, call)]),
    ...remove.map((jid): [string, Find] => [jid, (call) => place.drop(jid, call)]),
  ]
}
