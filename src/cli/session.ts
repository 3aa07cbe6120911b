import type { CallOptions } from '../roster/options.js'
import type { OwnerRoster } from '../roster/owner-roster.js'
import type { RosterStorage } from '../storage/port.js'
import type { XmppEntity } from '../xmpp/entity.js'
import type { Roster } from '../xmpp/roster.js'
import type { ClientAccount } from './account.js'
import { openCache } from './cache.js'
import { chooseAccount } from './choose-account.js'
import { withComponentRoster } from './component-session.js'
import { connect, timeoutOf } from './connection.js'
import type { Context } from './context.js'
import { usage } from './errors.js'
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
   * Makes the account available, and resolves when the requests that waited for that have come; no message is drawn here for
   * good. Contacts see it as long as the command runs. A component's requests are in its storage: it does nothing there.
   */
  announce(): Promise<void>
  /** Makes the account available with a negative priority: for contacts' presence. */
  announceHidden(): Promise<void>
  /** Resolves when the server has handled what was sent before. */
  settle(): Promise<void>
}

/** What a command wants of a roster. */
export interface Need {
  /** It only reads: a component's roster is read from its storage then, without a connection. */
  readonly reads?: boolean
  /** It wants to hear of presence, and is called so in messages: a component is refused before anything is opened. */
  readonly hears?: string
}

/**
 * Opens the roster that the command line means, works on it, and closes everything again.
 *
 * @throws whatever `work` throws; {@link connect} and {@link chooseAccount} say what else
 */
export async function withRoster<T>(context: Context, need: Need, work: (session: Session) => Promise<T>): Promise<T> {
  const account = await chooseAccount(context)
  if (account.kind === 'component' && need.hears !== undefined)
    throw usage(`${need.hears} is for accounts: a component hears of presence while it runs.`)
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
    const { announceForRequests, announceHidden } = await import('./announce.js')
    const { ping } = await import('./ask-server.js')
    const ways = {
      announce: () => announceForRequests(entity, own, call),
      announceHidden: () => announceHidden(own, call),
      settle: () => ping(entity, call),
    }
    return await work({ kind: 'client', roster, own, entity, call, ...ways })
  } finally {
    await roster.close({ timeout: timeoutOf(context) }).catch(() => undefined)
    await stop()
  }
}
