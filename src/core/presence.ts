import type { Element } from 'ltx'

/** RFC 6121 §4.7.2.1. A missing `<show/>` is `undefined`: plainly available. */
export type Show = 'chat' | 'away' | 'xa' | 'dnd'

/** What one resource last announced. */
export interface Presence {
  /** Full JID. */
  readonly jid: string
  /** The part of the JID behind the slash; empty for a bare JID. */
  readonly resource: string
  /** `undefined`: plainly available. */
  readonly show: Show | undefined
  /** The contact's own words. */
  readonly status: string | undefined
  /** −128 … 127, 0 when absent or not a number in range. */
  readonly priority: number
  /** When it was announced: the stamp of XEP-0203 if the stanza has one, else when it arrived. */
  readonly since: Date
  /**
   * What `RosterOptions.extend` made of the stanza; `undefined` without it. The stanza itself is not kept: it costs
   * more than all the rest.
   */
  readonly extra: unknown
}

/** What is known of a contact's resources. `best` = highest priority, then most reachable show, then most recent. */
export type ContactPresence =
  | {
      /** At least one resource is available. */
      readonly available: true
      /** The resource to reach the contact at. */
      readonly best: Presence
      /** By resource. */
      readonly resources: ReadonlyMap<string, Presence>
    }
  | {
      /** No resource is. */
      readonly available: false
      /** There is none. */
      readonly best: undefined
      /** Empty. */
      readonly resources: ReadonlyMap<string, Presence>
    }

/** What the owner announces of itself (RFC 6121 §4.7). */
export type PresenceInit =
  | {
      /** Available. */
      readonly type?: undefined
      /** Default: plainly available. */
      readonly show?: Show
      /** Text for people. */
      readonly status?: string
      /** A whole number, −128 … 127. Default 0. */
      readonly priority?: number
      /** Extra payloads, e.g. entity capabilities. Each stanza gets its own copies. */
      readonly children?: readonly Element[]
      /** From which resource a component's owner speaks. Default: its bare JID. */
      readonly resource?: string
    }
  | {
      /** Withdraws what was announced. */
      readonly type: 'unavailable'
      /** Text for people. */
      readonly status?: string
      /** Extra payloads. */
      readonly children?: readonly Element[]
      /** Which resource of a component's owner leaves. Default: its bare JID. */
      readonly resource?: string
    }

const REACHABLE: readonly (Show | undefined)[] = ['chat', undefined, 'away', 'xa', 'dnd']

const SHOWS: ReadonlySet<string> = new Set<Show>(['chat', 'away', 'xa', 'dnd'])

export const isShow = (text: string): text is Show => SHOWS.has(text)

/** Negative when `a` is the better resource to reach the contact at. */
export function compareResources(a: Presence, b: Presence): number {
  if (a.priority !== b.priority) return b.priority - a.priority
  if (a.show !== b.show) return REACHABLE.indexOf(a.show) - REACHABLE.indexOf(b.show)
  return b.since.getTime() - a.since.getTime()
}

export function contactPresence(resources: ReadonlyMap<string, Presence>): ContactPresence {
  let best: Presence | undefined
  for (const presence of resources.values()) {
    if (best === undefined || compareResources(presence, best) < 0) best = presence
  }
  return Object.freeze(
    best === undefined ? { available: false, best, resources } : { available: true, best, resources },
  )
}

/** RFC 6121 §4.7.2.3: an integer between −128 and +127; anything else counts as 0. */
export function parsePriority(text: string | null | undefined): number {
  if (text === null || text === undefined || !/^\s*[+-]?\d{1,3}\s*$/.test(text)) return 0
  // "-0" is 0 as well.
  const priority = Number(text) || 0
  return priority >= -128 && priority <= 127 ? priority : 0
}
