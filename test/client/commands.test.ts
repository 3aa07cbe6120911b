import { expect, test } from 'vitest'
import type { OwnerRoster } from '../../src/index.js'
import { Roster } from '../../src/index.js'
import { type ManualClock, manualClock } from '../../src/testing/clock.js'
import { EventLog } from '../support/event-log.js'
import { ACCOUNT, element, FakeClient, item, OFFERS, presence, push, turn } from '../support/fake-client.js'

const ROMEO = 'romeo@example.net'

interface Given {
  readonly juliet: FakeClient
  readonly roster: Roster
  readonly own: OwnerRoster
  readonly log: EventLog
  readonly clock: ManualClock
}

const loggedIn = async (items = '', offers: readonly string[] = []): Promise<Given> => {
  const juliet = new FakeClient()
  const clock = manualClock()
  const roster = new Roster(juliet.entity, { clock, autoAuthorize: null })
  await juliet.login(items, undefined, offers)
  return { juliet, roster, own: roster.own, log: new EventLog(roster), clock }
}

const sent = (type: string): string => `<presence to="${ROMEO}" type="${type}"/>`

test('subscribe goes to the bare JID, with nick and status (RFC 6121 §3.1.1 MUST, JID2)', async () => {
  const { juliet, own } = await loggedIn()
  await own.subscribe('Romeo@Example.NET/orchard', { nick: 'Jule', status: "it's me" })
  expect(juliet.said()).toEqual([
    `<presence to="${ROMEO}" type="subscribe"><nick xmlns="http://jabber.org/protocol/nick">Jule</nick><status>it's me</status></presence>`,
  ])
})

test('subscribe changes nothing before the server says so (IQ3, promise 14)', async () => {
  const { juliet, own, log } = await loggedIn()
  await own.subscribe(ROMEO)
  expect([own.state(ROMEO), log.take()]).toEqual(['none', []])
  juliet.receive(push(item(ROMEO, 'none', ' ask="subscribe"')))
  await turn()
  expect([own.state(ROMEO), log.take()]).toEqual(['none+out', [`added ${ROMEO}`, `${ROMEO} none > none+out by push`]])
})

test('subscription stanzas carry an id, each another, so that an error can be told from others', async () => {
  const { juliet, own } = await loggedIn()
  await own.subscribe(ROMEO)
  await own.subscribe(ROMEO)
  expect(new Set(juliet.sent().map((stanza) => stanza.attrs['id'])).size).toBe(2)
})

test('unsubscribe is written, and the server decides (SM2)', async () => {
  const { juliet, own } = await loggedIn(item(ROMEO, 'both'))
  await own.unsubscribe(ROMEO)
  expect(juliet.said()).toEqual([sent('unsubscribe')])
  expect(own.state(ROMEO)).toBe('both')
  juliet.receive(push(item(ROMEO, 'from')))
  await turn()
  expect(own.state(ROMEO)).toBe('from')
})

test('authorize without a request does nothing (SM3, RFC 6121 §3.4)', async () => {
  const { juliet, own } = await loggedIn(item(ROMEO, 'to'))
  expect(await own.authorize(ROMEO)).toBe(false)
  expect(await own.authorize('mallory@example.org')).toBe(false)
  expect(juliet.said()).toEqual([])
})

test.each(['none', 'to'])(
  'unauthorize of a contact that has nothing (%s) sends nothing (SM4, RFC 6121 §3.2.2 MUST NOT)',
  async (subscription) => {
    const { juliet, own } = await loggedIn(item(ROMEO, subscription))
    expect(await own.unauthorize(ROMEO)).toBe(false)
    expect(juliet.said()).toEqual([])
  },
)

test.each(['from', 'both'])('unauthorize cancels what was granted (%s), with a status', async (subscription) => {
  const { juliet, own } = await loggedIn(item(ROMEO, subscription))
  expect(await own.unauthorize(ROMEO, { status: 'bye' })).toBe(true)
  expect(juliet.said()).toEqual([`<presence to="${ROMEO}" type="unsubscribed"><status>bye</status></presence>`])
})

test('preapprove where the server does not offer it is UNSUPPORTED, and nothing is sent (RFC 6121 §3.4.2)', async () => {
  const { juliet, own } = await loggedIn()
  await expect(own.preapprove(ROMEO)).rejects.toMatchObject({ code: 'UNSUPPORTED', contact: ROMEO })
  expect(juliet.said()).toEqual([])
})

