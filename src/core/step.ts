import { type Contact, inState, type PendingRequest, sameContact, stateOf, stranger } from './contact.js'
import { patchItem, type RosterItemPatch, rosterItem, withState } from './item.js'
import type { Decision } from './policy.js'
import { hasFrom, hasPendingIn, hasPendingOut, hasTo, type SubscriptionState, type SubscriptionType } from './state.js'
import { INBOUND, OUTBOUND } from './transition.js'

/** Why a state changed. */
export type Cause = 'stanza' | 'command' | 'policy' | 'push' | 'result' | 'storage'

/** What the owner may say with a subscription stanza besides its type. */
export interface Wording {
  readonly nick?: string | undefined
  readonly status?: string | undefined
  /** The application's own stanza, whole: then the rest does not count. */
  readonly stanza?: string | undefined
}

/** What is to be sent, as data. Subscription stanzas and `unavailable` are owed; presence and probes are not. */
export type Send =
  | ({ readonly type: SubscriptionType; readonly to: string } & Wording)
  | { readonly type: 'unavailable'; readonly to: string }
  /** To nobody: the owner's roster is to be erased when all else was sent. Owed, and never sent. */
  | { readonly type: 'forget'; readonly to: string }
  /** What the owner announces now, or nothing when it announces nothing. */
  | { readonly type: 'presence'; readonly to: string }
  | { readonly type: 'probe'; readonly to: string }

/** What the application is to be told besides the difference between the items. */
export type Fact =
  | {
      readonly type: 'transition'
      readonly before: SubscriptionState
      readonly after: SubscriptionState
      readonly cause: Cause
    }
  | { readonly type: 'request'; readonly decision: Decision; readonly request: PendingRequest }
  | { readonly type: 'subscribed' | 'unsubscribe' | 'unsubscribed'; readonly previous: SubscriptionState }

/** One decision. `contact` is the very same object when nothing changes. */
export interface Step {
  readonly contact: Contact
  readonly sends: readonly Send[]
  readonly facts: readonly Fact[]
  /** For a command: whether there was something to do. */
  readonly done: boolean
}

/** What comes to an owner whose roster is its own (a component's). */
export type StepInput =
  | {
      readonly kind: 'received'
      readonly type: 'subscribe'
      readonly xml: string
      /** `'ask'`: a policy is thinking about it. */
      readonly decision: Decision | 'ask'
      readonly subscribeBack: boolean
    }
  | { readonly kind: 'received'; readonly type: Exclude<SubscriptionType, 'subscribe'> }
  | { readonly kind: 'decided'; readonly decision: Decision; readonly subscribeBack: boolean }
  | ({ readonly kind: 'subscribe' | 'unsubscribe' | 'preapprove' | 'unauthorize' } & Wording)
  | ({ readonly kind: 'authorize'; readonly subscribeBack?: boolean } & Wording)
  | { readonly kind: 'update'; readonly patch: RosterItemPatch }
  | { readonly kind: 'remove' }
  /** As `remove`, for strangers too: the owner goes away. */
  | { readonly kind: 'end' }
  /** The application sent it past the roster. */
  | { readonly kind: 'recorded'; readonly type: SubscriptionType }
  /** The owner's request has been unanswered for long. */
  | { readonly kind: 'repeat' }

class Draft {
  contact: Contact
  readonly now: number
  readonly #before: Contact
  readonly sends: Send[] = []
  readonly facts: Fact[] = []

  constructor(contact: Contact, now: number) {
    this.contact = contact
    this.#before = contact
    this.now = now
  }

  get state(): SubscriptionState {
    return stateOf(this.contact)
  }

  get approved(): boolean {
    return this.contact.item?.approved === true
  }

  move(after: SubscriptionState, cause: Cause): void {
    const before = this.state
    if (before === after) return
    this.contact = inState(this.contact, after)
    this.facts.push({ type: 'transition', before, after, cause })
  }

  send(type: Send['type'], wording: Wording = {}): void {
    this.sends.push({ ...wording, type, to: this.contact.jid })
  }

