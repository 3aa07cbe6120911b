import { expect, test } from 'vitest'
import { ACCOUNT, item, presence, push, turn } from '../support/fake-client.js'
import { type Given, loggedIn as login, ROMEO } from './stage.js'

const loggedIn = (items = ''): Promise<Given> => login(items, { autoAuthorize: null })

/** What a roster set asks for. */
const set = (inner: string): string => `<iq type="set"><query xmlns="jabber:iq:roster">${inner}</query></iq>`

const romeo = `<item jid="${ROMEO}" subscription="both" name="Romeo"><group>A</group><group>B</group></item>`

test.each([
  ['a name keeps the groups', { name: 'R' }, `<item jid="${ROMEO}" name="R"><group>A</group><group>B</group></item>`],
  ['groups keep the name', { groups: ['C'] }, `<item jid="${ROMEO}" name="Romeo"><group>C</group></item>`],
  ['null clears the name', { name: null }, `<item jid="${ROMEO}"><group>A</group><group>B</group></item>`],
  ['an empty list clears the groups', { groups: [] }, `<item jid="${ROMEO}" name="Romeo"/>`],
  [
    'add and remove change some groups',
    { groups: { add: ['C', 'A'], remove: ['B'] } },
    `<item jid="${ROMEO}" name="Romeo"><group>A</group><group>C</group></item>`,
  ],
])('update is a patch: %s (IQ2)', async (_, patch, wanted) => {
  const { juliet, roster } = await loggedIn(romeo)
  const updated = roster.own.update(ROMEO, patch)
  await turn()
  expect(juliet.said()).toEqual([set(wanted)])
  juliet.accept()
  const item = await updated
  expect(roster.own.get(ROMEO)).toEqual(item)
  expect(item.state).toBe('both')
})

test('nothing changes before the server has accepted it (IQ3)', async () => {
  const { juliet, roster, log } = await loggedIn(romeo)
  const updated = roster.own.update(ROMEO, { name: 'R' })
  await turn()
  expect([roster.own.get(ROMEO)?.name, log.take()]).toEqual(['Romeo', []])
  juliet.accept()
  await updated
  expect(log.take()).toEqual([`updated ${ROMEO}`])
})

test('push first, then the answer: told once, and the push counts (promise 12)', async () => {
  const { juliet, roster, log } = await loggedIn(romeo)
  const updated = roster.own.update(ROMEO, { name: 'R' })
  await turn()
  // The server has cut the name, and another client has added a group.
  juliet.receive(push(`<item jid="${ROMEO}" subscription="both" name="R."><group>X</group></item>`))
  juliet.accept()
  expect(await updated).toMatchObject({ name: 'R.', groups: ['X'] })
  expect(log.take()).toEqual([`updated ${ROMEO}`])
})

test('answer first, then the push: told once', async () => {
  const { juliet, roster, log } = await loggedIn(romeo)
  const updated = roster.own.update(ROMEO, { name: 'R', groups: [] })
  await turn()
  juliet.accept()
  expect(await updated).toMatchObject({ name: 'R', groups: [] })
  juliet.receive(push(item(ROMEO, 'both', ' name="R"')))
  await turn()
  expect(log.take()).toEqual([`updated ${ROMEO}`])
})

test('two updates of one contact wait for each other: neither loses the other’s field', async () => {
  const { juliet, roster } = await loggedIn(romeo)
  const named = roster.own.update(ROMEO, { name: 'R' })
  const grouped = roster.own.update('Romeo@Example.net', { groups: { add: ['C'] } })
  await turn()
  expect(juliet.said()).toHaveLength(1)
  juliet.accept()
  await named
  await turn()
  expect(juliet.said()).toEqual([
    set(`<item jid="${ROMEO}" name="R"><group>A</group><group>B</group><group>C</group></item>`),
  ])
  juliet.accept()
  await grouped
  expect(roster.own.get(ROMEO)).toMatchObject({ name: 'R', groups: ['A', 'B', 'C'] })
})

test('a refused update does not hold up the next one', async () => {
  const { juliet, roster } = await loggedIn(romeo)
  const refused = roster.own.update(ROMEO, { name: 'R' })
  const grouped = roster.own.update(ROMEO, { groups: [] })
  await turn()
  juliet.refuse('not-acceptable')
  await expect(refused).rejects.toMatchObject({ code: 'REFUSED' })
  await turn()
  juliet.accept()
  expect(await grouped).toMatchObject({ name: 'Romeo', groups: [] })
})

test('updates of different contacts go side by side', async () => {
  const { juliet, roster } = await loggedIn(romeo)
  const both = [roster.own.update(ROMEO, { name: 'R' }), roster.own.update('nurse@example.com', { name: 'N' })]
  await turn()
  const sent = juliet.sent()
  expect(sent).toHaveLength(2)
  for (const iq of [...sent].reverse()) juliet.receive(`<iq type="result" id="${iq.attrs['id']}"/>`)
  expect((await Promise.all(both)).map(({ name }) => name)).toEqual(['R', 'N'])
})

