import { expect, test } from 'vitest'
import { RosterError } from '../../../src/index.js'
import { manualClock } from '../../../src/testing/clock.js'
import { TestHost } from '../../../src/testing/host.js'
import { BOT, befriend, inWords, JULIET, Person, ROMEO, rosterGet, rosterSet, stage } from './stage.js'

const codeOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    return error instanceof RosterError ? error.code : `no RosterError: ${String(error)}`
  }
  return 'nothing thrown'
}

test('accounts have canonical names, and are there once', () => {
  const { host } = stage()
  host.addAccount('Mercutio', 'queen mab')
  expect(host.password('mercutio')).toBe('queen mab')
  expect(host.password('MERCUTIO')).toBe('queen mab')
  expect(codeOf(() => host.addAccount('mercutio', 'again'))).toBe('REFUSED')
  for (const name of ['', 'a@b', 'a/b', 'a b']) expect(codeOf(() => host.addAccount(name, 'x'))).toBe('JID_MALFORMED')
  for (const name of ['tybalt', '', 'romeo/home', 'romeo@localhost']) expect(host.password(name)).toBeUndefined()
  expect(codeOf(() => new TestHost({ accounts: { romeo: '1', ROMEO: '2' } }))).toBe('REFUSED')
})

test('components have domains of their own', () => {
  const { host } = stage()
  host.addComponent('Other.Localhost', 'hush')
  expect(host.secret('other.localhost')).toBe('hush')
  for (const name of ['localhost', 'gateway.localhost', 'other.localhost'])
    expect(codeOf(() => host.addComponent(name, 'x'))).toBe('REFUSED')
  for (const name of ['a@b', 'a/b', '', 'a b']) expect(codeOf(() => host.addComponent(name, 'x'))).toBe('JID_MALFORMED')
  expect(host.secret('elsewhere.localhost')).toBeUndefined()
})

test('a server has a domain of its own as well', async () => {
  const { bind, host } = stage({ domain: 'Verona.Example' })
  const romeo = await bind('romeo')
  expect([host.domain, romeo.jid]).toEqual(['verona.example', 'romeo@verona.example/home'])
  expect(codeOf(() => new TestHost({ domain: 'romeo@localhost' }))).toBe('JID_MALFORMED')
})

test('a session gets the resource that it wants, or one that nobody has (RFC 6120 §7.6, §7.7)', () => {
  const { host } = stage()
  const bind = (resource?: string): string => {
    const person = new Person(host)
    person.guest = host.bind('romeo', resource, person)
    return person.jid
  }
  expect(bind('a/b c')).toBe(`${ROMEO}/a/b c`)
  const made = [bind(), bind(), bind('\u0007')]
  expect(new Set(made).size).toBe(3)
  expect(host.sessions()).toEqual([`${ROMEO}/a/b c`, ...made].sort())
  expect(codeOf(() => host.bind('tybalt', undefined, new Person(host)))).toBe('NOT_CONNECTED')
})

test('who takes a resource that is in use puts the other one out, whose contacts are told (RFC 6120 §7.7.2.2)', async () => {
  const { login, host } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await befriend(romeo, juliet)
  const again = await login('romeo')
  expect(romeo.ended).toBe('conflict')
  expect(juliet.heard()).toEqual(['romeo/home > juliet: unavailable', 'romeo/home > juliet: available'])
  await romeo.say('<presence><show>away</show></presence>')
  expect([...juliet.heard(), ...again.heard()]).toEqual([])
  expect(host.sessions()).toEqual([`${JULIET}/home`, `${ROMEO}/home`])
})

test('who was put out is gone before the other one comes, even if its connection takes its time to end', async () => {
  const { login, host } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await befriend(romeo, juliet)
  const end = romeo.end.bind(romeo)
  romeo.end = () => undefined
  const again = await login('romeo')
  expect(juliet.heard()).toEqual(['romeo/home > juliet: unavailable', 'romeo/home > juliet: available'])
  end('conflict')
  await again.say(rosterGet('r'))
  expect([again.heard(), juliet.heard()]).toEqual([['r: roster juliet both'], []])
  expect(host.sessions()).toContain(again.jid)
})

test('cut ends a session, all of an account, or a component, as the network would', async () => {
  const { login, join, host } = stage()
  const romeo = await login('romeo')
  const orchard = await login('romeo', 'orchard')
  const juliet = await login('juliet')
  const gateway = await join()
  host.cut(`${ROMEO}/home`, false)
  expect([romeo.ended, orchard.ended]).toEqual(['cut', undefined])
  host.cut(ROMEO, true)
  host.cut(BOT, false)
  expect([orchard.ended, juliet.ended, gateway.ended]).toEqual(['waits', undefined, 'cut'])
  for (const nobody of [`${ROMEO}/home`, 'nurse@localhost', 'gateway.localhost', 'elsewhere.example'])
    expect(codeOf(() => host.cut(nobody, false))).toBe('NOT_CONNECTED')
  expect(codeOf(() => host.cut('a@@b', false))).toBe('JID_MALFORMED')
})

test('a session that waits to be resumed is still available', async () => {
  const { login, host } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await befriend(romeo, juliet)
  host.cut(romeo.jid, true)
  await juliet.say(`<message to='${romeo.jid}'><body>?</body></message>`)
  expect(juliet.heard()).toEqual([])
  expect(romeo.heard()).toEqual(['juliet/home > romeo/home: normal "?"'])
})