test('preapprove where the server offers it sends "subscribed"; the push shows it (RFC 6121 §3.4.2)', async () => {
  const { juliet, own } = await loggedIn('', [OFFERS.sub])
  await own.preapprove(ROMEO)
  expect(juliet.said()).toEqual([sent('subscribed')])
  juliet.receive(push(item(ROMEO, 'none', ' approved="true"')))
  await turn()
  expect(own.get(ROMEO)).toMatchObject({ approved: true, state: 'none' })
})

test('preapprove of somebody who has asked already grants, offered or not', async () => {
  const { juliet, own } = await loggedIn()
  juliet.receive(presence(ROMEO, 'subscribe'))
  await turn()
  await own.preapprove(ROMEO)
  expect(juliet.said()).toEqual([sent('subscribed')])
  expect(own.requests()).toEqual([])
})

test('preapprove of a subscriber sends nothing', async () => {
  const { juliet, own } = await loggedIn(item(ROMEO, 'from'), [OFFERS.sub])
  await own.preapprove(ROMEO)
  expect(juliet.said()).toEqual([])
})

test('unauthorize takes a pre-approval back, shown by the server or not (SM15, promise 6)', async () => {
  for (const shown of [true, false]) {
    const { juliet, own } = await loggedIn('', [OFFERS.sub])
    await own.preapprove(ROMEO)
    if (shown) juliet.receive(push(item(ROMEO, 'none', ' approved="true"')))
    await turn()
    juliet.sent()
    expect(await own.unauthorize(ROMEO)).toBe(true)
    expect(juliet.said()).toEqual([sent('unsubscribed')])
    if (shown) juliet.receive(push(item(ROMEO, 'none')))
    await turn()
    expect(await own.unauthorize(ROMEO)).toBe(false)
  }
})

const COMMANDS: readonly (readonly [string, (own: OwnerRoster, contact: string) => Promise<unknown>])[] = [
  ['update', (own, contact) => own.update(contact, { name: 'x' })],
  ['remove', (own, contact) => own.remove(contact)],
  ['subscribe', (own, contact) => own.subscribe(contact)],
  ['unsubscribe', (own, contact) => own.unsubscribe(contact)],
  ['authorize', (own, contact) => own.authorize(contact)],
  ['preapprove', (own, contact) => own.preapprove(contact)],
  ['unauthorize', (own, contact) => own.unauthorize(contact)],
]

test.each([
  ...COMMANDS,
  ['sendPresence', (own: OwnerRoster) => own.sendPresence()] as const,
  ['resync', (own: OwnerRoster) => own.resync()] as const,
])('%s while offline is NOT_CONNECTED, and nothing is sent later (promise 19)', async (_, command) => {
  const { juliet, own } = await loggedIn(item(ROMEO, 'both'))
  juliet.stop()
  await expect(command(own, ROMEO)).rejects.toMatchObject({ code: 'NOT_CONNECTED', owner: ACCOUNT })
  await juliet.login(item(ROMEO, 'both'))
  expect(juliet.said()).toEqual([])
})

test.each(COMMANDS)('%s of what is no JID is JID_MALFORMED, and nothing is sent (promise 25)', async (_, command) => {
  const { juliet, own } = await loggedIn('', [OFFERS.sub])
  for (const wrong of ['', '@', 'a@b@c', 'a b@example.com', `${'a'.repeat(1_024)}@example.com`]) {
    await expect(command(own, wrong)).rejects.toMatchObject({ code: 'JID_MALFORMED' })
  }
  expect(juliet.said()).toEqual([])
})

test.each(COMMANDS)('%s of oneself is refused: nobody is one’s own contact (ME12)', async (_, command) => {
  const { juliet, own } = await loggedIn('', [OFFERS.sub])
  await expect(command(own, `${ACCOUNT}/balcony`)).rejects.toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) })
  expect(juliet.said()).toEqual([])
})

test('a command that was aborted before sends nothing', async () => {
  const { juliet, own } = await loggedIn(item(ROMEO, 'both'), [OFFERS.sub])
  const signal = AbortSignal.abort(new Error('no'))
  const options = { signal }
  const commands = [
    own.remove(ROMEO, options),
    own.subscribe(ROMEO, options),
    own.unsubscribe(ROMEO, options),
    own.authorize(ROMEO, options),
    own.preapprove(ROMEO, options),
    own.unauthorize(ROMEO, options),
    own.sendPresence({}, options),
    own.resync(options),
  ]
  for (const command of commands) await expect(command).rejects.toThrow('no')
  expect(juliet.said()).toEqual([])
})

