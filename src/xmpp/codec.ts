import type { Element } from 'ltx'
import { createElement, parse } from 'ltx/lib/ltx.js'
import type { ServerItem } from '../core/client-step.js'
import { RosterError } from '../core/errors.js'
import { GroupLists } from '../core/groups.js'
import { bareJid } from '../core/jid.js'
import { type Presence, type PresenceInit, parsePriority, type Show } from '../core/presence.js'
import { randomId } from '../core/random.js'
import { isSubscription, type SubscriptionType } from '../core/state.js'
import type { Send } from '../core/step.js'
import { copyText, isXmlText } from '../core/text.js'
import type { Question, RosterAnswer, Wrapped } from '../roster/wire.js'

export const NS_ROSTER = 'jabber:iq:roster'
const NS_NICK = 'http://jabber.org/protocol/nick'
const NS_DELAY = 'urn:xmpp:delay'
const NS_MUC_USER = 'http://jabber.org/protocol/muc#user'
const NS_STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** Our subscription stanzas are known again by their id when they come back as errors. */
const OUR_IDS = 'xr-sub-'

const TYPES: ReadonlySet<string> = new Set<SubscriptionType>(['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'])

export const isSubscriptionType = (type: unknown): type is SubscriptionType =>
  typeof type === 'string' && TYPES.has(type)

/** An attribute, if it is one: `attrs` is a plain object and has what all objects have. */
export function attr(element: Element, name: string): string | undefined {
  const { attrs } = element
  return Object.hasOwn(attrs, name) && typeof attrs[name] === 'string' ? attrs[name] : undefined
}

export function errorElement(type: string, condition: string): Element {
  return createElement('error', { type }, createElement(condition, { xmlns: NS_STANZAS }))
}

export function stanzaElement(owner: string, send: Exclude<Send, { readonly type: 'presence' }>): Element {
  if ('stanza' in send && send.stanza !== undefined) return restated(owner, send.to, send.stanza)
  if (send.type === 'forget') return createElement('forget')
  const attrs: Record<string, string> = { from: owner, to: send.to, type: send.type }
  if (isSubscriptionType(send.type)) attrs['id'] = OUR_IDS + randomId()
  const stanza = createElement('presence', attrs)
  if ('nick' in send && send.nick !== undefined)
    stanza.append(createElement('nick', { xmlns: NS_NICK }, checked(send.nick)))
  if ('status' in send && send.status !== undefined) stanza.append(createElement('status', {}, checked(send.status)))
  return stanza
}

/** The application's own stanza; RFC 6121 §3.1.1: subscriptions are between bare JIDs. */
function restated(owner: string, to: string, xml: string): Element {
  const stanza = parse(xml)
  stanza.attrs['from'] = owner
  stanza.attrs['to'] = to
  stanza.attrs['id'] ??= OUR_IDS + randomId()
  return stanza
}

function checked(text: string): string {
  if (typeof text === 'string' && isXmlText(text)) return text
  throw new RosterError(
    'STANZA_INVALID',
    'Expected text that XML can carry in a subscription stanza; nothing was sent.',
  )
}

export function presenceElement(owner: string, presence: PresenceInit, to: string | undefined): Element {
  const attrs: Record<string, string> = {
    from: presence.resource === undefined ? owner : `${owner}/${presence.resource}`,
  }
  if (to !== undefined) attrs['to'] = to
  if (presence.type === 'unavailable') attrs['type'] = 'unavailable'
  const stanza = createElement('presence', attrs)
  if (presence.type === undefined) {
    if (presence.show !== undefined) stanza.append(createElement('show', {}, presence.show))
    if (presence.priority !== undefined && presence.priority !== 0)
      stanza.append(createElement('priority', {}, String(presence.priority)))
  }
  if (presence.status !== undefined) stanza.append(createElement('status', {}, presence.status))
  // An element has one parent: each stanza gets its own copies.
  for (const child of presence.children ?? []) stanza.append(parse(child.toString()))
  return stanza
}