test('inject writes to a session, all of an account, or a component, forged or broken as it may be', async () => {
  const { login, join, host } = stage()
  const romeo = await login('romeo')
  const orchard = await login('romeo', 'orchard')
  const gateway = await join()
  romeo.read()
  const forged = `<presence from='${JULIET}' type='subscribed'/>`
  host.inject(`${ROMEO}/home`, forged)
  expect([romeo.read(), orchard.read().length]).toEqual([[forged], 0])
  host.inject(ROMEO, forged)
  expect([romeo.read(), orchard.read()]).toEqual([[forged], [forged]])
  host.inject('gateway.localhost', '<not well-formed')
  expect(gateway.read()).toEqual(['<not well-formed'])
  for (const nobody of [`${ROMEO}/street`, JULIET, 'nobody.localhost'])
    expect(codeOf(() => host.inject(nobody, forged))).toBe('NOT_CONNECTED')
})

test('pause holds back what goes to a session, and lets it go in its order', async () => {
  const { login, host } = stage()
  const romeo = await login('romeo')
  const orchard = await login('romeo', 'orchard')
  romeo.read()
  const go = host.pause(romeo.jid)
  await orchard.say(rosterSet('a', `<item jid='${JULIET}'/>`), rosterSet('b', `<item jid='${JULIET}' name='Juliet'/>`))
  await romeo.say(rosterGet('r'))
  host.inject(romeo.jid, '<message><body>injected</body></message>')
  expect(romeo.heard()).toEqual([])
  expect(orchard.heard()).toHaveLength(4)
  go()
  expect(romeo.heard()).toEqual([
    'push: juliet none',
    'push: juliet none "Juliet"',
    'r: roster juliet none "Juliet"',
    '(nobody) > (nobody): normal "injected"',
  ])
  go()
  await romeo.say(rosterGet('s'))
  expect(romeo.heard()).toEqual(['s: roster juliet none "Juliet"'])
})

test('pause holds back all of an account, a component, or everybody; what two hold goes when both have let go', async () => {
  const { login, join, host } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  const gateway = await join()
  const say = (to: string): Promise<void> => juliet.say(`<message to='${to}' type='chat'><body>!</body></message>`)
  const letAccount = host.pause(ROMEO)
  const letGateway = host.pause(BOT)
  const letAll = host.pause()
  await say(ROMEO)
  await say('gateway.localhost')
  await say(JULIET)
  letAll()
  expect([romeo.heard().length, juliet.heard().length, gateway.heard().length]).toEqual([0, 1, 0])
  letGateway()
  letAccount()
  expect([romeo.heard().length, gateway.heard().length]).toEqual([1, 1])
  expect(codeOf(() => host.pause('a@@b'))).toBe('JID_MALFORMED')
})

test('the log has every stanza in order, with who and whom', async () => {
  const clock = manualClock(1_000)
  const { login, join, host } = stage({ clock })
  const romeo = await login('romeo')
  const gateway = await join()
  const before = host.log
  await clock.advance(5)
  await romeo.say(`<message to='${BOT}'><body>1</body></message>`)
  await gateway.say(`<iq type='get' id='i' from='${BOT}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`)
  await romeo.say('<iq type="get" id="j"><ping xmlns="urn:xmpp:ping"/></iq>')
  const news = host.log.slice(before.length)
  expect(news.map(({ direction, from, to }) => `${direction}: ${from} > ${to}`)).toEqual([
    `in: ${ROMEO}/home > ${BOT}`,
    `out: ${ROMEO}/home > ${BOT}`,
    `in: ${BOT} > localhost`,
    `out: localhost > ${BOT}`,
    `in: ${ROMEO}/home > localhost`,
    `out: localhost > ${ROMEO}/home`,
  ])
  expect(news[1]).toEqual({
    at: 1_005,
    direction: 'out',
    from: `${ROMEO}/home`,
    to: BOT,
    xml: `<message to="${BOT}" from="${ROMEO}/home"><body>1</body></message>`,
  })
  expect([Object.isFrozen(news[0]), Object.isFrozen(host.log)]).toEqual([true, true])
  expect(before.length).toBeGreaterThan(0)
  expect(host.log.slice(0, before.length)).toEqual(before)
})

test('a stanza may be delivered as if anybody had sent it, and a session be ended', async () => {
  const { login, host } = stage()
  const romeo = await login('romeo')
  await host.deliver(JULIET, ROMEO, "<presence type='subscribe' from='forged@example'/>")
  await host.deliver('pope@vatican.example', `${ROMEO}/home`, '<message><body>Bless</body></message>')
  expect(romeo.heard()).toEqual(['juliet > romeo: subscribe', 'pope@vatican.example > romeo/home: normal "Bless"'])
  await expect(host.deliver(JULIET, ROMEO, '<presence')).rejects.toMatchObject({ code: 'STANZA_INVALID' })
  host.kick(romeo.jid)
  expect(romeo.ended).toBe('policy-violation')
  expect(codeOf(() => host.kick(romeo.jid))).toBe('NOT_CONNECTED')
})

test('an administrator writes and removes items on one side, and they are pushed', async () => {
  const { login, host } = stage()
  const romeo = await login('romeo')
  const juliet = await login('juliet')
  await host.setItem(ROMEO, JULIET, { name: 'Juliet', groups: ['Loves'] })
  await host.setItem(ROMEO, JULIET, { subscription: 'to' })
  await romeo.say(rosterGet('r'))
  await host.setItem(ROMEO, JULIET, undefined)
  expect(romeo.heard()).toEqual([
    'push: juliet both "Juliet" [Loves]',
    'push: juliet to',
    'r: roster juliet to',
    'push: juliet remove',
  ])
  expect(juliet.heard()).toEqual([])
})

test('after the end nothing happens any more', async () => {
  const { login, host } = stage()
  const romeo = await login('romeo')
  await host.close()
  romeo.guest.receive((await import('ltx/lib/ltx.js')).parse(rosterGet('r')))
  await new Promise((resolve) => setImmediate(resolve))
  expect(romeo.read().map(inWords)).toEqual([])
})
