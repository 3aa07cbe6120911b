import type { Element } from 'ltx'

/** RFC 6121 §4.7.2.1. A missing `<show/>` is `undefined`: plainly available. */
export type Show = 'chat' | 'away' | 'xa' | 'dnd'

/** What one resource last announced. */
export interface Presence {
  /** Full JID. */
  readonly jid: string
  readonly resource: string
  readonly show: Show | undefined
  readonly status: string | undefined
  /** −128 … 127, 0 when absent or not a number in range. */
  readonly priority: number
  /** When it was announced: the stamp of XEP-0203 if the stanza has one, else when it arrived. */
  readonly since: Date
  /** What `RosterOptions.extend` made of the stanza; `undefined` without it. The stanza itself is not kept: it costs more than all the rest. */
  readonly extra: unknown
}

/** What is known of a contact's resources. `best` = highest priority, then most reachable show, then most recent. */
export type ContactPresence =
  | { readonly available: true; readonly best: Presence; readonly resources: ReadonlyMap<string, Presence> }
  | { readonly available: false; readonly best: undefined; readonly resources: ReadonlyMap<string, Presence> }

/** What the owner announces of itself. `children`: extra payloads, e.g. entity capabilities. `resource`: from which resource a component's owner speaks (default: its bare JID). */
export type PresenceInit =
  | {
      readonly type?: undefined
      readonly show?: Show
      readonly status?: string
      readonly priority?: number
      readonly children?: readonly Element[]
      readonly resource?: string
    }
  | {
      readonly type: 'unavailable'
      readonly status?: string
      readonly children?: readonly Element[]
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
  const priority = Number(text)
  return priority >= -128 && priority <= 127 ? priority : 0
}
