import type { Element } from 'ltx'

/**
 * The seam between the connections (streams, SASL, resource binding, XEP-0198, XEP-0114) and the host (accounts, rosters,
 * presence, routing). Connections know nothing of rosters; the host knows nothing of sockets.
 */

/** The host's end of a connection: a client's session or a component. */
export interface Guest {
  /** The full JID of a session, the domain of a component. */
  readonly jid: string
  /** A stanza (message, presence or iq) came, in its order. `from` is as the peer wrote it, checked only for components. */
  receive(stanza: Element): void
  /** The connection is over for good: there is no resumption any more. Called once. */
  gone(): void
}

/** What the host can do with a connection. After its end nothing happens. */
export interface Link {
  /** Writes a stanza; while the stream waits for resumption, when it is resumed. */
  send(xml: string): void
  /** Ends the stream with a stream error (RFC 6120 §4.9), or without one; then `gone()` follows. */
  end(condition?: string): void
  /** The network breaks: no closing of the stream. `resume`: the session waits for resumption if the stream allows it. */
  cut(resume: boolean): void
}

/** What connections ask the host. */
export interface Host {
  readonly domain: string
  /** Stream features that clients are offered besides those of the stream itself, as XML (`<ver/>`, `<sub/>`). */
  readonly features: readonly string[]
  /** The password of an account, by its canonical name. */
  password(username: string): string | undefined
  /** A client has bound a resource; `undefined`: the server chooses. A session that has it already ends with `conflict`. */
  bind(username: string, resource: string | undefined, link: Link): Guest
  /** The secret of a component; `undefined`: there is no such component. */
  secret(domain: string): string | undefined
  /** A component has shown its secret. `undefined`: another one is connected under this domain. */
  join(domain: string, link: Link): Guest | undefined
}
