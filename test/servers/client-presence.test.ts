import { expect, test } from 'vitest'
import { type Bot, friends, login } from './support/client-bot.js'
import {
  connectClient,
  cut,
  describeServers,
  type FreshUser,
  freshUser,
  jidOf,
  type ServerFixture,
  settled,
  stopEntity,
  type TestClient,
  until,
  xml,
} from './support/index.js'

const STORM = 50

/** Alice is a bot that sees Bob's presence; Bob is not there yet. */
const watcher = async (server: ServerFixture): Promise<{ readonly alice: Bot; readonly bob: FreshUser }> => {
  const [a, bob] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
  await friends(server, a, bob)
  const alice = await login(server, 'alice', { user: a })
  alice.events.length = 0
  return { alice, bob }
}

/** A resource without a `Roster`. */
const device = async (server: ServerFixture, user: FreshUser, resource: string): Promise<TestClient> =>
  connectClient(server, { ...user, resource, reconnect: false })

const announce = (client: TestClient, priority: number, show?: string): Promise<void> =>
  client.send(
    xml('presence', {}, xml('priority', {}, String(priority)), ...(show === undefined ? [] : [xml('show', {}, show)])),
  )

describeServers('presence of contacts', (server) => {
  test('several resources: the best is the one with the highest priority, then the most reachable (ME10)', async () => {
    const { alice, bob } = await watcher(server)
    const best = (): string | undefined => alice.own.presence(bob.jid).best?.resource
    const [desk, phone] = [await device(server, bob, 'desk'), await device(server, bob, 'phone')]
    await announce(desk, 5)
    await until(() => best() === 'desk', 'the desk')
    await announce(phone, 1, 'chat')
    await until(() => alice.own.presence(bob.jid).resources.size === 2, 'both')
    expect(best()).toBe('desk')
    await announce(phone, 10, 'dnd')
    await until(() => best() === 'phone', 'the phone has the higher priority')
    await announce(phone, 5, 'away')
    await until(() => best() === 'desk', 'the desk is as important, and more reachable')
    await announce(desk, -1)
    await until(() => best() === 'phone', 'the desk wants no messages')
    expect(alice.own.presence(bob.jid).resources.get('desk')).toMatchObject({ priority: -1, jid: jidOf(desk) })
    expect(alice.told('online')).toEqual(['online bob'])
    await stopEntity(phone)
    await until(() => best() === 'desk', 'the phone is gone')
    expect(alice.told('offline')).toEqual([])
    await stopEntity(desk)
    await until(() => !alice.own.presence(bob.jid).available, 'nobody is left')
    expect(alice.told('online', 'offline')).toEqual(['online bob', 'offline bob'])
    expect(alice.own.presence(bob.jid)).toMatchObject({ available: false, best: undefined })
  })

  test('every presence of a contact lies between its online and its offline', async () => {
    const { alice, bob } = await watcher(server)
    const desk = await device(server, bob, 'desk')
    await announce(desk, 0)
    await announce(desk, 0, 'xa')
    await desk.send(xml('presence', { type: 'unavailable' }))
    await announce(desk, 3)
    await until(() => alice.told('online').length === 2, 'back again')
    expect(alice.events).toEqual([
      'online bob',
      'presence bob available',
      'presence bob xa',
      'presence bob left',
      'offline bob',
      'online bob',
      'presence bob available',
    ])
  })

  test('a contact whose connection is lost goes offline when its session ends, and not before', async () => {
    const { alice, bob } = await watcher(server)
    const desk = await device(server, bob, 'desk')
    await announce(desk, 0)
    await until(() => alice.own.presence(bob.jid).available, 'online')
    cut(desk)
    await settled(alice.client)
    // The server keeps the session for a while: it might be resumed.
    expect(alice.told('offline')).toEqual([])
    await server.kick(`${bob.jid}/desk`)
    await until(() => !alice.own.presence(bob.jid).available, 'offline')
    expect(alice.told('offline')).toEqual(['offline bob'])
  })

  test('status, show, priority and what the application wants to keep of each', async () => {
    const [a, b] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
    await friends(server, a, b)
    const alice = await login(server, 'alice', {
      user: a,
      extend: (stanza) => stanza.getChild('c', 'http://jabber.org/protocol/caps')?.attrs['node'],
    })
    const caps = xml('c', {
      xmlns: 'http://jabber.org/protocol/caps',
      node: 'https://bob.example',
      hash: 'sha-1',
      ver: 'x',
    })
    const bob = await login(server, 'bob', {
      user: b,
      presence: { show: 'chat', status: '☕ é 漢字', priority: -128, children: [caps] },
    })
    await until(() => alice.own.presence(b.jid).available, 'online')
    const { best } = alice.own.presence(b.jid)
    expect(best).toMatchObject({ show: 'chat', status: '☕ é 漢字', priority: -128, extra: 'https://bob.example' })
    expect(best?.jid).toBe(jidOf(bob.client))
    expect(best?.since).toBeInstanceOf(Date)
    await bob.own.sendPresence({ type: 'unavailable', status: 'Bye' })
    await until(() => !alice.own.presence(b.jid).available, 'offline')
  })

  test('directed presence to one contact reaches it alone (RFC 6121 §4.6)', async () => {
    const [a, b, c] = [
      await freshUser(server, 'alice'),
      await freshUser(server, 'bob'),
      await freshUser(server, 'carol'),
    ]
    await friends(server, a, b)
    await friends(server, a, c)
    const bob = await login(server, 'bob', { user: b })
    const carol = await login(server, 'carol', { user: c })
    const alice = await login(server, 'alice', { user: a, presence: false })
    await alice.own.sendPresence({ show: 'dnd' }, { to: b.jid })
    await until(() => bob.own.presence(a.jid).best?.show === 'dnd', 'directed')
    await settled(alice.client, bob.client, carol.client)
    expect(carol.own.presence(a.jid).available).toBe(false)
  })

  test(`${STORM} resources of one contact log in at once and leave at once`, async () => {
    const [a, b] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
    await friends(server, a, b)
    const alice = await login(server, 'alice', { user: a, maxResources: STORM })
    alice.events.length = 0
    const resources = Array.from({ length: STORM }, (_, index) => `r${index}`)
    const devices = await Promise.all(resources.map((resource) => device(server, b, resource)))
    await Promise.all(devices.map((client, index) => announce(client, index)))
    const { own } = alice
    await until(() => own.presence(b.jid).resources.size === STORM, 'all of them')
    expect(own.presence(b.jid).best).toMatchObject({ resource: `r${STORM - 1}`, priority: STORM - 1 })
    expect(alice.told('online')).toEqual(['online bob'])
    expect(alice.told('presence')).toHaveLength(STORM)
    await Promise.all(devices.map(stopEntity))
    await until(() => !own.presence(b.jid).available, 'nobody')
    expect(alice.told('offline')).toEqual(['offline bob'])
    expect(alice.told('presence')).toHaveLength(2 * STORM)
  })
})
