import { parse } from 'ltx/lib/ltx.js'
import { expect, test } from 'vitest'
import { JULIET, NURSE, type Person, ROMEO, rosterSet, stage, subscription } from './stage.js'

const ping = (to: string, id: string): string =>
  `<iq type='get' id='${id}' to='${to}'><ping xmlns='urn:xmpp:ping'/></iq>`

/** All at once, without waiting in between. */
const burst = (person: Person, ...stanzas: readonly string[]): void => {
  for (const xml of stanzas) person.guest.receive(parse(xml))
}

test('a ping to another client comes after everything that was set in motion before, chains included', async () => {
  const { login, host } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await juliet.say(subscription('subscribed', ROMEO))
  juliet.read()
  burst(romeo, subscription('subscribe', JULIET), ping(juliet.jid, 'p'))
  await host.settled()
  expect(juliet.heard()).toEqual(['push: romeo from approved', 'p: get of romeo/home to juliet/home'])
  expect(romeo.heard()).toEqual([
    'push: juliet none asked',
    'juliet > romeo: subscribed',
    'push: juliet to',
    'juliet/home > romeo: available',
  ])
})

test('stanzas of several peers are handled one after the other, in the order in which they came', async () => {
  const { login, host } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  burst(romeo, subscription('subscribe', NURSE))
  burst(juliet, subscription('subscribe', NURSE))
  burst(romeo, rosterSet('s', `<item jid='${NURSE}' name='Nurse'/>`), ping(juliet.jid, 'p'))
  burst(juliet, ping(romeo.jid, 'q'))
  await host.settled()
  expect(romeo.heard()).toEqual([
    'push: nurse none asked',
    's: result',
    'push: nurse none asked "Nurse"',
    'q: get of juliet/home to romeo/home',
  ])
  expect(juliet.heard()).toEqual(['push: nurse none asked', 'p: get of romeo/home to juliet/home'])
})

test('what touches no roster is done at once', async () => {
  const { login } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  burst(romeo, `<message to='${JULIET}'><body>now</body></message>`, ping('localhost', 'p'))
  expect(juliet.heard()).toEqual(['romeo/home > juliet: normal "now"'])
  expect(romeo.heard()).toEqual(['p: result'])
})

test('an answer that comes while a stanza is handled waits for its turn', async () => {
  const { login, host } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  const write = juliet.send.bind(juliet)
  juliet.send = (xml) => {
    write(xml)
    if (xml.includes('"subscribe"')) burst(juliet, subscription('subscribed', ROMEO), subscription('subscribe', ROMEO))
  }
  burst(romeo, subscription('subscribe', JULIET))
  await host.settled()
  await host.settled()
  expect(juliet.heard()).toEqual(['romeo > juliet: subscribe', 'push: romeo from', 'push: romeo from asked'])
  expect(romeo.heard().at(-1)).toBe('juliet > romeo: subscribe')
})
