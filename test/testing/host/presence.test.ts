import { expect, test } from 'vitest'
import { befriend, JULIET, NURSE, ROMEO, stage, subscription } from './stage.js'

const away = '<presence><show>away</show></presence>'

/** Romeo and Juliet see each other; the nurse sees nobody. */
async function verona() {
  const place = stage()
  const romeo = await place.login('romeo')
  const juliet = await place.login('juliet')
  const nurse = await place.login('nurse')
  await befriend(romeo, juliet)
  return { ...place, romeo, juliet, nurse }
}

test('initial presence goes to subscribers and to the own resources, the announcing one among them (RFC 6121 §4.2.2)', async () => {
  const { bind, romeo, juliet, nurse } = await verona()
  const orchard = await bind('romeo', 'orchard')
  await orchard.say("<presence id='p1'><show>chat</show><c xmlns='urn:example:caps' ver='1'/></presence>")
  expect(juliet.read()).toEqual([
    `<presence id="p1" from="${ROMEO}/orchard" to="${JULIET}"><show>chat</show><c xmlns="urn:example:caps" ver="1"/></presence>`,
  ])
  expect(romeo.heard()).toEqual(['romeo/orchard > romeo/home: chat'])
  expect(nurse.heard()).toEqual([])
  expect(orchard.heard()).toEqual([
    'romeo/orchard > romeo/orchard: chat',
    'romeo/home > romeo/orchard: available',
    'juliet/home > romeo/orchard: available',
  ])
})

test('a new resource learns the last presence of every resource of each contact (RFC 6121 §4.3.2)', async () => {
  const { bind, login, romeo, juliet } = await verona()
  await login('juliet', 'balcony', "<presence id='b1'><show>dnd</show><status>Shh</status></presence>")
  await juliet.say(away)
  await romeo.leave()
  const again = await bind('romeo', 'again')
  await again.say('<presence/>')
  expect(again.heard()).toEqual([
    'romeo/again > romeo/again: available',
    'juliet/home > romeo/again: away',
    'juliet/balcony > romeo/again: dnd "Shh"',
  ])
})

test('who only believes to be subscribed learns nothing', async () => {
  const { bind, host, nurse } = await verona()
  await host.setItem(NURSE, JULIET, { subscription: 'to' })
  await nurse.leave()
  const again = await bind('nurse', 'again')
  await again.say('<presence/>')
  expect(again.heard()).toEqual(['nurse/again > nurse/again: available'])
})

test('an update goes to subscribers and own resources, and probes nobody (RFC 6121 §4.4.2)', async () => {
  const { login, romeo, juliet, nurse } = await verona()
  const orchard = await login('romeo', 'orchard')
  romeo.read()
  juliet.read()
  await orchard.say(away)
  expect(orchard.heard()).toEqual(['romeo/orchard > romeo/orchard: away'])
  expect(romeo.heard()).toEqual(['romeo/orchard > romeo/home: away'])
  expect(juliet.heard()).toEqual(['romeo/orchard > juliet: away'])
  expect(nurse.heard()).toEqual([])
})

test('presence reaches a subscriber that comes later, and every available resource of it (RFC 6121 §4.2.3)', async () => {
  const { login, bind, romeo, juliet } = await verona()
  const balcony = await login('juliet', 'balcony')
  const chamber = await bind('juliet', 'chamber')
  juliet.read()
  await romeo.say(away)
  expect(juliet.heard()).toEqual(['romeo/home > juliet: away'])
  expect(balcony.heard()).toEqual(['romeo/home > juliet: away'])
  expect(chamber.heard()).toEqual([])
})

test('unavailable goes, with its status, to subscribers and own resources (RFC 6121 §4.5.2)', async () => {
  const { login, romeo, juliet } = await verona()
  const orchard = await login('romeo', 'orchard')
  romeo.read()
  juliet.read()
  await orchard.say("<presence type='unavailable'><status>Good night</status></presence>")
  expect(juliet.heard()).toEqual(['romeo/orchard > juliet: unavailable "Good night"'])
  expect(romeo.heard()).toEqual(['romeo/orchard > romeo/home: unavailable "Good night"'])
  await orchard.leave()
  expect(juliet.heard()).toEqual([])
  await juliet.say(away)
  expect(orchard.heard().slice(1)).toEqual([])
})

