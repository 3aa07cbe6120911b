import { RosterError } from '../../core/errors.js'
import { bareDomain, bareJid, fullJid, type JidLike, parseJid } from '../../core/jid.js'
import type { PresenceInit } from '../../core/presence.js'
import { isXmlText } from '../../core/text.js'
import { checkPresence } from '../../roster/announcer.js'
import type { CallOptions } from '../../roster/options.js'
import type { EjabberdApi } from './api.js'
import { accountOf, texts } from './owners.js'

/** What an administrator does with the sessions of ejabberd's accounts. All of it is about sessions of now. */
export interface EjabberdSessions {
  /**
   * Full JIDs with a session now, in the server's order. `domain`: those of one domain.
   *
   * @throws {RosterError} `JID_MALFORMED` for a domain that is none; see {@link ejabberdAdmin} for the others
   */
  connected(options?: CallOptions & { readonly domain?: string }): Promise<readonly string[]>
  /**
   * Announces presence for a session, as its client would: to its contacts with `from` or `both`, and to its own resources.
   * Until the client says something else. Resolves when the session has taken it.
   *
   * @throws {RosterError} `JID_MALFORMED` when it is no full JID; `STANZA_INVALID` for what is no presence (RFC 6121 §4.7.2)
   * and for a `resource` that is another one; `UNSUPPORTED` for `children`; `REFUSED` with the condition `item-not-found`
   * when there is no such session. Nothing has happened then
   */
  setPresence(fullJid: JidLike, presence: PresenceInit, options?: CallOptions): Promise<void>
  /**
   * Sends a chat message in somebody's name: `from` need not exist. A bare `to` goes where the server delivers messages;
   * offline, it is kept if the server keeps any. Resolves when the server has taken it: nobody says whether it arrived.
   *
   * @throws {RosterError} `JID_MALFORMED`; `STANZA_INVALID` for an empty `body` and for one that XML cannot carry: nothing
   * was sent
   */
  sendMessage(from: JidLike, to: JidLike, body: string, options?: CallOptions): Promise<void>
  /**
   * Ends one session with a stream error; its contacts see it leave. A client may come back at once. Resolves when the
   * server has told the session.
   *
   * @throws {RosterError} `JID_MALFORMED` when it is no full JID; `REFUSED` with the condition `item-not-found` when there
   * is no such session
   */
  kick(fullJid: JidLike, options?: CallOptions): Promise<void>
}

interface Session {
  readonly owner: string
  readonly user: string
  readonly host: string
  readonly resource: string
}

/** @throws RosterError `JID_MALFORMED` */
function sessionOf(jid: JidLike): Session {
  const { bare, resource } = parseJid(jid)
  const account = accountOf(bare)
  if (resource !== undefined) return { owner: bare, ...account, resource }
  throw new RosterError('JID_MALFORMED', `A session has a resource, but the bare JID "${bare}" came.`, { owner: bare })
}

export function sessionsOf(api: EjabberdApi): EjabberdSessions {
  return {
    connected: (options = {}) => connected(api, options),
    setPresence: (jid, presence, options = {}) => setPresence(api, jid, presence, options),
    sendMessage: (from, to, body, options = {}) => sendMessage(api, { from, to, body }, options),
    kick: async (jid, options = {}) => {
      const { owner, ...session } = sessionOf(jid)
      await mustExist(api, { owner, ...session }, options)
      await api.run('kick_session', { ...session, reason: '' }, { ...options, owner })
    },
  }
}

async function connected(
  api: EjabberdApi,
  options: CallOptions & { readonly domain?: string },
): Promise<readonly string[]> {
  const domain = options.domain === undefined ? undefined : bareDomain(options.domain)
  const command = domain === undefined ? 'connected_users' : 'connected_users_vhost'
  const jids = texts(await api.list(command, domain === undefined ? {} : { host: domain }, options), command)
  return jids.map(canonical).filter((jid) => jid !== undefined)
}

/** A JID that is older than the rules is left out: nothing else here would take it. */
function canonical(jid: string): string | undefined {
  try {
    const { bare, resource } = parseJid(jid)
    return fullJid(bare, resource)
  } catch {
    return undefined
  }
}

async function setPresence(
  api: EjabberdApi,
  jid: JidLike,
  presence: PresenceInit,
  options: CallOptions,
): Promise<void> {
  const session = sessionOf(jid)
  const { owner, resource, user, host } = session
  checkPresence(presence)
  if (presence.resource !== undefined && presence.resource !== resource)
    throw new RosterError('STANZA_INVALID', `The presence is for "${resource}", but names another resource.`, { owner })
  if ((presence.children ?? []).length > 0)
    throw new RosterError('UNSUPPORTED', 'ejabberd takes show, status and priority, but no children.', { owner })
  const isThere = presence.type === undefined
  const priority = isThere ? (presence.priority ?? 0) : 0
  await mustExist(api, session, options)
  const said = {
    type: isThere ? 'available' : 'unavailable',
    // ejabberd's word for none: an empty text would go out as an empty element.
    show: (isThere ? presence.show : undefined) ?? 'undefined',
    status: presence.status ?? '',
    priority: (await api.dialect({ ...options, owner })) === 'listed' ? priority : String(priority),
  }
  await api.run('set_presence', { user, host, resource, ...said }, { ...options, owner })
}

interface Message {
  readonly from: JidLike
  readonly to: JidLike
  readonly body: string
}

async function sendMessage(api: EjabberdApi, message: Message, options: CallOptions): Promise<void> {
  const [from, to] = [message.from, message.to].map((jid) => {
    const { bare, resource } = parseJid(jid)
    return fullJid(bare, resource)
  }) as [string, string]
  const { body } = message
  if (typeof body !== 'string' || body === '' || !isXmlText(body))
    throw new RosterError('STANZA_INVALID', 'A message has a body of text that XML can carry; nothing was sent.', {
      owner: bareJid(from),
    })
  await api.run('send_message', { type: 'chat', from, to, subject: '', body }, { ...options, owner: bareJid(from) })
}

/** Asked first: ejabberd says of commands for sessions that are not there that they are done. */
async function mustExist(api: EjabberdApi, session: Session, options: CallOptions): Promise<void> {
  const { owner, user, host, resource } = session
  const resources = texts(await api.list('user_resources', { user, host }, { ...options, owner }), 'user_resources')
  if (resources.includes(resource)) return
  const message = `There is no session ${fullJid(owner, resource)}; nothing has happened.`
  throw new RosterError('REFUSED', message, { condition: 'item-not-found', owner })
}
