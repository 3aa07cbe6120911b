import { expect, test } from 'vitest'
import { ACCOUNT, element, item, presence, push, turn } from '../support/fake-client.js'
import { type Given, loggedIn as login, ROMEO } from './stage.js'

const loggedIn = (items = ''): Promise<Given> => login(items)

const ask = ' ask="subscribe"'
const asking = item(ROMEO, 'none', ask)

interface Row {
  readonly what: string
  readonly items: string
  readonly stanza: 'subscribed' | 'unsubscribed' | 'unsubscribe'
  readonly pushed: string
  readonly before: string
  readonly after: string
}

const ROWS: readonly Row[] = [
  { what: 'granted', items: asking, stanza: 'subscribed', pushed: item(ROMEO, 'to'), before: 'none+out', after: 'to' },
  {
    what: 'granted to one who had granted',
    items: item(ROMEO, 'from', ask),
    stanza: 'subscribed',
    pushed: item(ROMEO, 'both'),
    before: 'from+out',
    after: 'both',
  },
  { what: 'denied', items: asking, stanza: 'unsubscribed', pushed: item(ROMEO), before: 'none+out', after: 'none' },
  {
    what: 'cancelled',
    items: item(ROMEO, 'both'),
    stanza: 'unsubscribed',
    pushed: item(ROMEO, 'from'),
    before: 'both',
    after: 'from',
  },
  {
    what: 'given up',
    items: item(ROMEO, 'both'),
    stanza: 'unsubscribe',
    pushed: item(ROMEO, 'to'),
    before: 'both',
    after: 'to',
  },
]

const eventOf = (row: Row): object => ({ owner: ACCOUNT, contact: ROMEO, previous: row.before, status: 'why' })

test.each(ROWS)(
  '$what, stanza first: the stanza applies at once and the push says nothing new (promise 12)',
  async (row) => {
    const { juliet, roster, log } = await loggedIn(row.items)
    juliet.receive(presence(ROMEO, row.stanza, '<status>why</status>'))
    await turn()
    expect(roster.own.state(ROMEO)).toBe(row.after)
    expect(log.of(row.stanza)).toMatchObject([eventOf(row)])
    expect(log.take()).toEqual([
      `updated ${ROMEO}`,
      `${ROMEO} ${row.before} > ${row.after} by stanza`,
      `${row.stanza} ${ROMEO}, was ${row.before}`,
    ])
    juliet.receive(push(row.pushed))
    await turn()
    expect(log.take()).toEqual([])
  },
)

test.each(ROWS)(
  '$what, push first: the push changes the state and the stanza is the event (promise 12)',
  async (row) => {
    const { juliet, roster, log } = await loggedIn(row.items)
    juliet.receive(push(row.pushed))
    await turn()
    expect(roster.own.state(ROMEO)).toBe(row.after)
    expect(log.take()).toEqual([`updated ${ROMEO}`, `${ROMEO} ${row.before} > ${row.after} by push`])
    juliet.receive(presence(ROMEO, row.stanza, '<status>why</status>'))
    await turn()
    expect(log.of(row.stanza)).toMatchObject([eventOf(row)])
    expect(log.take()).toEqual([`${row.stanza} ${ROMEO}, was ${row.before}`])
  },
)

test.each(ROWS)('$what, both in one packet: one event either way (promise 12)', async (row) => {
  for (const order of ['stanza first', 'push first']) {
    const { juliet, roster, log } = await loggedIn(row.items)
    const packet = [presence(ROMEO, row.stanza), push(row.pushed)]
    juliet.receive(...(order === 'push first' ? packet.reverse() : packet))
    await turn()
    expect(log.of(row.stanza)).toHaveLength(1)
    expect(log.of('transition')).toHaveLength(1)
    expect(roster.own.state(ROMEO)).toBe(row.after)
  }
})

test.each(ROWS)('$what, and repeated: a repeat is no event (promises 3 and 12)', async (row) => {
  const { juliet, log } = await loggedIn(row.items)
  juliet.receive(push(row.pushed), presence(ROMEO, row.stanza))
  await turn()
  log.take()
  juliet.receive(presence(ROMEO, row.stanza), presence(ROMEO, row.stanza), push(row.pushed))
  await turn()
  expect(log.take()).toEqual([])
})

test.each(['subscribed', 'unsubscribed', 'unsubscribe'])(
  'a stray "%s" of a stranger changes nothing (SM13, promise 3)',
  async (type) => {
    const { juliet, roster, log } = await loggedIn()
    juliet.receive(presence('mallory@example.org', type))
    await turn()
    expect([log.take(), roster.own.size, juliet.said()]).toEqual([[], 0, []])
  },
)

