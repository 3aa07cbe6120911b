import { expect, test } from 'vitest'
import type { Clock } from '../../src/index.js'
import { Roster } from '../../src/index.js'
import { eventsOf, friends, login } from './support/client-bot.js'
import {
  connectClient,
  describeServers,
  freshUser,
  jidOf,
  makeClient,
  type Recording,
  record,
  settled,
  type TestClient,
  until,
} from './support/index.js'

type OnData = (data: string) => void

interface Source {
  listeners(event: 'data'): OnData[]
  removeAllListeners(event: 'data'): void
  on(event: 'data', listener: OnData): void
  emit(event: 'data', data: string): void
}

interface Held {
  /** Whether this is among what has come so far. */
  has(part: RegExp): boolean
  go(): string
}

/** The network holds back what comes; `go` lets it all arrive at once, as one packet, which it returns. */
const hold = (client: TestClient): Held => {
  const socket = client.socket as Source
  const listeners = socket.listeners('data')
  let packet = ''
  socket.removeAllListeners('data')
  socket.on('data', (data) => {
    packet += String(data)
  })
  return {
    has: (part) => part.test(packet),
    go: () => {
      socket.removeAllListeners('data')
      for (const listener of listeners) socket.on('data', listener)
      socket.emit('data', packet)
      return packet
    },
  }
}

const RESULT = /type=['"]result['"]/

/** Time that stands still: whoever waits for it waits for ever. */
const stopped: Clock = { now: () => 0, after: () => () => undefined }

const inOrder = (text: string, ...parts: readonly RegExp[]): boolean => {
  const places = parts.map((part) => text.search(part))
  return places.every((place, index) => place >= 0 && place > (places[index - 1] ?? -1))
}

describeServers('several stanzas in one packet', (server) => {
  test('result, push and presence: each counts at its place in the stream (promise 10)', async () => {
    const [a, b] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
    await friends(server, a, b)
    const alice = await login(server, 'alice', { user: a, resource: 'desk' })
    const phone = await login(server, 'alice', { user: a, resource: 'phone' })
    const bob = await login(server, 'bob', { user: b })
    await until(() => alice.own.presence(b.jid).available && phone.own.presence(b.jid).available, "Bob's presence")
    await settled(alice.client, phone.client, bob.client)
    alice.events.length = 0
    alice.log.clear()

    const network = hold(alice.client)
    const resync = alice.own.resync()
    await until(() => network.has(RESULT), 'the result')
    await phone.own.update(b.jid, { name: 'Bobby' })
    await bob.own.sendPresence({ show: 'dnd' })
    await until(() => network.has(/>dnd</), "Bob's new presence")
    const packet = network.go()
    await resync
    await until(() => alice.own.presence(b.jid).best?.show === 'dnd', "Bob's new presence")

    expect(inOrder(packet, RESULT, /Bobby/, />dnd</)).toBe(true)
    expect(alice.events).toEqual(['loaded 1', 'updated bob both', 'presence bob dnd'])
    expect(alice.own.get(b.jid)?.name).toBe('Bobby')
  })

  test('presence in one packet with the roster: it belongs to a contact already', async () => {
    const [a, b] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
    await friends(server, a, b)
    const bob = await login(server, 'bob', { user: b })
    const client = await connectClient(server, a)
    const roster = new Roster(client, { presence: {} })
    const events = eventsOf(roster)
    const network = hold(client)
    await until(() => network.has(RESULT), 'the result')
    // The application does not wait for its roster.
    await roster.own.sendPresence({ show: 'chat' })
    const fromBob = new RegExp(`from=['"]${jidOf(bob.client)}`)
    await until(() => network.has(fromBob), "Bob's presence")
    const packet = network.go()
    await roster.ready()
    await until(() => roster.own.presence(b.jid).available, "Bob's presence")
    expect(inOrder(packet, RESULT, fromBob)).toBe(true)
    expect(events).toEqual(['loaded 1', 'online bob', 'presence bob available'])
  })

  test('nothing is asked before stream management has answered: xmpp.js would count the stanzas wrong; and no clock is waited for', async () => {
    const user = await freshUser(server, 'alice')
    const recordings: Recording[] = []
    const networks: Held[] = []
    const client = makeClient(server, {
      ...user,
      before: (entity) => {
        const log = record(entity)
        recordings.push(log)
        new Roster(entity, { clock: stopped })
        entity.once('online', () => networks.push(hold(entity)))
      },
    })
    await client.start()
    const [log] = recordings
    await until(() => networks[0]?.has(/<enabled/), 'the answer about stream management')
    expect(log?.sent.some((stanza) => stanza.getChild('query', 'jabber:iq:roster'))).toBe(false)
    networks[0]?.go()
    await until(() => log?.sent.some(({ name }) => name === 'presence'), 'the presence')
    await settled(client)
    expect(client.streamManagement.enabled).toBe(true)
    expect(client.status).toBe('online')
  })
})
