import type { ContactPresence } from '../core/presence.js'
import { waitFor } from '../roster/waiting.js'
import type { Context } from './context.js'
import type { Session } from './session.js'

/** Nobody has said anything for so long: whoever is there has spoken, in milliseconds. */
const SILENCE = 1_000

/**
 * Who is online. Servers tell it contact by contact and never say that it was all: done after a second without news, and after
 * `seconds` in any case.
 */
export async function hearPresences(
  session: Session,
  context: Context,
  seconds: number,
): Promise<ReadonlyMap<string, ContactPresence>> {
  const { roster, own, call } = session
  const { clock } = context.world
  const end = clock.now() + seconds * 1_000
  await new Promise<void>((resolve, reject) => {
    let cancel = (): void => undefined
    const again = (): void => {
      cancel()
      cancel = clock.after(Math.min(SILENCE, Math.max(0, end - clock.now())), resolve)
    }
    roster.on('presence', again)
    session.announceHidden().then(again, reject)
    waitFor(new Promise<never>(() => undefined), { signal: call.signal }, clock, 'Presence').catch((cause: unknown) => {
      cancel()
      reject(cause)
    })
  })
  return new Map([...own.keys()].map((contact) => [contact, own.presence(contact)]))
}
