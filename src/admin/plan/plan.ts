import type { RosterItem } from '../../core/item.js'
import { bareJid, type JidLike } from '../../core/jid.js'
import type { AdminItem } from '../port.js'
import {
  allowsNoMore,
  BLANK,
  compareText,
  FIELDS,
  type Field,
  fieldsOf,
  inText,
  isEqual,
  type Named,
  namedContacts,
  type Value,
} from './fields.js'
import { deepFrozen } from './freeze.js'
import { guardRemovals, limitOf, type MaxRemovals } from './guard.js'
import type { PlanConflict, PlannedUpdate, RosterPlan, WantedContact } from './types.js'

type Item = RosterItem | AdminItem

/** Options of {@link planRoster}. */
export interface PlanOptions {
  /**
   * Whose roster it is. Nobody is a contact of their own, so the owner is left out of `wanted` and `base`: one list serves
   * all who are on it. Without it such a plan is made, and that one contact fails when it is applied.
   */
  readonly owner?: JidLike
  /**
   * What was wanted when a plan was last applied in full (no failure, not stopped). With it, what the owner has changed
   * since is seen and stays. An empty list: nothing was applied yet, so whatever the owner has is the owner's.
   */
  readonly base?: Iterable<WantedContact>
  /** Which items are ours to remove. Default: those in `base`, else none. */
  readonly owns?: (item: RosterItem | AdminItem) => boolean
  /**
   * How many items may go: a number, or a share of those that are ours (without those that their owner keeps by a change).
   * Default `'50%'`.
   */
  readonly maxRemovals?: MaxRemovals
}

/** The plan while it is made. */
interface Draft {
  readonly add: WantedContact[]
  readonly update: PlannedUpdate[]
  readonly remove: string[]
  readonly conflicts: PlanConflict[]
  unchanged: number
}

/**
 * Compares the contacts that are wanted in a roster with those that are there, and says what has to be done. Nothing is
 * sent.
 *
 * Without `base` it is a comparison of two: a wanted contact that is missing is added; of one that is there, the fields that
 * are wanted are set and the others stay.
 *
 * With `base` each field of a contact in it is compared three ways. Only the wanted one differs from what was applied: it is
 * set. Only the one that is there differs: its owner has changed it, and it stays. Both differ, each in its way: it stays
 * and is a conflict. A field that `base` does not name, and an item that it does not know (unless `owns` says that it is
 * ours), count as applied blank: no name, no groups, `none`. So what an owner has made of it is not overwritten. Of a
 * contact that is wanted and in `base` but gone, its owner has removed it: it stays so and is a conflict.
 *
 * What is ours and not wanted any more is removed, unless `base` knows it and its owner has changed it since: it has another
 * name or other groups, or sees or asks for more than the subscription that `base` names. Then it stays and is a conflict. A
 * subscription that became less is no change of the owner, because the contact may have taken it back. Everything else in
 * the roster is foreign and never touched. To have the last word, plan without `base`, with `owns`.
 *
 * The subscription of a live roster's item (one with a `state`) counts as reached when the owner has done its part: it has
 * asked, or granted in advance. Some servers do not show what was granted in advance (Prosody does not): then it is planned
 * again until the contact asks.
 *
 * @example
 * ```ts
 * import { applyPlan, planRoster, type RosterAdmin, type WantedContact } from 'xmpp-roster/admin'
 *
 * async function roll(admin: RosterAdmin, owner: string, wanted: WantedContact[], base: WantedContact[]): Promise<void> {
 *   const plan = planRoster(await admin.list(owner), wanted, { owner, base, maxRemovals: '10%' })
 *   for (const { jid, reason } of plan.conflicts) console.log(jid, reason)
 *   const { failed, stopped } = await applyPlan({ admin, owner }, plan)
 *   if (failed === 0 && !stopped) console.log('Applied: what was wanted is the base of the next plan')
 * }
 * ```
 *
 * @throws {RosterError} `PLAN_REFUSED` when it would remove more than `maxRemovals`, with the counts; `JID_MALFORMED`;
 * `ITEM_INVALID` for a name, group, subscription or `maxRemovals` that is none, and for a JID that is wanted twice, with
 * both spellings
 */
