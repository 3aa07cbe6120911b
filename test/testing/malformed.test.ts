import { expect, test } from 'vitest'
import { bindIq, type RawPeer } from './connection/support/raw.js'
import { JULIET, ROMEO, rosterGet, rosterSet, subscription } from './host/stage.js'
import { settled } from './support/peers.js'
import { lines, useVerona } from './support/verona.js'

// After each of these tests two friends talk, see each other, and the server closes with no timer left.
const verona = useVerona()

const PING = "<ping xmlns='urn:xmpp:ping'/>"
const item = (jid: string, rest = '', groups = ''): string => `<item jid='${jid}' ${rest}>${groups}</item>`

/** Says it in a session, which goes on: what came back. */
async function answersTo(peer: RawPeer, ...stanzas: readonly string[]): Promise<readonly string[]> {
  peer.send(stanzas.join(''))
  return lines(await settled(peer))
}

test.each([
  ['an IQ without an id', `<iq type='get'>${PING}</iq>`, '(no id): error bad-request'],
  ['an IQ without a type', `<iq id='i'>${PING}</iq>`, 'i: error bad-request'],
  ['an IQ of no known type', `<iq type='ask' id='i'>${PING}</iq>`, 'i: error bad-request'],
  ['an IQ of a type that every object has', `<iq type='constructor' id='i'>${PING}</iq>`, 'i: error bad-request'],
  ['an empty IQ', "<iq type='get' id='i'/>", 'i: error bad-request'],
  ['an IQ that asks twice', `<iq type='get' id='i'>${PING}${PING}</iq>`, 'i: error bad-request'],
  ['an IQ to no address', `<iq type='get' id='i' to='@@'>${PING}</iq>`, 'i: error jid-malformed'],
  [
    'an IQ for nobody',
    `<iq type='get' id='i' to='romeo@localhost/nowhere'>${PING}</iq>`,
    'i: error service-unavailable',
  ],
  [
    'an IQ in a namespace that every object has',
    "<iq type='get' id='i'><a xmlns='__proto__'/></iq>",
    'i: error service-unavailable',
  ],
  ['a message to no address', "<message to='a b@@'/>", 'a b@@ > nurse/home: error jid-malformed'],
  ['a message to nobody', "<message to='nobody@localhost'/>", 'nobody > nurse/home: error service-unavailable'],
  [
    'a message to a domain that every object has',
    "<message to='constructor'/>",
    'constructor > nurse/home: error remote-server-not-found',
  ],
  ['presence to no address', "<presence to='@@'/>", '@@ > nurse/home: error jid-malformed'],
  ['a request to no address', subscription('subscribe', 'a@b@c'), 'a@b@c > nurse/home: error jid-malformed'],
  ['a request to oneself', subscription('subscribe', 'nurse@localhost'), 'nurse > nurse/home: error bad-request'],
  ['presence of no known type', "<presence type='hello'/>", '(nobody) > nurse/home: error bad-request'],
  [
    'presence of a type that every object has',
    `<presence type='__proto__' to='${ROMEO}'/>`,
    'romeo > nurse/home: error bad-request',
  ],
])('%s is answered with an error, and the session goes on', async (_what, stanza, answer) => {
  const nurse = await verona.login('nurse')
  expect(await answersTo(nurse, stanza)).toEqual([answer])
})

test('a message without an address is for the own account (RFC 6120 §10.3.1)', async () => {
  const nurse = await verona.login('nurse')
  expect(await answersTo(nurse, '<message><body>Note</body></message>')).toEqual([
    'nurse/home > (nobody): normal "Note"',
  ])
})

test.each([
  ['answers to questions that nobody asked', `<iq type='result' id='i'/><iq type='error' id='i' to='${ROMEO}'/>`],
  ['errors about nothing', "<message type='error' to='nobody@localhost'/><presence type='error' to='@@'/>"],
  ['a request to an account that is not there, taken back', subscription('unsubscribe', 'nobody@localhost')],
  ['answers to requests that nobody made', subscription('unsubscribed', ROMEO) + subscription('unsubscribe', ROMEO)],
])('%s: nothing is said to that', async (_what, stanzas) => {
  const nurse = await verona.login('nurse')
  expect(await answersTo(nurse, stanzas)).toEqual([])
  expect(lines(await settled(verona.romeo))).toEqual([])
})

test('nobody speaks as somebody else: "from" is the server\'s to say (RFC 6120 §8.1.2.1)', async () => {
  const nurse = await verona.login('nurse')
  nurse.send(
    `<message from='${JULIET}/home' to='${ROMEO}'/><presence from='${JULIET}/home' type='unavailable' to='${ROMEO}'/>`,
  )
  await settled(nurse)
  expect(lines(await settled(verona.romeo))).toEqual(['nurse/home > romeo: normal', 'nurse/home > romeo: unavailable'])
})

