import { describe, expect, test } from 'vitest'
import { MemoryStorage, type RosterError } from '../../src/index.js'
import { type Bot, friends, login } from './support/client-bot.js'
import { cut, describeServers, freshUser, jidOf, type ServerFixture, settled, until } from './support/index.js'

const NS_ROSTER = 'jabber:iq:roster'

/** Alice is a bot, Bob a human with a client; each sees the other. */
const pair = async (server: ServerFixture): Promise<{ readonly alice: Bot; readonly bob: Bot }> => {
  const [a, b] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
  await friends(server, a, b)
  const alice = await login(server, 'alice', { user: a })
  const bob = await login(server, 'bob', { user: b, presence: { show: 'away', status: 'Tea', priority: 3 } })
  await until(() => alice.own.presence(b.jid).available && bob.own.presence(a.jid).available, 'each sees the other')
  await settled(alice.client, bob.client)
  for (const { events, log } of [alice, bob]) {
    events.length = 0
    log.clear()
  }
  return { alice, bob }
}

/** How often the stream was resumed. */
const resumptions = (bot: Bot): { count: number } => {
  const seen = { count: 0 }
  bot.client.streamManagement.on('resumed', () => {
    seen.count += 1
  })
  return seen
}

const rosterGets = (bot: Bot): number =>
  bot.log.sent.filter((stanza) => stanza.attrs['type'] === 'get' && stanza.getChild('query', NS_ROSTER)).length

const resuming = (server: ServerFixture): void => {
  test('everything stays, nothing is fetched or announced again (ME9, promise 13)', async () => {
    const { alice, bob } = await pair(server)
    const resumed = resumptions(alice)
    cut(alice.client)
    await until(() => resumed.count === 1, 'the resumption')
    await alice.roster.ready()
    await settled(alice.client, bob.client)
    expect(alice.events).toEqual([])
    expect(bob.events).toEqual([])
    expect(rosterGets(alice)).toBe(0)
    expect(alice.log.sent.filter(({ name }) => name === 'presence')).toEqual([])
    expect(alice.own.loaded).toBe(true)
    expect(alice.own.presence(bob.jid)).toMatchObject({ available: true, best: { show: 'away', status: 'Tea' } })
    expect(await alice.own.update(bob.jid, { name: 'Bob' })).toMatchObject({ name: 'Bob', subscription: 'both' })
  })

  test('what happened meanwhile arrives once, although xmpp.js lets the server repeat stanzas', async () => {
    const { alice, bob } = await pair(server)
    const resumed = resumptions(alice)
    alice.client.reconnect.stop()
    cut(alice.client)
    await until(() => alice.client.status === 'disconnect', 'the cut')
    await bob.own.sendPresence({ show: 'dnd' })
    await server.setRosterItem(alice.jid, 'dave@localhost', { name: 'Dave', subscription: 'to' })
    await settled(bob.client)
    // The roster can be read meanwhile, and says what was last known.
    expect(alice.own.presence(bob.jid).best?.show).toBe('away')
    await expect(alice.own.subscribe('dave@localhost')).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    await alice.client.reconnect.reconnect()
    await until(() => resumed.count === 1, 'the resumption')
    await until(() => alice.own.presence(bob.jid).best?.show === 'dnd' && alice.own.has('dave@localhost'), 'the news')
    await settled(alice.client, bob.client)
    expect(alice.events.toSorted()).toEqual([
      'added dave to',
      'presence bob dnd',
      expect.stringMatching(/^transition dave none>to push$/),
    ])
  })
}

