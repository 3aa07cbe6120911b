import { expect, test } from 'vitest'
import { befriend, JULIET, NURSE, ROMEO, rosterGet, rosterSet, stage, subscription } from './stage.js'

test('a request is delivered and pushed, an approval delivered, then pushed, then followed by presence (RFC 6121 §3.1)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await romeo.say(`<presence type='subscribe' to='${JULIET}'><status>Hello</status></presence>`)
  expect(romeo.heard()).toEqual(['push: juliet none asked'])
  expect(juliet.heard()).toEqual(['romeo > juliet: subscribe "Hello"'])
  await juliet.say(subscription('subscribed', ROMEO))
  expect(juliet.heard()).toEqual(['push: romeo from'])
  expect(romeo.heard()).toEqual(['juliet > romeo: subscribed', 'push: juliet to', 'juliet/home > romeo: available'])
})

test('two who subscribe to each other see each other come and go', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await befriend(romeo, juliet)
  await romeo.say(rosterGet('r'))
  expect(romeo.heard()).toEqual(['r: roster juliet both'])
  await juliet.say('<presence><show>away</show></presence>')
  expect(romeo.heard()).toEqual(['juliet/home > romeo: away'])
  await juliet.leave()
  expect(romeo.heard()).toEqual(['juliet/home > romeo: unavailable'])
})

test('who ends a subscription is told unavailable, the other one the end (RFC 6121 §3.3.3)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await befriend(romeo, juliet)
  await romeo.say(subscription('unsubscribe', JULIET))
  expect(romeo.heard()).toEqual(['push: juliet from', 'juliet/home > romeo: unavailable'])
  expect(juliet.heard()).toEqual(['romeo > juliet: unsubscribe', 'push: romeo to'])
})

test('who cancels a subscription is unavailable first, from each of its resources (RFC 6121 §3.2.2)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await befriend(romeo, juliet)
  const orchard = await login('romeo', 'orchard')
  romeo.read()
  juliet.read()
  await orchard.say(subscription('unsubscribed', JULIET))
  expect(juliet.heard()).toEqual([
    'romeo/home > juliet: unavailable',
    'romeo/orchard > juliet: unavailable',
    'romeo > juliet: unsubscribed',
    'push: romeo from',
  ])
  expect(romeo.heard()).toEqual(['push: juliet to'])
  expect(orchard.heard()).toEqual(['push: juliet to'])
})

test('removing an item ends both subscriptions (RFC 6121 §2.5.2)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await befriend(romeo, juliet)
  await romeo.say(rosterSet('x', `<item jid='${JULIET}' subscription='remove'/>`))
  expect(romeo.heard()).toEqual(['x: result', 'push: juliet remove', 'juliet/home > romeo: unavailable'])
  expect(juliet.heard()).toEqual([
    'romeo/home > juliet: unavailable',
    'romeo > juliet: unsubscribe',
    'push: romeo to',
    'romeo > juliet: unsubscribed',
    'push: romeo none',
  ])
})

test('a subscription stanza goes from bare JID to bare JID, with its id and all that stands in it (RFC 6121 §3.1.2)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await romeo.say(
    `<presence type='subscribe' to='${JULIET}/chamber' from='${NURSE}/forged' id='s1'><nick xmlns='http://jabber.org/protocol/nick'>R &amp; M</nick></presence>`,
  )
  const [request] = juliet.read()
  expect(request).toContain('<nick xmlns="http://jabber.org/protocol/nick">R &amp; M</nick>')
  for (const attribute of [`from="${ROMEO}"`, `to="${JULIET}"`, 'id="s1"']) expect(request).toContain(attribute)
})

test('the server makes up no id where a client gave none, and none for what it says itself', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await befriend(romeo, juliet)
  await romeo.say(subscription('unsubscribed', JULIET), subscription('unsubscribe', JULIET))
  const said = juliet.all.filter((xml) => xml.includes('subscribe'))
  expect(said.length).toBeGreaterThan(3)
  expect(said.filter((xml) => xml.startsWith('<presence') && xml.includes(' id='))).toEqual([])
})

test('a request waits for a resource, and is delivered to each new one until it is answered (RFC 6121 §3.1.3)', async () => {
  const { login, bind } = stage()
  const romeo = await login('romeo')
  await romeo.say(`<presence type='subscribe' to='${JULIET}' id='s1'><status>Hello</status></presence>`)
  const balcony = await bind('juliet', 'balcony')
  expect(balcony.heard()).toEqual([])
  await balcony.say('<presence/>')
  expect(balcony.read()[1]).toBe(
    `<presence type="subscribe" to="${JULIET}" id="s1" from="${ROMEO}"><status>Hello</status></presence>`,
  )
  const chamber = await bind('juliet', 'chamber')
  await chamber.say('<presence/>')
  expect(chamber.heard().filter((what) => what.includes('subscribe'))).toEqual(['romeo > juliet: subscribe "Hello"'])
  await chamber.say('<presence><show>away</show></presence>', subscription('unsubscribed', ROMEO))
  const garden = await bind('juliet', 'garden')
  await garden.say('<presence/>')
  expect(garden.heard().filter((what) => what.includes('subscribe'))).toEqual([])
  expect(romeo.heard()).toEqual(['push: juliet none asked', 'juliet > romeo: unsubscribed', 'push: juliet none'])
})

