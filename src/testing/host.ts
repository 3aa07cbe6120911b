import { type Clock, systemClock } from '../core/clock.js'
import { RosterError } from '../core/errors.js'
import { type JidLike, parseJid } from '../core/jid.js'
import { randomId } from '../core/random.js'
import type { Subscription } from '../core/state.js'
import { parseStanza } from '../xmpp/codec.js'
import { Account } from './account.js'
import { IqDesk } from './iq.js'
import { Line } from './line.js'
import type { Guest, Host, Link } from './peer.js'
import type { Peer, TestServerEntry } from './post.js'
import { Broadcaster } from './presence.js'
import { STANDARD, type TestServerQuirks } from './quirks.js'
import { RosterDesk } from './roster-iq.js'
import { Router } from './routing.js'
import { Session } from './session.js'
import { addressed } from './stanzas.js'
import { Subscriptions } from './subscriptions.js'
import { type Answer, World } from './world.js'

/** What a server begins with. */
export interface HostOptions {
  readonly domain?: string
  readonly accounts?: Readonly<Record<string, string>>
  readonly components?: Readonly<Record<string, string>>
  readonly quirks?: Partial<TestServerQuirks>
  readonly clock?: Clock
}

/** An item as an administrator writes it. */
export interface AdminEntry {
  /** Default `'both'`. */
  readonly subscription?: Subscription
  readonly name?: string
  readonly groups?: readonly string[]
}

/** The server without its sockets: accounts, rosters, presence, routing. */
export class TestHost implements Host {
  readonly #world: World
  readonly #line = new Line()
  readonly #subscriptions: Subscriptions
  readonly #broadcaster: Broadcaster
  readonly #router: Router

  constructor(options: HostOptions = {}) {
    const { domain = 'localhost', accounts = {}, components = {}, quirks = {}, clock = systemClock } = options
    this.#world = new World(canonicalDomain(domain), { ...STANDARD, ...quirks }, clock)
    this.#subscriptions = new Subscriptions(this.#world, this.#line)
    this.#broadcaster = new Broadcaster(this.#world, this.#subscriptions)
    this.#subscriptions.broadcaster = this.#broadcaster
    const rosters = new RosterDesk(this.#world, this.#subscriptions, () => this.#line.slow())
    this.#router = new Router(this.#world, this.#subscriptions, this.#broadcaster, new IqDesk(this.#world, rosters))
    for (const [username, password] of Object.entries(accounts)) this.addAccount(username, password)
    for (const [name, secret] of Object.entries(components)) this.addComponent(name, secret)
  }

  // — what connections ask —

  get domain(): string {
    return this.#world.domain
  }

  get features(): readonly string[] {
    const { versioning, preApproval } = this.#world.quirks
    return [
      ...(versioning ? ["<ver xmlns='urn:xmpp:features:rosterver'/>"] : []),
      ...(preApproval ? ["<sub xmlns='urn:xmpp:features:pre-approval'/>"] : []),
    ]
  }

  password(username: string): string | undefined {
    return this.#account(username)?.password
  }

  #account(username: string): Account | undefined {
    const place = this.#world.place(`${username}@${this.domain}`)
    return place?.kind === 'account' && place.resource === undefined ? place.account : undefined
  }

  bind(username: string, resource: string | undefined, link: Link): Guest {
    const account = this.#account(username)
    if (account === undefined)
      throw new RosterError('NOT_CONNECTED', `Expected an account, but there is no ${username}.`)
    const name = freeResource(account, resource)
    const former = account.sessions.get(name)
    // It leaves before the other one comes, whenever its connection ends.
    former?.gone()
    former?.link.end('conflict')
    const session = new Session(account, name, link, {
      received: (sender, stanza) => this.#enter(link, () => this.#router.fromSession(sender, stanza)),
      ended: (left) => this.#line.enter(() => this.#left(left)),
    })
    account.sessions.set(name, session)
    return session
  }

