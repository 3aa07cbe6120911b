import type { Clock } from '../../core/clock.js'
import type { Host } from '../peer.js'
import type { Accounts } from './accounts.js'
import type { ClientSession } from './client-session.js'

/**
 * Hears of every stanza as it passes the wire: one that is replayed passes twice. `jid` is the peer: a session's full JID
 * (its bare one until a resource is bound), a component's domain.
 */
export type OnStanza = (direction: 'in' | 'out', jid: string, xml: string) => void

/** What the connections of one server share. */
export interface Context {
  readonly host: Host
  readonly clock: Clock
  readonly onStanza: OnStanza
  readonly accounts: Accounts
  /** Sessions that can be resumed, by the id that XEP-0198 gives them. */
  readonly resumable: Map<string, ClientSession>
}
