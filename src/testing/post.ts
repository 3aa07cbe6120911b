import type { Element } from 'ltx'
import { attr, parseStanza } from '../xmpp/codec.js'
import type { Link } from './peer.js'

/** Who is connected: a session by its full JID, a component by its domain. */
export interface Peer {
  readonly jid: string
  readonly link: Link
}

/** One stanza that passed a connection of the server. */
export interface TestServerEntry {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** `'in'`: a peer sent it; `'out'`: it was written to one. What is routed from one peer to another stands here twice. */
  readonly direction: 'in' | 'out'
  /**
   * `'in'`: who sent it, as a full JID or an address of a component. `'out'`: as the stanza says, else the server's domain.
   */
  readonly from: string
  /**
   * `'in'`: as the stanza says, else the server's domain. `'out'`: the session that it was written to, or the address at a
   * component.
   */
  readonly to: string
  /** As it came or was written, on one connection. */
  readonly xml: string
}

interface Noted {
  readonly at: number
  readonly direction: 'in' | 'out'
  readonly jid: string
  readonly xml: string
}

interface Letter {
  readonly peer: Peer
  readonly xml: string
}

/** What passes the connections: noted by them, and held back here while somebody wants it so. */
export class Post {
  readonly #domain: string
  readonly #now: () => number
  #noted: Noted[] = []
  #log: readonly TestServerEntry[] = Object.freeze([])
  readonly #pauses = new Set<{ readonly holds: (peer: Peer) => boolean }>()
  readonly #held: Letter[] = []

  constructor(domain: string, now: () => number) {
    this.#domain = domain
    this.#now = now
  }

  /** A connection says what passes it. `jid`: whose it is. */
  note(direction: 'in' | 'out', jid: string, xml: string): void {
    this.#noted.push({ at: this.#now(), direction, jid, xml })
  }

  /** All so far. Who has to do with it is looked up only when somebody reads. */
  get log(): readonly TestServerEntry[] {
    if (this.#noted.length > 0) this.#log = Object.freeze([...this.#log, ...this.#noted.map((one) => this.#entry(one))])
    this.#noted = []
    return this.#log
  }

  #entry({ at, direction, jid, xml }: Noted): TestServerEntry {
    const stanza = parseStanza(xml)
    const said = (name: string): string | undefined => (stanza === undefined ? undefined : attr(stanza, name))
    const isComponent = !jid.includes('@')
    // A client's addresses are not its own to say; a component has many.
    const from = direction === 'in' ? (isComponent ? said('from') : undefined) : (said('from') ?? this.#domain)
    const to = direction === 'out' ? (isComponent ? said('to') : undefined) : (said('to') ?? this.#domain)
    return Object.freeze({ at, direction, from: from ?? jid, to: to ?? jid, xml })
  }

  write(peer: Peer, stanza: Element): void {
    this.writeRaw(peer, stanza.toString())
  }

  /** As it stands, whatever it is. */
  writeRaw(peer: Peer, xml: string): void {
    if (this.#isHeld(peer)) this.#held.push({ peer, xml })
    else peer.link.send(xml)
  }

  #isHeld(peer: Peer): boolean {
    for (const pause of this.#pauses) if (pause.holds(peer)) return true
    return false
  }

  /** Holds back what goes to these peers; returns how to let it go, in its order. */
  pause(holds: (peer: Peer) => boolean): () => void {
    const pause = { holds }
    this.#pauses.add(pause)
    return () => {
      this.#pauses.delete(pause)
      for (const { peer, xml } of this.#held.splice(0)) this.writeRaw(peer, xml)
    }
  }
}
