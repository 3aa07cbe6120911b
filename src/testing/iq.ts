import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import { inWords } from '../core/errors.js'
import { isXmlText } from '../core/text.js'
import { attr, errorElement, NS_ROSTER } from '../xmpp/codec.js'
import type { RosterDesk } from './roster-iq.js'
import type { Session } from './session.js'
import { addressed, answer, result } from './stanzas.js'
import type { Place, World } from './world.js'

const NS_STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'
const NS_PING = 'urn:xmpp:ping'
const NS_INFO = 'http://jabber.org/protocol/disco#info'
const NS_ITEMS = 'http://jabber.org/protocol/disco#items'

const isAnswer = (iq: Element): boolean => ['result', 'error'].includes(attr(iq, 'type') ?? '')

/** RFC 6120 §8.2.3: a type, an id, and in a question exactly one payload. */
const isSound = (iq: Element): boolean =>
  attr(iq, 'id') !== undefined &&
  (isAnswer(iq) || (['get', 'set'].includes(attr(iq, 'type') ?? '') && iq.getChildElements().length === 1))

/** IQs (RFC 6120 §8.2.3, RFC 6121 §8.5): carried to whom they are for, or answered here. */
export class IqDesk {
  readonly #world: World
  readonly #roster: RosterDesk

  constructor(world: World, roster: RosterDesk) {
    this.#world = world
    this.#roster = roster
  }

  /** `session`: who sent it, if it was a client of this server. Without a `to` it is for the account itself (RFC 6120 §10.3.3). */
  carry(iq: Element, from: string, session: Session | undefined): void {
    const to = attr(iq, 'to')
    const place = to === undefined ? own(session) : this.#world.place(to)
    const problem = isSound(iq) ? this.#world.obstacle(place) : 'bad-request'
    if (place === undefined || problem !== undefined) this.#world.refuse(iq, from, problem ?? 'jid-malformed')
    else if (place.kind === 'component' || (place.kind === 'account' && place.resource !== undefined))
      this.#pass(iq, from, place)
    // Answers to the server's own pushes, and to nobody, end here.
    else if (!isAnswer(iq)) this.#answer(iq, from, session, place)
  }

  #pass(iq: Element, from: string, place: Place): void {
    const isGone = place.kind === 'account' && place.account?.sessions.has(place.resource ?? '') !== true
    if (isGone) this.#world.refuse(iq, from, 'service-unavailable')
    else this.#world.carry(iq)
  }

  #answer(iq: Element, from: string, session: Session | undefined, place: Place): void {
    const [payload] = iq.getChildElements()
    if (payload === undefined) return
    if (place.kind === 'account' && place.account === undefined) {
      this.#world.refuse(iq, from, 'service-unavailable')
      return
    }
    const known = attr(iq, 'type') === 'get' ? this.#known(payload, session, place) : undefined
    if (payload.is('query', NS_ROSTER)) this.#rosterIq(iq, from, session, place, payload)
    else if (known !== undefined) this.#world.carry(known === 'empty' ? result(iq, from) : result(iq, from, known))
    else this.#handled(iq, from, payload.getNS() ?? '')
  }

  /** A roster is its account's own affair: RFC 6121 §2.1.5 names the error for sets, Prosody's for gets is taken. */
  #rosterIq(iq: Element, from: string, session: Session | undefined, place: Place, query: Element): void {
    const isSet = attr(iq, 'type') === 'set'
    if (session === undefined || !isOwn(session, place))
      this.#world.refuse(iq, from, isSet && place.kind === 'account' ? 'forbidden' : 'service-unavailable')
    else if (isSet) this.#roster.set(session, iq, query)
    else this.#roster.get(session, iq, query)
  }

  /** What the server knows, and an account about itself. Nobody else's account answers: that would tell that it exists. */
  #known(payload: Element, session: Session | undefined, place: Place): Element | 'empty' | undefined {
    if (place.kind === 'account' && !isOwn(session, place)) return undefined
    if (payload.is('ping', NS_PING)) return 'empty'
    if (attr(payload, 'node') !== undefined) return undefined
    if (payload.is('query', NS_INFO)) return this.#info(place)
    if (payload.is('query', NS_ITEMS)) return this.#items(place)
    return undefined
  }

  #info(place: Place): Element {
    const identity =
      place.kind === 'server' ? { category: 'server', type: 'im' } : { category: 'account', type: 'registered' }
    const features =
      place.kind === 'server'
        ? [NS_INFO, NS_ITEMS, NS_PING, NS_ROSTER, ...this.#world.answers.keys()]
        : [NS_INFO, NS_ITEMS]
    return createElement(
      'query',
      { xmlns: NS_INFO },
      createElement('identity', identity),
      ...features.map((name) => createElement('feature', { var: name })),
    )
  }

  #items(place: Place): Element {
    const seats = place.kind === 'server' ? [...this.#world.seats.keys()] : []
    return createElement('query', { xmlns: NS_ITEMS }, ...seats.map((jid) => createElement('item', { jid })))
  }

  /** Protocols of the test's own. */
  #handled(iq: Element, from: string, namespace: string): void {
    const said = this.#ask(iq, from, namespace)
    if (said === undefined) this.#world.refuse(iq, from, 'service-unavailable')
    else if (said.name === 'iq')
      this.#world.carry(addressed(said, { from: attr(iq, 'to'), to: from, id: attr(iq, 'id') }))
    else this.#world.carry(answer(iq, from, said.name === 'error' ? 'error' : 'result', said))
  }

  #ask(iq: Element, from: string, namespace: string): Element | undefined {
    try {
      // What is written in JavaScript may return anything.
      return this.#world.answers.get(namespace)?.(iq, from) ?? undefined
    } catch (cause) {
      return failure(inWords(cause))
    }
  }
}

/** Says what went wrong, for whoever looks for it. */
function failure(words: string): Element {
  const error = errorElement('cancel', 'internal-server-error')
  if (isXmlText(words)) error.append(createElement('text', { xmlns: NS_STANZAS }, words))
  return error
}

const own = (session: Session | undefined): Place =>
  session === undefined
    ? { kind: 'server' }
    : { kind: 'account', bare: session.account.jid, account: session.account, resource: undefined }

/** RFC 6121 §2.1.3: addressed to nobody else than the account itself. */
const isOwn = (session: Session | undefined, place: Place): boolean =>
  place.kind === 'account' && place.account !== undefined && place.account === session?.account
