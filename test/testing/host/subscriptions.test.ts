import { expect, test } from 'vitest'
import { befriend, JULIET, ROMEO, rosterGet, rosterSet, stage, subscription } from './stage.js'

test('a request is delivered and pushed, an approval delivered, then pushed, then followed by presence (RFC 6121 §3.1)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await romeo.say(`<presence type='subscribe' to='${JULIET}' id='s1'><status>Hello</status></presence>`)
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

test('who cancels a subscription says unavailable first (RFC 6121 §3.2.2)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await befriend(romeo, juliet)
  await romeo.say(subscription('unsubscribed', JULIET))
  expect(juliet.heard()).toEqual([
    'romeo/home > juliet: unavailable',
    'romeo > juliet: unsubscribed',
    'push: romeo from',
  ])
  expect(romeo.heard()).toEqual(['push: juliet to'])
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
