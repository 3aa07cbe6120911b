import type { RosterItemPatch } from '../../core/item.js'
import type { Subscription } from '../../core/state.js'
import type { CallOptions } from '../../roster/options.js'
import type { Find } from '../bulk-run.js'

/** What becomes of one contact. `mayBeNew`: it is made when it is not there. */
export interface Wish extends RosterItemPatch {
  readonly jid: string
  readonly subscription?: Subscription
  readonly mayBeNew: boolean
}

/** One owner's roster while a plan is applied to it. */
export interface Place {
  readonly owner: string
  /** Looks what is there, before the first change. */
  look(call: CallOptions): Promise<void>
  /** How the wish is granted; `undefined`: there is nothing to do. @throws RosterError `PLAN_REFUSED` for a contact that is gone. */
  grant(wish: Wish, call: CallOptions): ReturnType<Find>
  /** How the contact goes; `undefined`: it is gone. */
  drop(contact: string, call: CallOptions): ReturnType<Find>
}
