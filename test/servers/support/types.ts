/** The servers that a suite can be run against. */
export type ServerKind = 'in-process' | 'prosody' | 'ejabberd'

export type Subscription = 'none' | 'to' | 'from' | 'both'

/** `'newer'`: the one that `.ci/newer-servers` unpacks beside the installed one. */
export type ServerRelease = 'installed' | 'newer'

export interface ServerOptions {
  /** Of Prosody and ejabberd. Default: the installed one. */
  readonly release?: ServerRelease
  /** Offer STARTTLS with a self-signed certificate, which clients of this process trust. Default: false. */
  readonly tls?: boolean
  /** Component domains and their secrets. Default: `{ 'comp.localhost': 'compsecret' }`. */
  readonly components?: Readonly<Record<string, string>>
  /** What else stands in the configuration of ejabberd. */
  readonly ejabberd?: Readonly<Record<string, unknown>>
  /** What components may do with the rosters of accounts (XEP-0356), of Prosody and ejabberd. Default: nothing. */
  readonly privilege?: 'get' | 'set' | 'both'
  /** Prosody modules to enable besides the usual ones; those in `prosody-modules` are at hand. */
  readonly prosodyModules?: readonly string[]
}

export interface RosterEntry {
  /** Default: 'both'. */
  readonly subscription?: Subscription
  readonly name?: string
  readonly groups?: readonly string[]
}

/** A server that runs for the length of a suite: a real one on this machine, or the library's own in this process. */
export interface TestedServer {
  readonly kind: ServerKind
  readonly domain: 'localhost'
  /** Where clients connect: `xmpp://127.0.0.1:PORT`. */
  readonly c2s: string
  /** Where components connect: `xmpp://127.0.0.1:PORT`. */
  readonly component: string
  /** The first of `componentDomains`. */
  readonly componentDomain: string
  readonly componentDomains: readonly string[]
  /** Component domains and their secrets. */
  readonly components: Readonly<Record<string, string>>
  /** Of ejabberd: its HTTP API, open to the loopback. */
  readonly api?: string
  /** PEM of the self-signed certificate; undefined without TLS. */
  readonly certificate: string | undefined
  /** Of a real server: its process, which changes with `restart`, and where it keeps everything; removed by `stop`. */
  readonly machine?: { readonly pid: number; readonly folder: string }
  addAccount(username: string, password?: string): Promise<void>
  /**
   * Writes a stanza to one client's stream as it stands, whatever `from` it claims: routing, privacy lists and
   * roster rules never see it. Rejects when the session does not exist.
   */
  inject(fullJid: string, xml: string): Promise<void>
  /** Routes a stanza inside the server as if `from` had sent it: roster rules and archives apply, truth does not. */
  deliver(from: string, to: string, xml: string): Promise<void>
  /** Ends a client's session with a stream error. Rejects when the session does not exist. */
  kick(fullJid: string): Promise<void>
  /** Full JIDs of the clients that are bound, sorted. */
  sessions(): Promise<readonly string[]>
  /** Creates or replaces an item on the owner's side only, as an administrator would, and pushes it. */
  setRosterItem(owner: string, contact: string, entry?: RosterEntry): Promise<void>
  /** Removes an item as an administrator would, and pushes that. ejabberd also unsubscribes the contact. */
  removeRosterItem(owner: string, contact: string): Promise<void>
  /** Stops the server in an orderly way and starts it again on the same ports; accounts and rosters are kept. */
  restart(): Promise<void>
  /** Ends it, its process and its folder. Can be called twice. */
  stop(): Promise<void>
  /** What the server has logged, all starts together. */
  logs(): string
}

export const ACCOUNTS = ['alice', 'bob', 'carol', 'dave', 'erin'] as const
export const PASSWORD = 'secret'
export const DOMAIN = 'localhost'
export const DEFAULT_COMPONENTS: Readonly<Record<string, string>> = { 'comp.localhost': 'compsecret' }
