import { Roster, type RosterOptions } from '../../src/index.js'
import { type ManualClock, manualClock } from '../../src/testing/clock.js'
import { EventLog } from '../support/event-log.js'
import { FakeClient } from '../support/fake-client.js'

export const ROMEO = 'romeo@example.net'
export const NURSE = 'nurse@example.com'

/** Juliet's client, her roster, and all that it tells. */
export interface Given {
  readonly juliet: FakeClient
  readonly roster: Roster
  readonly log: EventLog
  readonly clock: ManualClock
}

/** Not logged in yet; everything that is told is in the log. */
export function created(options: RosterOptions = {}): Given {
  const juliet = new FakeClient()
  const clock = manualClock(1_000)
  const roster = new Roster(juliet.entity, { clock, ...options })
  return { juliet, roster, log: new EventLog(roster), clock }
}

/** Logged in with these items; nothing of it is left in the log. */
export async function loggedIn(items = '', options: RosterOptions = {}, version?: string): Promise<Given> {
  const given = created(options)
  await given.juliet.login(items, version)
  given.log.take()
  return given
}