/** Deeper than anybody means it: writing such a stanza down would overflow the stack. */
const DEEPEST = 1_000

/** Whether a stanza can be written down. It is looked at level by level, so that its depth costs no stack. */
export function isTooDeep(stanza: Element): boolean {
  let level: readonly Element[] = [stanza]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true
    level = level.flatMap((element) => element.children.filter((child) => typeof child !== 'string'))
  }
  return false
}

export function parseStanza(xml: string): Element | undefined {
  try {
    return xml === '' ? undefined : parse(xml)
  } catch {
    return undefined
  }
}

export function readStanza(stanza: Element): Wrapped {
  return {
    type: attr(stanza, 'type'),
    to: attr(stanza, 'to'),
    nick: stanza.getChildText('nick', NS_NICK) ?? undefined,
    status: stanza.getChildText('status') ?? undefined,
  }
}

export function conditionOf(stanza: Element): string {
  for (const child of stanza.getChild('error')?.children ?? []) {
    if (typeof child !== 'string' && child.name !== 'text' && child.getNS() === NS_STANZAS) return child.name
  }
  return 'undefined-condition'
}

export const isOurSubscription = (stanza: Element): boolean => attr(stanza, 'id')?.startsWith(OUR_IDS) === true

interface Said {
  show: Show | undefined
  status: string | undefined
  priority: number
  since: number
}

/** Nearly always one piece. */
function textOf(element: Element): string {
  const { children } = element
  const first = children[0]
  return children.length === 1 && typeof first === 'string' ? first : element.text()
}

/** RFC 6121 §4.7.2, in one pass over the children: this is the hot path. `undefined`: a chat room's. */
function readSaid(stanza: Element, now: number): Said | undefined {
  const said: Said = { show: undefined, status: undefined, priority: 0, since: now }
  for (const child of stanza.children) {
    if (typeof child === 'string') continue
    switch (child.name) {
      case 'show':
        said.show = SHOWS.get(textOf(child))
        break
      case 'status':
        said.status ??= textOf(child)
        break
      case 'priority':
        said.priority = parsePriority(textOf(child))
        break
      case 'delay':
        if (child.getNS() === NS_DELAY) said.since = stampOf(attr(child, 'stamp'), now)
        break
      case 'x':
        if (child.getNS() === NS_MUC_USER) return undefined
    }
  }
  return said
}

/**
 * What a presence says. Text is taken over from what is known already where it is the same, and copied where it is new:
 * what the parser cut out keeps its whole packet in memory.
 */
export function readPresence(
  stanza: Element,
  contact: string,
  resource: string,
  previous: Presence | undefined,
  now: number,
  extra: unknown,
): Presence | undefined {
  const said = readSaid(stanza, now)
  if (said === undefined) return undefined
  return Object.freeze({
    jid: previous === undefined ? copyText(`${contact}/${resource}`) : previous.jid,
    resource: previous === undefined ? copyText(resource) : previous.resource,
    show: said.show,
    status: kept(said.status, previous?.status),
    priority: said.priority,
    since: new Date(said.since),
    extra,
  })
}

function kept(text: string | undefined, known: string | undefined): string | undefined {
  if (text === undefined) return undefined
  return text === known ? known : copyText(text)
}

/** Our own texts for the packet's. */
const SHOWS: ReadonlyMap<string, Show> = new Map((['chat', 'away', 'xa', 'dnd'] as const).map((show) => [show, show]))

function stampOf(stamp: string | undefined, now: number): number {
  const at = stamp === undefined ? Number.NaN : Date.parse(stamp)
  return Number.isNaN(at) ? now : at
}

// — roster IQs (RFC 6121 §2.1) —

