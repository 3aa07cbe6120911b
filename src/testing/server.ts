import type { Element } from 'ltx'
import { type Clock, systemClock } from '../core/clock.js'
import { RosterError } from '../core/errors.js'
import type { JidLike } from '../core/jid.js'
import { Listener } from './connection/listener.js'
import { TestHost } from './host.js'
import type { TestServerEntry } from './post.js'
import type { TestServerQuirks } from './quirks.js'

/** What a {@link TestServer} begins with. */
export interface TestServerOptions {
  /** Default `'localhost'`. */
  readonly domain?: string
  /** Names (local parts) and passwords. More with {@link TestServer.addAccount}. */
  readonly accounts?: Readonly<Record<string, string>>
  /** Domains and secrets. More with {@link TestServer.addComponent}. */
  readonly components?: Readonly<Record<string, string>>
  /** How real servers differ, to be tried one by one. Default: as RFC 6121 has it. */
  readonly quirks?: Partial<TestServerQuirks>
  /** Time: of the log, and of how long a cut stream can be resumed. Default: the real one. */
  readonly clock?: Clock
}

/** Where a {@link TestServer} listens: what xmpp.js calls `service`. */
export interface TestServerAddress {
  /** For clients: `xmpp://127.0.0.1:PORT`. */
  readonly c2s: string
  /** For components: `xmpp://127.0.0.1:PORT`. */
  readonly component: string
}

/**
 * An XMPP server in the process, for tests and demonstrations: accounts, components (XEP-0114), rosters with versioning,
 * subscriptions and presence as in RFC 6121, stream management (XEP-0198), messages between whoever is there; real xmpp.js
 * (and any other client) connects to it over TCP on the loopback. Not for production: no TLS, no federation, nothing stored.
 *
 * A stanza of any peer is handled completely before the next one of anybody, with all that follows from it. So when an IQ to
 * another client's full JID is answered, that client has been sent everything that came before.
 *
 * Where RFC 6121 leaves a choice: subscription stanzas for accounts that do not exist are ignored (§8.5.1); messages that
 * nobody takes come back with `service-unavailable` (§8.5.2); a `<show/>` or priority that is none is relayed; presence for
 * all of an account's resources is addressed to its bare JID; stanzas for a component that is not connected come back with
 * `remote-server-timeout`, for an unknown domain with `remote-server-not-found`, and a roster item that was asked for stays.
 *
 * @example
 * ```ts
 * import { client } from '@xmpp/client'
 * import { Roster } from 'xmpp-roster'
 * import { TestServer } from 'xmpp-roster/testing'
 *
 * const server = new TestServer({ accounts: { bot: 'secret', romeo: 'secret' } })
 * const { c2s } = await server.listen()
 * const bot = client({ service: c2s, domain: 'localhost', username: 'bot', password: 'secret' })
 * const roster = new Roster(bot, { autoAuthorize: true })
 * await bot.start()
 * await roster.ready()
 * await bot.stop()
 * await server.close()
 * ```
 */
export class TestServer {
  readonly #host: TestHost
  readonly #clock: Clock
  #listening: ReturnType<typeof Listener.listen> | undefined
  #closing: Promise<void> | undefined

  /** Throws `JID_MALFORMED` for a domain or name that is none, `REFUSED` for two accounts with one canonical name. */
  constructor(options: TestServerOptions = {}) {
    this.#host = new TestHost(options)
    this.#clock = options.clock ?? systemClock
  }

  /**
   * Listens on 127.0.0.1 alone. Done when clients and components can connect.
   *
   * Rejects with `NOT_CONNECTED` when the port is taken, `REFUSED` when it listens already, `CLOSED` after
   * {@link TestServer.close}.
   *
   * @param port for clients; 0, the default: any free one. Components get a free one always.
   */
  async listen(port = 0): Promise<TestServerAddress> {
    if (this.#closing !== undefined) throw new RosterError('CLOSED', 'This server was closed; make another one.')
    if (this.#listening !== undefined)
      throw new RosterError('REFUSED', 'Expected a server that does not listen yet; it does already.')
    this.#listening = Listener.listen(this.#host, {
      clock: this.#clock,
      onStanza: (direction, jid, xml) => this.#host.note(direction, jid, xml),
      ports: { c2s: port, component: 0 },
    })
    try {
      const { c2s, component } = await this.#listening
      return { c2s: `xmpp://127.0.0.1:${c2s}`, component: `xmpp://127.0.0.1:${component}` }
    } catch (cause) {
      this.#listening = undefined
      throw cause
    }
  }

  /**
   * An account with an empty roster, at once. Throws `JID_MALFORMED` for a name that is none, `REFUSED` when it is there
   * already.
   */
  addAccount(username: string, password: string): void {
    this.#host.addAccount(username, password)
  }

  /**
   * A domain that a component may connect as. Throws `JID_MALFORMED` for a domain that is none, `REFUSED` when it is there
   * already.
   */
  addComponent(domain: string, secret: string): void {
    this.#host.addComponent(domain, secret)
  }

  /**
   * Answers IQs of a namespace that the server does not know, for protocols of one's own: gets and sets of clients and
   * components to the server or to an account's bare JID. One answer per namespace: the last. What the server knows itself
   * (rosters, ping, service discovery) stays its own.
   *
   * @param answer gets the whole IQ and the full JID of its sender. What it returns is the payload of the result, or an
   * `<error/>`, or an `<iq/>` of its own (its addresses and id are set here). `undefined`: `service-unavailable`. When it
   * throws, the sender gets `internal-server-error` with its message.
   */
  handle(namespace: string, answer: (iq: Element, from: string) => Element | undefined): void {
    this.#host.handle(namespace, answer)
  }

  /**
   * Cuts connections as a broken network does, at once: a session (full JID), all of an account (bare JID), or a component.
   * Throws `NOT_CONNECTED` when nobody is connected as that.
   *
   * @param options `resume`: the session waits for its client to resume it (XEP-0198), if the client has asked for that.
   * Default `false`: it is over, and its contacts are told.
   */
  cut(jid: JidLike, options: { readonly resume?: boolean } = {}): void {
    this.#host.cut(jid, options.resume ?? false)
  }

  /**
   * Writes XML to a session (full JID), all of an account (bare JID), or a component, as it stands, forged `from` and all.
   * Throws `NOT_CONNECTED` when nobody is connected as that.
   */
  inject(to: JidLike, xml: string): void {
    this.#host.inject(to, xml)
  }

  /**
   * From now on holds back what would be written to a session (full JID), all of an account (bare JID), a component
   * (domain), or everybody. What they send is handled as ever. The returned function lets go what was held, in its order;
   * calling it again does nothing. Throws `JID_MALFORMED`.
   */
  pause(jid?: JidLike): () => void {
    return this.#host.pause(jid)
  }

  /** Every stanza so far that passed a connection, in order: a frozen copy. It grows as long as the server lives. */
  get log(): readonly TestServerEntry[] {
    return this.#host.log
  }

  /**
   * Ends all streams (`system-shutdown`) and stops listening. Done when no socket and no timer is left; calling it again
   * waits for the same.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const listening = await this.#listening?.catch(() => undefined)
    await listening?.listener.close()
    await this.#host.close()
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