test('what only a component can do is UNSUPPORTED', async () => {
  const { juliet, roster, own } = await loggedIn(item(ROMEO, 'both'))
  await expect(own.probe()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  await expect(own.release()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  await expect(roster.forget(ACCOUNT)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  await expect(roster.open('nurse@example.com')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  expect(await roster.open(ACCOUNT)).toBe(own)
  expect(juliet.said()).toEqual([])
})

test('resync asks for the whole roster, whatever version is known', async () => {
  const { juliet, own, log } = await loggedIn(item(ROMEO, 'both'), [OFFERS.ver])
  const resynced = own.resync()
  await turn()
  expect(juliet.said()).toEqual(['<iq type="get"><query xmlns="jabber:iq:roster"/></iq>'])
  juliet.answer(item(ROMEO, 'both'), 'v2')
  await resynced
  expect(log.take()).toEqual(['loaded 1 items'])
})

test('resync that is refused, or not answered in time, rejects and changes nothing', async () => {
  const { juliet, own, clock } = await loggedIn(item(ROMEO, 'both'))
  const refused = own.resync()
  await turn()
  juliet.refuse('internal-server-error', 'get')
  await expect(refused).rejects.toMatchObject({ code: 'REFUSED', condition: 'internal-server-error' })
  const late = expect(own.resync({ timeout: 100 })).rejects.toMatchObject({ code: 'TIMED_OUT' })
  await clock.advance(100)
  await late
  expect([own.size, own.loaded]).toEqual([1, true])
})

test('sendPresence announces the account, or goes to one', async () => {
  const { juliet, own } = await loggedIn()
  await own.sendPresence({ show: 'dnd', status: 'busy', priority: -1, children: [element('<c xmlns="urn:c"/>')] })
  await own.sendPresence({ type: 'unavailable', status: 'bye' })
  await own.sendPresence({}, { to: 'hall@rooms.example/juliet' })
  expect(juliet.said()).toEqual([
    '<presence><show>dnd</show><priority>-1</priority><status>busy</status><c xmlns="urn:c"/></presence>',
    '<presence type="unavailable"><status>bye</status></presence>',
    '<presence to="hall@rooms.example/juliet"/>',
  ])
})

test.each([
  ['a show', { show: 'asleep' as never }],
  ['a priority', { priority: 200 }],
  ['a priority', { priority: 1.5 }],
  ['a type', { type: 'subscribe' as never }],
  ['a status', { status: '\u0001' }],
])('%s that is none is STANZA_INVALID, and nothing is sent', async (_, wrong) => {
  const { juliet, own } = await loggedIn()
  await expect(own.sendPresence(wrong)).rejects.toMatchObject({ code: 'STANZA_INVALID' })
  expect(juliet.said()).toEqual([])
})

// — stanzas of the application —

test('Roster.send sends a subscription stanza of the application whole, to the bare JID (promise 2)', async () => {
  const { juliet, roster } = await loggedIn()
  await roster.send(
    element(`<presence to="${ROMEO}/orchard" type="subscribe"><preauth xmlns="urn:xmpp:pars:0"/></presence>`),
  )
  expect(juliet.said()).toEqual([
    `<presence to="${ROMEO}" type="subscribe"><preauth xmlns="urn:xmpp:pars:0"/></presence>`,
  ])
})

test('Roster.send of "subscribed" answers the request that waits (SM5)', async () => {
  const { juliet, roster, own } = await loggedIn()
  juliet.receive(presence(ROMEO, 'subscribe'))
  await turn()
  await roster.send(element(sent('subscribed')))
  expect(juliet.said()).toEqual([sent('subscribed')])
  expect(own.requests()).toEqual([])
})

test('Roster.send forwards every other stanza as it is', async () => {
  const { juliet, roster } = await loggedIn()
  await roster.send(element(`<message to="${ROMEO}"><body>hi</body></message>`))
  await roster.send(element('<presence><show>away</show></presence>'))
  expect(juliet.said()).toEqual([
    `<message to="${ROMEO}"><body>hi</body></message>`,
    '<presence><show>away</show></presence>',
  ])
})

test('Roster.send of a subscription stanza to nobody is STANZA_INVALID', async () => {
  const { juliet, roster } = await loggedIn()
  await expect(roster.send(element('<presence type="subscribe"/>'))).rejects.toMatchObject({ code: 'STANZA_INVALID' })
  expect(juliet.said()).toEqual([])
})

test('nothing is changed at the server without being asked for (promise 14)', async () => {
  const { juliet } = await loggedIn(item(ROMEO, 'none') + item('old@example.com', 'from') + item('@@'))
  juliet.receive(
    presence(ROMEO, 'subscribed'),
    presence(ROMEO, 'unsubscribe'),
    presence('old@example.com', 'unsubscribe'),
  )
  await turn()
  expect(juliet.said()).toEqual([])
})