  asked(): void {
    if (hasPendingOut(this.state)) this.contact = { ...this.contact, askedAt: this.now }
  }

  setApproved(approved: boolean): void {
    const { jid, item } = this.contact
    this.contact = {
      ...this.contact,
      item:
        item === undefined ? rosterItem({ jid, state: this.state, approved }) : withState(item, item.state, approved),
    }
  }

  step(done: boolean): Step {
    const contact = sameContact(this.#before, this.contact) ? this.#before : this.contact
    return { contact, sends: this.sends, facts: this.facts, done }
  }
}

/**
 * The one decision of an owner whose roster is its own: what an input makes of a contact, what is to be sent, what is to be told.
 * RFC 6121 §3 and appendix A; where they contradict each other, appendix A.
 */
export function step(contact: Contact, input: StepInput, now: number): Step {
  const draft = new Draft(contact, now)
  switch (input.kind) {
    case 'received':
      return draft.step(input.type === 'subscribe' ? requested(draft, input) : received(draft, input.type))
    case 'decided':
      return draft.step(decided(draft, input.decision, input.subscribeBack))
    case 'subscribe':
    case 'unsubscribe':
      return draft.step(sent(draft, input.kind, input))
    case 'authorize':
      return draft.step(authorized(draft, input))
    case 'preapprove':
      return draft.step(preapproved(draft, input))
    case 'unauthorize':
      return draft.step(unauthorized(draft, 'command', input))
    case 'update':
      return draft.step(updated(draft, input.patch))
    case 'remove':
      return draft.step(contact.item !== undefined && ended(draft))
    case 'end':
      return draft.step(ended(draft))
    case 'recorded':
      return draft.step(recorded(draft, input.type))
    case 'repeat':
      return draft.step(hasPendingOut(draft.state) && sent(draft, 'subscribe', {}))
  }
}

type Requested = Extract<StepInput, { readonly type: 'subscribe'; readonly kind: 'received' }>

function requested(draft: Draft, input: Requested): boolean {
  const cell = INBOUND.subscribe[draft.state]
  if (cell.autoReply === 'subscribed') {
    draft.send('subscribed')
    draft.send('presence')
    return false
  }
  if (!cell.deliver) return false
  const decision = draft.approved ? 'authorize' : input.decision
  if (decision === 'ignore') return false
  const request: PendingRequest = { xml: input.xml, receivedAt: draft.now, deferred: decision === 'defer' }
  draft.contact = { ...draft.contact, request }
  // From here on the contact has asked, whether or not the answer is known already.
  const before = draft.contact.item?.state ?? 'none'
  draft.contact = inState(draft.contact, cell.next)
  draft.facts.push({ type: 'transition', before, after: cell.next, cause: 'stanza' })
  if (decision === 'ask') return true
  return answered(draft, decision, request, input.subscribeBack)
}

function decided(draft: Draft, decision: Decision, subscribeBack: boolean): boolean {
  const { request } = draft.contact
  if (request === undefined || !hasPendingIn(draft.state)) return false
  if (decision === 'ignore') {
    draft.move(OUTBOUND.unsubscribed[draft.state].next, 'policy')
    return true
  }
  return answered(draft, decision, request, subscribeBack)
}

function answered(
  draft: Draft,
  decision: Exclude<Decision, 'ignore'>,
  request: PendingRequest,
  subscribeBack: boolean,
): boolean {
  if (decision === 'authorize') {
    grant(draft, 'policy', {})
    if (subscribeBack) askBack(draft, 'policy')
  } else if (decision === 'deny') {
    unauthorized(draft, 'policy', {})
  } else if (!request.deferred) {
    draft.contact = { ...draft.contact, request: { ...request, deferred: true } }
  }
  draft.facts.push({ type: 'request', decision, request })
  return true
}

/** RFC 6121 §3.1.5: the contact is told, and learns the owner's presence. */
function grant(draft: Draft, cause: Cause, wording: Wording): void {
  draft.send('subscribed', wording)
  draft.send('presence')
  draft.move(OUTBOUND.subscribed[draft.state].next, cause)
}

function askBack(draft: Draft, cause: Cause): void {
  if (hasTo(draft.state) || hasPendingOut(draft.state)) return
  draft.send('subscribe')
  draft.move(OUTBOUND.subscribe[draft.state].next, cause)
  draft.asked()
}

function received(draft: Draft, type: Exclude<SubscriptionType, 'subscribe'>): boolean {
  const previous = draft.state
  const cell = INBOUND[type][previous]
  if (!cell.deliver) return false
  draft.move(cell.next, 'stanza')
  // RFC 6121 §3.3.3: who unsubscribed MUST be told that the owner is unavailable to it.
  if (hasFrom(previous) && !hasFrom(cell.next)) draft.send('unavailable')
  if (cell.autoReply !== undefined) draft.send(cell.autoReply)
  draft.facts.push({ type, previous })
  return true
}

function sent(draft: Draft, type: 'subscribe' | 'unsubscribe', wording: Wording): boolean {
  const cell = OUTBOUND[type][draft.state]
  draft.send(type, { nick: wording.nick, status: wording.status, stanza: wording.stanza })
  draft.move(cell.next, 'command')
  if (type === 'subscribe') draft.asked()
  return true
}

type Authorize = Extract<StepInput, { readonly kind: 'authorize' }>

function authorized(draft: Draft, input: Authorize): boolean {
  if (!hasPendingIn(draft.state)) return false
  grant(draft, 'command', { stanza: input.stanza })
  if (input.subscribeBack === true) askBack(draft, 'command')
  return true
}

/** RFC 6121 §3.4.2. */
function preapproved(draft: Draft, wording: Wording): boolean {
  const cell = OUTBOUND.subscribed[draft.state]
  if (cell.route) grant(draft, 'command', { stanza: wording.stanza })
  else if (cell.preapproval === true) draft.setApproved(true)
  return true
}

/** RFC 6121 §3.2.2: a subscriber is told `unavailable` first; others MUST NOT be. Denying clears pre-approval. */
function unauthorized(draft: Draft, cause: Cause, wording: Wording): boolean {
  const wasApproved = draft.approved
  if (wasApproved) draft.setApproved(false)
  const cell = OUTBOUND.unsubscribed[draft.state]
  if (!cell.route) return wasApproved
  if (hasFrom(draft.state)) draft.send('unavailable')
  draft.send('unsubscribed', { status: wording.status, stanza: wording.stanza })
  draft.move(cell.next, cause)
  return true
}

function updated(draft: Draft, patch: RosterItemPatch): boolean {
  const { jid, item } = draft.contact
  const next = patchItem(jid, item ?? undefined, patch)
  draft.contact =
    next === item ? draft.contact : { ...draft.contact, item: item === undefined ? withState(next, draft.state) : next }
  return true
}

/** RFC 6121 §2.5.2: both directions end, then the item goes. */
function ended(draft: Draft): boolean {
  const before = draft.state
  if (hasTo(before) || hasPendingOut(before)) draft.send('unsubscribe')
  if (hasFrom(before)) draft.send('unavailable')
  if (hasFrom(before) || hasPendingIn(before)) draft.send('unsubscribed')
  if (before !== 'none') draft.facts.push({ type: 'transition', before, after: 'none', cause: 'command' })
  draft.contact = stranger(draft.contact.jid)
  return true
}

function recorded(draft: Draft, type: SubscriptionType): boolean {
  const before = draft.state
  const cell = OUTBOUND[type][before]
  if (cell.preapproval === true) draft.setApproved(true)
  if (type === 'unsubscribed' && draft.approved) draft.setApproved(false)
  draft.move(cell.next, 'command')
  if (type === 'subscribe') draft.asked()
  if (hasFrom(cell.next) && !hasFrom(before)) draft.send('presence')
  if (hasFrom(before) && !hasFrom(cell.next)) draft.send('unavailable')
  return true
}
