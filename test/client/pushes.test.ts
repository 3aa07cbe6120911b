import { expect, test } from 'vitest'
import { Roster } from '../../src/index.js'
import { EventLog } from '../support/event-log.js'
import { ACCOUNT, FakeClient, item, presence, push, SESSION, turn } from '../support/fake-client.js'
import { type Given, loggedIn as login, NURSE, ROMEO } from './stage.js'

const loggedIn = (items = ''): Promise<Given> => login(items, {}, 'v1')

/** The answers to IQs: type, and the condition of an error. */
const replies = (juliet: FakeClient): readonly string[] =>
  juliet
    .sent()
    .filter((stanza) => stanza.is('iq') && ['result', 'error'].includes(String(stanza.attrs['type'])))
    .map((stanza) => {
      const error = stanza.getChild('error')?.getChildElements()[0]?.name
      return `${stanza.attrs['type']}${error === undefined ? '' : ` ${error}`}`
    })

test.each([
  ['nobody', undefined],
  ['the own bare JID', ACCOUNT],
  ['the own bare JID in capitals', 'JULIET@Example.COM'],
])('a push from %s counts and is answered with an empty result (RFC 6121 §2.1.6, IQ8, promise 9)', async (_, from) => {
  const { juliet, roster, log } = await loggedIn()
  juliet.receive(push(item(ROMEO, 'both'), { ver: 'v2', ...(from === undefined ? {} : { from }) }))
  await turn()
  expect(log.take()).toEqual([`added ${ROMEO}`, `${ROMEO} none > both by push`])
  expect([roster.own.version, replies(juliet)]).toEqual(['v2', ['result']])
})

test.each([
  ['the own full JID', SESSION],
  ['another own resource', `${ACCOUNT}/orchard`],
  ['the own bare JID with an empty resource', `${ACCOUNT}/`],
  ['the own domain', 'example.com'],
  ['a stranger', 'mallory@example.org'],
  ['a contact', ROMEO],
  ['a look-alike of other letters', 'jul\u0456et@example.com'],
  ['a look-alike that begins alike', 'juliet@example.com.evil.example'],
  ['nothing that is a JID', '@@'],
  ['an empty address', ''],
])(
  'a push from %s changes nothing and gets "service-unavailable" (RFC 6121 §2.1.6 MUST, IQ8, IQ9, promise 9)',
  async (_, from) => {
    const { juliet, roster, log } = await loggedIn(item(ROMEO, 'to'))
    juliet.receive(push(item(ROMEO, 'both'), { ver: 'v2', from }))
    await turn()
    expect(log.take()).toEqual(['rejected PUSH_REJECTED'])
    expect([roster.own.get(ROMEO)?.state, roster.own.version]).toEqual(['to', 'v1'])
    expect(replies(juliet)).toEqual(['error service-unavailable'])
    expect(juliet.errors).toEqual([])
  },
)

test.each([
  ['no item', ''],
  ['two items', item(ROMEO, 'both') + item(NURSE, 'both')],
  ['an item without a jid', '<item subscription="both"/>'],
  ['an item with a malformed jid', item('@@', 'both')],
])('a push with %s changes nothing and gets "bad-request" (RFC 6121 §2.1.6, IQ10, promise 9)', async (_, items) => {
  const { juliet, roster, log } = await loggedIn()
  juliet.receive(push(items, { ver: 'v2' }))
  await turn()
  expect(log.take()).toEqual(['rejected PUSH_REJECTED'])
  expect([roster.own.size, roster.own.version]).toEqual([0, 'v1'])
  expect(replies(juliet)).toEqual(['error bad-request'])
})

test('a push with a second child besides the query is none', async () => {
  const { juliet, roster } = await loggedIn()
  juliet.receive(push(item(ROMEO, 'both')).replace('</iq>', '<extra xmlns="urn:x"/></iq>'))
  await turn()
  expect(roster.own.size).toBe(0)
  expect(replies(juliet)).toEqual(['error bad-request'])
})

test('children that the item has besides its groups do no harm', async () => {
  const { juliet, roster } = await loggedIn()
  juliet.receive(push(`<item jid="${ROMEO}" subscription="to"><group>A</group><mood xmlns="urn:x"/></item>`))
  await turn()
  expect(roster.own.get(ROMEO)).toMatchObject({ state: 'to', groups: ['A'] })
})

test('a roster get from somebody is not ours to answer', async () => {
  const { juliet, log } = await loggedIn()
  juliet.receive('<iq type="get" id="g" from="mallory@example.org"><query xmlns="jabber:iq:roster"/></iq>')
  await turn()
  expect([replies(juliet), log.take()]).toEqual([['error service-unavailable'], []])
})