test('a stanza that comes more than 30 seconds after its push is a repeat (promise 12)', async () => {
  const { juliet, log, clock } = await loggedIn(asking)
  juliet.receive(push(item(ROMEO, 'to')))
  await clock.advance(30_001)
  log.take()
  juliet.receive(presence(ROMEO, 'subscribed'))
  await turn()
  expect(log.take()).toEqual([])
})

test('a stanza that comes 30 seconds after its push still explains it (promise 12)', async () => {
  const { juliet, log, clock } = await loggedIn(asking)
  juliet.receive(push(item(ROMEO, 'to')))
  await clock.advance(30_000)
  log.take()
  juliet.receive(presence(ROMEO, 'subscribed'))
  await turn()
  expect(log.take()).toEqual([`subscribed ${ROMEO}, was none+out`])
})

test('losing "to" ends the presence at once, whichever comes first (ME7, SM2, promise 6)', async () => {
  for (const packet of [presence(ROMEO, 'unsubscribed'), push(item(ROMEO, 'from'))]) {
    const { juliet, roster, log } = await loggedIn(item(ROMEO, 'both'))
    juliet.receive(presence(`${ROMEO}/orchard`))
    log.take()
    juliet.receive(packet)
    await turn()
    expect(roster.own.presence(ROMEO).available).toBe(false)
    expect(log.take().slice(-2)).toEqual([`presence ${ROMEO}/orchard left`, `offline ${ROMEO}`])
  }
})

test('the own "unsubscribe" leaves no mark: a stray "unsubscribed" after it is no event (promise 12)', async () => {
  const { juliet, roster, log } = await loggedIn(item(ROMEO, 'both'))
  await roster.own.unsubscribe(ROMEO)
  juliet.receive(push(item(ROMEO, 'from')))
  await turn()
  expect(log.take()).toEqual([`updated ${ROMEO}`, `${ROMEO} both > from by push`])
  juliet.receive(presence(ROMEO, 'unsubscribed'))
  await turn()
  expect(log.take()).toEqual([])
})

test('the own "unsubscribed" leaves no mark: a stray "unsubscribe" after it is no event (promise 12)', async () => {
  const { juliet, roster, log } = await loggedIn(item(ROMEO, 'both'))
  expect(await roster.own.unauthorize(ROMEO)).toBe(true)
  juliet.receive(push(item(ROMEO, 'to')))
  await turn()
  log.take()
  juliet.receive(presence(ROMEO, 'unsubscribe'))
  await turn()
  expect(log.take()).toEqual([])
})

test('an own "unsubscribe" that was sent past the roster leaves no mark either (promise 12)', async () => {
  const { juliet, log } = await loggedIn(item(ROMEO, 'both'))
  await juliet.entity.send(element(`<presence to="${ROMEO}" type="unsubscribe"/>`))
  juliet.receive(push(item(ROMEO, 'from')), presence(ROMEO, 'unsubscribed'))
  await turn()
  expect(log.of('unsubscribed')).toEqual([])
})

test('an own command of long ago excuses nothing: the contact’s doing is an event again (promise 12)', async () => {
  const { juliet, roster, log, clock } = await loggedIn(item(ROMEO, 'to'))
  await roster.own.unsubscribe(ROMEO)
  // The server did nothing with it.
  await clock.advance(30_001)
  juliet.receive(push(item(ROMEO)), presence(ROMEO, 'unsubscribed'))
  await turn()
  expect(log.of('unsubscribed')).toMatchObject([{ contact: ROMEO, previous: 'to' }])
})

test('removing a contact leaves no mark (promise 12)', async () => {
  const { juliet, roster, log } = await loggedIn(item(ROMEO, 'both'))
  const removed = roster.own.remove(ROMEO)
  await turn()
  juliet.receive(push(item(ROMEO, 'remove')))
  juliet.accept()
  expect(await removed).toBe(true)
  log.take()
  juliet.receive(presence(ROMEO, 'unsubscribe'), presence(ROMEO, 'unsubscribed'))
  await turn()
  expect(log.take()).toEqual([])
})

test('marks do not outlive their session', async () => {
  const { juliet, log } = await loggedIn(asking)
  juliet.receive(push(item(ROMEO, 'to')))
  await turn()
  juliet.stop()
  await juliet.login(item(ROMEO, 'to'))
  log.take()
  juliet.receive(presence(ROMEO, 'subscribed'))
  await turn()
  expect(log.take()).toEqual([])
})

test('subscription stanzas from a full JID are the bare one’s (JID2)', async () => {
  const { juliet, roster } = await loggedIn(asking)
  juliet.receive(presence('Romeo@Example.net/orchard', 'subscribed'))
  await turn()
  expect(roster.own.state(ROMEO)).toBe('to')
})
