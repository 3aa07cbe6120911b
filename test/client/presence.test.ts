import { expect, test } from 'vitest'
import { Roster, type RosterOptions } from '../../src/index.js'
import { type ManualClock, manualClock } from '../../src/testing/clock.js'
import { EventLog } from '../support/event-log.js'
import { ACCOUNT, FakeClient, item, presence, push, SESSION, turn } from '../support/fake-client.js'

const ROMEO = 'romeo@example.net'
const ORCHARD = `${ROMEO}/orchard`
const GARDEN = `${ROMEO}/garden`

interface Given {
  readonly juliet: FakeClient
  readonly roster: Roster
  readonly log: EventLog
  readonly clock: ManualClock
}

const loggedIn = async (options: RosterOptions = {}): Promise<Given> => {
  const juliet = new FakeClient()
  const clock = manualClock(Date.parse('2025-01-01T12:00:00Z'))
  const roster = new Roster(juliet.entity, { clock, ...options })
  await juliet.login(item(ROMEO, 'both'))
  return { juliet, roster, log: new EventLog(roster), clock }
}

test('online, then every presence, then offline (ME10)', async () => {
  const { juliet, log } = await loggedIn()
  juliet.receive(
    presence(ORCHARD),
    presence(GARDEN, undefined, '<show>away</show>'),
    presence(ORCHARD, undefined, '<show>dnd</show>'),
    presence(ORCHARD, 'unavailable'),
    presence(GARDEN, 'unavailable'),
  )
  expect(log.take()).toEqual([
    `online ${ROMEO}`,
    `presence ${ORCHARD} available`,
    `presence ${GARDEN} away`,
    `presence ${ORCHARD} dnd`,
    `presence ${ORCHARD} left`,
    `presence ${GARDEN} left`,
    `offline ${ROMEO}`,
  ])
})

test('a presence is what RFC 6121 §4.7 says of it', async () => {
  const { juliet, roster } = await loggedIn()
  juliet.receive(presence(ORCHARD, undefined, '<show>xa</show><status>gone fishing</status><priority>-7</priority>'))
  expect(roster.own.presence(ROMEO).best).toEqual({
    jid: ORCHARD,
    resource: 'orchard',
    show: 'xa',
    status: 'gone fishing',
    priority: -7,
    since: new Date('2025-01-01T12:00:00Z'),
    extra: undefined,
  })
})

test.each([
  ['<priority>high</priority>', 0],
  ['<priority>128</priority>', 0],
  ['<priority>-129</priority>', 0],
  ['<priority>127</priority>', 127],
  ['<priority/>', 0],
])('%s is the priority %i (RFC 6121 §4.7.2.3)', async (xml, priority) => {
  const { juliet, roster } = await loggedIn()
  juliet.receive(presence(ORCHARD, undefined, xml))
  expect(roster.own.presence(ROMEO).best?.priority).toBe(priority)
})

test('a show that is none is plainly available', async () => {
  const { juliet, roster } = await loggedIn()
  juliet.receive(presence(ORCHARD, undefined, '<show>constructor</show>'))
  expect(roster.own.presence(ROMEO).best).toMatchObject({ show: undefined })
})

test('a stamp of XEP-0203 says since when; one that is none does not', async () => {
  const { juliet, roster } = await loggedIn()
  juliet.receive(
    presence(ORCHARD, undefined, '<delay xmlns="urn:xmpp:delay" stamp="2024-12-31T00:00:00Z"/>'),
    presence(GARDEN, undefined, '<delay xmlns="urn:xmpp:delay" stamp="yesterday"/>'),
  )
  const { resources } = roster.own.presence(ROMEO)
  expect(resources.get('orchard')?.since).toEqual(new Date('2024-12-31T00:00:00Z'))
  expect(resources.get('garden')?.since).toEqual(new Date('2025-01-01T12:00:00Z'))
})

test('the best resource: priority, then show, then the most recent (ME10)', async () => {
  const { juliet, roster, clock } = await loggedIn()
  const best = (): string | undefined => roster.own.presence(ROMEO).best?.resource
  juliet.receive(presence(`${ROMEO}/a`, undefined, '<show>dnd</show>'))
  await clock.advance(1_000)
  juliet.receive(presence(`${ROMEO}/b`, undefined, '<show>away</show>'))
  expect(best()).toBe('b')
  await clock.advance(1_000)
  juliet.receive(presence(`${ROMEO}/c`, undefined, '<show>away</show>'))
  expect(best()).toBe('c')
  juliet.receive(presence(`${ROMEO}/d`))
  expect(best()).toBe('d')
  juliet.receive(presence(`${ROMEO}/a`, undefined, '<show>dnd</show><priority>1</priority>'))
  expect(best()).toBe('a')
})

