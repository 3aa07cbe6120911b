import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, expect, test } from 'vitest'
import { manualClock } from '../../src/testing/clock.js'
import { Listener } from '../../src/testing/connection/listener.js'
import { TestHost } from '../../src/testing/host.js'
import type { Guest } from '../../src/testing/peer.js'
import { FOOTER, HEADER, plainAuth, RawPeer, SM } from './connection/support/raw.js'
import { rosterGet } from './host/stage.js'
import { componentHeader, GATEWAY, handshakeFor, settled } from './support/peers.js'

/** How long a session waits to be resumed, in milliseconds. */
const LONGEST_WAIT = 300_000
const ROUNDS = 40

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The server's parts, put together as TestServer does, so that they can be looked into. */
async function open() {
  const accounts = { juliet: 'secret', romeo: 'secret' }
  const clock = manualClock()
  const host = new TestHost({ accounts, components: { [GATEWAY]: 'hush' }, clock })
  const guests: WeakRef<Guest>[] = []
  const noted = <G extends Guest | undefined>(guest: G): G => {
    if (guest !== undefined) guests.push(new WeakRef(guest))
    return guest
  }
  const [bind, join] = [host.bind.bind(host), host.join.bind(host)]
  host.bind = (...args) => noted(bind(...args))
  host.join = (...args) => noted(join(...args))
  const { listener, c2s, component } = await Listener.listen(host, {
    clock,
    onStanza: (direction, jid, xml) => host.note(direction, jid, xml),
    ports: { c2s: 0, component: 0 },
  })
  close = async () => {
    await listener.close()
    await host.close()
  }
  // The rosters look after what is owed from time to time, whoever is there.
  const idle = clock.waiting
  return { host, clock, idle, guests, c2s, component }
}

let close = async (): Promise<void> => undefined
afterEach(() => close())

type Opened = Awaited<ReturnType<typeof open>>

/** Somebody who is online, and has told somebody else so directly. */
async function online({ c2s }: Opened, resource: string): Promise<RawPeer> {
  const peer = await RawPeer.client(c2s, resource)
  peer.send(`${rosterGet('r')}<presence/><presence to='nobody@localhost'/>`)
  await settled(peer)
  return peer
}

async function resumable(server: Opened, resource: string): Promise<{ readonly peer: RawPeer; readonly id: string }> {
  const peer = await online(server, resource)
  peer.send(`<enable ${SM} resume='true'/>`)
  const id = / id='([^']*)'/.exec(await peer.hears(/<enabled [^>]*>/))?.[1] ?? ''
  return { peer, id }
}

/** Ends somebody's connection from this side, and waits until it has. */
async function ended(peer: RawPeer): Promise<void> {
  peer.vanish()
  await peer.hearsEnd()
}

const WAYS: Readonly<Record<string, (server: Opened, resource: string) => Promise<unknown>>> = {
  'says goodbye': async (server, resource) => (await online(server, resource)).leave(),
  vanishes: async (server, resource) => ended(await online(server, resource)),
  'stops half-way': async (server, resource) => {
    const peer = await online(server, resource)
    peer.socket.end("<message to='romeo@localhost'><body>I was ab")
    await peer.hearsEnd()
  },
  'is cut': async (server, resource) => {
    const peer = await online(server, resource)
    server.host.cut(`juliet@localhost/${resource}`, false)
    await peer.hearsEnd()
  },
  'is put out by another': async (server, resource) => {
    const peer = await online(server, resource)
    const other = await online(server, resource)
    await peer.hearsEnd()
    await other.leave()
  },
  'is cut, comes back and goes': async (server, resource) => {
    const { peer, id } = await resumable(server, resource)
    server.host.cut(`juliet@localhost/${resource}`, true)
    await peer.hearsEnd()
    const again = await RawPeer.authenticated(server.c2s)
    again.send(`<resume ${SM} previd='${id}' h='0'/>`)
    await again.hears(/<resumed [^>]*>/)
    await again.leave()
  },
  'is cut, and cut again as it waits': async (server, resource) => {
    const { peer } = await resumable(server, resource)
    server.host.cut(`juliet@localhost/${resource}`, true)
    await peer.hearsEnd()
    server.host.cut(`juliet@localhost/${resource}`, false)
  },
  'is cut and never comes back': async (server, resource) => {
    const { peer } = await resumable(server, resource)
    server.host.cut(`juliet@localhost/${resource}`, true)
    await peer.hearsEnd()
  },
  'never binds': async (server) => ended(await RawPeer.authenticated(server.c2s)),
  'is a component': async ({ component }) => {
    const peer = await RawPeer.to(component)
    peer.send(componentHeader())
    peer.send(handshakeFor(await peer.hears(/<stream:stream [^>]*>/)))
    peer.send(`<presence from='bot@${GATEWAY}' to='juliet@localhost' type='subscribe'/>`)
    await peer.hears('<handshake/>')
    await peer.leave()
  },
  'never authenticates': async (server) => {
    const peer = await RawPeer.to(server.c2s)
    peer.send(HEADER + plainAuth('juliet', 'wrong'))
    await peer.hears('</failure>')
    peer.send(FOOTER)
    await peer.hearsEnd()
  },
}

/** The sockets and servers of this process. */
const handles = (): readonly string[] => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'))

test.each(Object.entries(WAYS))(
  `who %s, ${ROUNDS} times: no session is left, no timer, and nothing in memory`,
  async (_way, act) => {
    const server = await open()
    const { host, clock, idle, guests } = server
    for (let n = 0; n < ROUNDS; n++) await act(server, `r${n}`)
    await clock.advance(LONGEST_WAIT)
    // The other end of a connection that has ended here may still be on its way.
    while (host.sessions().length > 0 || clock.waiting > idle) await turn()
    expect(() => host.cut('juliet@localhost', false)).toThrow('nobody is connected')
    // A collection clears weak references only when the turn is over that has looked at them.
    for (let n = 0; n < 10 && guests.some((guest) => guest.deref() !== undefined); n++) {
      await turn()
      collectGarbage()
    }
    expect(guests.filter((guest) => guest.deref() !== undefined)).toEqual([])
    await close()
    for (let n = 0; n < 100 && handles().length > 0; n++) await turn()
    expect(handles()).toEqual([])
  },
)