export function questionElement(ask: Question['ask'], id: string): Element {
  if (ask.kind === 'get') {
    const query = createElement('query', {
      xmlns: NS_ROSTER,
      ...(ask.version === undefined ? {} : { ver: ask.version }),
    })
    return createElement('iq', { type: 'get', id }, query)
  }
  const item = createElement('item', { jid: ask.kind === 'set' ? ask.item.jid : ask.jid })
  if (ask.kind === 'remove') item.attrs['subscription'] = 'remove'
  else {
    if (ask.item.name !== undefined) item.attrs['name'] = ask.item.name
    if (ask.item.subscription !== undefined) item.attrs['subscription'] = ask.item.subscription
    for (const group of ask.item.groups) item.append(createElement('group', {}, group))
  }
  return createElement('iq', { type: 'set', id }, createElement('query', { xmlns: NS_ROSTER }, item))
}

/** Whom a question is about. */
export const contactIn = (ask: Question['ask']): string | undefined => {
  if (ask.kind === 'get') return undefined
  return ask.kind === 'set' ? ask.item.jid : ask.jid
}

/** One item as a server writes it. @throws RosterError `JID_MALFORMED`. */
export function readItem(
  item: Element,
  lists = new GroupLists(),
): { readonly jid: string; readonly said: ServerItem | undefined } {
  const jid = bareJid(copyText(attr(item, 'jid') ?? ''))
  const subscription = attr(item, 'subscription')
  if (subscription === 'remove') return { jid, said: undefined }
  const name = attr(item, 'name')
  const groups = item.getChildren('group').map((group) => copyText(group.getText()))
  return {
    jid,
    said: {
      jid,
      name: name === undefined ? undefined : copyText(name),
      groups: lists.share([...new Set(groups.filter((group) => group !== ''))]),
      subscription: isSubscription(subscription) ? subscription : 'none',
      pendingOut: attr(item, 'ask') === 'subscribe',
      approved: ['true', '1'].includes(attr(item, 'approved') ?? ''),
    },
  }
}

/** A roster result. One bad item is skipped and reported; the rest counts. */
export function readResult(result: Element, onBad: (error: RosterError, item: Element) => void): RosterAnswer {
  const query = result.getChild('query', NS_ROSTER)
  if (query === undefined || query === null) return { items: undefined, version: undefined }
  const items = new Map<string, ServerItem>()
  const lists = new GroupLists()
  for (const element of query.getChildren('item')) {
    try {
      const { jid, said } = readItem(element, lists)
      // RFC 6121 §2.1.2.5: "remove" in a result is to be ignored.
      if (said !== undefined) items.set(jid, said)
    } catch (error) {
      if (error instanceof RosterError) onBad(error, element)
    }
  }
  const version = attr(query, 'ver')
  return { items: [...items.values()], version: version === undefined ? undefined : copyText(version) }
}

/** Who may push, RFC 6121 §2.1.6: nobody but the account's server, which says so by no address or the account's bare one. */
export function isFromOwnServer(
  stanza: Element,
  account: string,
  canonical: (jid: string) => string | undefined,
): boolean {
  const from = attr(stanza, 'from')
  if (from === undefined) return true
  return !from.includes('/') && canonical(from) === account
}

/** Who may answer, RFC 6120 §8.1.2.1: the account's server also says it by the full address of the session. */
export const isAnswerOf = (
  stanza: Element,
  account: string,
  session: string | undefined,
  canonical: (jid: string) => string | undefined,
): boolean => isFromOwnServer(stanza, account, canonical) || attr(stanza, 'from') === session

/** The one item of a push; `undefined`: it is none. */
export function pushedItem(
  stanza: Element,
): { readonly item: Element; readonly version: string | undefined } | undefined {
  const children = stanza.getChildElements()
  const query = stanza.getChild('query', NS_ROSTER)
  if (query === undefined || query === null || children.length !== 1) return undefined
  const items = query.getChildren('item')
  const [item] = items
  if (item === undefined || items.length !== 1) return undefined
  const version = attr(query, 'ver')
  return { item, version: version === undefined ? undefined : copyText(version) }
}
