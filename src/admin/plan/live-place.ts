import { RosterError } from '../../core/errors.js'
import { patchItem, type RosterItem, type RosterItemPatch, sameItem } from '../../core/item.js'
import { hasFrom, hasPendingOut, hasTo, type Subscription } from '../../core/state.js'
import type { CallOptions } from '../../roster/options.js'
import type { OwnerRoster } from '../../roster/owner-roster.js'
import type { Change } from '../bulk-run.js'
import { defined } from '../defined.js'
import type { Place, Wish } from './place.js'
import { gone } from './refusals.js'

/** A roster of a connection: each change looks at what is there by then. */
export class LivePlace implements Place {
  readonly #roster: OwnerRoster

  constructor(roster: OwnerRoster) {
    this.#roster = roster
  }

  get owner(): string {
    return this.#roster.owner
  }

  async look(): Promise<void> {
    this.#assertLoaded()
  }

  grant(wish: Wish): Change | undefined {
    this.#assertLoaded()
    const { jid, mayBeNew } = wish
    const item = this.#roster.get(jid)
    if (item === undefined && !mayBeNew) throw gone(this.owner, jid)
    const patch: RosterItemPatch = defined({ name: wish.name, groups: wish.groups })
    const isWritten = item !== undefined && sameItem(item, patchItem(jid, item, patch))
    const steps = wish.subscription === undefined ? [] : stepsTo(wish.subscription, this.#roster, item, jid)
    if (isWritten && steps.length === 0) return undefined
    return async (call) => {
      if (!isWritten) await this.#roster.update(jid, patch, call)
      for (const step of steps) await step(call)
    }
  }

  drop(contact: string): Change | undefined {
    this.#assertLoaded()
    if (!this.#roster.has(contact)) return undefined
    return (call) => this.#roster.remove(contact, call)
  }

  /** What is not there yet would look like what is gone. */
  #assertLoaded(): void {
    if (this.#roster.loaded) return
    throw new RosterError(
      'NOT_CONNECTED',
      'The roster is not loaded in this session: wait for ready() or open() first. Nothing was changed.',
      { owner: this.owner },
    )
  }
}

type Step = (call: CallOptions) => Promise<unknown>

/** What the owner has to say to come as near to the subscription as it can alone (RFC 6121 §3). */
function stepsTo(
  wanted: Subscription,
  roster: OwnerRoster,
  item: RosterItem | undefined,
  jid: string,
): readonly Step[] {
  const state = roster.state(jid)
  const asked = hasTo(state) || hasPendingOut(state)
  const granted = hasFrom(state) || item?.approved === true
  const wantsTo = wanted === 'to' || wanted === 'both'
  const wantsFrom = wanted === 'from' || wanted === 'both'
  const steps: Step[] = []
  if (wantsTo && !asked) steps.push((call) => roster.subscribe(jid, call))
  if (!wantsTo && asked) steps.push((call) => roster.unsubscribe(jid, call))
  // A request that waits is granted by it as well.
  if (wantsFrom && !granted) steps.push((call) => roster.preapprove(jid, call))
  if (!wantsFrom && granted) steps.push((call) => roster.unauthorize(jid, call))
  return steps
}
