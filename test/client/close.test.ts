import { expect, test } from 'vitest'
import { Roster, type RosterEvent } from '../../src/index.js'
import { manualClock } from '../../src/testing/clock.js'
import { EventLog } from '../support/event-log.js'
import { ACCOUNT, element, FakeClient, item, presence, push, turn } from '../support/fake-client.js'

const ROMEO = 'romeo@example.net'
const EVENTS = ['stanza', 'nonza', 'element', 'send', 'status', 'open', 'online', 'disconnect', 'offline', 'error']

const listeners = (juliet: FakeClient): readonly number[] => [
  ...EVENTS.map((event) => juliet.entity.listenerCount(event)),
  juliet.entity.streamManagement.listenerCount('resumed'),
]

test('after close no listener is left, and no timer waits (promise 26)', async () => {
  const juliet = new FakeClient()
  const before = listeners(juliet)
  const clock = manualClock()
  const roster = new Roster(juliet.entity, { clock, autoAuthorize: () => new Promise(() => undefined) })
  await juliet.login(item(ROMEO, 'both'))
  expect(listeners(juliet)).not.toEqual(before)
  const updated = expect(roster.own.update(ROMEO, { name: 'R' })).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
  await turn()
  await roster.close()
  await updated
  expect(listeners(juliet)).toEqual(before)
  expect(clock.waiting).toBe(0)
})

test.each([
  ['while the roster is open', false],
  ['after it was closed', true],
])('a push into a stream that is closing, %s, is no error of the connection (promise 26)', async (_, isClosed) => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  await juliet.login()
  juliet.said()
  if (isClosed) await roster.close()
  juliet.entity._status('closing')
  juliet.receive(push(item(ROMEO, 'both')))
  await turn()
  expect([juliet.said(), juliet.errors]).toEqual([[], []])
})

test('after close pushes are somebody else’s: ours steps aside (promise 26)', async () => {
  const juliet = new FakeClient()
  const first = new Roster(juliet.entity)
  await juliet.login()
  await first.close()
  juliet.receive(push(item(ROMEO, 'both')))
  await turn()
  expect(first.own.size).toBe(0)
  expect(juliet.said()[0]).toContain('service-unavailable')

  const second = new Roster(juliet.entity)
  await turn()
  juliet.answer('')
  await turn()
  juliet.sent()
  juliet.receive(push(item(ROMEO, 'both')))
  await turn()
  expect([...second.own.keys()]).toEqual([ROMEO])
  expect(juliet.sent().map((stanza) => stanza.attrs['type'])).toEqual(['result'])
})

test('after close nothing is told, sent or taken (promise 26)', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  await juliet.login(item(ROMEO, 'both'))
  await roster.close()
  const log = new EventLog(roster)
  juliet.receive(presence(`${ROMEO}/orchard`), presence(ROMEO, 'subscribe'))
  juliet.stop()
  juliet.online()
  await turn()
  expect([log.take(), juliet.said()]).toEqual([[], []])
})

test('after close everything rejects with CLOSED', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  await juliet.login(item(ROMEO, 'both'))
  await roster.close()
  const { own } = roster
  const calls = [
    own.update(ROMEO, { name: 'x' }),
    own.remove(ROMEO),
    own.subscribe(ROMEO),
    own.unsubscribe(ROMEO),
    own.authorize(ROMEO),
    own.preapprove(ROMEO),
    own.unauthorize(ROMEO),
    own.sendPresence(),
    own.resync(),
    roster.open(ACCOUNT),
    roster.ready(),
    roster.send(element('<presence/>')),
  ]
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'CLOSED' })
  expect(() => roster.events()).toThrow(expect.objectContaining({ code: 'CLOSED' }))
})

test('closing takes everybody offline, and again does nothing', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  await juliet.login(item(ROMEO, 'both'))
  juliet.receive(presence(`${ROMEO}/orchard`))
  const log = new EventLog(roster)
  await Promise.all([roster.close(), roster.close()])
  await roster[Symbol.asyncDispose]()
  expect(log.take()).toEqual([`presence ${ROMEO}/orchard left`, `offline ${ROMEO}`])
})

test('closing before the first session, and while the roster is on its way', async () => {
  for (const isOnline of [false, true]) {
    const juliet = new FakeClient()
    const roster = new Roster(juliet.entity)
    if (isOnline) juliet.online()
    await turn()
    await roster.close()
    if (isOnline) juliet.answer(item(ROMEO, 'both'))
    await turn()
    expect(juliet.written.filter((stanza) => stanza.is('presence'))).toEqual([])
  }
})

test('streams of events end with the roster; what waits in them can still be read', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  await juliet.login(item(ROMEO, 'both'))
  const stream = roster.events({ types: ['online', 'offline'] })
  juliet.receive(presence(`${ROMEO}/orchard`))
  await roster.close()
  const told: RosterEvent['type'][] = []
  for await (const { type } of stream) told.push(type)
  expect(told).toEqual(['online', 'offline'])
})

test('a stream that nobody reads ends with an error at its limit, and the roster goes on', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  await juliet.login(item(ROMEO, 'both'))
  const stream = roster.events({ limit: 2 })
  juliet.receive(presence(`${ROMEO}/a`), presence(`${ROMEO}/b`), presence(`${ROMEO}/c`))
  await expect(stream.next()).rejects.toMatchObject({ code: expect.any(String) })
  expect((await stream.next()).done).toBe(true)
  expect(roster.own.presence(ROMEO).resources.size).toBe(3)
})

test('a stream ends by its signal, or when its reader leaves', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  await juliet.login(item(ROMEO, 'both'))
  const abort = new AbortController()
  const aborted = expect(roster.events({ signal: abort.signal }).next()).rejects.toThrow('enough')
  abort.abort(new Error('enough'))
  await aborted
  const stream = roster.events()
  juliet.receive(presence(`${ROMEO}/a`))
  for await (const { type } of stream) {
    expect(type).toBe('online')
    break
  }
  expect((await stream.next()).done).toBe(true)
})

test('a listener that throws, or rejects, is an error; the others hear it all (promise 26)', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  const heard: string[] = []
  roster.on('online', () => {
    throw new Error('oops')
  })
  roster.on('online', async () => Promise.reject(new Error('later')))
  roster.on('online', ({ contact }) => heard.push(contact))
  const errors: unknown[] = []
  roster.on('error', (error) => errors.push(error))
  await juliet.login(item(ROMEO, 'both'))
  juliet.receive(presence(`${ROMEO}/a`))
  await turn()
  expect(heard).toEqual([ROMEO])
  expect(errors).toMatchObject([
    { code: 'LISTENER_FAILED', cause: new Error('oops') },
    { code: 'LISTENER_FAILED', cause: new Error('later') },
  ])
  expect(juliet.errors).toEqual([])
})

test('a stanza that cannot be written is NOT_CONNECTED, never an error of the connection (promise 26)', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  await juliet.login(item(ROMEO, 'both'))
  juliet.breakSocket(new Error('EPIPE'))
  for (const call of [roster.own.subscribe(ROMEO), roster.own.update(ROMEO, { name: 'x' }), roster.own.resync()]) {
    await expect(call).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
  }
  expect(juliet.errors).toEqual([])
})
