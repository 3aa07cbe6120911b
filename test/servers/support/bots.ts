import { expect, onTestFinished } from 'vitest'
import {
  MemoryStorage,
  type OwnerRoster,
  Roster,
  type RosterErrorCode,
  type RosterOptions,
  type RosterStorage,
  type SubscriptionState,
} from '../../../src/index.js'
import { connectComponent, cut, stopEntity } from './connect.js'
import type { TestComponent } from './entity.js'
import { type Human, presences } from './human.js'
import { MortalStorage } from './mortal.js'
import { type Recording, record, until } from './record.js'
import type { TestedServer } from './types.js'

/** A component whose rosters are ours. */
export interface Bots {
  readonly roster: Roster
  readonly entity: TestComponent
  readonly log: Recording
  /** What it stores in; another can go on with it. */
  readonly storage: RosterStorage
  /** Presences that an owner sent to a contact, or got from it, since `log.clear()`. */
  said(owner: string, contact?: string): readonly string[]
  heard(owner: string, contact: string): readonly string[]
  /** Waits until an owner holds a contact in this state. */
  until(owner: string, contact: string, state: SubscriptionState): Promise<unknown>
  /** Ends it in an orderly way. */
  stop(options?: { readonly announce?: boolean }): Promise<void>
  /** It dies at once: nothing is sent, announced or stored any more. */
  die(): Promise<void>
}

export interface BotOptions extends RosterOptions {
  readonly reconnect?: number | false
  /** Errors that the test provokes; any other fails it. */
  readonly expected?: readonly RosterErrorCode[]
}

/** Connects a component, and fails the test if its rosters meet an error that was not provoked. */
export const connectBots = async (server: TestedServer, options: BotOptions = {}): Promise<Bots> => {
  const { reconnect = 100, expected = [], storage = new MemoryStorage(), ...rosterOptions } = options
  const mortal = new MortalStorage(storage)
  const made: { roster: Roster; log: Recording }[] = []
  const entity = await connectComponent(server, {
    reconnect,
    before: (component) =>
      void made.push({ log: record(component), roster: new Roster(component, { ...rosterOptions, storage: mortal }) }),
  })
  const { roster, log } = made[0] as { roster: Roster; log: Recording }
  const errors: string[] = []
  roster.on('error', ({ code, message }) => void (expected.includes(code) || errors.push(`${code} ${message}`)))
  onTestFinished(() => expect(errors).toEqual([]))
  return {
    roster,
    entity,
    log,
    storage,
    said: (owner, contact) => presences(log, 'out', owner, contact),
    heard: (owner, contact) => presences(log, 'in', contact, owner),
    until: (owner, contact, state) =>
      until(() => roster.get(owner)?.state(contact) === state, `${owner} holds ${contact} as ${state}`),
    stop: async (how) => {
      await roster.close(how)
      await stopEntity(entity)
    },
    die: async () => {
      mortal.die()
      entity.reconnect.stop()
      cut(entity)
      await stopEntity(entity)
    },
  }
}

/** What a contact's server shows of an owner that holds the contact in this state: the same, from the other side. */
const MIRROR: Readonly<Record<SubscriptionState, string>> = {
  none: 'none',
  'none+out': 'none',
  'none+in': 'none+out',
  'none+out+in': 'none+out',
  to: 'from',
  'to+in': 'from+out',
  from: 'to',
  'from+out': 'to',
  both: 'both',
}

/** Both sides hold the same, and it is this. */
export const expectAgreed = async (owner: OwnerRoster, person: Human, state: SubscriptionState): Promise<void> => {
  expect(owner.state(person.jid)).toBe(state)
  expect(await person.sees(owner.owner)).toBe(MIRROR[state])
}

/** Brings an owner and a human into a state of RFC 6121 appendix A.1 by what the two say. The owner decides nothing by itself. */
export const bringInto = async (
  state: SubscriptionState,
  bots: Bots,
  owner: OwnerRoster,
  person: Human,
): Promise<void> => {
  const bot = owner.owner
  if (!['none', 'none+out', 'none+out+in', 'none+in'].includes(state)) await granted(state, bots, owner, person)
  if (state.includes('+in')) {
    await person.says('subscribe', bot)
    await until(() => owner.requests().some(({ contact }) => contact === person.jid), `${bot} is asked`)
  }
  if (state.includes('+out')) {
    await owner.subscribe(person.jid)
    await person.hearing(bot, 'subscribe')
  }
  if (state === 'none') await owner.update(person.jid, { name: 'Somebody' })
  await bots.until(bot, person.jid, state)
}

const granted = async (state: SubscriptionState, bots: Bots, owner: OwnerRoster, person: Human): Promise<void> => {
  const bot = owner.owner
  if (state.startsWith('to') || state === 'both') {
    await owner.subscribe(person.jid)
    await person.hearing(bot, 'subscribe')
    await person.says('subscribed', bot)
    await bots.until(bot, person.jid, 'to')
  }
  if (state.startsWith('from') || state === 'both') {
    await person.says('subscribe', bot)
    await until(() => owner.requests().some(({ contact }) => contact === person.jid), `${bot} is asked`)
    await owner.authorize(person.jid)
    await person.hearing(bot, 'subscribed')
  }
}
