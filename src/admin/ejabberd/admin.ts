import { bareJid } from '../../core/jid.js'
import { wantedOf } from '../item.js'
import type { RosterAdmin } from '../port.js'
import { EjabberdApi } from './api.js'
import { type EjabberdOptions, endpointOf } from './endpoint.js'
import { EjabberdItems } from './items.js'
import { ownersOf } from './owners.js'
import { type EjabberdSessions, sessionsOf } from './sessions.js'

/**
 * The rosters of an ejabberd (23.01 and later), through its HTTP API: `mod_http_api`, with `mod_admin_extra` for the
 * commands and `api_permissions` for whoever calls. Without `username` and `token` nobody in particular calls: enough where
 * the permission goes by address, and refused by the server elsewhere.
 *
 * What the other side learns, here as everywhere about an owner's `put` and `remove`:
 *
 * - `put` writes the owner's item and pushes it to the owner's sessions. The contact is neither told nor changed: its
 *   roster, and the presence that it gets, follow its own item. A request that waits stays.
 * - `remove` takes the item out, pushes that, and ends both directions: the contact gets `unsubscribe` for `to`,
 *   `unsubscribed` for `from`, both for `both`, and no more presence. It keeps its item, with what that leaves: of `both`,
 *   `none`. A request of the owner's that waits for the contact's answer is not withdrawn.
 * - `setPresence` reaches the contacts that the owner's item lets see it. `kick` ends the session, whose contacts see it
 *   leave. `sendMessage` delivers. `owners`, `list` and `connected` only read.
 *
 * `owners` has who has at least one item, or a request to answer: from the table of items, in one answer. An ejabberd with
 * its rosters in SQL cannot say that: there each account is asked for its roster, one by one, and who has a roster without
 * an account, or nothing but a request, is not found. With several virtual hosts, it is the first one's storage that decides
 * which of the two. Requests that wait for the owner's answer are never listed: `pendingIn` is always `false`.
 *
 * Contacts from a shared roster group (`mod_shared_roster`) are listed like others; `remove` cannot take them out, because
 * they are in no roster: `true`, and they are still listed.
 *
 * Versions differ in the arguments they take: which is asked once, before the first call, and again if that fails. Up to
 * 23.10 groups are joined with ";", so one that has it in its name is refused there.
 *
 * Nothing is remembered: each call asks the server. A call may be several requests, and `timeout` is for each of them. A
 * `put` that keeps something reads the roster first; whatever the owner changes between the two is lost. `clear` and
 * `applyPlan` read a roster once for many items: what is lost then is said there.
 *
 * @example
 * ```ts
 * import { ejabberdAdmin } from 'xmpp-roster/admin'
 *
 * const admin = ejabberdAdmin({
 *   url: 'https://xmpp.example.com:5443/api',
 *   username: 'admin@example.com',
 *   password: process.env['ADMIN_PASSWORD'] ?? '',
 * })
 * await admin.put('juliet@example.com', 'romeo@example.net', { name: 'Romeo', groups: ['Friends'], subscription: 'both' })
 * for await (const owner of admin.owners({ domain: 'example.com' })) console.log(owner, await admin.list(owner))
 * ```
 *
 * @throws {RosterError} at once: `UNSUPPORTED` for options that cannot be. From the calls, besides what they say: `REFUSED`
 * when the server said no, with the `condition` that is nearest to its HTTP status (`not-authorized`, `forbidden`,
 * `bad-request` …): nothing has changed; with `internal-server-error` or `undefined-condition` it failed at it, and part of
 * it may be done. `UNSUPPORTED` when it has no such command, or no API there: nothing has changed. `NOT_CONNECTED` when no
 * answer came: refused connection, wrong certificate: nothing has changed; a connection that broke meanwhile, or a proxy
 * that says so (502): it may have. `TIMED_OUT`, here or at a proxy (504): it may have. `STANZA_INVALID` for an answer that
 * is none of ejabberd's, and for a redirect: it may have. Messages are one line and hold neither password nor token.
 */
export function ejabberdAdmin(options: EjabberdOptions): RosterAdmin & EjabberdSessions {
  const api = new EjabberdApi(endpointOf(options))
  const items = new EjabberdItems(api)
  return {
    owners: (call = {}) => ownersOf(api, call),
    list: async (owner, call = {}) => items.list(bareJid(owner), call),
    put: async (owner, contact, item, call = {}) => items.put(wantedOf(owner, contact, item), call),
    remove: async (owner, contact, call = {}) =>
      items.remove({ owner: bareJid(owner), contact: bareJid(contact) }, call),
    ...sessionsOf(api),
  }
}