export function planRoster(
  actual: Iterable<RosterItem | AdminItem>,
  wanted: Iterable<WantedContact>,
  options: PlanOptions = {},
): RosterPlan {
  const { maxRemovals = '50%' } = options
  limitOf(maxRemovals)
  const owner = options.owner === undefined ? undefined : bareJid(options.owner)
  const wants = namedContacts(wanted, 'wanted', owner)
  const base = options.base === undefined ? undefined : namedContacts(options.base, 'in the base', owner)
  const items = new Map(Array.from(actual, (item) => [bareJid(item.jid), item] as const))
  const { owns } = options
  const isOwned = (jid: string, item: Item): boolean => (owns === undefined ? base?.has(jid) === true : owns(item))
  const draft: Draft = { add: [], update: [], remove: [], conflicts: [], unchanged: 0 }
  for (const [jid, fields] of inOrder(wants)) {
    const item = items.get(jid)
    if (item === undefined) missing(draft, jid, fields, base?.has(jid) === true)
    else
      present(
        draft,
        jid,
        fields,
        item,
        baseFor(base, jid, () => owns?.(item) === true),
      )
  }
  let removable = 0
  for (const [jid, item] of inOrder(items)) {
    if (!isOwned(jid, item)) continue
    const goes = wants.has(jid) || dropped(draft, jid, item, base?.get(jid))
    removable += Number(goes)
  }
  guardRemovals({ removed: draft.remove.length, removable }, maxRemovals)
  return deepFrozen<RosterPlan>({ ...draft, conflicts: draft.conflicts.sort((a, b) => compareText(a.jid, b.jid)) })
}

/** By JID, whatever order they came in. */
function inOrder<T>(entries: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...entries].sort(([a], [b]) => compareText(a, b))
}

/** What was applied; `undefined`: nothing is known of that, so two are compared. */
function baseFor(base: ReadonlyMap<string, Named> | undefined, jid: string, isOurs: () => boolean): Named | undefined {
  if (base === undefined) return undefined
  return base.get(jid) ?? (isOurs() ? undefined : {})
}

function missing(draft: Draft, jid: string, fields: Named, wasApplied: boolean): void {
  if (wasApplied)
    draft.conflicts.push({ jid, reason: 'It is wanted, but its owner has removed it since it was last applied.' })
  else draft.add.push({ jid, ...fields })
}

function present(draft: Draft, jid: string, fields: Named, item: Item, base: Named | undefined): void {
  const there = fieldsOf(item)
  const verdicts = FIELDS.flatMap((field) => {
    const wanted = fields[field]
    if (wanted === undefined) return []
    const applied = base === undefined ? undefined : (base[field] ?? BLANK[field])
    return [{ field, wanted, applied, verdict: judge(wanted, there[field], applied) }]
  })
  const sets = verdicts.filter(({ verdict }) => verdict === 'set').map(({ field }) => field)
  const conflicts = verdicts.filter(({ verdict }) => verdict === 'conflict')
  if (sets.length > 0) draft.update.push(updateOf(jid, sets, fields))
  for (const { field, wanted, applied } of conflicts)
    draft.conflicts.push({ jid, reason: disagreement(field, wanted, there[field], applied) })
  if (sets.length === 0 && conflicts.length === 0) draft.unchanged += 1
}

function judge(wanted: Value, there: Value, applied: Value | undefined): 'done' | 'set' | 'stays' | 'conflict' {
  if (isEqual(wanted, there)) return 'done'
  if (applied === undefined || isEqual(applied, there)) return 'set'
  return isEqual(wanted, applied) ? 'stays' : 'conflict'
}

function updateOf(jid: string, sets: readonly Field[], { name, groups, subscription }: Named): PlannedUpdate {
  return {
    jid,
    ...(sets.includes('name') ? { name: name === '' ? null : (name ?? null) } : {}),
    ...(sets.includes('groups') ? { groups: groups ?? [] } : {}),
    ...(sets.includes('subscription') && subscription !== undefined ? { subscription } : {}),
  }
}

const disagreement = (field: Field, wanted: Value, there: Value, applied: Value | undefined): string =>
  `The ${field}: ${inText(wanted)} is wanted and ${inText(applied)} was last applied, but meanwhile it became ${inText(there)}.`

/** Ours, and not wanted any more. Whether it goes. */
function dropped(draft: Draft, jid: string, item: Item, base: Named | undefined): boolean {
  const changed = base === undefined ? undefined : changedFrom(base, item)
  if (changed === undefined) draft.remove.push(jid)
  else {
    const reason = `It is wanted no more, but its owner has changed the ${changed} since it was last applied.`
    draft.conflicts.push({ jid, reason })
  }
  return changed === undefined
}

function changedFrom(base: Named, item: Item): Field | undefined {
  const there = fieldsOf(item)
  if (!isEqual(there.name, base.name ?? '')) return 'name'
  if (!isEqual(there.groups, base.groups ?? [])) return 'groups'
  const { subscription } = base
  return subscription === undefined || allowsNoMore(there.subscription, subscription) ? undefined : 'subscription'
}
