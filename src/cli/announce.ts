import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import { domainOf } from '../core/jid.js'
import type { PresenceInit } from '../core/presence.js'
import type { CallOptions } from '../roster/options.js'
import type { OwnerRoster } from '../roster/owner-roster.js'
import { errorElement } from '../xmpp/codec.js'
import type { XmppEntity } from '../xmpp/entity.js'
import { discover } from './ask-server.js'

/** XEP-0013. */
const NS_OFFLINE = 'http://jabber.org/protocol/offline'
/** XEP-0160: the server keeps messages for those who are offline. */
const KEEPS_MESSAGES = 'msgoffline'

/** Not for messages: RFC 6121 §8.5.2.1.1 keeps them away from negative priorities. */
const HIDDEN: PresenceInit = { show: 'xa', priority: -1 }
/** For servers that tell of requests only whom messages go to. */
const REACHABLE: PresenceInit = { show: 'xa', priority: 0 }

/** Available, so that contacts' presence comes, but not for messages. */
export const announceHidden = (own: OwnerRoster, call: CallOptions): Promise<void> => own.sendPresence(HIDDEN, call)

/**
 * Makes the account available until what waited for that has come: servers deliver subscription requests to available
 * resources alone (RFC 6121 §3.1.3).
 *
 * ejabberd tells of them only a resource whose first presence has no negative priority, to which it also hands what messages
 * it has kept. So such a presence is sent first where the server keeps none, or lets itself be told to go on keeping them
 * (XEP-0013); a moment later the priority is negative, as it is at once with all other servers.
 */
export async function announceForRequests(entity: XmppEntity, own: OwnerRoster, call: CallOptions): Promise<void> {
  const isSafe = await losesNoMessages(entity, own, call)
  const sendBack = returnMessages(entity, own)
  try {
    await own.sendPresence(isSafe ? REACHABLE : HIDDEN, call)
    // The answer comes behind whatever the presence has called forth, and is applied behind it.
    await own.resync(call)
    if (isSafe) await own.sendPresence(HIDDEN, call)
  } finally {
    sendBack.stop()
  }
}

/** Asking for the messages that it keeps makes a server of XEP-0013 go on keeping them (§2.1). */
async function losesNoMessages(entity: XmppEntity, own: OwnerRoster, call: CallOptions): Promise<boolean> {
  const [server, kept] = await Promise.all([
    discover(entity, domainOf(own.owner), undefined, call),
    discover(entity, own.owner, NS_OFFLINE, call),
  ])
  return kept.identities.has('automation/message-list') || !server.features.has(KEEPS_MESSAGES)
}

/**
 * A message that comes nevertheless would be lost: its sender is told, unless another client of the account has it as well.
 */
function returnMessages(entity: XmppEntity, own: OwnerRoster): { stop(): void } {
  const listener = (stanza: Element): void => {
    const { from, id, type = 'normal' } = stanza.attrs as Readonly<Record<string, string | undefined>>
    const isForPeople = stanza.name === 'message' && (type === 'chat' || type === 'normal')
    if (!isForPeople || from === undefined || stanza.getChild('body') === undefined) return
    if ([...own.resources.values()].some(({ priority }) => priority >= 0)) return
    const attrs = { type: 'error', to: from, ...(id === undefined ? {} : { id }) }
    entity.send(createElement('message', attrs, errorElement('wait', 'recipient-unavailable'))).catch(() => undefined)
  }
  entity.on('stanza', listener)
  return { stop: () => void entity.removeListener('stanza', listener) }
}