test('what the server refuses changes nothing: REFUSED, with its condition (IQ3)', async () => {
  const { juliet, roster, log } = await loggedIn(romeo)
  const updated = roster.own.update(ROMEO, { name: 'R' })
  await turn()
  juliet.refuse('not-allowed')
  await expect(updated).rejects.toMatchObject({
    code: 'REFUSED',
    condition: 'not-allowed',
    owner: ACCOUNT,
    contact: ROMEO,
  })
  expect([roster.own.get(ROMEO)?.name, log.take()]).toEqual(['Romeo', []])
})

test('an answer that does not come: TIMED_OUT by the clock; a push that comes later still counts', async () => {
  const { juliet, roster, clock } = await loggedIn(romeo)
  const failed = expect(roster.own.update(ROMEO, { name: 'R' }, { timeout: 500 })).rejects.toMatchObject({
    code: 'TIMED_OUT',
  })
  await clock.advance(500)
  await failed
  expect(roster.own.get(ROMEO)?.name).toBe('Romeo')
  juliet.accept()
  juliet.receive(push(item(ROMEO, 'both', ' name="R"')))
  await turn()
  expect(roster.own.get(ROMEO)?.name).toBe('R')
})

test('the wait is 30 seconds unless told otherwise', async () => {
  const { roster, clock } = await loggedIn(romeo)
  let failed = false
  const updated = roster.own.update(ROMEO, { name: 'R' }).catch(() => {
    failed = true
  })
  await clock.advance(29_999)
  expect(failed).toBe(false)
  await clock.advance(1)
  await updated
  expect(failed).toBe(true)
})

test('an aborted update rejects with the reason; the server may still have done it', async () => {
  const { juliet, roster } = await loggedIn(romeo)
  const abort = new AbortController()
  const updated = roster.own.update(ROMEO, { name: 'R' }, { signal: abort.signal })
  await turn()
  abort.abort(new Error('changed my mind'))
  await expect(updated).rejects.toThrow('changed my mind')
  juliet.accept()
  await turn()
  expect(roster.own.get(ROMEO)?.name).toBe('R')
})

test('what was aborted before sends nothing', async () => {
  const { juliet, roster } = await loggedIn(romeo)
  await expect(roster.own.update(ROMEO, {}, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no')
  expect(juliet.said()).toEqual([])
})

test.each([
  ['an empty group (RFC 6121 §2.1.2.6)', { groups: [''] }],
  ['a name that XML cannot carry', { name: 'a\u0000b' }],
  ['a group that XML cannot carry', { groups: { add: ['\ud800'] } }],
  ['a name that is no text', { name: 5 as never }],
  ['groups that are no list', { groups: 'A' as never }],
])('%s is ITEM_INVALID, and nothing is sent (promise 25)', async (_, patch) => {
  const { juliet, roster } = await loggedIn(romeo)
  await expect(roster.own.update(ROMEO, patch)).rejects.toMatchObject({ code: 'ITEM_INVALID', contact: ROMEO })
  expect(juliet.said()).toEqual([])
})

test('what is wrong with a patch is said at once, also while another change waits', async () => {
  const { juliet, roster } = await loggedIn(romeo)
  const waiting = roster.own.update(ROMEO, { name: 'R' })
  await expect(roster.own.update(ROMEO, { groups: [''] })).rejects.toMatchObject({ code: 'ITEM_INVALID' })
  juliet.accept()
  await waiting
})

test('update of a stranger adds it, under its canonical bare address (JID1, JID3)', async () => {
  const { juliet, roster, log } = await loggedIn()
  const added = roster.own.update('Romeo@Example.NET/orchard', { name: 'R' })
  await turn()
  expect(juliet.said()).toEqual([set(`<item jid="${ROMEO}" name="R"/>`)])
  juliet.accept()
  expect(await added).toMatchObject({ jid: ROMEO, state: 'none' })
  expect(log.take()).toEqual([`added ${ROMEO}`])
})

test('update of somebody who has asked keeps the request (promise 6)', async () => {
  const { juliet, roster } = await loggedIn()
  juliet.receive(presence(ROMEO, 'subscribe'))
  await turn()
  const added = roster.own.update(ROMEO, { name: 'R' })
  await turn()
  juliet.accept()
  expect(await added).toMatchObject({ state: 'none+in', pendingIn: true, name: 'R' })
  expect(roster.own.requests()).toHaveLength(1)
  expect(roster.own.has(ROMEO)).toBe(true)
})

test('what a push says of a contact with a request keeps the request (promise 6)', async () => {
  const { juliet, roster } = await loggedIn()
  juliet.receive(presence(ROMEO, 'subscribe'), push(item(ROMEO, 'none', ' ask="subscribe"')))
  await turn()
  expect(roster.own.get(ROMEO)?.state).toBe('none+out+in')
  expect(roster.own.requests()).toHaveLength(1)
})
