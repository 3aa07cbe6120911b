import { expect, test } from 'vitest'
import type { RosterOptions } from '../../src/index.js'
import { ACCOUNT, element, item, presence, push, turn } from '../support/fake-client.js'
import { type Given, loggedIn as login, NURSE, ROMEO } from './stage.js'

const ask = presence(ROMEO, 'subscribe')
const sent = (type: string, to: string = ROMEO): string => `<presence to="${to}" type="${type}"/>`

const loggedIn = (options: RosterOptions = {}, items = ''): Promise<Given> => login(items, options)

test('authorize of a waiting request grants and asks back, once (promise 5)', async () => {
  const { juliet, roster } = await loggedIn({ autoAuthorize: null })
  juliet.receive(ask)
  await turn()
  const [request] = roster.own.requests()
  expect(await request?.authorize()).toBe(true)
  expect(juliet.said()).toEqual([sent('subscribed'), sent('subscribe')])
  expect(roster.own.requests()).toEqual([])
  expect(await request?.authorize()).toBe(false)
  expect(await request?.deny()).toBe(false)
  expect(juliet.said()).toEqual([])
})

test('authorize with subscribe false, or on the roster, does not ask back', async () => {
  for (const way of ['request', 'roster']) {
    const { juliet, roster } = await loggedIn({ autoAuthorize: null })
    juliet.receive(ask)
    await turn()
    if (way === 'roster') expect(await roster.own.authorize(ROMEO)).toBe(true)
    else expect(await roster.own.requests()[0]?.authorize({ subscribe: false })).toBe(true)
    expect(juliet.said()).toEqual([sent('subscribed')])
  }
})

test('deny says so, with a status, and the request is gone (SM8)', async () => {
  const { juliet, roster } = await loggedIn({ autoAuthorize: null })
  juliet.receive(ask)
  await turn()
  expect(await roster.own.requests()[0]?.deny({ status: 'not today' })).toBe(true)
  expect(juliet.said()).toEqual([`<presence to="${ROMEO}" type="unsubscribed"><status>not today</status></presence>`])
  expect([roster.own.requests(), roster.own.state(ROMEO)]).toEqual([[], 'none'])
})

test('denying an asker that is a contact keeps the contact (promise 6)', async () => {
  const { juliet, roster } = await loggedIn({ autoAuthorize: null }, item(ROMEO, 'to', ' name="R"'))
  juliet.receive(ask)
  await turn()
  expect(roster.own.get(ROMEO)).toMatchObject({ state: 'to+in', pendingIn: true })
  await roster.own.unauthorize(ROMEO)
  expect(roster.own.get(ROMEO)).toMatchObject({ state: 'to', name: 'R' })
})

test('an answer past the roster counts as one', async () => {
  const { juliet, roster, log } = await loggedIn({ autoAuthorize: null })
  juliet.receive(ask, presence(NURSE, 'subscribe'))
  await turn()
  await juliet.entity.send(element(`<presence to="${ROMEO}" type="subscribed"/>`))
  await juliet.entity.send(element(`<presence to="${NURSE}" type="unsubscribed"/>`))
  await turn()
  expect(roster.own.requests()).toEqual([])
  expect(roster.own.state(NURSE)).toBe('none')
  log.take()
})

test('the same request again is told once (promise 3)', async () => {
  const { juliet, roster, log } = await loggedIn({ autoAuthorize: null })
  juliet.receive(ask, ask)
  await turn()
  juliet.receive(ask)
  await turn()
  expect([log.of('subscribe').length, roster.own.requests().length]).toEqual([1, 1])
})

test('requests are those of the session: forgotten at its end, known when the server delivers them again (SM9, promise 12)', async () => {
  const { juliet, roster, log } = await loggedIn({ autoAuthorize: null })
  juliet.receive(ask)
  await turn()
  juliet.stop()
  expect([roster.own.requests(), roster.own.state(ROMEO)]).toEqual([[], 'none'])
  await juliet.login()
  log.take()
  juliet.receive(ask)
  await turn()
  expect(log.of('subscribe').map(({ contact }) => contact)).toEqual([ROMEO])
  expect(roster.own.requests()).toHaveLength(1)
})

