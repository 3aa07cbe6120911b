import { expect, test } from 'vitest'
import { Roster } from '../../src/index.js'
import { manualClock } from '../../src/testing/clock.js'
import { EventLog } from '../support/event-log.js'
import { ACCOUNT, element, FakeClient, item, OFFERS, turn } from '../support/fake-client.js'

const GET = '<iq type="get"><query xmlns="jabber:iq:roster"/></iq>'

test('the roster is asked for first, and the initial presence follows its answer (RFC 6121 §2.2, promise 13)', async () => {
  const juliet = new FakeClient()
  new Roster(juliet.entity)
  juliet.online()
  await turn()
  expect(juliet.said()).toEqual([GET])

  juliet.answer(item('romeo@example.net', 'both'))
  await turn()
  expect(juliet.said()).toEqual(['<presence/>'])
})

test('an application that has announced itself is not announced again (promise 13)', async () => {
  const juliet = new FakeClient()
  new Roster(juliet.entity)
  juliet.online()
  await turn()
  await juliet.entity.send(element('<presence><show>dnd</show></presence>'))
  juliet.answer('')
  await turn()
  expect(juliet.said()).toEqual([GET, '<presence><show>dnd</show></presence>'])
})

test('presence that goes to one room or contact is no announcement (LP6)', async () => {
  const juliet = new FakeClient()
  new Roster(juliet.entity)
  juliet.online()
  await turn()
  await juliet.entity.send(element('<presence to="hall@rooms.example/juliet"/>'))
  juliet.answer('')
  await turn()
  expect(juliet.said().at(-1)).toBe('<presence/>')
})

test('each session announces anew: what was said in the former one does not count (LP5, LP6)', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  await juliet.login()
  await roster.own.sendPresence({ show: 'away' })
  juliet.stop()
  juliet.sent()
  juliet.online()
  await turn()
  juliet.answer('')
  await turn()
  expect(juliet.said()).toEqual([GET, '<presence/>'])
})

test.each([
  ['an object', { show: 'away', status: 'brb', priority: 5 } as const],
  ['a function', () => ({ show: 'away', status: 'brb', priority: 5 }) as const],
  ['a function that takes its time', async () => ({ show: 'away', status: 'brb', priority: 5 }) as const],
])('the initial presence can be given as %s', async (_what, wanted) => {
  const juliet = new FakeClient()
  new Roster(juliet.entity, { presence: wanted })
  juliet.online()
  await turn()
  juliet.answer('')
  await turn()
  expect(juliet.said().at(-1)).toBe('<presence><show>away</show><priority>5</priority><status>brb</status></presence>')
})

test.each([
  ['false', false as const],
  ['a function that says false', () => false as const],
])('the application sends its own presence: %s', async (_what, wanted) => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity, { presence: wanted })
  juliet.online()
  await turn()
  juliet.answer('')
  await turn()
  expect(juliet.said()).toEqual([GET])
  expect(roster.own.loaded).toBe(true)
})

test('a presence function that throws is an error, and nothing is announced (promise 26)', async () => {
  const juliet = new FakeClient()
  const presence = (): never => {
    throw new Error('no idea')
  }
  const roster = new Roster(juliet.entity, { presence })
  const log = new EventLog(roster)
  juliet.online()
  await turn()
  juliet.answer('')
  await turn()
  expect(juliet.said()).toEqual([GET])
  expect(log.of('error')).toMatchObject([{ code: 'LISTENER_FAILED', owner: ACCOUNT, cause: new Error('no idea') }])
  expect(juliet.errors).toEqual([])
})

test('a presence that was thought about for too long is not announced in the next session', async () => {
  const juliet = new FakeClient()
  const waiting: ((show: { show: 'away' | 'dnd' }) => void)[] = []
  new Roster(juliet.entity, { presence: () => new Promise((resolve) => waiting.push(resolve)) })
  await juliet.login()
  juliet.stop()
  await juliet.login()
  waiting[0]?.({ show: 'away' })
  await turn()
  expect(juliet.said()).toEqual([])
  waiting[1]?.({ show: 'dnd' })
  await turn()
  expect(juliet.said()).toEqual(['<presence><show>dnd</show></presence>'])
})

test('a roster that is created in a running session begins at once', async () => {
  const juliet = new FakeClient()
  juliet.online()
  const roster = new Roster(juliet.entity)
  await turn()
  expect(juliet.said()).toEqual([GET])
  juliet.answer(item('romeo@example.net', 'both'))
  await turn()
  expect([...roster.own.keys()]).toEqual(['romeo@example.net'])
})

test('where the session begins before the features, they are waited for (SASL2, promise 13)', async () => {
  const juliet = new FakeClient()
  new Roster(juliet.entity, { clock: manualClock() })
  juliet.online('later')
  await turn()
  expect(juliet.said()).toEqual([])
  juliet.features([OFFERS.ver])
  await turn()
  expect(juliet.said()).toEqual(['<iq type="get"><query xmlns="jabber:iq:roster" ver=""/></iq>'])
})

test('features that never come are waited for no longer than two seconds (promise 13)', async () => {
  const juliet = new FakeClient()
  const clock = manualClock()
  new Roster(juliet.entity, { clock })
  juliet.online('later')
  await clock.advance(1_999)
  expect(juliet.said()).toEqual([])
  await clock.advance(1)
  expect(juliet.said()).toEqual([GET])
})

test('a session that ends while features are waited for asks for nothing', async () => {
  const juliet = new FakeClient()
  const clock = manualClock()
  new Roster(juliet.entity, { clock })
  juliet.online('later')
  juliet.stop()
  await clock.advance(10_000)
  expect(juliet.said()).toEqual([])
})

test('before the account is known there is an empty roster without an owner', () => {
  const juliet = new FakeClient()
  Object.assign(juliet.entity, { jid: null })
  const roster = new Roster(juliet.entity)
  expect(() => roster.own.owner).toThrow(expect.objectContaining({ code: 'NOT_CONNECTED' }))
  expect([roster.size, roster.own.size, roster.own.loaded, roster.own.version]).toEqual([0, 0, false, undefined])
  expect(roster.own.state('romeo@example.net')).toBe('none')
  expect(roster.own.presence('romeo@example.net').available).toBe(false)
})

test('a client has one owner, and its roster is the same object for good', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  const { own } = roster
  await juliet.login()
  juliet.stop()
  await juliet.login()
  expect(roster.own).toBe(own)
  expect([...roster]).toEqual([[ACCOUNT, own]])
  expect([roster.get('Juliet@EXAMPLE.com/balcony'), roster.get('romeo@example.net')]).toEqual([own, undefined])
})
