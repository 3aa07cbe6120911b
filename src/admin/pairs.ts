import { bareDomain } from '../core/jid.js'
import type { CallOptions } from '../roster/options.js'
import type { RosterAdmin } from './port.js'

/**
 * Every pair of owners that are connected, each once: both rosters hold the other with `both`
 * (printAllBidirecctionalBuddysByDomain of Emanagement). In a pair the JID that sorts first stands first; pairs come as they
 * are found. With `domain`, both are of that domain.
 *
 * Each roster is read once, when its turn comes. What is held meanwhile is the list of owners, one roster, and the halves
 * whose other half may still come: contacts that are no owners here are not among them.
 *
 * @example
 * ```ts
 * import { connectedPairs, type RosterAdmin } from 'xmpp-roster/admin'
 *
 * async function show(admin: RosterAdmin): Promise<void> {
 *   for await (const [a, b] of connectedPairs(admin, { domain: 'example.com' })) console.log(a, b)
 * }
 * ```
 *
 * @throws {RosterError} `JID_MALFORMED` for a domain that is none; what the place says when it cannot name its owners or
 * read a roster: the stream ends with it
 */
export async function* connectedPairs(
  admin: RosterAdmin,
  options: CallOptions & { readonly domain?: string } = {},
): AsyncIterableIterator<readonly [string, string]> {
  const { domain, ...call } = options
  const waiting = new Set<string>()
  const filter = domain === undefined ? call : { ...call, domain: bareDomain(domain) }
  for await (const owner of admin.owners(filter)) waiting.add(owner)
  const halves = new Map<string, Set<string>>()
  for (const owner of waiting) {
    waiting.delete(owner)
    const known = halves.get(owner)
    halves.delete(owner)
    for (const { jid, subscription } of await admin.list(owner, call)) {
      if (subscription !== 'both') continue
      // A place that names a contact twice has one pair of them all the same.
      if (known?.delete(jid) === true) yield pair(owner, jid)
      // Neither does the owner itself wait any more, nor did anybody who is no owner here.
      else if (waiting.has(jid)) note(halves, jid, owner)
    }
  }
}

const pair = (a: string, b: string): readonly [string, string] => Object.freeze(a < b ? [a, b] : [b, a])

function note(halves: Map<string, Set<string>>, contact: string, owner: string): void {
  const known = halves.get(contact)
  if (known === undefined) halves.set(contact, new Set([owner]))
  else known.add(owner)
}
