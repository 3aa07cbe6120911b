import type { PeerCertificate } from 'node:tls'
import { inWords, RosterError } from '../core/errors.js'
import { domainOf, localOf } from '../core/jid.js'
import { waitFor } from '../roster/waiting.js'
import { isSecure, type XmppEntity } from '../xmpp/entity.js'
import { type Account, type ClientAccount, type ComponentAccount, configInvalid } from './account.js'
import { asConnectionError, missingPackage } from './connection-errors.js'
import type { Context } from './context.js'
import { countStanzas } from './count-stanzas.js'
import { showStanzas } from './debug.js'
import { passwordOf } from './password.js'
import { checkPrivacy, type Link } from './privacy.js'
import { isAbort } from './under-way.js'

const SECONDS = 1_000
const DEFAULT_TIMEOUT = 30
/** How long the end of a connection may take, in milliseconds. */
const PARTING = 2_000

/** What an entity of xmpp.js has besides what the library uses. */
interface Entity extends XmppEntity {
  timeout: number
  readonly reconnect: { stop(): void }
  start(): Promise<unknown>
  stop(): Promise<unknown>
}

/** A connection that is there, until it is stopped or lost. */
export interface Connection<T> {
  readonly entity: XmppEntity
  /** What was made before it was started. */
  readonly made: T
  /** Aborted when the connection is lost, with `NOT_CONNECTED`, or when the user wants no more. */
  readonly signal: AbortSignal
  /** Ends the stream in an orderly way, and the connection in any case. Never rejects. */
  stop(): Promise<void>
}

/** `--timeout` in milliseconds. */
export const timeoutOf = ({ globals }: Context): number => (globals.timeout ?? DEFAULT_TIMEOUT) * SECONDS

/**
 * Connects. `make` gets the entity before it is started: the place for a `Roster`.
 *
 * @throws {RosterError} `NOT_CONNECTED`, `TIMED_OUT`, `REFUSED` (the login), `UNSUPPORTED` (no package for it, or no WebSocket)
 */
export async function connect<T>(
  account: Account,
  context: Context,
  make: (entity: XmppEntity) => T,
): Promise<Connection<T>> {
  checkWebSocket(account)
  const password = await passwordOf(account, context)
  context.signal.throwIfAborted()
  const entity = account.kind === 'client' ? await clientOf(account, password) : await componentOf(account, password)
  const errors: unknown[] = []
  // Without a listener an error ends the process; start() rejects with it, and what comes later ends the connection.
  entity.on('error', (error: unknown) => errors.push(error))
  // xmpp.js has no parser any more once the stream is closed, and throws at what still comes before the socket ends.
  entity.on('close', () => {
    for (const socket of socketsOf(entity)) socket.removeAllListeners?.('data')
  })
  countStanzas(entity)
  entity.reconnect.stop()
  entity.timeout = timeoutOf(context)
  if (context.globals.debug) showStanzas(entity, context.err)
  const made = make(entity)
  try {
    const call = { signal: context.signal, timeout: timeoutOf(context) }
    await waitFor(entity.start(), call, context.world.clock, 'Connecting')
  } catch (cause) {
    cut(entity)
    // What the server said tells more than that the stream has ended.
    throw isAbort(cause, context.signal) ? cause : asConnectionError(errors[0] ?? cause, account)
  }
  const signal = AbortSignal.any([context.signal, lossOf(entity, errors)])
  return { entity, made, signal, stop: () => stop(entity, context) }
}

/** xmpp.js takes the WebSocket of the platform, which Node.js has from version 22 on. */
function checkWebSocket({ service }: Account): void {
  const [scheme] = /^wss?:\/\//.exec(service ?? '') ?? []
  if (scheme === undefined || typeof globalThis.WebSocket === 'function') return
  throw new RosterError(
    'UNSUPPORTED',
    `${scheme} needs Node.js 22 or later, and this is ${process.version}: an xmpp:// or xmpps:// service works.`,
  )
}

/** Aborted when the connection is lost. */
function lossOf(entity: Entity, errors: readonly unknown[]): AbortSignal {
  const lost = new AbortController()
  const known = errors.length
  entity.on('disconnect', () => {
    const cause = errors[known]
    const why = cause === undefined ? '' : ` (${inWords(cause)})`
    // Also when the server says why: whoever was logged in was not refused.
    const message = `The connection was lost${why}; what was sent may or may not have happened.`
    lost.abort(new RosterError('NOT_CONNECTED', message, { cause }))
  })
  return lost.signal
}

async function stop(entity: Entity, { world }: Context): Promise<void> {
  try {
    entity.timeout = PARTING
    if (entity.status === 'online') await waitFor(entity.stop(), { timeout: PARTING * 2 }, world.clock, 'Parting')
  } catch {
    // The server may be gone; that the socket goes as well is all that matters.
  }
  cut(entity)
}

interface Socket {
  readonly remoteAddress?: string
  getPeerCertificate?(): PeerCertificate
  destroy?(): void
  close?(): void
  removeAllListeners?(event: string): unknown
}

/** xmpp.js wraps the socket of a TLS or WebSocket connection once more. */
function socketsOf({ socket }: XmppEntity): readonly Socket[] {
  if (typeof socket !== 'object' || socket === null) return []
  const inner = 'socket' in socket ? socket.socket : undefined
  return typeof inner === 'object' && inner !== null ? [inner, socket as Socket] : [socket as Socket]
}

/** Takes the network away. */
function cut(entity: XmppEntity): void {
  for (const socket of socketsOf(entity).slice(0, 1)) {
    if (socket.destroy === undefined) socket.close?.()
    else socket.destroy()
  }
}

function linkOf(entity: XmppEntity): Link {
  const [socket] = socketsOf(entity)
  return {
    isEncrypted: isSecure(entity),
    remoteAddress: socket?.remoteAddress,
    certificate: socket?.getPeerCertificate?.(),
  }
}

type Authenticate = (credentials: object, mechanism: string) => Promise<void>

async function clientOf(account: ClientAccount, password: string): Promise<Entity> {
  const { client } = await import('@xmpp/client').catch(missingPackage('@xmpp/client'))
  const domain = domainOf(account.jid)
  const credentials = async (authenticate: Authenticate, offered: readonly string[]): Promise<void> => {
    checkPrivacy(linkOf(entity), account)
    const mechanism = offered.find((name) => name !== 'ANONYMOUS')
    if (mechanism === undefined)
      throw new RosterError('REFUSED', `The server of ${account.jid} offers no way to log in with a password.`)
    await authenticate({ username: localOf(account.jid), password }, mechanism)
  }
  const options = { service: account.service ?? domain, domain, credentials: credentials as never }
  const entity = client(options) as unknown as Entity
  return entity
}

async function componentOf({ service, domain }: ComponentAccount, password: string): Promise<Entity> {
  if (service === undefined)
    throw configInvalid(`Where does ${domain} connect? XMPP_SERVICE says it, or "service" of its account.`)
  const { component } = await import('@xmpp/component').catch(missingPackage('@xmpp/component'))
  return component({ service, domain, password }) as unknown as Entity
}
