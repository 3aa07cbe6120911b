import { expect, test } from 'vitest'
import { JULIET, type Person, ROMEO, rosterGet, rosterSet, stage, subscription } from './stage.js'

const item = (jid: string, rest = ''): string =>
  `<item jid='${jid}'${rest.startsWith('<') ? `>${rest}</item>` : ` ${rest}/>`}`

const verOf = (person: Person): string | undefined => / ver="([^"]*)"/.exec(person.read().at(-1) ?? '')?.[1]

test('an empty roster is a query without items (RFC 6121 §2.1.4)', async () => {
  const { bind } = stage()
  const romeo = await bind('romeo')
  await romeo.say(rosterGet('r'))
  expect(romeo.read()[0]).toMatch(
    /^<iq type="result" to="romeo@localhost\/home" id="r"><query xmlns="jabber:iq:roster" ver="[^"]+"\/><\/iq>$/,
  )
})

test('an item is created, answered, and pushed to every resource that asked for the roster (RFC 6121 §2.3.2)', async () => {
  const { login, bind } = stage()
  const home = await login('romeo', 'home')
  const orchard = await login('romeo', 'orchard')
  const street = await bind('romeo', 'street')
  home.read()
  await home.say(
    rosterSet('s', item(JULIET, '<group>Capulets</group><group>Loves</group>').replace('<item', "<item name='Juliet'")),
  )
  expect(home.heard()).toEqual(['s: result', 'push: juliet none "Juliet" [Capulets, Loves]'])
  expect(orchard.heard()).toEqual(['push: juliet none "Juliet" [Capulets, Loves]'])
  expect(street.heard()).toEqual([])
})

test('an item becomes exactly what the set says: what it leaves out is gone (RFC 6121 §2.4.1)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(rosterSet('a', `<item jid='${JULIET}' name='Juliet'><group>Loves</group></item>`))
  await romeo.say(rosterSet('b', item(JULIET)))
  await romeo.say(rosterSet('c', item(JULIET, "name=''")))
  expect(romeo.heard()).toEqual([
    'a: result',
    'push: juliet none "Juliet" [Loves]',
    'b: result',
    'push: juliet none',
    'c: result',
    'push: juliet none',
  ])
})

test('a set changes no subscription, whatever it says of one (RFC 6121 §2.1.5)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(rosterSet('a', item(JULIET, "subscription='both' ask='subscribe' approved='true'")))
  expect(romeo.heard()).toEqual(['a: result', 'push: juliet none'])
  await romeo.say(subscription('subscribe', JULIET), rosterSet('b', item(JULIET, "name='Juliet' subscription='from'")))
  expect(romeo.heard()).toEqual(['push: juliet none asked', 'b: result', 'push: juliet none asked "Juliet"'])
})

test('the key of an item is the canonical bare JID', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(
    rosterSet('a', item('JULIET@LocalHost', "name='1'")),
    rosterSet('b', item(JULIET, "name='2'")),
    rosterGet('r'),
  )
  expect(romeo.heard()).toEqual([
    'a: result',
    'push: juliet none "1"',
    'b: result',
    'push: juliet none "2"',
    'r: roster juliet none "2"',
  ])
})