test('a session that ends without a word is unavailable as well (RFC 6121 §4.5.2)', async () => {
  const { login, romeo, juliet } = await verona()
  const orchard = await login('romeo', 'orchard')
  romeo.read()
  juliet.read()
  await orchard.leave()
  expect(juliet.read()).toEqual([`<presence type="unavailable" from="${ROMEO}/orchard" to="${JULIET}"/>`])
  expect(romeo.heard()).toEqual(['romeo/orchard > romeo/home: unavailable'])
})

test('a session that never was available leaves unnoticed', async () => {
  const { bind, romeo, juliet } = await verona()
  const orchard = await bind('romeo', 'orchard')
  await orchard.say("<presence type='unavailable'/>")
  await orchard.leave()
  expect([...romeo.heard(), ...juliet.heard()]).toEqual([])
})

test('after unavailable the next presence is an initial one again', async () => {
  const { romeo } = await verona()
  await romeo.say("<presence type='unavailable'/>", '<presence/>')
  expect(romeo.heard()).toEqual([
    'romeo/home > romeo/home: unavailable',
    'romeo/home > romeo/home: available',
    'juliet/home > romeo/home: available',
  ])
})

test('directed presence goes to one alone, and so does its end (RFC 6121 §4.6)', async () => {
  const { romeo, juliet, nurse } = await verona()
  await romeo.say(`<presence to='${NURSE}'><status>For you</status></presence>`)
  expect(nurse.heard()).toEqual(['romeo/home > nurse: available "For you"'])
  await romeo.say(away)
  expect(nurse.heard()).toEqual([])
  await romeo.say(`<presence to='${NURSE}' type='unavailable'/>`)
  expect(nurse.heard()).toEqual(['romeo/home > nurse: unavailable'])
  expect(juliet.heard()).toEqual(['romeo/home > juliet: away'])
  await romeo.leave()
  expect(nurse.heard()).toEqual([])
})

test('who was told directly is told of the end as well, once (RFC 6121 §4.6.3)', async () => {
  const { romeo, juliet, nurse } = await verona()
  await romeo.say(`<presence to='${NURSE}/home'/>`, `<presence to='${JULIET}'><show>chat</show></presence>`)
  nurse.read()
  juliet.read()
  await romeo.say("<presence type='unavailable'><status>Bye</status></presence>")
  expect(nurse.heard()).toEqual(['romeo/home > nurse/home: unavailable "Bye"'])
  expect(juliet.heard()).toEqual(['romeo/home > juliet: unavailable "Bye"'])
  await romeo.leave()
  expect([...nurse.heard(), ...juliet.heard()]).toEqual([])
})

test('who was told directly is told of the end even by one who never was available to all', async () => {
  const { bind, romeo, juliet } = await verona()
  const orchard = await bind('romeo', 'orchard')
  await orchard.say(`<presence to='${JULIET}'/>`)
  expect(juliet.heard()).toEqual(['romeo/orchard > juliet: available'])
  await orchard.leave()
  expect(juliet.heard()).toEqual(['romeo/orchard > juliet: unavailable'])
  expect(romeo.heard()).toEqual([])
})

test('a probe of a subscriber is answered with what each resource announced last, else with unavailable (RFC 6121 §4.3.2)', async () => {
  const { login, romeo, juliet } = await verona()
  await login('juliet', 'balcony', '<presence><show>dnd</show></presence>')
  romeo.read()
  await romeo.say(`<presence type='probe' to='${JULIET}' id='q'/>`)
  expect(romeo.heard()).toEqual(['juliet/home > romeo/home: available', 'juliet/balcony > romeo/home: dnd'])
  await romeo.say(`<presence type='probe' to='${JULIET}/balcony'/>`, `<presence type='probe' to='${JULIET}/cellar'/>`)
  expect(romeo.heard()).toEqual(['juliet/balcony > romeo/home: available', 'juliet/cellar > romeo/home: unavailable'])
  await juliet.say(`<presence type='unavailable'/>`)
  await romeo.say(subscription('probe', ROMEO))
  expect(romeo.heard().at(-1)).toBe('romeo/home > romeo/home: available')
})

