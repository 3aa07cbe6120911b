import type { RosterItemPatch } from '../../core/item.js'
import type { Subscription } from '../../core/state.js'

/** A contact as it should be. What is absent is not wanted in any way: it stays as it is. */
export interface WantedContact {
  /** Bare JID, in any spelling. */
  readonly jid: string
  /** An empty text: no name. */
  readonly name?: string
  /** All of them; an empty list: none. */
  readonly groups?: readonly string[]
  /** Where it can be written, it is; on a live roster the owner asks for it: see `applyPlan`. */
  readonly subscription?: Subscription
}

/** What becomes of an item that is there: only what is named changes. */
export interface PlannedUpdate extends RosterItemPatch {
  /** Bare JID. */
  readonly jid: string
  /** What it is to become. */
  readonly subscription?: Subscription
}

/** Something that is wanted and left undone, because the owner has changed it. */
export interface PlanConflict {
  /** Bare JID. */
  readonly jid: string
  /** A sentence for the person who has to decide. */
  readonly reason: string
}

/**
 * What has to be done to an owner's roster: {@link planRoster} makes it, {@link applyPlan} carries it out. Plain JSON, deep
 * frozen, each list sorted by JID, groups sorted: the same question gives the same text, so two plans can be compared.
 */
export interface RosterPlan {
  /** Contacts that are wanted and not there. */
  readonly add: readonly WantedContact[]
  /** Items that are there and differ from what is wanted. */
  readonly update: readonly PlannedUpdate[]
  /** Bare JIDs of items that are ours and not wanted any more. */
  readonly remove: readonly string[]
  /** One for each field, and for each item whose coming or going is at issue. */
  readonly conflicts: readonly PlanConflict[]
  /** Wanted contacts of which nothing is to be done and nothing at issue. */
  readonly unchanged: number
}
