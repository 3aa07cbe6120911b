/** What an item looks like to whichever client. */
export interface SeenItem {
  readonly jid: string
  readonly subscription: string
  readonly asked: boolean
  readonly name: string | undefined
  readonly groups: readonly string[]
}

/** `bob@localhost both asked "Bob" [Friends, Work]`; groups have no order (RFC 6121 §2.1.2.6). */
export const itemInWords = ({ jid, subscription, asked, name, groups }: SeenItem): string =>
  [
    jid,
    subscription,
    ...(asked ? ['asked'] : []),
    ...(name === undefined || name === '' ? [] : [`"${name}"`]),
    ...(groups.length === 0 ? [] : [`[${[...groups].sort().join(', ')}]`]),
  ].join(' ')

/** `bob@localhost/home away`, `bob@localhost subscribe`. */
export const presenceInWords = (from: string, type: string | undefined, show: string | undefined): string =>
  `${from} ${type ?? show ?? 'available'}`

export type SubscriptionType = 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed'

/** Somebody at a client that knows nothing of this library. Roster pushes and presences are heard as lines. */
export interface Person {
  /** Full JID, as the server has said it. */
  readonly jid: string
  /** The version of the roster that the client has kept; `undefined`: none. */
  readonly version: string | undefined
  /** Asks for the roster, with the version that the client has kept: its items, sorted, or that what it has is current. */
  roster(): Promise<readonly string[] | 'current'>
  /** Rejects with the condition of the server's error as message. */
  update(jid: string, item: { readonly name?: string; readonly groups?: readonly string[] }): Promise<void>
  /** As `update`. */
  remove(jid: string): Promise<void>
  /** Done when it is sent. */
  says(type: SubscriptionType, to: string): Promise<void>
  /** Announces itself to everybody; done when it is sent. */
  announce(show?: string): Promise<void>
  /** Asks the server for a sign of life. The server answers in order: what was written before is here by then. */
  ping(): Promise<void>
  /** What came since the last look. */
  heard(): readonly string[]
  /** Its connection breaks by `cut`; done when it has come back and resumed its session (XEP-0198). */
  survives(cut: () => void): Promise<void>
  /** Logs out; done when the connection has ended. Can be called twice. */
  leave(): Promise<void>
}

/** Where somebody logs in, and how. */
export interface Login {
  /** `xmpp://127.0.0.1:PORT` */
  readonly service: string
  readonly domain: string
  readonly username: string
  readonly password: string
  readonly resource: string
  /** A version that the client has kept from an earlier login. */
  readonly version?: string | undefined
}

export type LogIn = (login: Login) => Promise<Person>

export const addressOf = (service: string): { readonly host: string; readonly port: number } => {
  const { hostname, port } = new URL(service.replace('xmpp:', 'tcp:'))
  return { host: hostname, port: Number(port) }
}
