import { wakefulClock } from '../core/clock.js'
import { hasAsked } from '../core/contact.js'
import { RosterError } from '../core/errors.js'
import { bareJid, type JidLike } from '../core/jid.js'
import { step } from '../core/step.js'
import type { RosterStorage } from '../storage/port.js'
import { ledgerOf } from './ledger.js'

/**
 * Answers a deferred subscription request of a component from a process without a connection: a web server, a cron job, a
 * command line. As `request.authorize({ subscribe: false })` and `request.deny()` do in the component itself.
 *
 * Resolves when the answer is stored: state and the stanza that is owed for it, in one commit. `true`: this call has
 * answered. `false`: nothing was pending (answered elsewhere, withdrawn, never asked, no such owner); nothing was written.
 *
 * A connected process on the same storage sends it, `subscribed` with the owner's presence behind it (RFC 6121 §3.1.5):
 * at once where the storage tells of changes (`watch`) and the owner is in memory, within five seconds where the owner is
 * not; where nobody tells it, within half a minute, or with the owner's next change. Of several connected processes one
 * sends. It tells of the change by `updated` or `added`, and `transition` with the cause `storage`.
 *
 * When another process changes the roster at the same time, it is loaded and decided again, a bounded number of times.
 *
 * @example
 * ```ts
 * import { MemoryStorage } from 'xmpp-roster'
 * import { answerRequest } from 'xmpp-roster/admin'
 *
 * const storage = new MemoryStorage() // in earnest: the database of the component
 * const isAnswered = await answerRequest(storage, 'lobby@bots.example.com', 'juliet@example.com', 'authorize')
 * console.log(isAnswered ? 'Juliet is told' : 'Juliet does not wait any more')
 * ```
 *
 * @throws {RosterError} `JID_MALFORMED`; `STANZA_INVALID` for any other decision; `STORAGE_CORRUPT`; `STORAGE_CONFLICT`
 * when others kept changing the roster: nothing was written in all these cases. `STORAGE_FAILED`: nothing was written, or
 * the storage took it and could not say so any more; asking again is safe
 */
export async function answerRequest(
  storage: RosterStorage,
  owner: JidLike,
  contact: JidLike,
  decision: 'authorize' | 'deny',
): Promise<boolean> {
  const kind = commandFor(decision)
  const jid = bareJid(contact)
  const ledger = ledgerOf(storage, bareJid(owner))
  return ledger.run((draft) => {
    const known = draft.contact(jid)
    if (!hasAsked(known)) return { value: false }
    const outcome = step(known, { kind }, wakefulClock.now())
    draft.put(outcome.contact)
    draft.sends.push(...outcome.sends)
    return { value: outcome.done }
  })
}

function commandFor(decision: 'authorize' | 'deny'): 'authorize' | 'unauthorize' {
  const commands = new Map<unknown, 'authorize' | 'unauthorize'>([
    ['authorize', 'authorize'],
    ['deny', 'unauthorize'],
  ])
  const command = commands.get(decision)
  if (command !== undefined) return command
  throw new RosterError(
    'STANZA_INVALID',
    `A request is answered with "authorize" or "deny", but ${String(decision)} came; nothing was written.`,
  )
}
