import { expect, test } from 'vitest'
import type { TestServerQuirks } from '../../../src/testing/quirks.js'
import { BOT, befriend, JULIET, type Person, ROMEO, rosterGet, rosterSet, stage, subscription } from './stage.js'

const ITEM = `<item jid='${JULIET}'/>`

/** What is seen with a quirk off and on. */
interface Row {
  readonly quirk: Partial<TestServerQuirks>
  readonly seen: readonly string[]
}

test.each<Row>([
  { quirk: {}, seen: ['ver', 'sub'] },
  { quirk: { versioning: false }, seen: ['sub'] },
  { quirk: { preApproval: false }, seen: ['ver'] },
])('with $quirk the stream features are $seen', ({ quirk, seen }) => {
  const { host } = stage({ quirks: quirk })
  expect(host.features.map((feature) => /^<(\w+)/.exec(feature)?.[1])).toEqual(seen)
})

test('versioning off: no "ver" anywhere, and never an empty result (RFC 6121 §2.6)', async () => {
  const { login } = stage({ quirks: { versioning: false } })
  const romeo = await login('romeo')
  await romeo.say(rosterSet('s', ITEM), rosterGet('r', '1'))
  expect(romeo.all.filter((xml) => xml.includes('ver='))).toEqual([])
  expect(romeo.heard()).toEqual(['s: result', 'push: juliet none', 'r: roster juliet none'])
})

test('pre-approval off: a "subscribed" that nobody asked for does nothing, one that was asked for does', async () => {
  const { login } = stage({ quirks: { preApproval: false } })
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await juliet.say(subscription('subscribed', ROMEO))
  expect(juliet.heard()).toEqual([])
  await romeo.say(subscription('subscribe', JULIET))
  await juliet.say(subscription('subscribed', ROMEO))
  expect(juliet.heard()).toEqual(['romeo > juliet: subscribe', 'push: romeo from'])
})

test.each<Row>([
  { quirk: {}, seen: ['nobody'] },
  { quirk: { pushFrom: 'bare' }, seen: [ROMEO] },
])('with $quirk a push is from $seen (RFC 6121 §2.1.6)', async ({ quirk, seen }) => {
  const { login } = stage({ quirks: quirk })
  const romeo = await login('romeo')
  await romeo.say(rosterSet('s', ITEM))
  const push = romeo.read()[1] ?? ''
  expect([/ from="([^"]*)"/.exec(push)?.[1] ?? 'nobody']).toEqual(seen)
  expect(push).toContain(` to="${ROMEO}/home"`)
})

test.each<Row>([
  { quirk: {}, seen: ['s: result', 'push: juliet none'] },
  { quirk: { pushBeforeResult: true }, seen: ['push: juliet none', 's: result'] },
])('with $quirk a roster set is followed by $seen', async ({ quirk, seen }) => {
  const { login } = stage({ quirks: quirk })
  const romeo = await login('romeo')
  await romeo.say(rosterSet('s', ITEM))
  expect(romeo.heard()).toEqual(seen)
  // What changes nothing, and what removes.
  await romeo.say(rosterSet('s', ITEM))
  expect(romeo.heard()).toEqual(seen)
  await romeo.say(rosterSet('s', `<item jid='${JULIET}' subscription='remove'/>`))
  expect(romeo.heard()).toEqual(seen.map((what) => what.replace('none', 'remove')))
})

const stanzaFirst = ['juliet > romeo: subscribed', 'push: juliet to', 'juliet/home > romeo: available']
const pushFirst = ['push: juliet to', 'juliet > romeo: subscribed', 'juliet/home > romeo: available']

test.each<Row>([
  { quirk: {}, seen: stanzaFirst },
  { quirk: { pushBeforePresence: true }, seen: pushFirst },
])('with $quirk an approval brings $seen', async ({ quirk, seen }) => {
  const { login } = stage({ quirks: quirk })
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await romeo.say(subscription('subscribe', JULIET))
  romeo.read()
  await juliet.say(subscription('subscribed', ROMEO))
  expect(romeo.heard()).toEqual(seen)
})

/** What a gateway's bot hears of an account that it no longer wants to see. */
async function unsubscribes(quirk: Partial<TestServerQuirks>): Promise<readonly string[]> {
  const { login, join } = stage({ quirks: quirk })
  const romeo = await login('romeo')
  const bot = await join()
  await bot.say(`<presence type='subscribe' from='${BOT}' to='${ROMEO}'/>`)
  await romeo.say(subscription('subscribed', BOT))
  bot.read()
  await bot.say(`<presence type='unsubscribe' from='${BOT}/resource' to='${ROMEO}'/>`)
  expect(romeo.heard().slice(-2)).toEqual([
    `bot@gateway.localhost > romeo: unsubscribe`,
    'push: bot@gateway.localhost none',
  ])
  return bot.heard()
}

test('an unsubscribe is answered with unsubscribed, or not (RFC 6121 appendix A.3.2)', async () => {
  const gone = 'romeo/home > bot@gateway.localhost: unavailable'
  expect(await unsubscribes({})).toEqual([gone, 'romeo > bot@gateway.localhost: unsubscribed'])
  expect(await unsubscribes({ autoReplyUnsubscribed: false })).toEqual([gone])
})

test('an unsubscribed that a client says goes out, whether or not the server would say one', async () => {
  const { login } = stage({ quirks: { autoReplyUnsubscribed: false } })
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await befriend(romeo, juliet)
  await romeo.say(rosterSet('s', `<item jid='${JULIET}' subscription='remove'/>`))
  expect(juliet.heard()).toEqual([
    'romeo/home > juliet: unavailable',
    'romeo > juliet: unsubscribe',
    'push: romeo to',
    'romeo > juliet: unsubscribed',
    'push: romeo none',
  ])
})

/** What a component hears when an account comes back that has asked it, and one whose presence it shares. */
async function comesBack(
  quirk: Partial<TestServerQuirks>,
  join: (bot: Person) => Promise<void>,
): Promise<readonly string[]> {
  const place = stage({ quirks: quirk })
  const romeo = await place.login('romeo')
  const bot = await place.join()
  await romeo.say(`<presence type='subscribe' to='${BOT}' id='s1'><status>Hello</status></presence>`)
  await join(bot)
  await romeo.leave()
  bot.read()
  const again = await place.bind('romeo')
  await again.say('<presence/>', '<presence><show>away</show></presence>')
  return bot.read()
}

test('what was not answered is asked again at the next initial presence, or not (RFC 6121 §3.1.2)', async () => {
  const unanswered = async (): Promise<void> => undefined
  expect(await comesBack({}, unanswered)).toEqual([])
  expect(await comesBack({ resendPendingOut: true }, unanswered)).toEqual([
    `<presence from="${ROMEO}" to="${BOT}" type="subscribe"/>`,
  ])
})

test('components are probed at initial presence, or not (RFC 6121 §4.3.1)', async () => {
  const granted = (bot: Person): Promise<void> => bot.say(`<presence type='subscribed' from='${BOT}' to='${ROMEO}'/>`)
  expect(await comesBack({}, granted)).toEqual([`<presence type="probe" from="${ROMEO}/home" to="${BOT}"/>`])
  expect(await comesBack({ probesComponents: false }, granted)).toEqual([])
})
