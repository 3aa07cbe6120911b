import { expect, test } from 'vitest'
import { MemoryStorage, Roster, type RosterOptions, type RosterStorage } from '../../src/index.js'
import { type ManualClock, manualClock } from '../../src/testing/clock.js'
import { EventLog } from '../support/event-log.js'
import { FakeClient, item, presence, push, SESSION, turn } from '../support/fake-client.js'

const ROMEO = 'romeo@example.net'
const NURSE = 'nurse@example.com'

interface Given {
  readonly juliet: FakeClient
  readonly roster: Roster
  readonly log: EventLog
  readonly clock: ManualClock
}

const items = item(ROMEO, 'both') + item(NURSE, 'both')

/** Romeo is there twice, the nurse once. */
const loggedIn = async (options: RosterOptions = {}): Promise<Given> => {
  const juliet = new FakeClient()
  const clock = manualClock()
  const roster = new Roster(juliet.entity, { clock, autoAuthorize: null, ...options })
  const log = new EventLog(roster)
  await juliet.login(items, 'v1')
  juliet.receive(presence(`${ROMEO}/a`), presence(`${ROMEO}/b`), presence(`${NURSE}/c`))
  log.take()
  return { juliet, roster, log, clock }
}

const EVERYBODY_LEFT = [
  `presence ${ROMEO}/a left`,
  `presence ${ROMEO}/b left`,
  `offline ${ROMEO}`,
  `presence ${NURSE}/c left`,
  `offline ${NURSE}`,
]

test('a session that ends takes everybody offline: one presence for each resource, one "offline" for each contact (ME8, promise 13)', async () => {
  const { juliet, roster, log } = await loggedIn()
  juliet.stop()
  await turn()
  expect(log.of('offline')).toMatchObject([
    { contact: ROMEO, resource: undefined, stanza: undefined },
    { contact: NURSE, resource: undefined, stanza: undefined },
  ])
  expect(log.take()).toEqual(EVERYBODY_LEFT)
  expect([roster.own.loaded, roster.own.size, roster.own.presence(ROMEO).available]).toEqual([false, 2, false])
})

test('a connection that is cut without resumption ends the session at once', async () => {
  const { juliet, log } = await loggedIn()
  juliet.cut()
  await turn()
  expect(log.take()).toEqual(EVERYBODY_LEFT)
})

test('a connection that is cut and may be resumed keeps everything (ME9, promise 13)', async () => {
  const { juliet, roster, log, clock } = await loggedIn()
  juliet.receive(presence('paris@example.org', 'subscribe'))
  await turn()
  log.take()
  juliet.cut({ max: '60' })
  await clock.advance(59_999)
  expect([log.take(), roster.own.presence(ROMEO).resources.size, roster.own.requests().length]).toEqual([[], 2, 1])

  juliet.sent()
  juliet.resume()
  await clock.advance(600_000)
  expect([log.take(), juliet.said(), roster.own.loaded]).toEqual([[], [], true])
  juliet.receive(presence(`${NURSE}/c`, 'unavailable'))
  expect(log.take()).toEqual([`presence ${NURSE}/c left`, `offline ${NURSE}`])
})

test.each([
  [{ max: '60' }, 60_000],
  [{}, 600_000],
])('a session that was not resumed in time is over (%o, promise 13)', async (resumable, ms) => {
  const { juliet, roster, log, clock } = await loggedIn()
  juliet.cut(resumable)
  await clock.advance(ms - 1)
  expect(log.take()).toEqual([])
  await clock.advance(1)
  expect(log.take()).toEqual(EVERYBODY_LEFT)
  expect(roster.own.loaded).toBe(false)
})

test('a new session instead of a resumed one ends the former one, once (promise 13)', async () => {
  const { juliet, roster, log, clock } = await loggedIn()
  juliet.cut({ max: '60' })
  juliet.online([], `${SESSION}2`)
  expect(log.take()).toEqual(EVERYBODY_LEFT)
  await turn()
  juliet.answer(items, 'v1')
  await clock.advance(600_000)
  expect(log.take()).toEqual(['loaded 2 items'])
  expect(roster.own.presence(ROMEO).available).toBe(false)
})

test('what waits for an answer when the session ends is NOT_CONNECTED (promise 13)', async () => {
  const { juliet, roster } = await loggedIn()
  const waiting = [roster.own.update(ROMEO, { name: 'R' }), roster.own.remove(NURSE), roster.own.resync()]
  const outcome = Promise.allSettled(waiting)
  await turn()
  juliet.stop()
  for (const one of await outcome) expect(one).toMatchObject({ status: 'rejected', reason: { code: 'NOT_CONNECTED' } })
  expect([...roster.own.keys()]).toEqual([ROMEO, NURSE])
})

