import { onTestFinished } from 'vitest'
import { type OwnerRoster, Roster, type RosterStorage } from '../../../src/index.js'
import { EventLog } from '../../support/event-log.js'
import { FakeComponent } from '../../support/fake-component.js'
import { eventually } from './support.js'

const DOMAIN = 'bots.example'
export const BOT = `bot@${DOMAIN}`
export const ROMEO = 'romeo@home.example'

/** One process of a component, online, in real time. */
export interface Process {
  readonly fake: FakeComponent
  readonly roster: Roster
  readonly bot: OwnerRoster
  readonly log: EventLog
}

export async function start(storage: RosterStorage): Promise<Process> {
  const fake = new FakeComponent(DOMAIN)
  const roster = new Roster(fake.entity, { storage, presence: false })
  const log = new EventLog(roster)
  onTestFinished(() => roster.close({ announce: false }))
  fake.online()
  const bot = await roster.open(BOT)
  log.take()
  return { fake, roster, bot, log }
}

/** Resolves with what was told once it is at least so much. */
export async function told({ log }: Process, count: number): Promise<readonly string[]> {
  const words: string[] = []
  await eventually(`${count} events`, async () => words.push(...log.take()) >= count)
  return words
}
