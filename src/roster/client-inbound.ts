import type { Element } from 'ltx'
import {
  type ClientStep,
  clientAnswered,
  clientDenied,
  clientReceived,
  clientRequested,
  type PushMark,
} from '../core/client-step.js'
import { isOneRequest, type PendingRequest, stateOf } from '../core/contact.js'
import type { Decision } from '../core/policy.js'
import { hasPendingIn, type SubscriptionType } from '../core/state.js'
import { INBOUND } from '../core/transition.js'
import type { Draft } from './book.js'
import type { ClientSession } from './client-session.js'
import { consultPolicy, weigh } from './consult.js'
import type { Owner } from './owner.js'
import { askOf, keptXml } from './request.js'

/** A subscription stanza of a contact, as the server delivered it. */
export function clientReceives(
  session: ClientSession,
  owner: Owner,
  type: SubscriptionType,
  contact: string,
  stanza: Element,
): void {
  if (type === 'subscribe') requested(session, owner, contact, stanza)
  else answered(session, owner, type, contact, stanza)
}

function answered(
  session: ClientSession,
  owner: Owner,
  type: PushMark['type'],
  contact: string,
  stanza: Element,
): void {
  owner.ledger.post((draft) => {
    const outcome = clientReceived(draft.contact(contact), type, session.marks.take(type, contact))
    if (outcome.facts.length === 0) owner.world.bus.count('strays')
    if (type === 'unsubscribe') session.answered.delete(contact)
    if (type === 'unsubscribed') session.asked.delete(contact)
    return owner.enter(draft, outcome, { stanza, status: owner.world.wire.read(stanza).status })
  })
}

function requested(session: ClientSession, owner: Owner, contact: string, stanza: Element): void {
  const { settings, bus } = owner.world
  const receivedAt = settings.clock.now()
  const xml = keptXml(owner, contact, stanza)
  if (xml === undefined) return
  const request: PendingRequest = { xml, receivedAt, deferred: false }
  const { number } = session
  let answer: Decision | Promise<Decision> | undefined
  owner.ledger.post((draft) => {
    // The server delivers it again in the next session.
    if (number !== session.number) return undefined
    const before = draft.contact(contact)
    if (!INBOUND.subscribe[stateOf(before)].deliver) {
      bus.count('strays')
      return undefined
    }
    answer ??= consultPolicy(owner, askOf(owner, contact, request, stanza))
    const decision = weigh(owner, answer, draft.pending)
    if (decision === 'ignore') bus.count('requests.ignore')
    const outcome = clientRequested(
      before,
      xml,
      decision,
      session.asksBack(contact, owner.subscribesBack()),
      receivedAt,
    )
    const tell = enter(session, owner, draft, outcome, stanza)
    const waits = decision === 'ask' && answer instanceof Promise ? answer : undefined
    return () => {
      tell()
      void waits?.then((late) => {
        if (number === session.number) decided(session, owner, contact, request, late)
      })
    }
  })
}

function decided(
  session: ClientSession,
  owner: Owner,
  contact: string,
  request: PendingRequest,
  decision: Decision,
): void {
  owner.ledger.post((draft) => {
    const known = draft.contact(contact)
    if (!isOneRequest(known.request, request) || session.answered.has(contact)) return undefined
    const outcome = clientAnswered(known, decision, session.asksBack(contact, owner.subscribesBack()))
    return enter(session, owner, draft, outcome, owner.world.wire.parse(request.xml))
  })
}

function enter(
  session: ClientSession,
  owner: Owner,
  draft: Draft,
  outcome: ClientStep,
  stanza: Element | undefined,
): () => void {
  for (const send of outcome.sends) {
    if (send.type === 'subscribed') session.answered.add(outcome.contact.jid)
    if (send.type === 'subscribe') session.asked.add(outcome.contact.jid)
  }
  const source = stanza === undefined ? undefined : { stanza, status: owner.world.wire.read(stanza).status }
  return owner.enter(draft, outcome, source)
}

/** The application sent a subscription stanza past the roster: what it means for what is to come. */
export function clientRecorded(session: ClientSession, owner: Owner, type: SubscriptionType, contact: string): void {
  if (type === 'subscribe') session.asked.add(contact)
  if (type === 'unsubscribe') {
    session.asked.delete(contact)
    session.marks.expect(contact, ['unsubscribed'])
  }
  if (type === 'subscribed' && hasPendingIn(stateOf(owner.book.contact(contact)))) session.answered.add(contact)
  if (type !== 'unsubscribed') return
  session.marks.expect(contact, ['unsubscribe'])
  owner.ledger.post((draft) => {
    const denied = clientDenied(draft.contact(contact), 'command')
    return owner.enter(draft, { ...denied, sends: [] })
  })
}