test('what waits for its turn when the session ends is NOT_CONNECTED, and is not sent in the next one', async () => {
  const { juliet, roster } = await loggedIn()
  const outcome = Promise.allSettled([roster.own.update(ROMEO, { name: 'R' }), roster.own.update(ROMEO, { name: 'S' })])
  await turn()
  juliet.stop()
  for (const one of await outcome) expect(one).toMatchObject({ reason: { code: 'NOT_CONNECTED' } })
  await juliet.login(items)
  expect(juliet.said()).toEqual([])
})

test('what waits while a session is resumed is answered then', async () => {
  const { juliet, roster } = await loggedIn()
  const updated = roster.own.update(ROMEO, { name: 'R' })
  await turn()
  juliet.cut({ max: '60' })
  juliet.resume()
  juliet.accept()
  expect(await updated).toMatchObject({ name: 'R' })
})

test('an answer of the former session does not count in the new one', async () => {
  const { juliet, roster } = await loggedIn()
  const outcome = roster.own.update(ROMEO, { name: 'R' }).catch((error: unknown) => error)
  await turn()
  juliet.stop()
  await outcome
  await juliet.login(items)
  juliet.accept()
  await turn()
  expect(roster.own.get(ROMEO)?.name).toBeUndefined()
})

test('the own other resources end with the session', async () => {
  const { juliet, roster } = await loggedIn()
  juliet.receive(presence('juliet@example.com/orchard'))
  expect(roster.own.resources.size).toBe(1)
  juliet.stop()
  expect(roster.own.resources.size).toBe(0)
})

test('"disconnect" and "offline" together end a session once', async () => {
  const { juliet, log } = await loggedIn()
  juliet.cut()
  juliet.stop()
  await turn()
  expect(log.take()).toEqual(EVERYBODY_LEFT)
})

// — what was being stored when the session ended —

/** A storage whose commits wait for a word. */
const slow = (): { readonly storage: RosterStorage; release(): Promise<void>; hold: boolean } => {
  const kept = new MemoryStorage()
  const waiting: (() => void)[] = []
  const state = {
    hold: false,
    storage: {
      load: (owner: string) => kept.load(owner),
      owners: () => kept.owners(),
      async commit(owner: string, change: Parameters<RosterStorage['commit']>[1]) {
        if (state.hold) await new Promise<void>((resolve) => waiting.push(resolve))
        await kept.commit(owner, change)
      },
    },
    async release() {
      state.hold = false
      for (const go of waiting.splice(0)) go()
      await turn()
    },
  }
  return state
}

test('presence that waited behind a commit when its session ended takes nobody online (promise 13)', async () => {
  const slowly = slow()
  const { juliet, roster, log } = await loggedIn({ storage: slowly.storage })
  slowly.hold = true
  juliet.receive(push(item(NURSE, 'both', ' name="N"')), presence(`${ROMEO}/late`))
  juliet.stop()
  await slowly.release()
  expect(roster.own.presence(ROMEO).available).toBe(false)
  expect(log.of('online')).toEqual([])
})

test('a roster that is stored after its session ended is not loaded in the next one (promise 13)', async () => {
  const slowly = slow()
  const { juliet, roster } = await loggedIn({ storage: slowly.storage })
  juliet.stop()
  juliet.online()
  await turn()
  slowly.hold = true
  juliet.answer(item(ROMEO, 'both'), 'v2')
  juliet.stop()
  juliet.online()
  await slowly.release()
  expect(roster.own.loaded).toBe(false)
  await turn()
  juliet.answer(item(ROMEO, 'both'), 'v3')
  await turn()
  expect([roster.own.loaded, roster.own.version]).toEqual([true, 'v3'])
})

test('a request that waited behind a commit when its session ended is none of the next one (promise 12)', async () => {
  const slowly = slow()
  const { juliet, roster } = await loggedIn({ storage: slowly.storage })
  slowly.hold = true
  juliet.receive(push(item(NURSE, 'both', ' name="N"')), presence('paris@example.org', 'subscribe'))
  juliet.stop()
  await slowly.release()
  expect(roster.own.requests()).toEqual([])
  await juliet.login(items)
  expect(roster.own.requests()).toEqual([])
})

test('a roster get that timed out while the connection was cut is asked again when the session is resumed (promise 13)', async () => {
  const juliet = new FakeClient()
  const clock = manualClock()
  const roster = new Roster(juliet.entity, { clock, timeout: 5_000 })
  const log = new EventLog(roster)
  juliet.online()
  await turn()
  juliet.cut({ max: '60' })
  await clock.advance(5_000)
  expect(log.of('error')).toMatchObject([{ code: 'TIMED_OUT' }])
  juliet.sent()
  juliet.resume()
  await turn()
  juliet.answer(items)
  await turn()
  expect([roster.own.loaded, roster.own.size]).toEqual([true, 2])
})
