import { step } from '../core/step.js'
import type { Owner } from './owner.js'

/** How often an unanswered request is repeated, in milliseconds. */
const DAY = 86_400_000

/** Asks again whoever has not answered for a day. */
export function repeatRequests(owner: Owner): void {
  const now = owner.world.settings.clock.now()
  for (const [jid, askedAt] of owner.book.askedAt) {
    if (now - askedAt < DAY) continue
    owner.ledger.post((draft) => owner.enter(draft, step(draft.contact(jid), { kind: 'repeat' }, now)))
  }
}