test('the same push again is answered and changes nothing (promise 3)', async () => {
  const { juliet, log } = await loggedIn()
  const said = push(item(ROMEO, 'both', ' name="R"'), { ver: 'v2' })
  juliet.receive(said, said)
  await turn()
  juliet.receive(said)
  await turn()
  expect(log.take()).toEqual([`added ${ROMEO}`, `${ROMEO} none > both by push`])
  expect(replies(juliet)).toEqual(['result', 'result', 'result'])
})

test('pushes of one packet apply in their order', async () => {
  const { juliet, roster, log } = await loggedIn()
  juliet.receive(
    push(item(ROMEO, 'none', ' ask="subscribe"')),
    push(item(ROMEO, 'to', ' name="R"')),
    push(item(ROMEO, 'remove')),
    push(item(ROMEO, 'from')),
  )
  await turn()
  expect(roster.own.get(ROMEO)).toMatchObject({ state: 'from', name: undefined })
  expect(log.take().filter((line) => !line.includes(' by '))).toEqual([
    `added ${ROMEO}`,
    `updated ${ROMEO}`,
    `removed ${ROMEO}`,
    `added ${ROMEO}`,
  ])
})

test('a push that removes a contact ends its presence (ME7)', async () => {
  const { juliet, roster, log } = await loggedIn(item(ROMEO, 'both'))
  juliet.receive(presence(`${ROMEO}/orchard`))
  log.take()
  juliet.receive(push(item(ROMEO, 'remove')))
  await turn()
  expect(log.take()).toEqual([
    `removed ${ROMEO}`,
    `${ROMEO} both > none by push`,
    `presence ${ROMEO}/orchard left`,
    `offline ${ROMEO}`,
  ])
  expect(roster.own.presence(ROMEO).available).toBe(false)
})

test('a push before the roster has come is not lost: the result that follows says the same', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  juliet.online()
  await turn()
  juliet.receive(push(item(ROMEO, 'to')), juliet.result(item(ROMEO, 'to'), 'v1'))
  await turn()
  expect(roster.own.get(ROMEO)?.state).toBe('to')
})

// — answers —

test('result, push and presence of one packet count in their order (promise 10)', async () => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  const log = new EventLog(roster)
  juliet.online()
  await turn()
  juliet.receive(
    juliet.result(item(ROMEO, 'both'), 'v1'),
    push(item(NURSE, 'to'), { ver: 'v2' }),
    presence(`${ROMEO}/orchard`),
    presence(`${NURSE}/kitchen`),
  )
  await turn()
  expect(log.take()).toEqual([
    'loaded 1 items',
    `added ${NURSE}`,
    `${NURSE} none > to by push`,
    `online ${ROMEO}`,
    `presence ${ROMEO}/orchard available`,
    `online ${NURSE}`,
    `presence ${NURSE}/kitchen available`,
  ])
  expect(roster.own.version).toBe('v2')
})

test.each([
  ['a stranger', 'mallory@example.org'],
  ['the own domain', 'example.com'],
  ['another own resource', `${ACCOUNT}/orchard`],
])('a result with the right id from %s is ignored, and the wait goes on (promise 10)', async (_, from) => {
  const juliet = new FakeClient()
  const roster = new Roster(juliet.entity)
  const log = new EventLog(roster)
  juliet.online()
  await turn()
  juliet.receive(juliet.result(item('mallory@example.org', 'both')).replace('<iq ', `<iq from="${from}" `))
  await turn()
  expect([log.take(), roster.own.loaded]).toEqual([['rejected STANZA_INVALID'], false])

  juliet.answer(item(ROMEO, 'both'))
  await turn()
  expect([...roster.own.keys()]).toEqual([ROMEO])
})

test.each([
  ['nobody', undefined],
  ['the own bare JID', ACCOUNT],
  ['the own full JID', SESSION],
])('a result from %s is the server’s', async (_, from) => {
  const juliet = new FakeClient()
  const { own } = new Roster(juliet.entity)
  juliet.online()
  await turn()
  const result = juliet.result(item(ROMEO, 'both'))
  juliet.receive(from === undefined ? result : result.replace('<iq ', `<iq from="${from}" `))
  await turn()
  expect(own.loaded).toBe(true)
})

test('a second result with the same id changes nothing', async () => {
  const { juliet, roster, log } = await loggedIn(item(ROMEO, 'both'))
  juliet.answer(item('mallory@example.org', 'both'))
  await turn()
  expect([[...roster.own.keys()], log.take()]).toEqual([[ROMEO], []])
})

test('ids of roster requests cannot be guessed: no two are alike', async () => {
  const { juliet, roster } = await loggedIn()
  const ids = new Set<unknown>([juliet.question().attrs['id']])
  for (let i = 0; i < 20; i++) {
    const resynced = roster.own.resync()
    await turn()
    ids.add(juliet.question().attrs['id'])
    juliet.answer('')
    await resynced
  }
  expect(ids.size).toBe(21)
  for (const id of ids) expect(String(id).length).toBeGreaterThanOrEqual(16)
})
