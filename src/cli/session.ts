import { randomUUID } from 'node:crypto'
import type { PresenceInit } from '../core/presence.js'
import type { CallOptions } from '../roster/options.js'
import type { OwnerRoster } from '../roster/owner-roster.js'
import { waitFor } from '../roster/waiting.js'
import type { RosterStorage } from '../storage/port.js'
import type { XmppEntity } from '../xmpp/entity.js'
import type { Roster } from '../xmpp/roster.js'
import type { ClientAccount } from './account.js'
import { openCache } from './cache.js'
import { chooseAccount } from './choose-account.js'
import { withComponentRoster } from './component-session.js'
import { connect, timeoutOf } from './connection.js'
import type { Context } from './context.js'
import { rosterMaker } from './roster-maker.js'

/** A roster to work on, loaded. */
export interface Session {
  readonly kind: 'client' | 'component'
  readonly roster: Roster
  readonly own: OwnerRoster
  /** `undefined`: a component's roster that is worked on in its storage alone. */
  readonly entity: XmppEntity | undefined
  /** For every call: the time that it may take, and the end of the connection or of the user's patience. */
  readonly call: CallOptions & { readonly signal: AbortSignal }
  /**
   * Shows the account to its server with a presence that attracts no messages (RFC 6121 §4.7.2.3: negative priority), and
   * resolves when what waited for that has come: servers deliver subscription requests to available resources alone
   * (RFC 6121 §3.1.3). Contacts see the account available as long as the command runs. A component's requests are in
   * its storage: it does nothing there.
   */
  announce(): Promise<void>
  /** Resolves when the server has handled what was sent before. */
  settle(): Promise<void>
}

/** What a command wants of a roster. */
export interface Need {
  /** It only reads: a component's roster is read from its storage then, without a connection. */
  readonly reads?: boolean
}

/** Not for messages: RFC 6121 §8.5.2.1.1 keeps them away from negative priorities. */
const HIDDEN: PresenceInit = { show: 'xa', priority: -1 }

/**
 * Opens the roster that the command line means, works on it, and closes everything again.
 *
 * @throws whatever `work` throws; {@link connect} and {@link chooseAccount} say what else
 */
export async function withRoster<T>(context: Context, need: Need, work: (session: Session) => Promise<T>): Promise<T> {
  const account = await chooseAccount(context)
  if (account.kind === 'component') return withComponentRoster(account, context, need, work)
  const storage = await openCache(context)
  try {
    return await withClient(account, storage, context, work)
  } finally {
    await storage.close?.()
  }
}

async function withClient<T>(
  account: ClientAccount,
  storage: RosterStorage,
  context: Context,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const make = await rosterMaker(context, storage, account.jid)
  const { made: roster, entity, signal, stop } = await connect(account, context, make)
  try {
    const call = { signal, timeout: timeoutOf(context) }
    const own = await roster.ready(call)
    const announce = async (): Promise<void> => {
      await own.sendPresence(HIDDEN, call)
      // The answer comes behind whatever the presence has called forth, and is applied behind it.
      await own.resync(call)
    }
    const settle = (): Promise<void> => ping(entity, context, signal)
    return await work({ kind: 'client', roster, own, entity, call, announce, settle })
  } finally {
    await roster.close({ timeout: timeoutOf(context) }).catch(() => undefined)
    await stop()
  }
}

/** XEP-0199. What the server answers does not matter: it has come so far. */
export async function ping(entity: XmppEntity, context: Context, signal: AbortSignal): Promise<void> {
  const { default: ltx } = await import('ltx/lib/ltx.js')
  const question = ltx.createElement('ping', { xmlns: 'urn:xmpp:ping' })
  const iq = ltx.createElement('iq', { type: 'get', id: randomUUID() }, question)
  const timeout = timeoutOf(context)
  const answered = entity.iqCaller.request(iq, timeout).then(
    () => undefined,
    (cause: unknown) => {
      if (!(cause instanceof Error && cause.name === 'StanzaError')) throw cause
    },
  )
  await waitFor(answered, { signal, timeout }, context.world.clock, 'The server')
}
