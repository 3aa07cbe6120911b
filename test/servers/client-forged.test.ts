import { expect, test } from 'vitest'
import { type Bot, friends, login } from './support/client-bot.js'
import { connectComponent, describeServers, freshUser, jidOf, settled, until, xml } from './support/index.js'

const NS_ROSTER = 'jabber:iq:roster'

const pushXml = (attrs: string, items: string): string =>
  `<iq type='set' id='forged' ${attrs}><query xmlns='${NS_ROSTER}' ver='forged'>${items}</query></iq>`

const EVE = "<item jid='eve@localhost' subscription='both'/>"

/** What the bot has answered to the IQ `forged`. */
const answerOf = (bot: Bot): string | undefined => {
  const answer = bot.log.sent.find(({ name, attrs }) => name === 'iq' && attrs['id'] === 'forged')
  if (answer === undefined) return undefined
  const condition = answer.getChild('error')?.getChildElements()[0]?.name
  return condition === undefined ? String(answer.attrs['type']) : `${answer.attrs['type']} ${condition}`
}

describeServers('forged stanzas', (server) => {
  test.for<[string, (bot: Bot) => string]>([
    ['a stranger', () => 'mallory@evil.example/x'],
    ['a contact', () => 'dave@localhost'],
    ["the account's other resource", (bot) => `${bot.jid}/other`],
    ['its own resource', (bot) => jidOf(bot.client)],
    ['the domain', () => 'localhost'],
    ['a JID that only looks like its own', (bot) => bot.jid.replace('@localhost', '@localhost.evil.example')],
  ])(
    'a push from %s changes nothing, is answered service-unavailable and told (RFC 6121 §2.1.6, promise 9, IQ8)',
    async ([, forger]) => {
      const alice = await login(server, 'alice')
      await alice.own.update('dave@localhost', { name: 'Dave' })
      await settled(alice.client)
      const { version } = alice.own
      alice.events.length = 0
      const from = forger(alice)
      await server.inject(jidOf(alice.client), pushXml(`from='${from}'`, EVE))
      await until(() => answerOf(alice), 'the answer')
      await settled(alice.client)
      expect(answerOf(alice)).toBe('error service-unavailable')
      expect([...alice.own.keys()]).toEqual(['dave@localhost'])
      expect(alice.own.version).toBe(version)
      expect(alice.events).toEqual([`rejected PUSH_REJECTED ${from}`])
      expect(alice.client.status).toBe('online')
    },
  )

  test('a push that another account really sends, through the server, changes nothing either', async () => {
    const alice = await login(server, 'alice')
    const mallory = await login(server, 'mallory')
    const push = xml(
      'iq',
      { type: 'set', id: 'forged', to: jidOf(alice.client) },
      xml('query', { xmlns: NS_ROSTER }, xml('item', { jid: 'eve@localhost', subscription: 'both' })),
    )
    await mallory.client.send(push)
    const answer = await until(
      () => mallory.log.received.find(({ attrs }) => attrs['id'] === 'forged'),
      'the answer to Mallory',
    )
    expect(answer.attrs['type']).toBe('error')
    expect(alice.own.size).toBe(0)
    expect(alice.told('added', 'transition')).toEqual([])
  })

  test('a push that a component really sends changes nothing either', async () => {
    const alice = await login(server, 'alice')
    const component = await connectComponent(server)
    await component.send(
      xml(
        'iq',
        { type: 'set', id: 'forged', from: `mallory@${server.componentDomain}`, to: jidOf(alice.client) },
        xml('query', { xmlns: NS_ROSTER }, xml('item', { jid: 'eve@localhost' })),
      ),
    )
    await until(() => answerOf(alice), 'the answer')
    expect(answerOf(alice)).toBe('error service-unavailable')
    expect(alice.own.size).toBe(0)
    expect(alice.told('rejected')).toEqual([`rejected PUSH_REJECTED mallory@${server.componentDomain}`])
  })

  test.for([
    ['none', ''],
    ['two', `${EVE}<item jid='fay@localhost'/>`],
    ['one whose JID is malformed', "<item jid='@@'/>"],
    ['one without a JID', '<item/>'],
  ])(
    'a push of the own server with %s instead of one item is answered bad-request and changes nothing (IQ10)',
    async ([, items = '']) => {
      const alice = await login(server, 'alice')
      await server.inject(jidOf(alice.client), pushXml('', items))
      await until(() => answerOf(alice), 'the answer')
      await settled(alice.client)
      expect(answerOf(alice)).toBe('error bad-request')
      expect(alice.own.size).toBe(0)
      expect(alice.told('rejected')).toHaveLength(1)
      expect(alice.client.status).toBe('online')
    },
  )

  test.for([
    ['an unknown subscription', "subscription='aliens'", 'none'],
    ['no subscription (IQ11)', '', 'none'],
  ])('a push with %s counts as none', async ([, attrs = '', state = '']) => {
    const alice = await login(server, 'alice')
    await server.inject(jidOf(alice.client), pushXml(`from='${alice.jid}'`, `<item jid='Fay@LOCALHOST' ${attrs}/>`))
    await until(() => alice.own.get('fay@localhost'), 'Fay')
    expect(alice.own.get('fay@localhost')?.state).toBe(state)
    expect(answerOf(alice)).toBe('result')
  })

  test('a result with the right id from somebody else is ignored, and the wait goes on (promise 10)', async () => {
    const user = await freshUser(server, 'alice')
    await server.setRosterItem(user.jid, 'dave@localhost', { name: 'Dave' })
    const alice = await login(server, 'alice', { user })
    const { client } = alice
    const send = client.send.bind(client)
    const forgers = ['mallory@evil.example/x', 'localhost', `${alice.jid}/other`]
    const forge = async (id: string): Promise<void> => {
      const attrs = (from: string): string => `type='result' id='${id}' from='${from}'`
      for (const from of forgers)
        await server.inject(jidOf(client), `<iq ${attrs(from)}><query xmlns='${NS_ROSTER}'>${EVE}</query></iq>`)
      const came = (): boolean =>
        forgers.every((from) => alice.log.received.some(({ attrs }) => attrs['id'] === id && attrs['from'] === from))
      await until(came, 'the forged results')
    }
    // Before the question has reached the server, the forgers have guessed its id and answered.
    client.send = async (stanza) => {
      const id = stanza.getChild('query', NS_ROSTER) === undefined ? undefined : String(stanza.attrs['id'])
      if (id !== undefined && stanza.attrs['type'] === 'get') await forge(id)
      return send(stanza)
    }
    alice.events.length = 0
    await alice.own.resync()
    expect([...alice.own.keys()]).toEqual(['dave@localhost'])
    // One a second of a kind is told, the rest counted.
    expect(alice.events).toEqual([`rejected STANZA_INVALID ${forgers[0]}`, 'loaded 1'])
    expect(alice.roster.counters['rejected.STANZA_INVALID']).toBe(3)
  })

  test('results and errors with ids that nobody has asked with change nothing', async () => {
    const alice = await login(server, 'alice')
    alice.events.length = 0
    for (const type of ['result', 'error'])
      await server.inject(
        jidOf(alice.client),
        `<iq type='${type}' id='xr-0000' from='${alice.jid}'><query xmlns='${NS_ROSTER}'>${EVE}</query></iq>`,
      )
    await settled(alice.client)
    expect(alice.events).toEqual([])
    expect(alice.own.size).toBe(0)
  })

  test('presence and subscriptions of strangers, of no known type, from nobody: no state, no event, no end of the stream (ME1, ME14)', async () => {
    const [a, b] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
    await friends(server, a, b)
    const alice = await login(server, 'alice', { user: a, autoAuthorize: null })
    alice.events.length = 0
    const stanzas = [
      "<presence from='mallory@evil.example/x'><show>chat</show></presence>",
      "<presence from='mallory@evil.example' type='subscribed'/>",
      "<presence from='mallory@evil.example' type='unsubscribed'/>",
      "<presence from='mallory@evil.example' type='unsubscribe'/>",
      `<presence from='${a.jid}' type='subscribe'/>`,
      '<presence/>',
      `<presence from='${b.jid}' type='subscribed'/>`,
      `<presence from='room@muc.example/${b.username}'><x xmlns='http://jabber.org/protocol/muc#user'/></presence>`,
    ]
    // ejabberd checks the type even of what it is told to inject.
    const unheardOf = `<presence from='${b.jid}/x' type='unheard-of'/>`
    if (server.kind === 'prosody') stanzas.push(unheardOf)
    for (const stanza of stanzas) await server.inject(jidOf(alice.client), stanza)
    await settled(alice.client)
    expect(alice.told('added', 'transition', 'online', 'presence', 'subscribed', 'subscribe', 'error')).toEqual([])
    expect([...alice.own.keys()]).toEqual([b.jid])
    expect(alice.own.requests()).toEqual([])
    expect(alice.client.status).toBe('online')
  })
})
