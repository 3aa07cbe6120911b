import type { Socket } from 'node:net'
import { client, xml } from '@xmpp/client'
import { component } from '@xmpp/component'
import { watchStreamManagement } from './enabled.js'
import type { TestClient, TestComponent, TestEntity } from './entity.js'
import { PASSWORD, type TestedServer } from './types.js'

export { xml }

const TIMEOUT_MS = 30_000

/** Everything that was connected and not stopped yet, so that a test that fails leaves no connection behind. */
const connected = new Map<TestEntity, Error[]>()

interface CommonOptions<E> {
  /** Called before the entity starts: the place for `new Roster(entity)`, and for listeners that must miss nothing. */
  readonly before?: (entity: E) => void
  /** How soon to connect again after a lost connection, in ms; `false`: never. Default: 100. */
  readonly reconnect?: number | false
}

export interface ClientOptions extends CommonOptions<TestClient> {
  readonly username: string
  /** Default: 'secret'. */
  readonly password?: string
  /** Default: the server chooses. */
  readonly resource?: string
  /** Log in with the mechanism that xmpp.js prefers (SCRAM, up to 1 s of CPU) instead of PLAIN. Default: false. */
  readonly scram?: boolean
}

export interface ComponentOptions extends CommonOptions<TestComponent> {
  /** Default: the server's first one. */
  readonly domain?: string
  /** Default: the right one. */
  readonly secret?: string
}

const ready = <E extends TestEntity>(entity: E, options: CommonOptions<E>): E => {
  const { before, reconnect = 100 } = options
  const errors: Error[] = []
  // Without a listener an error event ends the process; start() rejects with the same error anyway.
  entity.on('error', (error: Error) => errors.push(error))
  // xmpp.js leaves Nagle's algorithm on, which makes a stanza wait 40 ms for the acknowledgement of the one before.
  entity.on('connect', () => (entity.socket as Partial<Socket> | null)?.setNoDelay?.(true))
  // Once the stream is closed xmpp.js has no parser any more, and throws at what ejabberd still sends before the socket ends.
  entity.on('close', () => (entity.socket as Partial<Socket> | null)?.removeAllListeners?.('data'))
  entity.timeout = TIMEOUT_MS
  if (reconnect === false) entity.reconnect.stop()
  else entity.reconnect.delay = reconnect
  connected.set(entity, errors)
  before?.(entity)
  return entity
}

type Authenticate = (credentials: { username: string; password: string }, mechanism: string) => Promise<void>

/** PLAIN needs 10 ms where SCRAM in pure JavaScript needs up to a second. xmpp.js would not choose it without TLS. */
const plain = (username: string, password: string) => (authenticate: Authenticate) =>
  authenticate({ username, password }, 'PLAIN')

/** An xmpp.js client of the server that is not started: to start it, or to see it fail. */
export const makeClient = (server: TestedServer, options: ClientOptions): TestClient => {
  const { username, password = PASSWORD, resource, scram = false } = options
  const entity = client({
    service: server.c2s,
    domain: server.domain,
    ...(resource !== undefined && { resource }),
    // With `username` the client would know its JID before the server has said it: xmpp.js' default, kept for SCRAM.
    ...(scram ? { username, password } : { credentials: plain(username, password) as never }),
  })
  return ready(entity as unknown as TestClient, options)
}

/** An xmpp.js component of the server that is not started. */
export const makeComponent = (server: TestedServer, options: ComponentOptions = {}): TestComponent => {
  const { domain = server.componentDomain, secret = server.components[domain] ?? '' } = options
  const entity = component({ service: server.component, domain, password: secret })
  return ready(entity as TestComponent, options)
}

/**
 * Logs a client in and waits for stream management. It has sent no presence and asked for no roster yet, unless
 * `before` saw to that.
 */
export const connectClient = async (server: TestedServer, options: ClientOptions): Promise<TestClient> => {
  const entity = makeClient(server, options)
  const managed = watchStreamManagement(entity)
  await entity.start()
  await managed()
  return entity
}

/** Connects a component. */
export const connectComponent = async (
  server: TestedServer,
  options: ComponentOptions = {},
): Promise<TestComponent> => {
  const entity = makeComponent(server, options)
  await entity.start()
  return entity
}

/** The `error` events of an entity so far. */
export const errorsOf = (entity: TestEntity): readonly Error[] => connected.get(entity) ?? []

interface Destroyable {
  destroy(): void
}

/** The TCP socket of an entity; xmpp.js wraps that of a TLS connection once more. */
const socketOf = (entity: TestEntity): Destroyable | undefined => {
  const outer = entity.socket as (Destroyable & { socket?: Destroyable | null }) | null
  return outer?.socket ?? outer ?? undefined
}

/** Takes the network away: the stream is not closed. The entity reconnects unless told not to. */
export const cut = (entity: TestEntity): void => socketOf(entity)?.destroy()

/** Logs an entity out for good. Never rejects. */
export const stopEntity = async (entity: TestEntity): Promise<void> => {
  connected.delete(entity)
  entity.reconnect.stop()
  try {
    if (entity.status !== 'offline') await entity.stop()
  } catch {
    // The server may be gone; that the socket goes as well is all that matters.
  }
  cut(entity)
}

/** Logs everything out that was connected through this module. */
export const stopAll = async (): Promise<void> => {
  await Promise.all([...connected.keys()].map(stopEntity))
}

export interface FreshUser {
  readonly username: string
  readonly password: string
  /** The bare JID. */
  readonly jid: string
}

let users = 0

/** Makes an account that no other test of this file has: `alice1`, `alice2` and so on. */
export const freshUser = async (server: TestedServer, base: string): Promise<FreshUser> => {
  users += 1
  const username = `${base}${users}`
  await server.addAccount(username, PASSWORD)
  return { username, password: PASSWORD, jid: `${username}@${server.domain}` }
}
