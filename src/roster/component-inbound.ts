import type { Element } from 'ltx'
import { type PendingRequest, stateOf } from '../core/contact.js'
import type { Decision } from '../core/policy.js'
import { hasFrom, hasPendingIn, type SubscriptionType } from '../core/state.js'
import { type StepInput, step } from '../core/step.js'
import { INBOUND } from '../core/transition.js'
import type { ComponentDesk } from './component-desk.js'
import { consultPolicy, weigh } from './consult.js'
import type { Owner, Source } from './owner.js'
import { askOf, keptXml } from './request.js'
import { decideLater } from './undecided.js'

const sourceOf = (owner: Owner, stanza: Element): Source => ({ stanza, status: owner.world.wire.read(stanza).status })

/** A contact answered, gave up, or took back. `onStray`: it matched no state. */
export function receive(
  owner: Owner,
  type: Exclude<SubscriptionType, 'subscribe'>,
  contact: string,
  stanza: Element,
  onStray: () => void,
): void {
  owner.ledger.post((draft) => {
    const outcome = step(draft.contact(contact), { kind: 'received', type }, owner.world.settings.clock.now())
    if (!outcome.done) {
      owner.world.bus.count('strays')
      return onStray
    }
    return owner.enter(draft, outcome, sourceOf(owner, stanza))
  })
}

/**
 * A contact asks. What a policy answers at once is decided in the same commit; what it answers later is stored as pending first.
 * `onGone`: another process has erased the owner, and nobody has opened it here.
 */
export function receiveRequest(desk: ComponentDesk, contact: string, stanza: Element, onGone: () => void): void {
  const owner = desk.owner()
  const { settings, bus } = owner.world
  const receivedAt = settings.clock.now()
  const xml = keptXml(owner, contact, stanza)
  if (xml === undefined) return
  let answer: Decision | Promise<Decision> | undefined
  owner.ledger.post((draft) => {
    if (!desk.isHeld) return onGone
    const before = draft.contact(contact)
    const isNew = INBOUND.subscribe[stateOf(before)].deliver
    const request: PendingRequest = { xml, receivedAt, deferred: false }
    if (isNew && before.item?.approved !== true) answer ??= consultPolicy(owner, askOf(owner, contact, request, stanza))
    const decision = weigh(owner, answer ?? 'ignore', draft.pending)
    const input: StepInput = {
      kind: 'received',
      type: 'subscribe',
      xml,
      decision,
      subscribeBack: owner.subscribesBack(),
    }
    const outcome = step(before, input, receivedAt)
    if (isNew && decision === 'ignore' && before.item?.approved !== true) bus.count('requests.ignore')
    const tell = owner.enter(draft, outcome, sourceOf(owner, stanza))
    const waits = decision === 'ask' && answer instanceof Promise ? answer : undefined
    return () => {
      tell()
      void waits?.then((late) => decideLater(desk, contact, request, late))
    }
  })
}

/** RFC 6121 §4.3.2, and nothing at all to somebody whose request is pending: `unsubscribed` would end it on the other side. */
export function answerProbe(desk: ComponentDesk, from: string, contact: string): void {
  const owner = desk.owner()
  const { wire, bus } = owner.world
  const send = (stanza: Element): void => void wire.transmit(stanza).catch(() => bus.count('unsent'))
  owner.ledger.post((draft) => {
    const state = stateOf(draft.contact(contact))
    return () => {
      bus.count('probes.answered')
      if (hasFrom(state)) {
        const current = desk.announcer.current(from)
        if (current.length === 0) send(wire.presence(owner.jid, { type: 'unavailable' }, from))
        for (const stanza of current) send(stanza)
        return
      }
      const directed = desk.announcer.directedTo(contact)
      for (const presence of directed) send(wire.presence(owner.jid, presence, from))
      if (directed.length === 0 && !hasPendingIn(state))
        send(wire.stanza(owner.jid, { type: 'unsubscribed', to: contact }))
    }
  })
}
