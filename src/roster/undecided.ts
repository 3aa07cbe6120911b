import { isOneRequest, type PendingRequest } from '../core/contact.js'
import type { RosterError } from '../core/errors.js'
import type { Decision } from '../core/policy.js'
import { step } from '../core/step.js'
import type { ComponentDesk } from './component-desk.js'
import { consultPolicy } from './consult.js'
import { asStorageError } from './from-storage.js'
import type { Owner } from './owner.js'
import { askOf } from './request.js'

/** How long after the policy's own time its answer may take to be stored, in milliseconds. */
const GRACE = 30_000

/** By the time that a policy answers, its owner may have left memory; after `close` the answer is another process's. */
export function decideLater(desk: ComponentDesk, contact: string, request: PendingRequest, decision: Decision): void {
  const { jid, world } = desk.owner()
  desk.current().then(
    (now) => now !== undefined && decideNow(now, contact, request, decision),
    (cause: unknown) => world.bus.error(asStorageError(jid, cause)),
  )
}

/** A policy's answer is a command: it looks at the state again. */
function decideNow(desk: ComponentDesk, contact: string, request: PendingRequest, decision: Decision): void {
  const owner = desk.owner()
  const fail = (error: RosterError): void => {
    desk.undecided.await()
    owner.world.bus.error(error)
  }
  owner.ledger.post((draft) => {
    const known = draft.contact(contact)
    // Withdrawn and sent again: that one has a decision of its own.
    if (!isOneRequest(known.request, request)) return undefined
    const outcome = step(
      known,
      { kind: 'decided', decision, subscribeBack: owner.subscribesBack() },
      owner.world.settings.clock.now(),
    )
    return owner.enter(draft, outcome)
  }, fail)
}

function decide(desk: ComponentDesk, contact: string, request: PendingRequest): void {
  const owner = desk.owner()
  const answer = consultPolicy(owner, askOf(owner, contact, request))
  if (answer instanceof Promise) void answer.then((late) => decideLater(desk, contact, request, late))
  else decideNow(desk, contact, request, answer)
}

const undecidedOf = (owner: Owner): readonly (readonly [string, PendingRequest])[] =>
  [...owner.book.requests].filter(([, request]) => !request.deferred)

/** Requests that are stored, and that no policy has answered yet. */
export class Undecided {
  readonly #desk: ComponentDesk
  #cancel: (() => void) | undefined
  #hasStopped = false

  constructor(desk: ComponentDesk) {
    this.#desk = desk
  }

  /** Whether somebody is being given time. */
  get isAwaited(): boolean {
    return this.#cancel !== undefined
  }

  /** Nobody had decided them when a process died: they are put to the policy again. */
  decideAll(): void {
    for (const [contact, request] of undecidedOf(this.#desk.owner())) decide(this.#desk, contact, request)
  }

  /** Another process is asking its policy, or died over it; or an answer could not be stored. What is undecided in due time is put to the policy here. */
  await(): void {
    const owner = this.#desk.owner()
    const { clock, policyTimeout } = owner.world.settings
    const waiting = undecidedOf(owner)
    if (this.isAwaited || this.#hasStopped || waiting.length === 0) return
    this.#cancel = clock.after(policyTimeout + GRACE, () => {
      this.#cancel = undefined
      for (const [contact, request] of waiting) {
        const known = owner.book.requests.get(contact)
        if (known?.deferred === false && isOneRequest(known, request)) decide(this.#desk, contact, request)
      }
      this.await()
    })
  }

  /** For good: the desk has left, or everything is closed. */
  stop(): void {
    this.#hasStopped = true
    this.#cancel?.()
    this.#cancel = undefined
  }
}