test.each([
  ['no item', '', 'bad-request'],
  ['two items', item('a@localhost') + item('b@localhost'), 'bad-request'],
  ['something else than an item', '<contact jid="a@localhost"/>', 'bad-request'],
  ['an item of another namespace', '<item xmlns="urn:example:other" jid="a@localhost"/>', 'bad-request'],
  ['an item without a JID', '<item/>', 'jid-malformed'],
  ['an item with a JID that is none', item('a@@localhost'), 'jid-malformed'],
  ['a full JID', item(`${JULIET}/balcony`), 'bad-request'],
  ["the account's own JID", item(ROMEO), 'not-allowed'],
  ['the same group twice', item(JULIET, '<group>a</group><group>a</group>'), 'bad-request'],
  ['an empty group', item(JULIET, '<group/>'), 'not-acceptable'],
  ['a group that is too long', item(JULIET, `<group>${'ä'.repeat(4_097)}</group>`), 'not-acceptable'],
  ['a name that is too long', item(JULIET, `name='${'n'.repeat(8_193)}'`), 'not-acceptable'],
  ['the removal of nobody', item(JULIET, "subscription='remove'"), 'item-not-found'],
])('a roster set with %s is refused and changes nothing (RFC 6121 §2.3.3, §2.5.3)', async (_what, items, condition) => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(rosterSet('s', items), rosterGet('r'))
  expect(romeo.heard()).toEqual([`s: error ${condition}`, 'r: roster empty'])
})

test('who has only asked cannot be removed: it is no item', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await juliet.say(subscription('subscribe', ROMEO))
  romeo.read()
  await romeo.say(rosterSet('s', item(JULIET, "subscription='remove'")))
  expect(romeo.heard()).toEqual(['s: error item-not-found'])
})

test("nobody reads or writes somebody else's roster (RFC 6121 §2.1.5)", async () => {
  const { login, join } = stage()
  const romeo = await login('romeo')
  const to = (xml: string, jid: string): string => xml.replace('<iq', `<iq to='${jid}'`)
  await romeo.say(to(rosterGet('a'), JULIET), to(rosterSet('b', item(ROMEO)), JULIET), to(rosterGet('c'), 'localhost'))
  expect(romeo.heard()).toEqual(['a: error service-unavailable', 'b: error forbidden', 'c: error service-unavailable'])
  const gateway = await join()
  await gateway.say(to(rosterGet('d'), JULIET).replace('<iq', "<iq from='gateway.localhost'"))
  expect(gateway.heard()).toEqual(['d: error service-unavailable'])
})

test('a roster get or set may say whose roster it means: the own bare JID', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(rosterGet('a').replace('<iq', `<iq to='${ROMEO}'`))
  expect(romeo.read()[0]).toContain(`from="${ROMEO}"`)
  await romeo.say(rosterSet('b', item(JULIET)).replace('<iq', `<iq to='${ROMEO}'`))
  expect(romeo.heard()).toEqual(['b: result', 'push: juliet none'])
})

test('a current version is answered with nothing, any other with the whole roster (RFC 6121 §2.6.3)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(rosterGet('a', ''))
  const empty = verOf(romeo)
  await romeo.say(rosterGet('b', empty))
  expect(romeo.heard()).toEqual(['b: result'])
  await romeo.say(rosterSet('c', item(JULIET)))
  const pushed = verOf(romeo)
  expect(pushed).not.toBe(empty)
  await romeo.say(rosterGet('d', empty), rosterGet('e', pushed), rosterGet('f', 'never said'))
  expect(romeo.heard()).toEqual(['d: roster juliet none', 'e: result', 'f: roster juliet none'])
})

test('a version of another server is never taken for current', async () => {
  const [one, other] = [stage(), stage()]
  const before = await one.bind('romeo')
  await before.say(rosterGet('a'))
  const ver = verOf(before)
  const after = await other.bind('romeo')
  await after.say(rosterGet('b', ver))
  expect(after.heard()).toEqual(['b: roster empty'])
})

test('what a client cannot see is not pushed: that somebody has asked', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await romeo.say(rosterSet('s', item(JULIET)))
  romeo.read()
  await juliet.say(subscription('subscribe', ROMEO))
  expect(romeo.heard()).toEqual(['juliet > romeo: subscribe'])
})

test('what clients answer to a push goes nowhere, an error included (RFC 6121 §2.1.6)', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(rosterSet('s', item(JULIET)))
  romeo.read()
  await romeo.say("<iq type='result' id='push-1'/>", "<iq type='error' id='push-2'><error type='cancel'/></iq>")
  expect(romeo.heard()).toEqual([])
})