const beginningAnew = (server: ServerFixture): void => {
  test('kicked: a new session; contacts go offline once and come back, the roster is asked for again (ME8, promise 13)', async () => {
    const { alice, bob } = await pair(server)
    const resumed = resumptions(alice)
    await server.kick(jidOf(alice.client))
    await until(() => alice.told('loaded')[0], 'the new session')
    await until(() => alice.own.presence(bob.jid).available, "Bob's presence")
    await settled(alice.client, bob.client)
    expect(resumed.count).toBe(0)
    expect(alice.events).toEqual(['presence bob left', 'offline bob', 'loaded 1', 'online bob', 'presence bob away'])
    expect(rosterGets(alice)).toBe(1)
    expect(alice.own.get(bob.jid)?.subscription).toBe('both')
    expect(bob.told('online', 'offline')).toEqual(['offline alice', 'online alice'])
  })

  test('a question that was open when the old session ended rejects, and the new session answers others', async () => {
    const { alice } = await pair(server)
    const { client } = alice
    const send = client.send.bind(client)
    // The question is lost on its way: the connection is gone before the server has read it.
    client.send = async (stanza) => {
      if (!stanza.getChild('query', NS_ROSTER)) return send(stanza)
      await server.kick(jidOf(client))
    }
    const refused = alice.own.update('dave@localhost', { name: 'Dave' }).catch((error: RosterError) => error)
    expect(await refused).toMatchObject({ code: 'NOT_CONNECTED' })
    client.send = send
    await alice.roster.ready({ timeout: 60_000 })
    expect(await alice.own.update('dave@localhost', { name: 'Dave' })).toMatchObject({ name: 'Dave' })
  })

  test('logged out and in again with the same client: a new session, and the same roster object', async () => {
    const { alice, bob } = await pair(server)
    const { own } = alice
    await alice.client.stop()
    expect(alice.events).toEqual(['presence bob left', 'offline bob'])
    expect(own.loaded).toBe(false)
    await alice.client.start()
    expect(await alice.roster.ready()).toBe(own)
    await until(() => own.presence(bob.jid).available, "Bob's presence")
    expect(own.get(bob.jid)?.subscription).toBe('both')
  })

  test('requests of the old session are gone, those that the server delivers again are there', async () => {
    const user = await freshUser(server, 'bob')
    const bob = await login(server, 'bob', { user, autoAuthorize: null })
    const alice = await login(server, 'alice')
    await alice.own.subscribe(bob.jid)
    await until(() => bob.own.requests()[0], 'the request')
    await bob.client.stop()
    expect(bob.own.requests()).toEqual([])
    expect(bob.own.state(alice.jid)).toBe('none')
    bob.events.length = 0
    await bob.client.start()
    const request = await until(() => bob.own.requests()[0], 'the request again')
    await settled(alice.client, bob.client)
    expect(bob.told('subscribe')).toEqual(['subscribe alice defer'])
    expect(await request.authorize({ subscribe: false })).toBe(true)
    await until(() => alice.own.state(bob.jid) === 'to', 'granted')
  })
}

const restarting = (server: ServerFixture): void => {
  test('the server is restarted under us: afterwards everything is as before, and nothing was asked anew', async () => {
    const storage = new MemoryStorage()
    const { alice, bob } = await pair(server)
    const carol = await login(server, 'carol', { autoAuthorize: null, storage })
    const dave = await freshUser(server, 'dave')
    await carol.own.subscribe(dave.jid)
    await carol.own.update(dave.jid, { name: 'Dave', groups: ['Work'] })
    await alice.own.subscribe(carol.jid)
    await until(() => carol.own.requests()[0] && carol.own.get(dave.jid)?.pendingOut, 'what waits')
    await alice.own.update(bob.jid, { name: 'Bob', groups: ['Friends'] })
    await settled(alice.client, bob.client, carol.client)
    const before = [alice, bob, carol].map(({ own }) => [...own.values()])
    const wrote = [alice, bob, carol].map((bot) => bot.wrote().length)
    for (const { events } of [alice, bob, carol]) events.length = 0

    await server.restart()
    await until(
      () => [alice, bob, carol].every(({ events }) => events.includes('loaded 1') || events.includes('loaded 2')),
      'loaded',
    )
    await until(() => alice.own.presence(bob.jid).available && bob.own.presence(alice.jid).available, 'presence')
    await until(() => carol.own.requests()[0], 'the request again')
    await settled(alice.client, bob.client, carol.client)

    expect([alice, bob, carol].map(({ own }) => [...own.values()])).toEqual(before)
    expect([alice, bob, carol].map((bot) => bot.wrote().length)).toEqual(wrote)
    for (const bot of [alice, bob, carol])
      expect(bot.told('added', 'updated', 'removed', 'rejected', 'error')).toEqual([])
    expect(alice.told('online', 'offline')).toEqual(['offline bob', 'online bob'])
    expect(await carol.own.requests()[0]?.authorize()).toBe(true)
    await until(() => alice.own.state(carol.jid) === 'to' || alice.own.state(carol.jid) === 'both', 'granted')
  })
}

describeServers('a connection is lost', (server) => {
  describe('and the stream resumed', () => resuming(server))
  describe('and a new session begun', () => beginningAnew(server))
  describe('with the server', () => restarting(server))
})