  /** What cannot be handled ends the stream that it came on, and nothing else (RFC 6120 §4.9.3.6). */
  #enter(link: Link, job: () => void): void {
    this.#line.enter(() => {
      try {
        job()
      } catch {
        link.end('internal-server-error')
      }
    })
  }

  #left(session: Session): void {
    const { sessions } = session.account
    if (sessions.get(session.resource) === session) sessions.delete(session.resource)
    this.#broadcaster.leave(session)
  }

  secret(domain: string): string | undefined {
    return this.#world.seats.get(domain)?.secret
  }

  join(domain: string, link: Link): Guest | undefined {
    const seat = this.#world.seats.get(domain)
    if (seat === undefined || seat.peer !== undefined) return undefined
    const peer: Peer = { jid: domain, link }
    seat.peer = peer
    return {
      jid: domain,
      receive: (stanza) => this.#enter(link, () => this.#router.fromOutside(addressed(stanza, {}))),
      gone: () => {
        if (seat.peer === peer) seat.peer = undefined
      },
    }
  }

  // — what tests ask —

  addAccount(username: string, password: string): void {
    const place = this.#world.place(`${username}@${this.domain}`)
    if (place?.kind !== 'account' || place.resource !== undefined)
      throw new RosterError('JID_MALFORMED', `Expected the local part of a JID, but "${username}" came.`)
    if (place.account !== undefined) throw conflict(`the account ${place.bare}`)
    const { bare } = place
    const { trunk } = this.#subscriptions
    this.#world.accounts.set(bare, new Account(bare.slice(0, bare.indexOf('@')), bare, password, () => trunk.of(bare)))
    this.#line.enter(() => {
      this.#line.slow()
      // It fails only when the server is closed meanwhile.
      trunk.roster.open(bare).catch(() => undefined)
    })
  }

  addComponent(name: string, secret: string): void {
    const domain = canonicalDomain(name)
    if (domain === this.domain || this.#world.seats.has(domain)) throw conflict(`the domain ${domain}`)
    this.#world.seats.set(domain, { domain, secret, peer: undefined })
  }

  handle(namespace: string, answer: Answer): void {
    this.#world.answers.set(namespace, answer)
  }

  /** A connection says what passes it. */
  note(direction: 'in' | 'out', jid: string, xml: string): void {
    this.#world.post.note(direction, jid, xml)
  }

  get log(): readonly TestServerEntry[] {
    return this.#world.post.log
  }

  cut(jid: JidLike, resume: boolean): void {
    for (const peer of this.#peers(jid)) peer.link.cut(resume)
  }

  inject(to: JidLike, xml: string): void {
    for (const peer of this.#peers(to)) this.#world.post.writeRaw(peer, xml)
  }

  pause(jid?: JidLike): () => void {
    const holds = jid === undefined ? () => true : this.#means(jid)
    return this.#world.post.pause(holds)
  }

  /** Full JIDs of the sessions that are bound, sorted. @internal */
  sessions(): readonly string[] {
    return [...this.#world.accounts.values()]
      .flatMap(({ sessions }) => [...sessions.values()].map(({ jid }) => jid))
      .sort()
  }

  /** Routes a stanza as if `from` had sent it; done when it is delivered. @internal */
  async deliver(from: string, to: string, xml: string): Promise<void> {
    const stanza = parseStanza(xml)
    if (stanza === undefined)
      throw new RosterError('STANZA_INVALID', 'Expected a stanza, but this is not well-formed XML.')
    await this.#line.run(() => this.#router.fromOutside(addressed(stanza, { from, to })))
  }

  /** Resolves when everything that came so far is done. @internal */
  settled(): Promise<void> {
    return this.#line.run(() => undefined)
  }

  /** Ends the sessions with a stream error. @internal */
  kick(jid: JidLike): void {
    for (const peer of this.#peers(jid)) peer.link.end('policy-violation')
  }

  /** Writes or removes (`undefined`) an item on the owner's side only, as an administrator would, and pushes it. @internal */
  setItem(owner: string, contact: string, entry: AdminEntry | undefined): Promise<void> {
    const { storage } = this.#subscriptions.trunk
    return this.#line.run(async () => {
      const base = (await storage.load(owner))?.revision
      const { subscription: state = 'both', name, groups = [] } = entry ?? {}
      const item = { jid: contact, state, groups, ...(name === undefined ? {} : { name }) }
      const change = entry === undefined ? { remove: [contact] } : { put: [item] }
      await storage.commit(owner, { base, revision: randomId(), ...change })
    })
  }

  async close(): Promise<void> {
    this.#line.close()
    await this.#subscriptions.trunk.roster.close({ announce: false })
  }

  /** Whom an address means, connected or not: a session, all of an account, or a component, whoever at it. */
  #means(jid: JidLike): (peer: Peer) => boolean {
    const { bare, resource } = parseJid(jid)
    const place = this.#world.place(bare)
    if (place?.kind === 'component') return (peer) => peer.jid === place.seat.domain
    return (peer) => (resource === undefined ? peer.jid.startsWith(`${bare}/`) : peer.jid === `${bare}/${resource}`)
  }

  #peers(jid: JidLike): readonly Peer[] {
    const { accounts, seats } = this.#world
    const sessions = [...accounts.values()].flatMap((account) => [...account.sessions.values()])
    const components = [...seats.values()].flatMap(({ peer }) => (peer === undefined ? [] : [peer]))
    const found = [...sessions, ...components].filter(this.#means(jid))
    if (found.length > 0) return found
    const message = `Expected a session or a component, but nobody is connected as ${String(jid)}.`
    throw new RosterError('NOT_CONNECTED', message)
  }
}

/** RFC 6120 §7.6, §7.7: what the client wants, else something that nobody has. A resource that is none counts as no wish. */
function freeResource(account: Account, wanted: string | undefined): string {
  try {
    const resource = wanted === undefined ? undefined : parseJid(`${account.jid}/${wanted}`).resource
    return resource ?? randomId().slice(0, 12)
  } catch {
    return randomId().slice(0, 12)
  }
}

function canonicalDomain(name: string): string {
  const { bare, resource } = parseJid(name)
  if (resource === undefined && !bare.includes('@')) return bare
  throw new RosterError('JID_MALFORMED', `Expected a domain, but "${name}" came.`)
}

function conflict(what: string): RosterError {
  return new RosterError('REFUSED', `Expected something new, but ${what} is there already.`, { condition: 'conflict' })
}
