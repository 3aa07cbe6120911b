import type { RosterItem } from '../core/item.js'
import type { PresenceEvent, SubscriptionRequest } from '../roster/events.js'
import type { Roster } from '../xmpp/roster.js'
import { jsonLineOf } from './data.js'
import { plain } from './text.js'

/** Something that is told of: in one line for people, or as data. */
export interface Happening {
  readonly event: 'started' | 'presence' | 'added' | 'updated' | 'removed' | 'request'
  /** Bare JID. */
  readonly jid: string
  /** What JSON has besides. */
  readonly fields: object
  /** What people read behind the JID. */
  readonly words: string
}

/** `2026-11-21T10:00:00.000Z romeo@example.net/balcony away "At sea"`. */
export const lineOf = (time: Date, { jid, words }: Happening): string => plain(`${time.toISOString()} ${jid}${words}`)

/** The same as data, in one line. */
export const dataLineOf = (time: Date, { event, jid, fields }: Happening): string =>
  jsonLineOf({ time: time.toISOString(), event, jid, ...fields })

/** Tells of everything that happens to contacts and their presences. */
export function onHappening(roster: Roster, tell: (happening: Happening) => void): void {
  roster.on('presence', (event) => tell(presenceHappening(event)))
  roster.on('added', ({ item }) => tell(itemHappening('added', ' added', item)))
  roster.on('updated', ({ item }) => tell(itemHappening('updated', ' changed', item)))
  roster.on('removed', ({ item: { jid } }) => tell({ event: 'removed', jid, fields: {}, words: ' removed' }))
  roster.on('subscribe', (request) => tell(requestHappening(request)))
}

function presenceHappening({ contact, resource, presence }: PresenceEvent): Happening {
  const { show, status, priority } = presence ?? {}
  const available = presence !== undefined
  const place = resource === '' ? '' : `/${resource}`
  const fields = { resource, available, show: show ?? null, status: status ?? null, priority: priority ?? null }
  const words = `${place} ${available ? (show ?? 'online') : 'offline'}${quoted(status)}`
  return { event: 'presence', jid: contact, fields, words }
}

function itemHappening(event: 'added' | 'updated', words: string, item: RosterItem): Happening {
  const { jid, name, groups, subscription, pendingOut, pendingIn, approved } = item
  const fields = { name: name ?? null, groups, subscription, pendingOut, pendingIn, approved }
  const parts = [...(name === undefined ? [] : [JSON.stringify(name)]), ...groups.map((group) => `[${group}]`)]
  return { event, jid, fields, words: [`${words}:`, ...parts, subscription].join(' ') }
}

const requestHappening = ({ contact, status }: SubscriptionRequest): Happening => ({
  event: 'request',
  jid: contact,
  fields: { status: status ?? null },
  words: ` asks to see your presence${quoted(status)}`,
})

const quoted = (status: string | undefined): string => (status === undefined ? '' : ` ${JSON.stringify(status)}`)