test('what only changes its priority is told (ME10)', async () => {
  const { juliet, log } = await loggedIn()
  juliet.receive(presence(ORCHARD), presence(ORCHARD, undefined, '<priority>1</priority>'))
  expect(log.of('presence')).toMatchObject([{}, { presence: { priority: 1 }, previous: { priority: 0 } }])
})

test('the same presence again is no event (promise 3)', async () => {
  const { juliet, log } = await loggedIn()
  const again = presence(ORCHARD, undefined, '<show>away</show><status>brb</status>')
  juliet.receive(again, again, again)
  expect(log.take()).toHaveLength(2)
})

test('unavailable of a resource that is not known is no event (ME5)', async () => {
  const { juliet, log } = await loggedIn()
  juliet.receive(presence(ORCHARD, 'unavailable'), presence(ORCHARD))
  log.take()
  juliet.receive(presence(GARDEN, 'unavailable'))
  expect(log.take()).toEqual([])
})

test('unavailable of the bare JID takes all resources offline (ME5, RFC 6121 §4.5.4)', async () => {
  const { juliet, roster, log } = await loggedIn()
  juliet.receive(presence(ORCHARD), presence(GARDEN))
  log.take()
  juliet.receive(presence(ROMEO, 'unavailable'))
  expect(log.take()).toEqual([`presence ${ORCHARD} left`, `presence ${GARDEN} left`, `offline ${ROMEO}`])
  expect(roster.own.presence(ROMEO)).toMatchObject({ available: false, best: undefined })
})

test('an error clears the resource that it comes from, an error of the bare JID the contact (ME6)', async () => {
  const { juliet, roster } = await loggedIn()
  const error = '<error type="cancel"><item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>'
  juliet.receive(presence(ORCHARD), presence(GARDEN), presence(ORCHARD, 'error', error))
  await turn()
  expect([...roster.own.presence(ROMEO).resources.keys()]).toEqual(['garden'])
  juliet.receive(presence(ROMEO, 'error', error))
  await turn()
  expect(roster.own.presence(ROMEO).available).toBe(false)
})

test('a request that comes back is told as "failed", with its condition (ME6)', async () => {
  const { juliet, roster, log } = await loggedIn()
  await roster.own.subscribe('nobody@nowhere.example')
  const [request] = juliet.sent()
  juliet.receive(
    `<presence type="error" from="nobody@nowhere.example" id="${request?.attrs['id']}"><error type="cancel"><remote-server-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></presence>`,
  )
  await turn()
  expect(log.take()).toEqual(['failed nobody@nowhere.example: remote-server-not-found'])
})

test('strangers, addresses that are none and unknown types go nowhere (ME1, ME14)', async () => {
  const { juliet, roster, log } = await loggedIn()
  juliet.receive(
    presence('mallory@example.org/x'),
    presence('@@/x'),
    presence(`${ROMEO}/x`, 'haunt'),
    presence(`${ROMEO}/x`, 'probe'),
    '<presence/>',
  )
  await turn()
  expect([log.take(), roster.own.size, roster.own.presence('mallory@example.org').available]).toEqual([[], 1, false])
})

test('what 5,000 strangers announce leaves nothing (ME1)', async () => {
  const { juliet, roster, log } = await loggedIn()
  juliet.receive(...Array.from({ length: 5_000 }, (_, i) => presence(`s${i}@example.org/x`)))
  expect([log.take(), roster.own.size, roster.counters['strangers']]).toEqual([[], 1, 5_000])
})

test('a chat room is no contact’s resource, listed or not (ME11)', async () => {
  const { juliet, roster, log } = await loggedIn()
  juliet.receive(push(item('hall@rooms.example', 'both')))
  await turn()
  log.take()
  const occupant = '<x xmlns="http://jabber.org/protocol/muc#user"><item affiliation="none" role="participant"/></x>'
  juliet.receive(presence('hall@rooms.example/tybalt', undefined, occupant))
  juliet.receive(presence('hall@rooms.example/tybalt', 'unavailable', occupant))
  juliet.receive(presence('den@rooms.example/tybalt', undefined, occupant))
  expect([log.take(), roster.own.presence('hall@rooms.example').available]).toEqual([[], false])
})

