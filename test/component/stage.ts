import type { Element } from 'ltx'
import { expect, onTestFinished } from 'vitest'
import type { RosterOptions, SubscriptionState } from '../../src/index.js'
import { MemoryStorage, type OwnerRoster, Roster } from '../../src/index.js'
import { type ManualClock, manualClock } from '../../src/testing/clock.js'
import { EventLog } from '../support/event-log.js'
import { FakeComponent, turn } from '../support/fake-component.js'

export { turn } from '../support/fake-component.js'

export const DOMAIN = 'bots.example'
/** The owner whose roster the conversations are about, and those who talk to it. */
export const BOT = `bot@${DOMAIN}`
export const ROMEO = 'romeo@home.example'
export const JULIET = 'juliet@home.example'

/** `bot` and `romeo` are bare JIDs of the two domains; everything else is said in full. */
const short = (text: string): string => text.replaceAll(`@${DOMAIN}`, '').replaceAll('@home.example', '')

/** A presence in a few words: `bot > romeo: away "at lunch"`. */
function stanzaInWords(stanza: Element): string {
  const { from = '?', to = '?', type } = stanza.attrs as Record<string, string | undefined>
  const what = stanza.name === 'presence' ? (type ?? stanza.getChildText('show') ?? 'available') : stanza.name
  const status = stanza.getChildText('status')
  return short(`${from} > ${to}: ${what}${status === null ? '' : ` "${status}"`}`)
}

/** One component in the process: its connection, its rosters, and all that they tell. */
export interface Stage {
  readonly fake: FakeComponent
  readonly roster: Roster
  readonly clock: ManualClock
  readonly storage: NonNullable<RosterOptions['storage']>
  readonly log: EventLog
  /** One packet comes in, and what it sets going settles. */
  hear(...packet: readonly string[]): Promise<void>
  /** What was sent since the last look, in words. */
  said(): readonly string[]
  /** What was told since the last look, in words. */
  told(): readonly string[]
  /** The process dies: nothing that it would still do reaches anybody. */
  kill(): void
}

export interface StageOptions extends RosterOptions {
  readonly storage?: NonNullable<RosterOptions['storage']>
  readonly online?: boolean
}

/** A component that is online, unless told otherwise; nothing unread. */
export async function stage(options: StageOptions = {}): Promise<Stage> {
  const { online = true, ...given } = options
  const clock = (given.clock as ManualClock | undefined) ?? manualClock(Date.UTC(2026, 0, 1))
  const storage = given.storage ?? new MemoryStorage()
  const fake = new FakeComponent(DOMAIN)
  const roster = new Roster(fake.entity, { presence: false, ...given, storage, clock })
  const log = new EventLog(roster)
  onTestFinished(() => expect(fake.errors).toEqual([]))
  if (online) fake.online()
  await turn()
  const played: Stage = {
    fake,
    roster,
    clock,
    storage,
    log,
    async hear(...packet) {
      fake.receive(...packet)
      await turn()
    },
    said: () => fake.sent().map(stanzaInWords),
    told: () => log.take().map(short),
    kill() {
      roster.removeAllListeners()
      for (const event of ['stanza', 'send', 'open', 'online', 'disconnect', 'offline']) {
        for (const listener of fake.entity.listeners(event)) fake.entity.removeListener(event, listener)
      }
      fake.entity.status = 'offline'
    },
  }
  played.said()
  played.told()
  return played
}

export async function openBot(played: Stage, owner: string = BOT): Promise<OwnerRoster> {
  const bot = await played.roster.open(owner)
  await turn()
  played.said()
  played.told()
  return bot
}

/** A stage whose bot stands in the given states with its contacts. */
export async function withContacts(
  contacts: Readonly<Record<string, SubscriptionState>>,
  options: StageOptions = {},
): Promise<Stage & { readonly bot: OwnerRoster }> {
  const storage = options.storage ?? new MemoryStorage()
  await store(storage, contacts)
  const played = await stage({ ...options, storage })
  const bot = await openBot(played)
  return { ...played, bot }
}

/** Writes a roster as an earlier process left it. */
export async function store(
  storage: NonNullable<RosterOptions['storage']>,
  contacts: Readonly<Record<string, SubscriptionState>>,
  owner: string = BOT,
): Promise<void> {
  const put = Object.entries(contacts).map(([jid, state]) => ({
    jid,
    state,
    groups: [],
    ...(state.endsWith('in') ? { request: { xml: subscribe(jid, owner), receivedAt: 1, deferred: true } } : {}),
  }))
  await storage.commit(owner, { base: undefined, revision: `stored ${owner}`, put })
}

export const presence = (from: string, to: string = BOT, type?: string, children = ''): string =>
  `<presence from="${from}" to="${to}"${type === undefined ? '' : ` type="${type}"`}>${children}</presence>`

export const subscribe = (from: string, to: string = BOT, children = ''): string =>
  presence(from, to, 'subscribe', children)
export const subscribed = (from: string, to: string = BOT): string => presence(from, to, 'subscribed')
export const unsubscribe = (from: string, to: string = BOT): string => presence(from, to, 'unsubscribe')
export const unsubscribed = (from: string, to: string = BOT): string => presence(from, to, 'unsubscribed')
export const probe = (from: string, to: string = BOT): string => presence(from, to, 'probe')
export const unavailable = (from: string, to: string = BOT): string => presence(from, to, 'unavailable')
