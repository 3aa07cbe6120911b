import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import { RosterError } from '../core/errors.js'
import { copyText, isXmlText, shorten } from '../core/text.js'
import { attr, conditionOf } from '../xmpp/codec.js'
import type { ClientAccess } from './access.js'

const NS_CLIENTS = 'xmpp:prosody.im/protocol/manage-clients'
const NS_STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** XEP-0082, with a time zone: without one it would be read as that of whoever reads. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/** The document of the module says `grant`, the module itself `bearer-token`. */
const AUTH: ReadonlyMap<string, ClientAccess['auth'][number]> = new Map([
  ['password', 'password'],
  ['grant', 'grant'],
  ['bearer-token', 'grant'],
  ['fast', 'fast'],
])

/** What servers say that have never heard of it. */
const UNKNOWN: ReadonlySet<string> = new Set(['service-unavailable', 'feature-not-implemented'])

/** Something in the server went wrong on the way. */
const BROKEN = 'internal-server-error'

// — what is asked —

export const listElement = (): Element => createElement('list', { xmlns: NS_CLIENTS })

/** @throws RosterError `STANZA_INVALID`. */
export function revokeElement(id: string): Element {
  // An attribute cannot carry line breaks and tabs as they are: a parser makes spaces of them, and so another id.
  if (typeof id !== 'string' || !isXmlText(id) || /[\t\r\n]/.test(id))
    throw new RosterError(
      'STANZA_INVALID',
      `Expected the id of a client as the list has it, but ${told(id)} came; nothing was sent.`,
    )
  return createElement('revoke', { xmlns: NS_CLIENTS, id })
}

const told = (id: unknown): string => (typeof id === 'string' ? JSON.stringify(shorten(id)) : typeof id)

// — what is answered —

/** The clients of a result, in its order. @throws RosterError `STANZA_INVALID`. */
export function readClients(result: Element, now: number): readonly ClientAccess[] {
  const clients = result.getChild('clients', NS_CLIENTS)
  if (clients === undefined || clients === null)
    throw new RosterError('STANZA_INVALID', 'Expected a list of clients, but the result of the server holds none.')
  return Object.freeze(clients.getChildren('client', NS_CLIENTS).map((client) => readClient(client, now)))
}

function readClient(client: Element, now: number): ClientAccess {
  const connected = ['true', '1'].includes(attr(client, 'connected') ?? '')
  const agent = client.getChild('user-agent', NS_CLIENTS) ?? undefined
  const software = agent?.getChild('software', NS_CLIENTS) ?? undefined
  return Object.freeze({
    id: copyText(attr(client, 'id') ?? ''),
    type: attr(client, 'type') === 'access' ? 'access' : 'session',
    connected,
    firstSeen: dateOf(textOf(client, 'first-seen')),
    lastSeen: lastSeenOf(textOf(client, 'last-seen'), connected, now),
    auth: readAuth(client),
    software: textOf(agent, 'software'),
    softwareId: filled(software && attr(software, 'id')),
    softwareVersion: filled(software && attr(software, 'version')),
    uri: textOf(agent, 'uri'),
    device: textOf(agent, 'device'),
  })
}

function readAuth(client: Element): ClientAccess['auth'] {
  const found = (client.getChild('auth', NS_CLIENTS)?.getChildElements() ?? []).flatMap((way) =>
    way.getNS() === NS_CLIENTS ? (AUTH.get(way.name) ?? []) : [],
  )
  return Object.freeze([...new Set(found)])
}

const filled = (text: string | undefined): string | undefined =>
  text === undefined || text === '' ? undefined : copyText(text)

const textOf = (parent: Element | undefined, name: string): string | undefined =>
  filled(parent?.getChildText(name, NS_CLIENTS)?.trim())

function dateOf(text: string | undefined): Date | undefined {
  if (text === undefined || !DATE_TIME.test(text)) return undefined
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** The module says "now" also where it has noted nothing: of a client that is not connected that cannot be. */
function lastSeenOf(text: string | undefined, connected: boolean, now: number): Date | undefined {
  if (text?.toLowerCase() !== 'now') return dateOf(text)
  return connected ? new Date(now) : undefined
}

// — what is refused —

/** What has become of a client, when a refusal says so. */
export function readOutcome(iq: Element): 'absent' | 'disconnected' | 'password-reset-required' | undefined {
  const error = iq.getChild('error')
  const parts = error?.getChildElements() ?? []
  if (parts.some((part) => part.is('password-reset-required', NS_CLIENTS))) return 'password-reset-required'
  if (conditionOf(iq) === 'item-not-found') return 'absent'
  // Having closed a session, the module refuses without a reason: its own way of saying so gives none.
  const [only, ...more] = parts
  return only?.is('undefined-condition', NS_STANZAS) === true && more.length === 0 ? 'disconnected' : undefined
}

/** The refusal of a question; `what` is what was asked. */
export function refusalOf(iq: Element, owner: string | undefined, what: string): RosterError {
  const condition = conditionOf(iq)
  if (UNKNOWN.has(condition))
    return new RosterError(
      'UNSUPPORTED',
      `Expected a server with client management (Prosody's mod_client_management), but this one answered ${condition}. Nothing has changed.`,
      { condition, owner },
    )
  const text = iq.getChild('error')?.getChildText('text', NS_STANZAS)
  const reason = text === undefined || text === null || text === '' ? condition : `${condition} (${shorten(text)})`
  const after = condition === BROKEN ? 'What it has done before it failed, the list tells.' : 'Nothing has changed.'
  return new RosterError('REFUSED', `The server refused to ${what}: ${reason}. ${after}`, { condition, owner })
}