test('a probe of one who is offline tells so, with the id of the probe (RFC 6121 §4.3.2)', async () => {
  const { romeo, juliet } = await verona()
  await juliet.leave()
  romeo.read()
  await romeo.say(`<presence type='probe' to='${JULIET}' id='q'/>`)
  expect(romeo.read()).toEqual([`<presence type="unavailable" from="${JULIET}" to="${ROMEO}/home" id="q"/>`])
})

test('a probe of a stranger is answered with unsubscribed, which ends what the stranger believed in (RFC 6121 §4.3.2)', async () => {
  const { host, romeo, nurse } = await verona()
  await nurse.say(subscription('probe', JULIET), subscription('probe', 'rosaline@localhost'))
  expect(nurse.heard()).toEqual([])
  await host.setItem(NURSE, JULIET, { subscription: 'to' })
  await nurse.say(subscription('probe', JULIET))
  expect(nurse.heard()).toEqual(['push: juliet to', 'juliet > nurse: unsubscribed', 'push: juliet none'])
  expect(romeo.heard()).toEqual([])
})

test('a probe of somebody whose request is pending is not answered: unsubscribed would decline it', async () => {
  const { juliet, nurse } = await verona()
  await nurse.say(subscription('subscribe', JULIET))
  nurse.read()
  await nurse.say(subscription('probe', JULIET))
  expect(nurse.heard()).toEqual([])
  await juliet.say(subscription('subscribed', NURSE))
  expect(nurse.heard()[0]).toBe('juliet > nurse: subscribed')
})

test('who got directed presence may probe for it (RFC 6121 §4.6.4)', async () => {
  const { romeo, nurse } = await verona()
  await romeo.say(`<presence to='${NURSE}'><show>chat</show></presence>`)
  nurse.read()
  await nurse.say(subscription('probe', ROMEO))
  expect(nurse.heard()).toEqual(['romeo/home > nurse/home: chat'])
})

test('a presence error goes to whom it is for', async () => {
  const { romeo, juliet } = await verona()
  await juliet.say(
    `<presence type='error' to='${ROMEO}/home'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`,
  )
  expect(romeo.heard()).toEqual(['juliet/home > romeo/home: error gone'])
})

test.each([
  ['subscribe', 'bad-request'],
  ['probe', 'bad-request'],
  ['dancing', 'bad-request'],
])('a presence of type "%s" to nobody is refused (RFC 6121 §4.7.1)', async (type, condition) => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(`<presence type='${type}' id='p'/>`)
  expect(romeo.heard()).toEqual([`(nobody) > romeo/home: error ${condition}`])
})

test('presence of no known type, or for no known domain, comes back; for nobody here it is dropped (RFC 6121 §8.5.1)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(
    `<presence type='dancing' to='${JULIET}'/>`,
    `<presence to='a@elsewhere.example'/>`,
    `<presence to='a@@b'/>`,
    `<presence to='rosaline@localhost'/>`,
    `<presence to='${JULIET}/nowhere'/>`,
    `<presence to='localhost'/>`,
  )
  expect(romeo.heard()).toEqual([
    'juliet > romeo/home: error bad-request',
    'a@elsewhere.example > romeo/home: error remote-server-not-found',
    'a@@b > romeo/home: error jid-malformed',
  ])
})

test('a show and a priority that are none are relayed as they came, as by Prosody', async () => {
  const { romeo, juliet } = await verona()
  await romeo.say('<presence><show>sulking</show><priority>1000</priority></presence>')
  expect(juliet.read()).toEqual([
    `<presence from="${ROMEO}/home" to="${JULIET}"><show>sulking</show><priority>1000</priority></presence>`,
  ])
})
