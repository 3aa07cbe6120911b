import type { Element } from 'ltx'
import type { Clock } from '../core/clock.js'
import { type ParsedJid, parseJid } from '../core/jid.js'
import type { Account } from './account.js'
import { type Peer, Post } from './post.js'
import type { TestServerQuirks } from './quirks.js'
import type { Session } from './session.js'
import { type Condition, refusal } from './stanzas.js'

/** A component that the server knows. */
export interface Seat {
  readonly domain: string
  readonly secret: string
  /** `undefined`: it is not connected. */
  peer: Peer | undefined
}

/** Whom an address means. */
export type Place =
  | { readonly kind: 'server' }
  | {
      readonly kind: 'account'
      readonly bare: string
      readonly account: Account | undefined
      readonly resource: string | undefined
    }
  | { readonly kind: 'component'; readonly seat: Seat }
  | { readonly kind: 'nowhere' }

/** Answers an IQ of a namespace: see `TestServer.handle`. */
export type Answer = (iq: Element, from: string) => Element | undefined

/** Who is there, and how to reach them. */
export class World {
  readonly domain: string
  readonly quirks: TestServerQuirks
  readonly clock: Clock
  readonly post: Post
  /** By bare JID. */
  readonly accounts = new Map<string, Account>()
  /** By domain. */
  readonly seats = new Map<string, Seat>()
  /** By namespace. */
  readonly answers = new Map<string, Answer>()

  constructor(domain: string, quirks: TestServerQuirks, clock: Clock) {
    this.domain = domain
    this.quirks = quirks
    this.clock = clock
    this.post = new Post(domain, () => clock.now())
  }

  /** `undefined`: it is no address. */
  place(jid: string): Place | undefined {
    const parsed = parsedOrNot(jid)
    if (parsed === undefined) return undefined
    const { bare, resource } = parsed
    const domain = bare.slice(bare.indexOf('@') + 1)
    if (bare === this.domain) return { kind: 'server' }
    if (domain === this.domain) return { kind: 'account', bare, account: this.accounts.get(bare), resource }
    const seat = this.seats.get(domain)
    return seat === undefined ? { kind: 'nowhere' } : { kind: 'component', seat }
  }

  /** The session with this full JID. */
  session(jid: string): Session | undefined {
    const place = this.place(jid)
    if (place?.kind !== 'account' || place.resource === undefined) return undefined
    return place.account?.sessions.get(place.resource)
  }

  /** Hands a stanza to whom it is addressed to, if there is anybody: a session, a component, or all available resources of an account. */
  carry(stanza: Element): void {
    const place = this.place(stanza.attrs['to'])
    if (place?.kind === 'component') {
      if (place.seat.peer !== undefined) this.post.write(place.seat.peer, stanza)
    } else if (place?.kind === 'account' && place.account !== undefined) {
      const { account, resource } = place
      const session = resource === undefined ? undefined : account.sessions.get(resource)
      const sessions = resource === undefined ? account.available : session === undefined ? [] : [session]
      for (const one of sessions) this.post.write(one, stanza)
    }
  }

  /** Why nothing can be carried there; `undefined`: it can, or the server answers for it. */
  obstacle(place: Place | undefined): Condition | undefined {
    if (place === undefined) return 'jid-malformed'
    if (place.kind === 'nowhere') return 'remote-server-not-found'
    return place.kind === 'component' && place.seat.peer === undefined ? 'remote-server-timeout' : undefined
  }

  /** A stanza of `from` is answered with an error; an error and a result are not. */
  refuse(stanza: Element, from: string, condition: Condition): void {
    const error = refusal(stanza, from, condition)
    if (error !== undefined) this.carry(error)
  }
}

function parsedOrNot(jid: string): ParsedJid | undefined {
  try {
    return parseJid(jid)
  } catch {
    return undefined
  }
}
