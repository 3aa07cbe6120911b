import { RosterError } from '../../core/errors.js'
import { inText, invalid } from './fields.js'

/** How many items a plan may remove: a number, or a share of those that it could. */
export type MaxRemovals = number | `${number}%`

/** What {@link guardRemovals} compares. */
export interface Removals {
  readonly removed: number
  /** Items that are ours, and that no change of their owner keeps from going. */
  readonly removable: number
}

const SHARE = /^(\d{1,3}(?:\.\d+)?)%$/

/** Reads the limit. @throws RosterError `ITEM_INVALID` for what is neither a number from 0 nor a share up to 100%. */
export function limitOf(max: MaxRemovals): (removable: number) => number {
  if (typeof max === 'number' && max >= 0) return () => max
  const share = typeof max === 'string' ? Number(SHARE.exec(max)?.[1] ?? Number.NaN) : Number.NaN
  if (share <= 100) return (removable) => (removable * share) / 100
  throw invalid(`Expected a number or a share such as "10%" as maxRemovals, but ${inText(max)} came.`)
}

/** @throws RosterError `PLAN_REFUSED` when it would remove more. */
export function guardRemovals({ removed, removable }: Removals, max: MaxRemovals): void {
  const limit = limitOf(max)(removable)
  if (removed <= limit) return
  const allowed = typeof max === 'string' ? `${max}, which is ${Math.floor(limit)}` : String(max)
  throw new RosterError(
    'PLAN_REFUSED',
    `The plan would remove ${removed} of ${removable} owned contacts, and may remove at most ${allowed}. Nothing was planned.`,
  )
}
