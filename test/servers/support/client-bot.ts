import { Roster, type RosterEvent, type RosterOptions } from '../../../src/index.js'
import { connectClient, type FreshUser, freshUser } from './connect.js'
import type { TestClient } from './entity.js'
import { type Recording, record, until } from './record.js'
import type { TestedServer } from './types.js'

const SUBSCRIPTIONS: readonly unknown[] = ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed']

/** A JID without what makes it unique: `bob` for `bob12@localhost/desk`. */
export const nameOf = (jid: string): string => jid.replace(/\d*@.*$/, '')

/** An event in a few words: `transition bob none>none+out push`. */
const inWords = ({ type, event }: RosterEvent): string => {
  switch (type) {
    case 'loaded':
      return `loaded ${event.roster.size}`
    case 'added':
    case 'updated':
    case 'removed':
      return `${type} ${nameOf(event.item.jid)} ${event.item.state}`
    case 'subscribe':
      return `subscribe ${nameOf(event.contact)} ${event.decision}`
    case 'transition':
      return `transition ${nameOf(event.contact)} ${event.before}>${event.after} ${event.cause}`
    case 'presence':
      return `presence ${nameOf(event.contact)} ${event.presence === undefined ? 'left' : (event.presence.show ?? 'available')}`
    case 'failed':
      return `failed ${nameOf(event.contact)} ${event.condition}`
    case 'rejected':
      return `rejected ${event.error.code} ${event.from ?? '(no from)'}`
    case 'error':
      return `error ${event.code}`
    default:
      return `${type} ${nameOf(event.contact)}`
  }
}

export interface Bot {
  readonly user: FreshUser
  /** The bare JID. */
  readonly jid: string
  readonly client: TestClient
  readonly roster: Roster
  readonly own: Roster['own']
  readonly log: Recording
  /** Everything that the roster has told, in words. Can be emptied. */
  readonly events: string[]
  /** What it has told of these types. */
  told(...types: readonly RosterEvent['type'][]): readonly string[]
  /** The subscription stanzas that it has written, as `subscribe bob`. */
  wrote(): readonly string[]
}

export interface BotOptions extends RosterOptions {
  /** An account that exists; without it, one is made. */
  readonly user?: FreshUser
  readonly resource?: string
  readonly reconnect?: number | false
}

const wroteIn = (log: Recording): readonly string[] =>
  log.sent
    .filter((stanza) => stanza.is('presence') && SUBSCRIPTIONS.includes(stanza.attrs['type']))
    .map(({ attrs }) => `${attrs['type']} ${nameOf(String(attrs['to']))}`)

const TYPES = [
  ...['loaded', 'added', 'updated', 'removed', 'subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'failed'],
  ...['transition', 'online', 'offline', 'presence', 'rejected', 'error'],
] as const satisfies readonly string[]

/** Notes everything that a roster tells, from now on. */
export const eventsOf = (roster: Roster): string[] => {
  const events: string[] = []
  for (const type of TYPES as readonly RosterEvent['type'][])
    roster.on(type, (event: unknown) => events.push(inWords({ type, event } as RosterEvent)))
  return events
}

/** Whether the bot's initial presence has left. */
const hasAnnounced = (log: Recording): boolean =>
  log.sent.some(({ name, attrs }) => name === 'presence' && attrs['to'] === undefined && attrs['type'] === undefined)

/** A client with a `Roster` that is logged in: its roster has come, and its presence has left unless `presence` is false. */
export const login = async (server: TestedServer, base: string, options: BotOptions = {}): Promise<Bot> => {
  const { user = await freshUser(server, base), resource, reconnect, ...settings } = options
  const made: { roster: Roster; log: Recording; events: string[] }[] = []
  const client = await connectClient(server, {
    ...user,
    ...(resource !== undefined && { resource }),
    ...(reconnect !== undefined && { reconnect }),
    before: (entity) => {
      const log = record(entity)
      const roster = new Roster(entity, settings)
      made.push({ roster, log, events: eventsOf(roster) })
    },
  })
  const [parts] = made
  if (parts === undefined) throw new Error('connectClient did not call before()')
  const { roster, log, events } = parts
  await roster.ready()
  if (options.presence !== false) await until(() => hasAnnounced(log), `the initial presence of ${user.jid}`)
  const told = (...types: readonly string[]): readonly string[] =>
    events.filter((words) => types.some((type) => words.startsWith(`${type} `)))
  return { user, jid: user.jid, client, roster, own: roster.own, log, events, told, wrote: () => wroteIn(log) }
}

/** Puts both into the other's roster, subscribed both ways, before either is online. */
export const friends = async (server: TestedServer, one: FreshUser, other: FreshUser): Promise<void> => {
  await server.setRosterItem(one.jid, other.jid)
  await server.setRosterItem(other.jid, one.jid)
}
