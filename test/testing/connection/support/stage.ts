import type { TcpNetConnectOpts } from 'node:net'
import { afterEach, beforeEach, expect } from 'vitest'
import { manualClock } from '../../../../src/testing/clock.js'
import { Listener } from '../../../../src/testing/connection/listener.js'
import { FakeHost, type Visitor } from './fake-host.js'
import { RawPeer } from './raw.js'

/** One server for each test of a file, on a clock that stands. */
export class Stage {
  host = new FakeHost()
  clock = manualClock()
  log: string[] = []
  c2s = 0
  component = 0
  #listener: Listener | undefined
  #peers: RawPeer[] = []

  async open(): Promise<void> {
    this.host = new FakeHost()
    this.clock = manualClock()
    this.log = []
    const { listener, c2s, component } = await Listener.listen(this.host, {
      clock: this.clock,
      onStanza: (direction, jid, xml) => this.log.push(`${direction} ${jid} ${xml}`),
      ports: { c2s: 0, component: 0 },
    })
    this.#listener = listener
    this.c2s = c2s
    this.component = component
  }

  /** A connection that has said nothing yet. */
  async raw(port = this.c2s, options: Partial<TcpNetConnectOpts> = {}): Promise<RawPeer> {
    return this.#kept(await RawPeer.to(port, options))
  }

  async authenticated(username?: string): Promise<RawPeer> {
    return this.#kept(await RawPeer.authenticated(this.c2s, username))
  }

  async client(resource?: string): Promise<RawPeer> {
    return this.#kept(await RawPeer.client(this.c2s, resource))
  }

  /** The session under an address. */
  visitor(jid = 'juliet@localhost/raw'): Visitor {
    const visitor = this.host.present(jid)
    if (visitor === undefined) throw new Error(`Expected ${jid} to be connected`)
    return visitor
  }

  /** Whatever has happened to others: somebody logs in, asks, is answered, and leaves. */
  async serves(): Promise<void> {
    const peer = await RawPeer.client(this.c2s, 'another')
    peer.send(`<iq type='get' id='ping'/>`)
    await peer.hears(`<iq type='result' id='ping'/>`)
    await peer.leave()
  }

  /** Ends all; every guest has gone once, and no timer is left. */
  async close(): Promise<void> {
    await this.#listener?.close()
    for (const peer of this.#peers.splice(0)) peer.vanish()
    expect(this.host.visitors.map(({ jid, gone }) => `${jid} ${gone}`)).toEqual(
      this.host.visitors.map(({ jid }) => `${jid} 1`),
    )
    expect(this.clock.waiting).toBe(0)
  }

  #kept(peer: RawPeer): RawPeer {
    this.#peers.push(peer)
    return peer
  }
}

/** A server for each test; after it the server goes on for others, and closes without anything left. */
export function useStage(): Stage {
  const stage = new Stage()
  beforeEach(() => stage.open())
  afterEach(async () => {
    await stage.serves()
    await stage.close()
  })
  return stage
}
