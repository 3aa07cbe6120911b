import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import { expect, test } from 'vitest'
import { JULIET, ROMEO, stage } from './stage.js'

const PING = "<ping xmlns='urn:xmpp:ping'/>"
const iq = (type: string, payload: string, to?: string, id = 'i'): string =>
  `<iq type='${type}' id='${id}'${to === undefined ? '' : ` to='${to}'`}>${payload}</iq>`
const disco = (what: string, rest = ''): string => `<query xmlns='http://jabber.org/protocol/disco#${what}'${rest}/>`

test.each([
  ['the server', 'localhost'],
  ['the own account', ROMEO],
  ['nobody', undefined],
])('a ping to %s is answered (XEP-0199)', async (_whom, to) => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(iq('get', PING, to))
  expect(romeo.read()).toEqual([
    `<iq type="result"${to === undefined ? '' : ` from="${to}"`} to="${ROMEO}/home" id="i"/>`,
  ])
})

test("an IQ to another client's full JID is delivered, and so is its answer (RFC 6121 §8.5.3.1)", async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await romeo.say(iq('get', PING, `${JULIET}/home`))
  expect(juliet.heard()).toEqual(['i: get of romeo/home to juliet/home'])
  await juliet.say(iq('result', '', `${ROMEO}/home`))
  expect(romeo.heard()).toEqual(['i: result'])
})

test.each([
  ['a resource that is not there', `${JULIET}/tomb`, 'service-unavailable'],
  ["somebody else's bare JID", JULIET, 'service-unavailable'],
  ['an account that does not exist', 'rosaline@localhost', 'service-unavailable'],
  ['an unknown domain', 'elsewhere.example', 'remote-server-not-found'],
  ['what is no JID', 'a@@b', 'jid-malformed'],
])('an IQ to %s comes back, and its answer is dropped (RFC 6121 §8.5)', async (_whom, to, condition) => {
  const { login } = stage()
  const romeo = await login('romeo')
  await login('juliet')
  await romeo.say(iq('get', PING, to), iq('result', '', to, 'r'), iq('error', '', to, 'e'))
  expect(romeo.heard()).toEqual([`i: error ${condition}`])
})

test.each([
  ['without an id', `<iq type='get'>${PING}</iq>`, '(no id)'],
  ['without a type', `<iq id='i'>${PING}</iq>`, 'i'],
  ['of an unknown type', `<iq id='i' type='ask'>${PING}</iq>`, 'i'],
  ['without a payload', "<iq id='i' type='get'/>", 'i'],
  ['with two payloads', `<iq id='i' type='set'>${PING}${PING}</iq>`, 'i'],
])('an IQ %s is a bad request (RFC 6120 §8.2.3)', async (_what, xml, id) => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(xml)
  expect(romeo.heard()).toEqual([`${id}: error bad-request`])
})

test('what the server does not know it does not do', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(iq('get', "<vCard xmlns='vcard-temp'/>"), iq('set', PING, 'localhost'))
  expect(romeo.heard()).toEqual(['i: error service-unavailable', 'i: error service-unavailable'])
})

test('the server says what it is and what else is there (XEP-0030)', async () => {
  const { login, host } = stage()
  host.handle('urn:example:x', () => undefined)
  const romeo = await login('romeo')
  await romeo.say(iq('get', disco('info'), 'localhost'), iq('get', disco('items'), 'localhost'))
  const [info, items] = romeo.read()
  expect(info).toContain('<identity category="server" type="im"/>')
  for (const feature of ['urn:xmpp:ping', 'jabber:iq:roster', 'urn:example:x'])
    expect(info).toContain(`<feature var="${feature}"/>`)
  expect(items).toContain('<item jid="gateway.localhost"/>')
})

test("an account says what it is to its own sessions, and knows no nodes; somebody else's says nothing", async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(iq('get', disco('info'), ROMEO), iq('get', disco('items'), ROMEO))
  const [info, items] = romeo.read()
  expect(info).toContain('<identity category="account" type="registered"/>')
  expect(items).toContain('<query xmlns="http://jabber.org/protocol/disco#items"/>')
  await romeo.say(iq('get', disco('info', " node='n'"), 'localhost'), iq('get', disco('info'), JULIET))
  expect(romeo.heard()).toEqual(['i: error service-unavailable', 'i: error service-unavailable'])
})

const X = 'urn:example:x'
const conflict = createElement('conflict', { xmlns: 'urn:ietf:params:xml:ns:xmpp-stanzas' })

test.each<[what: string, answer: () => Element | undefined, expected: string]>([
  ['a payload', () => createElement('said', { xmlns: X }), `i: result <said xmlns="${X}"/>`],
  ['an error', () => createElement('error', { type: 'cancel' }, conflict), 'i: error conflict'],
  ['a whole IQ', () => createElement('iq', { type: 'result', id: 'forged', to: JULIET }), 'i: result'],
  ['nothing', () => undefined, 'i: error service-unavailable'],
])("a protocol of the test's own may answer with %s", async (_what, answer, expected) => {
  const { login, host } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  const asked: string[] = []
  host.handle(X, (stanza, from) => {
    asked.push(`${from}: ${stanza.attrs['type']} ${stanza.attrs['to']} ${stanza.getChildElements()[0]?.name}`)
    return answer()
  })
  await romeo.say(iq('get', `<a xmlns='${X}'/>`, 'localhost'), iq('set', `<b xmlns='${X}'/>`, ROMEO))
  expect(romeo.heard()).toEqual([expected, expected])
  expect(juliet.heard()).toEqual([])
  expect(asked).toEqual([`${ROMEO}/home: get localhost a`, `${ROMEO}/home: set ${ROMEO} b`])
})

test('when it throws, the server goes on', async () => {
  const { login, host } = stage()
  host.handle(X, () => {
    throw new Error('a bug of the test')
  })
  const romeo = await login('romeo')
  await romeo.say(iq('get', `<a xmlns='${X}'/>`, 'localhost'), iq('get', PING))
  expect(romeo.all.at(-2)).toContain('>a bug of the test</text>')
  expect(romeo.heard()).toEqual(['i: error internal-server-error', 'i: result'])
})

test('when its answer cannot be written, the stream of who asked ends, and the server goes on', async () => {
  const { login, host } = stage()
  const endless = createElement('loop', { xmlns: X })
  endless.children.push(endless)
  host.handle(X, () => endless)
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await romeo.say(iq('get', `<a xmlns='${X}'/>`, 'localhost'))
  expect(romeo.ended).toBe('internal-server-error')
  await juliet.say(iq('get', PING))
  expect(juliet.heard()).toEqual(['i: result'])
})

test("components are answered by a protocol of the test's own as well", async () => {
  const { join, host } = stage()
  host.handle('urn:example:x', (_stanza, from) => createElement('you', { xmlns: 'urn:example:x', are: from }))
  const gateway = await join()
  await gateway.say(
    "<iq type='get' id='i' from='bot@gateway.localhost/r' to='localhost'><who xmlns='urn:example:x'/></iq>",
  )
  expect(gateway.heard()).toEqual(['i: result <you xmlns="urn:example:x" are="bot@gateway.localhost/r"/>'])
})

test('what the server knows itself stays its own', async () => {
  const { login, host } = stage()
  host.handle('urn:xmpp:ping', () => createElement('never'))
  const romeo = await login('romeo')
  await romeo.say(iq('get', PING, 'localhost'))
  expect(romeo.heard()).toEqual(['i: result'])
})