test('the own other resources stand apart, and oneself is no contact (ME12)', async () => {
  const { juliet, roster, log } = await loggedIn()
  juliet.receive(presence(SESSION), presence(`${ACCOUNT}/orchard`, undefined, '<show>away</show>'))
  expect([...roster.own.resources].map(([resource, { show }]) => [resource, show])).toEqual([['orchard', 'away']])
  juliet.receive(presence(`${ACCOUNT}/orchard`, 'unavailable'))
  expect([roster.own.resources.size, roster.own.has(ACCOUNT), log.take()]).toEqual([0, false, []])
})

test('presence counts from every listed contact: it may overtake the push (promise 12)', async () => {
  const { juliet, log } = await loggedIn()
  juliet.receive(push(item('nurse@example.com', 'none', ' ask="subscribe"')))
  await turn()
  log.take()
  juliet.receive(presence('nurse@example.com/kitchen'))
  expect(log.take()).toEqual(['online nurse@example.com', 'presence nurse@example.com/kitchen available'])
})

test('"extend" keeps what the application wants, and a change of it is told', async () => {
  const { juliet, log } = await loggedIn({
    extend: (stanza) => stanza.getChild('c', 'http://jabber.org/protocol/caps')?.attrs['ver'],
  })
  const caps = (ver: string): string => `<c xmlns="http://jabber.org/protocol/caps" ver="${ver}"/>`
  juliet.receive(presence(ORCHARD, undefined, caps('1')), presence(ORCHARD, undefined, caps('1')))
  juliet.receive(presence(ORCHARD, undefined, caps('2')))
  expect(log.of('presence').map((told) => told.presence?.extra)).toEqual(['1', '2'])
})

test('an "extend" that throws is an error and harms nothing else (promise 26)', async () => {
  const { juliet, roster, log } = await loggedIn({
    extend: (stanza) => {
      if (stanza.getChild('c') !== undefined) throw new Error('odd caps')
    },
  })
  juliet.receive(presence(ORCHARD, undefined, '<c xmlns="urn:x"/>'), presence(GARDEN))
  await turn()
  expect(log.of('error')).toHaveLength(1)
  expect(roster.own.presence(ROMEO).resources.has('garden')).toBe(true)
  expect(juliet.errors).toEqual([])
})

test('no contact shows more than maxResources resources: the oldest goes first', async () => {
  const { juliet, roster, log } = await loggedIn({ maxResources: 2 })
  juliet.receive(presence(`${ROMEO}/a`), presence(`${ROMEO}/b`), presence(`${ROMEO}/c`))
  expect([...roster.own.presence(ROMEO).resources.keys()]).toEqual(['b', 'c'])
  expect(log.take()).toContain(`presence ${ROMEO}/a left`)
})

test('a resource may be called anything, also with a slash, also nothing (promise 25)', async () => {
  const { juliet, roster } = await loggedIn()
  juliet.receive(presence(`${ROMEO}/__proto__`), presence(`${ROMEO}/a/b`), presence(ROMEO))
  expect([...roster.own.presence('ROMEO@example.net').resources.keys()]).toEqual(['__proto__', 'a/b', ''])
})

test('a contact is found under any spelling of its address (JID1)', async () => {
  const { juliet, roster } = await loggedIn()
  juliet.receive(presence('Romeo@Example.NET/Orchard'))
  expect(roster.own.presence(ROMEO).best).toMatchObject({ jid: `${ROMEO}/Orchard`, resource: 'Orchard' })
})

test('editing a contact keeps its presence (ME13)', async () => {
  const { juliet, roster, log } = await loggedIn()
  juliet.receive(presence(ORCHARD))
  const updated = roster.own.update(ROMEO, { name: 'Romeo' })
  await turn()
  juliet.receive(push(item(ROMEO, 'both', ' name="Romeo"')))
  juliet.accept()
  await updated
  expect(roster.own.presence(ROMEO).available).toBe(true)
  expect(log.of('offline')).toEqual([])
})

test('what was read does not change later', async () => {
  const { juliet, roster } = await loggedIn()
  juliet.receive(presence(ORCHARD))
  const before = roster.own.presence(ROMEO)
  juliet.receive(presence(ORCHARD, 'unavailable'))
  expect([before.available, before.resources.size, roster.own.presence(ROMEO).available]).toEqual([true, 1, false])
})
