import { readdir, readlink, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import {
  bareOf,
  connectClient,
  connectComponent,
  cut,
  describeServers,
  errorsOf,
  freshUser,
  jidOf,
  type Recording,
  record,
  type ServerFixture,
  settled,
  type TestClient,
  until,
  xml,
} from './support/index.js'

const NS_ROSTER = 'jabber:iq:roster'

const rosterGet = () => xml('iq', { type: 'get' }, xml('query', { xmlns: NS_ROSTER }))

const itemsOf = async (client: TestClient) => {
  const result = await client.iqCaller.request(rosterGet())
  return (result.getChild('query', NS_ROSTER)?.getChildren('item') ?? []).map(({ attrs }) => attrs)
}

const pushesOf = (recording: Recording) =>
  recording.incoming('iq', 'set').flatMap((iq) => iq.getChild('query', NS_ROSTER)?.getChildren('item') ?? [])

const presence = (attrs: object = {}) => xml('presence', { ...attrs })

/** A user who has asked for her roster and is available, with everything noted that comes to her. */
const login = async (server: ServerFixture, base: string) => {
  const user = await freshUser(server, base)
  const recordings: Recording[] = []
  const client = await connectClient(server, { ...user, before: (entity) => recordings.push(record(entity)) })
  await client.iqCaller.request(rosterGet())
  await client.send(presence())
  return { ...user, client, recording: recordings[0] as Recording }
}

/** Processes that still have the folder as their working folder: the server, and whatever it started. */
const processesIn = async (folder: string): Promise<readonly string[]> => {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const folders = await Promise.all(ids.map((id) => readlink(`/proc/${id}/cwd`).catch(() => '')))
  return ids.filter((_, index) => folders[index]?.startsWith(folder))
}

const refused = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' })
    socket.on('connect', () => resolve(false)).on('error', () => resolve(true))
  })

