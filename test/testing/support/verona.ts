import { afterEach, beforeEach, expect } from 'vitest'
import { type ManualClock, manualClock } from '../../../src/testing/clock.js'
import { TestServer } from '../../../src/testing/server.js'
import { RawPeer, SM } from '../connection/support/raw.js'
import { inWords, rosterGet, subscription } from '../host/stage.js'
import { componentHeader, GATEWAY, handshakeFor, portOf, SECRET, settled } from './peers.js'

/** What was heard until an answer to `settled`, in words. */
export const lines = (heard: string): readonly string[] =>
  [...heard.matchAll(/<(iq|message|presence)\b(?:[^>]*\/>|.*?<\/\1>)/gs)].map(([xml]) => inWords(xml)).slice(0, -1)

const bareOf = (username: string): string => `${username}@localhost`

/** A server on a clock that stands, where romeo and juliet are online and see each other, and whoever else comes. */
export class Verona {
  server = new TestServer()
  clock: ManualClock = manualClock()
  c2s = 0
  component = 0
  #peers: RawPeer[] = []
  #rounds = 0
  romeo!: RawPeer
  juliet!: RawPeer

  async open(): Promise<void> {
    this.clock = manualClock()
    const accounts = { romeo: 'secret', juliet: 'secret', nurse: 'secret' }
    this.server = new TestServer({ accounts, components: { [GATEWAY]: SECRET }, clock: this.clock })
    const { c2s, component } = await this.server.listen()
    this.c2s = portOf(c2s)
    this.component = portOf(component)
    this.romeo = await this.login('romeo')
    this.juliet = await this.login('juliet')
    await this.befriend('romeo', this.romeo, 'juliet', this.juliet)
  }

  /** A connection to the port for clients, or another one, that has said nothing yet. */
  async raw(port = this.c2s): Promise<RawPeer> {
    const peer = await RawPeer.to(port)
    this.#peers.push(peer)
    return peer
  }

  /** Logged in, without a resource. */
  async authenticated(username: string): Promise<RawPeer> {
    const peer = await RawPeer.authenticated(this.c2s, username)
    this.#peers.push(peer)
    return peer
  }

  /** Logged in, with a resource. */
  async bound(username: string, resource = 'home', password?: string): Promise<RawPeer> {
    const peer = await RawPeer.client(this.c2s, resource, username, password)
    this.#peers.push(peer)
    return peer
  }

  /** Logged in, its roster fetched, announced; nothing unheard. */
  async login(username: string, resource = 'home', password?: string): Promise<RawPeer> {
    const peer = await this.bound(username, resource, password)
    peer.send(`${rosterGet('roster')}<presence/>`)
    await settled(peer)
    return peer
  }

  /** Somebody whom romeo sees, and the only one who misbehaves. */
  async nurse(): Promise<RawPeer> {
    const nurse = await this.login('nurse')
    await this.befriend('romeo', this.romeo, 'nurse', nurse)
    return nurse
  }

  /** With stream management that can be resumed; the id to resume it by. */
  async resumable(peer: RawPeer): Promise<string> {
    peer.send(`<enable ${SM} resume='true'/>`)
    const enabled = await peer.hears(/<enabled [^>]*>/)
    return / id='([^']*)'/.exec(enabled)?.[1] ?? ''
  }

  async gateway(): Promise<RawPeer> {
    const peer = await this.raw(this.component)
    peer.send(componentHeader())
    peer.send(handshakeFor(await peer.hears(/<stream:stream [^>]*>/)))
    await peer.hears('<handshake/>')
    return peer
  }

  async befriend(one: string, a: RawPeer, other: string, b: RawPeer): Promise<void> {
    a.send(subscription('subscribe', bareOf(other)))
    await settled(a)
    b.send(subscription('subscribed', bareOf(one)) + subscription('subscribe', bareOf(one)))
    await settled(b)
    a.send(subscription('subscribed', bareOf(other)))
    for (const peer of [a, b]) await settled(peer)
  }

  /** Whatever others do, these two talk and see each other. What romeo heard meanwhile. */
  async talk(): Promise<string> {
    this.#rounds += 1
    const round = `round-${this.#rounds}`
    const { romeo, juliet } = this
    juliet.send(`<presence><status>${round}</status></presence><message to='${bareOf('romeo')}' id='${round}'/>`)
    romeo.send(`<presence><status>${round}</status></presence><message to='${bareOf('juliet')}' id='${round}'/>`)
    const [toJuliet, toRomeo] = [await settled(juliet), await settled(romeo)]
    const heard = { juliet: toJuliet + (await settled(juliet)), romeo: toRomeo + (await settled(romeo)) }
    for (const [one, other] of [
      ['juliet', 'romeo'],
      ['romeo', 'juliet'],
    ] as const) {
      const from = `from="${other}@localhost/home"`
      expect(heard[one]).toContain(`<presence ${from} to="${one}@localhost"><status>${round}</status></presence>`)
      expect(heard[one]).toContain(`<message to="${one}@localhost" id="${round}" ${from}/>`)
    }
    return heard.romeo
  }

  /** Ends all; no timer is left. */
  async close(): Promise<void> {
    await this.server.close()
    for (const peer of this.#peers.splice(0)) peer.vanish()
    expect(this.clock.waiting).toBe(0)
  }
}

/** A server for each test; after it the two friends still talk, and it closes without anything left. */
export function useVerona(): Verona {
  const verona = new Verona()
  beforeEach(() => verona.open())
  afterEach(async () => {
    await verona.talk()
    await verona.close()
  })
  return verona
}