test('an answer to a request of an earlier session that was not delivered again is none', async () => {
  const { juliet, roster } = await loggedIn({ autoAuthorize: null })
  juliet.receive(ask)
  await turn()
  const [request] = roster.own.requests()
  juliet.stop()
  await juliet.login()
  expect(await request?.authorize()).toBe(false)
  expect(juliet.said()).toEqual([])
})

test('a request that is granted elsewhere vanishes with the push', async () => {
  const { juliet, roster } = await loggedIn({ autoAuthorize: null })
  juliet.receive(ask)
  await turn()
  juliet.receive(push(item(ROMEO, 'from')))
  await turn()
  expect([roster.own.requests(), roster.own.state(ROMEO)]).toEqual([[], 'from'])
  expect(await roster.own.authorize(ROMEO)).toBe(false)
})

test('a request that is withdrawn vanishes, with its event (SM8)', async () => {
  const { juliet, roster, log } = await loggedIn({ autoAuthorize: null })
  juliet.receive(ask)
  await turn()
  log.take()
  juliet.receive(presence(ROMEO, 'unsubscribe'))
  await turn()
  expect(log.take()).toEqual([`${ROMEO} none+in > none by stanza`, `unsubscribe ${ROMEO}, was none+in`])
  expect(roster.own.requests()).toEqual([])
})

test('who was granted once and asks again after cancelling is asked about again', async () => {
  const { juliet, roster, log } = await loggedIn({ autoAuthorize: null })
  juliet.receive(ask)
  await turn()
  await roster.own.authorize(ROMEO)
  juliet.receive(push(item(ROMEO, 'from')))
  await turn()
  juliet.receive(presence(ROMEO, 'unsubscribe'), push(item(ROMEO)))
  await turn()
  log.take()
  juliet.receive(ask)
  await turn()
  expect(log.of('subscribe')).toHaveLength(1)
  expect(roster.own.requests()).toHaveLength(1)
})

test('no more than maxPending requests wait; further ones are ignored and counted (ME1)', async () => {
  const { juliet, roster } = await loggedIn({ autoAuthorize: null, maxPending: 3 })
  juliet.receive(...Array.from({ length: 10 }, (_, i) => presence(`s${i}@example.org`, 'subscribe')))
  await turn()
  expect(roster.own.requests().map(({ contact }) => contact)).toEqual([
    's0@example.org',
    's1@example.org',
    's2@example.org',
  ])
  expect(roster.counters['requests.overflow']).toBe(7)
})

test('pending() walks the requests of the session', async () => {
  const { juliet, roster } = await loggedIn({ autoAuthorize: null })
  juliet.receive(ask, presence(NURSE, 'subscribe'))
  await turn()
  const contacts: string[] = []
  for await (const { contact } of roster.pending()) contacts.push(contact)
  expect(contacts).toEqual([ROMEO, NURSE])
})

test('nobody asks oneself', async () => {
  const { juliet, roster, log } = await loggedIn()
  juliet.receive(presence(ACCOUNT, 'subscribe'), presence('@@', 'subscribe'))
  await turn()
  expect([juliet.said(), roster.own.size, log.of('subscribe')]).toEqual([[], 0, []])
})

test('what was granted too late is asked again: the server delivers the request in the next session (promise 12)', async () => {
  const { juliet, roster } = await loggedIn({ autoAuthorize: null })
  juliet.receive(ask)
  await turn()
  await roster.own.authorize(ROMEO)
  juliet.stop()
  await juliet.login()
  juliet.receive(ask)
  await turn()
  expect(roster.own.requests()).toHaveLength(1)
  expect(await roster.own.authorize(ROMEO)).toBe(true)
})

test('who withdraws while being granted, and asks again, is asked about again', async () => {
  const { juliet, roster } = await loggedIn({ autoAuthorize: null })
  juliet.receive(ask)
  await turn()
  await roster.own.authorize(ROMEO)
  juliet.receive(presence(ROMEO, 'unsubscribe'), ask)
  await turn()
  expect(roster.own.requests()).toHaveLength(1)
})

test('a request that is nested a hundred thousand deep is refused, and the next one is heard', async () => {
  const { juliet, roster, log } = await loggedIn({ autoAuthorize: null })
  juliet.receive(presence(NURSE, 'subscribe', `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`), ask)
  await turn()
  expect(roster.own.requests().map(({ contact }) => contact)).toEqual([ROMEO])
  expect(roster.counters['rejected.STANZA_INVALID']).toBe(1)
  expect(log.of('error')).toEqual([])
})