test('one request of a contact is delivered, however often it is sent (RFC 6121 §3.1.3)', async () => {
  const { login, bind } = stage()
  const romeo = await login('romeo')
  await romeo.say(subscription('subscribe', JULIET), subscription('subscribe', JULIET))
  const juliet = await bind('juliet')
  await juliet.say('<presence/>')
  expect(juliet.heard()).toEqual(['juliet/home > juliet/home: available', 'romeo > juliet: subscribe'])
  await romeo.say(subscription('subscribe', JULIET))
  expect(juliet.heard()).toEqual([])
})

test('a request that is taken back is not delivered any more', async () => {
  const { login, bind } = stage()
  const romeo = await login('romeo')
  await romeo.say(subscription('subscribe', JULIET), subscription('unsubscribe', JULIET))
  expect(romeo.heard()).toEqual(['push: juliet none asked', 'push: juliet none'])
  const juliet = await bind('juliet')
  await juliet.say('<presence/>')
  expect(juliet.heard()).toEqual(['juliet/home > juliet/home: available'])
})

test('who has only asked is not in the roster (RFC 6121 §3.1.3)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await romeo.say(subscription('subscribe', JULIET))
  await juliet.say(rosterGet('r'))
  expect(juliet.heard()).toEqual(['romeo > juliet: subscribe', 'r: roster empty'])
})

test('a request of one who is subscribed already is answered by the server (RFC 6121 §3.1.3)', async () => {
  const { login, host } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await befriend(romeo, juliet)
  await host.setItem(ROMEO, JULIET, { subscription: 'from' })
  romeo.read()
  await romeo.say(subscription('subscribe', JULIET))
  expect(romeo.heard()).toEqual([
    'push: juliet from asked',
    'juliet > romeo: subscribed',
    'push: juliet both',
    'juliet/home > romeo: available',
  ])
  expect(juliet.heard()).toEqual([])
})

test('who was approved in advance is not asked about (RFC 6121 §3.4)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await juliet.say(subscription('subscribed', ROMEO))
  expect(juliet.heard()).toEqual(['push: romeo none approved'])
  expect(romeo.heard()).toEqual([])
  await romeo.say(subscription('subscribe', JULIET))
  expect(romeo.heard()).toEqual([
    'push: juliet none asked',
    'juliet > romeo: subscribed',
    'push: juliet to',
    'juliet/home > romeo: available',
  ])
  expect(juliet.heard()).toEqual(['push: romeo from approved'])
})

test('requests and presence go to available resources, answers and pushes to interested ones (RFC 6121 §2.2)', async () => {
  const { bind } = stage()
  const present = await bind('romeo', 'present')
  await present.say('<presence/>')
  const interested = await bind('romeo', 'interested')
  await interested.say(rosterGet('r'))
  const neither = await bind('romeo', 'neither')
  const juliet = await bind('juliet')
  await juliet.say('<presence/>', subscription('subscribe', ROMEO))
  for (const one of [present, interested, neither]) one.read()
  await interested.say(subscription('subscribe', JULIET))
  await juliet.say(subscription('subscribed', ROMEO))
  expect(present.heard()).toEqual(['juliet/home > romeo: available'])
  expect(interested.heard()).toEqual(['push: juliet none asked', 'juliet > romeo: subscribed', 'push: juliet to'])
  expect(neither.heard()).toEqual([])
})

test.each([
  ['to oneself', ROMEO, 'romeo > romeo/home: error bad-request'],
  ['to one of its own resources', `${ROMEO}/orchard`, 'romeo/orchard > romeo/home: error bad-request'],
  ['to what is no JID', 'a@@b', 'a@@b > romeo/home: error jid-malformed'],
])('a subscription stanza %s is refused, and changes nothing', async (_what, to, error) => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(subscription('subscribe', to), rosterGet('r'))
  expect(romeo.heard()).toEqual([error, 'r: roster empty'])
})

test('a request to an unknown domain comes back, and its item stays (RFC 6121 §3.1.2)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(`<presence type='subscribe' to='benvolio@elsewhere.example' id='s1'/>`)
  const [error, push] = romeo.read()
  expect(error).toBe(
    `<presence type="error" from="benvolio@elsewhere.example" to="${ROMEO}/home" id="s1"><error type="cancel"><remote-server-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></presence>`,
  )
  expect(push).toContain('ask="subscribe"')
})

test('a request to an account that does not exist is ignored, and its item stays (RFC 6121 §8.5.1)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(subscription('subscribe', 'rosaline@localhost'))
  expect(romeo.heard()).toEqual(['push: rosaline none asked'])
})

test('two who ask each other and both approve end in both, and nothing is asked twice', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await romeo.say(subscription('subscribe', JULIET))
  await juliet.say(subscription('subscribe', ROMEO), subscription('subscribed', ROMEO))
  await romeo.say(subscription('subscribed', JULIET))
  expect(romeo.heard()).toEqual([
    'push: juliet none asked',
    'juliet > romeo: subscribe',
    'juliet > romeo: subscribed',
    'push: juliet to',
    'juliet/home > romeo: available',
    'push: juliet both',
  ])
})
