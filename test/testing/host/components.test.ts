import { expect, test } from 'vitest'
import { BOT, JULIET, ROMEO, stage, subscription } from './stage.js'

const from = (jid: string, xml: string): string => xml.replace(/^<(\w+)/, `<$1 from='${jid}'`)

/** Romeo and the bot see each other. */
async function gateway() {
  const place = stage()
  const romeo = await place.login('romeo')
  const bot = await place.join()
  await romeo.say(subscription('subscribe', BOT))
  await bot.say(from(BOT, subscription('subscribed', ROMEO)), from(BOT, subscription('subscribe', ROMEO)))
  await romeo.say(subscription('subscribed', BOT))
  romeo.read()
  bot.read()
  return { ...place, romeo, bot }
}

test('a component and an account subscribe to each other; who is granted is told who is there (RFC 6121 §3.1.5)', async () => {
  const { login, join } = stage()
  const romeo = await login('romeo')
  const bot = await join()
  await romeo.say(`<presence type='subscribe' to='${BOT}' id='s1'/>`)
  expect(bot.read()).toEqual([`<presence type="subscribe" to="${BOT}" id="s1" from="${ROMEO}"/>`])
  await bot.say(from(`${BOT}/resource`, subscription('subscribed', ROMEO)))
  expect(romeo.heard()).toEqual([
    'push: bot@gateway.localhost none asked',
    'bot@gateway.localhost > romeo: subscribed',
    'push: bot@gateway.localhost to',
  ])
  await bot.say(from(BOT, subscription('subscribe', ROMEO)))
  await romeo.say(subscription('subscribed', BOT))
  expect(bot.heard()).toEqual([
    'romeo > bot@gateway.localhost: subscribed',
    'romeo/home > bot@gateway.localhost: available',
  ])
})

test('a component sees its contacts come and go, and is probed for each new resource (RFC 6121 §4.2.2, §4.3.1)', async () => {
  const { bind, bot } = await gateway()
  const orchard = await bind('romeo', 'orchard')
  await orchard.say('<presence/>')
  expect(bot.heard()).toEqual([
    'romeo/orchard > bot@gateway.localhost: available',
    'romeo/orchard > bot@gateway.localhost: probe',
  ])
  await bot.say(from(`${BOT}/r`, `<presence to='${ROMEO}'/>`))
  expect(orchard.heard().at(-1)).toBe('bot@gateway.localhost/r > romeo: available')
  await orchard.leave()
  expect(bot.heard()).toEqual(['romeo/orchard > bot@gateway.localhost: unavailable'])
})

test('a component probes: a subscriber gets presence, a stranger unsubscribed', async () => {
  const { bot } = await gateway()
  await bot.say(
    from(BOT, `<presence type='probe' to='${ROMEO}'/>`),
    from(BOT, `<presence type='probe' to='${JULIET}' id='q'/>`),
  )
  expect(bot.read()).toEqual([
    `<presence from="${ROMEO}/home" to="${BOT}"/>`,
    `<presence type="unsubscribed" from="${JULIET}" to="${BOT}" id="q"/>`,
  ])
})

test('a component that loses its subscription is told unavailable first (RFC 6121 §3.2.2)', async () => {
  const { romeo, bot } = await gateway()
  await romeo.say(subscription('unsubscribed', BOT))
  expect(bot.heard()).toEqual([
    'romeo/home > bot@gateway.localhost: unavailable',
    'romeo > bot@gateway.localhost: unsubscribed',
  ])
})

test('what is for a component that is not connected comes back, and an item that was asked for stays', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  await romeo.say(
    subscription('subscribe', BOT),
    `<message to='${BOT}'><body>?</body></message>`,
    `<iq type='get' id='i' to='${BOT}'><ping xmlns='urn:xmpp:ping'/></iq>`,
    `<presence to='${BOT}'/>`,
  )
  expect(romeo.heard()).toEqual([
    'bot@gateway.localhost > romeo/home: error remote-server-timeout',
    'push: bot@gateway.localhost none asked',
    'bot@gateway.localhost > romeo/home: error remote-server-timeout',
    'i: error remote-server-timeout',
    'bot@gateway.localhost > romeo/home: error remote-server-timeout',
  ])
})

test('a component that has gone may come back; as long as it is there, nobody else may be it', async () => {
  const { romeo, bot, host, join } = await gateway()
  expect(host.join('gateway.localhost', bot)).toBeUndefined()
  await bot.leave()
  await romeo.say(`<message to='${BOT}'><body>?</body></message>`)
  expect(romeo.heard()).toEqual(['bot@gateway.localhost > romeo/home: error remote-server-timeout'])
  const again = await join()
  await romeo.say(`<message to='${BOT}'><body>!</body></message>`)
  expect(again.heard()).toEqual(['romeo/home > bot@gateway.localhost: normal "!"'])
  expect(host.join('elsewhere.localhost', bot)).toBeUndefined()
})

test('messages and IQs of a component reach sessions, and theirs it, from the full JID', async () => {
  const { romeo, bot } = await gateway()
  await bot.say(
    from(BOT, `<message to='${ROMEO}' type='chat'><body>Hello</body></message>`),
    from(BOT, `<iq type='get' id='i1' to='${ROMEO}/home'><ping xmlns='urn:xmpp:ping'/></iq>`),
  )
  expect(romeo.heard()).toEqual([
    'bot@gateway.localhost > romeo: chat "Hello"',
    'i1: get of bot@gateway.localhost to romeo/home',
  ])
  await romeo.say(
    `<iq type='result' id='i1' to='${BOT}'/>`,
    `<iq type='set' id='i2' to='${BOT}'><x xmlns='urn:example:x'/></iq>`,
  )
  expect(bot.heard()).toEqual(['i1: result', 'i2: set of romeo/home to bot@gateway.localhost'])
})

test('a component may ping the server', async () => {
  const { bot } = await gateway()
  await bot.say(from('gateway.localhost', `<iq type='get' id='a' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`))
  expect(bot.heard()).toEqual(['a: result'])
})

test.each(['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'])(
  'a component\'s "%s" for an account that does not exist is ignored (RFC 6121 §8.5.1)',
  async (type) => {
    const { bot } = await gateway()
    await bot.say(from(BOT, subscription(type, 'rosaline@localhost')), from(BOT, subscription(type, 'localhost')))
    expect(bot.heard()).toEqual([])
  },
)

test('a request of a component waits for an account that is offline, and a stanza of one that cannot be named is dropped', async () => {
  const { bot, bind } = await gateway()
  await bot.say(from(BOT, `<presence type='subscribe' to='${JULIET}/balcony' id='w'><status>Wait</status></presence>`))
  await bot.say(from('@@', subscription('subscribe', JULIET)))
  const juliet = await bind('juliet')
  await juliet.say('<presence/>')
  expect(juliet.heard().slice(1)).toEqual(['bot@gateway.localhost > juliet: subscribe "Wait"'])
})