describeServers('harness', (server) => {
  test('two accounts subscribe to each other in four steps', async () => {
    const alice = await login(server, 'alice')
    const bob = await login(server, 'bob')
    await alice.client.send(presence({ type: 'subscribe', to: bob.jid }))
    await until(() => bob.recording.incoming('presence', 'subscribe')[0], 'Bob is asked')
    await bob.client.send(presence({ type: 'subscribed', to: alice.jid }))
    await until(() => alice.recording.incoming('presence', 'subscribed')[0], 'Alice is allowed')
    await bob.client.send(presence({ type: 'subscribe', to: alice.jid }))
    await until(() => alice.recording.incoming('presence', 'subscribe')[0], 'Alice is asked')
    await alice.client.send(presence({ type: 'subscribed', to: bob.jid }))
    await until(() => bob.recording.incoming('presence', 'subscribed')[0], 'Bob is allowed')
    await settled(alice.client, bob.client)
    expect(pushesOf(alice.recording).at(-1)?.attrs).toMatchObject({ jid: bob.jid, subscription: 'both' })
    expect(await itemsOf(alice.client)).toMatchObject([{ jid: bob.jid, subscription: 'both' }])
    expect(await itemsOf(bob.client)).toMatchObject([{ jid: alice.jid, subscription: 'both' }])
  })

  test('settled: by then, presence has come both ways, and pushes to the other resource too', async () => {
    const alice = await login(server, 'alice')
    const bob = await login(server, 'bob')
    await server.setRosterItem(alice.jid, bob.jid)
    await server.setRosterItem(bob.jid, alice.jid)
    const recordings: Recording[] = []
    const phone = await connectClient(server, { ...alice, before: (entity) => recordings.push(record(entity)) })
    await phone.iqCaller.request(rosterGet())
    bob.recording.clear()
    await phone.send(presence())
    await settled(phone, bob.client, alice.client)
    expect(bob.recording.incoming('presence').map((stanza) => stanza.attrs['from'])).toContain(jidOf(phone))
    expect(recordings[0]?.incoming('presence').map((stanza) => stanza.attrs['from'])).toContain(jidOf(bob.client))
    alice.recording.clear()
    const item = xml('item', { jid: bob.jid, name: 'Bobby' })
    await phone.send(xml('iq', { type: 'set', id: 'rename' }, xml('query', { xmlns: NS_ROSTER }, item)))
    await settled(phone, alice.client)
    expect(pushesOf(alice.recording).at(-1)?.attrs).toMatchObject({ jid: bob.jid, name: 'Bobby' })
    expect(alice.recording.all.some(({ text }) => text.includes('urn:xmpp:ping'))).toBe(false)
  })

  test('injects a push as it stands, forged sender and all', async () => {
    const alice = await login(server, 'alice')
    const forged = (attrs: string) =>
      `<iq type='set' id='forged' ${attrs}><query xmlns='${NS_ROSTER}'><item jid='eve@localhost' name='It&apos;s “é”'/></query></iq>`
    await server.inject(jidOf(alice.client), forged(`from='mallory@evil.example/x'`))
    const [push] = await until(() => {
      const found = alice.recording.incoming('iq', 'set')
      return found.length > 0 && found
    }, 'the forged push')
    expect(push?.attrs['from']).toBe('mallory@evil.example/x')
    expect(pushesOf(alice.recording)[0]?.attrs['name']).toBe("It's “é”")
    alice.recording.clear()
    await server.inject(jidOf(alice.client), forged(''))
    await settled(alice.client)
    expect(alice.recording.incoming('iq', 'set').map((iq) => iq.attrs['from'])).toEqual([undefined])
    // Stream management has counted the injected stanzas: an ack for them does not end the stream.
    expect(alice.client.status).toBe('online')
    await expect(server.inject('alice@localhost/nobody', forged(''))).rejects.toThrow('no session')
  })

  test('delivers a stanza that another user has not sent', async () => {
    const alice = await login(server, 'alice')
    await server.deliver('bob@localhost', alice.jid, `<presence type='subscribe'><status>Hi</status></presence>`)
    const request = await until(() => alice.recording.incoming('presence', 'subscribe')[0], 'the forged request')
    expect(request.attrs['from']).toBe('bob@localhost')
    await settled(alice.client)
    expect(await itemsOf(alice.client)).toEqual([])
  })

  test('administrators edit rosters: item, groups, removal', async () => {
    const alice = await login(server, 'alice')
    await server.setRosterItem(alice.jid, 'dave@localhost', {
      subscription: 'to',
      name: 'Dave & Co',
      groups: ['A', 'B c'],
    })
    await settled(alice.client)
    const [item] = pushesOf(alice.recording)
    expect(item?.attrs).toMatchObject({ jid: 'dave@localhost', subscription: 'to', name: 'Dave & Co' })
    expect(
      item
        ?.getChildren('group')
        .map((group) => group.text())
        .sort(),
    ).toEqual(['A', 'B c'])
    await server.removeRosterItem(alice.jid, 'dave@localhost')
    await settled(alice.client)
    expect(pushesOf(alice.recording).at(-1)?.attrs).toMatchObject({ jid: 'dave@localhost', subscription: 'remove' })
    expect(await itemsOf(alice.client)).toEqual([])
  })

  test('a component connects and receives a subscribe from a user', async () => {
    const alice = await login(server, 'alice')
    const recordings: Recording[] = []
    const component = await connectComponent(server, { before: (entity) => recordings.push(record(entity)) })
    await alice.client.send(presence({ type: 'subscribe', to: `bot@${server.componentDomain}` }))
    await settled(alice.client, component)
    expect(recordings[0]?.incoming('presence', 'subscribe').map(({ attrs }) => attrs)).toMatchObject([
      { from: bareOf(alice.client), to: 'bot@comp.localhost' },
    ])
  })

  test('kick ends a session, and sessions says so', async () => {
    const { username } = await freshUser(server, 'alice')
    const client = await connectClient(server, { username, resource: 'desk', reconnect: false })
    expect(await server.sessions()).toEqual([jidOf(client)])
    await server.kick(jidOf(client))
    await until(() => client.status === 'disconnect', 'the kicked client is out')
    expect(errorsOf(client).map(String).join()).toMatch(/kicked|conflict|policy/)
    await expect.poll(() => server.sessions()).toEqual([])
  })

  test('a cut is answered with a new connection that resumes the session', async () => {
    const alice = await login(server, 'alice')
    await until(() => alice.client.streamManagement.enabled, 'stream management')
    let resumed = false
    alice.client.streamManagement.on('resumed', () => {
      resumed = true
    })
    cut(alice.client)
    await until(() => resumed, 'the resumption')
    await settled(alice.client)
  })

  test('logs in with SCRAM as well, and not with a wrong password', async () => {
    const { username } = await freshUser(server, 'alice')
    const client = await connectClient(server, { username, scram: true })
    expect(bareOf(client)).toBe(`${username}@localhost`)
    await expect(connectClient(server, { username, password: 'wrong' })).rejects.toThrow('not-authorized')
  })

  test('restart keeps accounts and rosters, and clients come back', async () => {
    const alice = await login(server, 'alice')
    await server.setRosterItem(alice.jid, 'dave@localhost', { name: 'Dave' })
    const before = server.machine?.pid
    let online = 0
    alice.client.on('online', () => {
      online += 1
    })
    await server.restart()
    if (before !== undefined) expect(server.machine?.pid).not.toBe(before)
    await until(() => online > 0, 'Alice is back')
    expect(await itemsOf(alice.client)).toMatchObject([{ jid: 'dave@localhost', name: 'Dave' }])
  })
})

describeServers(
  'harness with TLS and two components',
  { tls: true, components: { 'one.localhost': 'a', 'two.localhost': 'b' } },
  (server) => {
    test('STARTTLS works, with the certificate verified', async () => {
      const client = await connectClient(server, { username: 'alice' })
      expect(client.socket).toMatchObject({ socket: { authorized: true } })
      await settled(client)
      cut(client)
      await until(() => client.status === 'online', 'the connection is back')
      expect(client.isSecure()).toBe(true)
    })

    test('each component has its own secret', async () => {
      const [one, two] = await Promise.all(
        server.componentDomains.map((domain) => connectComponent(server, { domain })),
      )
      expect([one, two].map((entity) => entity?.jid?.toString())).toEqual(['one.localhost', 'two.localhost'])
      await expect(
        connectComponent(server, { domain: 'two.localhost', secret: 'a', reconnect: false }),
      ).rejects.toThrow()
    })

    // The last one: it takes the suite's server away.
    test('stop leaves no process, no port and no folder', async () => {
      const { c2s, component } = server
      const { folder, pid } = server.machine!
      expect(await processesIn(folder)).toContain(String(pid))
      await server.stop()
      expect(await processesIn(folder)).toEqual([])
      expect(await refused(c2s)).toBe(true)
      expect(await refused(component)).toBe(true)
      await expect(stat(folder)).rejects.toThrow('ENOENT')
      await server.stop()
    })
  },
)