test.each([
  ['nothing', '', 'bad-request'],
  ['two items', item('a@localhost') + item('b@localhost'), 'bad-request'],
  ['another thing', "<contact jid='a@localhost'/>", 'bad-request'],
  ['an item of another namespace', "<item xmlns='urn:example:item' jid='a@localhost'/>", 'bad-request'],
  ['an item of nobody', '<item/>', 'jid-malformed'],
  ['a JID that is none', item('@localhost'), 'jid-malformed'],
  ['a local part of 2,000 letters', item(`${'a'.repeat(2_000)}@localhost`), 'jid-malformed'],
  ['a full JID', item(`${ROMEO}/home`), 'bad-request'],
  ['the own JID', item('nurse@localhost'), 'not-allowed'],
  ['a group twice', item(ROMEO, '', '<group>a</group><group>a</group>'), 'bad-request'],
  ['a group without a name', item(ROMEO, '', '<group/>'), 'not-acceptable'],
  ['a group of 20,000 letters', item(ROMEO, '', `<group>${'g'.repeat(20_000)}</group>`), 'not-acceptable'],
  ['a name of 20,000 letters', item(ROMEO, `name='${'n'.repeat(20_000)}'`), 'not-acceptable'],
  ['the removal of a stranger', item(ROMEO, "subscription='remove'"), 'item-not-found'],
  ['the removal of nobody', item('@@', "subscription='remove'"), 'jid-malformed'],
])('a roster set of %s is refused whole: nothing is pushed, nothing has changed', async (_what, items, condition) => {
  const nurse = await verona.login('nurse')
  expect(await answersTo(nurse, rosterSet('s', items), rosterGet('r'))).toEqual([
    `s: error ${condition}`,
    'r: roster empty',
  ])
})

test('what a set may not say is ignored: subscription, ask, approved, and children that are none of a roster', async () => {
  const nurse = await verona.login('nurse')
  const set = rosterSet(
    's',
    item(ROMEO, "subscription='both' ask='subscribe' approved='true'", "<x xmlns='urn:example:x'/>"),
  )
  expect(await answersTo(nurse, set)).toEqual(['s: result', 'push: romeo none'])
  expect(lines(await settled(verona.romeo))).toEqual([])
})

const HOSTILE = ['__proto__', 'constructor', 'prototype', 'hasownproperty', 'tostring', 'valueof', '0', 'null']

test.each(HOSTILE)('%s is a name like any other: of an account, a resource, a contact and a group', async (name) => {
  verona.server.addAccount(name, 'secret')
  const own = await verona.login(name, name)
  await verona.befriend('romeo', verona.romeo, name, own)
  const set = rosterSet('s', item(ROMEO, `name='${name}'`, `<group>${name}</group>`))
  expect(await answersTo(own, set)).toEqual(['s: result', `push: romeo both "${name}" [${name}]`])
  own.send("<presence __proto__='a' constructor='b'><show>away</show></presence>")
  await settled(own)
  expect(lines(await settled(verona.romeo))).toEqual([`${name}/${name} > romeo: away`])
  verona.romeo.send(`<message to='${name}@localhost/${name}'/>`)
  await settled(verona.romeo)
  expect(lines(await settled(own))).toContain(`romeo/home > ${name}/${name}: normal`)
  verona.server.cut(`${name}@localhost/${name}`)
  await verona.romeo.hears(`<presence type="unavailable" from="${name}@localhost/${name}"`)
})

test('there are no accounts and components but those that were made', async () => {
  const nurse = await verona.login('nurse')
  for (const name of HOSTILE) {
    expect(await answersTo(nurse, `<message to='${name}@localhost' id='m'/>`)).toEqual([
      `${name} > nurse/home: error service-unavailable`,
    ])
    expect(await answersTo(nurse, `<iq type='get' id='i' to='${name}@localhost/${name}'>${PING}</iq>`)).toEqual([
      'i: error service-unavailable',
    ])
  }
})

test('a resource that cannot be one is refused, and the next one taken (RFC 6120 §7.7.2.1)', async () => {
  const peer = await verona.authenticated('nurse')
  peer.send(bindIq('a&#x7f;b'))
  expect(await peer.hears('</iq>')).toContain('<bad-request ')
  peer.send(bindIq('__proto__'))
  expect(await peer.hears('</iq>')).toContain('<jid>nurse@localhost/__proto__</jid>')
})

// A guard against hanging: ten thousand sets, one by one.
test('a roster of 10,000 items is set, fetched, and fetched again only when it has changed', {
  timeout: 120_000,
}, async () => {
  const nurse = await verona.login('nurse')
  const sets = Array.from({ length: 10_000 }, (_, n) =>
    rosterSet(`s${n}`, item(`contact${n}@localhost`, `name='No. ${n}'`, '<group>All</group>')),
  )
  while (sets.length > 0) {
    nurse.send(sets.splice(0, 500).join(''))
    const heard = await settled(nurse)
    expect(heard.match(/<iq type="result" [^>]*id="s\d+"\/>/g)).toHaveLength(500)
    expect(heard.match(/<iq type="set" [^>]*><query [^>]*><item [^>]*>/g)).toHaveLength(500)
  }
  const again = await verona.bound('nurse', 'again')
  again.send(`${rosterGet('r')}<presence/>`)
  const roster = await settled(again)
  expect(roster.match(/<item /g)).toHaveLength(10_000)
  const ver = / ver="([^"]*)"/.exec(roster)?.[1] ?? ''
  expect(await answersTo(again, rosterGet('current', ver))).toEqual(['current: result'])
  expect(await answersTo(again, rosterSet('x', item('contact7@localhost', "subscription='remove'")))).toEqual([
    'x: result',
    'push: contact7 remove',
  ])
  again.send(rosterGet('after', ver))
  expect((await settled(again)).match(/<item /g)).toHaveLength(9_999)
})
