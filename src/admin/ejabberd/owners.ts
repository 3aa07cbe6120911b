import { RosterError } from '../../core/errors.js'
import { bareDomain, bareJidOrNothing, domainOf, localOf } from '../../core/jid.js'
import type { CallOptions } from '../../roster/options.js'
import { senseless } from './answer.js'
import type { EjabberdApi } from './api.js'

/** All there are, by name: with `any`, ejabberd would leave out those that wait both ways, and SQL would take it for a word. */
const SUBSCRIPTIONS = 'none:to:from:both'
const WAITING = 'none:in:out:both:subscribe:unsubscribe'

/** Domains that mean themselves in ejabberd's globs; in them `[`, `!` and `:` mean something else. */
const PLAIN = /^[a-z0-9.-]+$/

export type OwnersOptions = CallOptions & { readonly domain?: string }

/** Owners of at least one item, each once. */
export async function* ownersOf(api: EjabberdApi, options: OwnersOptions): AsyncIterableIterator<string> {
  const domain = options.domain === undefined ? undefined : bareDomain(options.domain)
  const found = await withItems(api, domain, options)
  if (found !== undefined) yield* found
  else yield* withAccounts(api, domain, options)
}

/** Read from the table of items; `undefined`: this server has them in a database, where it cannot be asked like this. */
async function withItems(
  api: EjabberdApi,
  domain: string | undefined,
  options: CallOptions,
): Promise<ReadonlySet<string> | undefined> {
  const users = domain !== undefined && PLAIN.test(domain) ? `*@${domain}` : 'any'
  const filter = { action: 'list', subs: SUBSCRIPTIONS, asks: WAITING, users, contacts: 'any' }
  try {
    const pairs = await api.list('process_rosteritems', filter, options)
    const owners = pairs.map(ownerOf).filter((owner) => owner !== undefined)
    return new Set(owners.filter((owner) => domain === undefined || domainOf(owner) === domain))
  } catch (error) {
    if (error instanceof RosterError && error.condition === 'internal-server-error') return undefined
    throw error
  }
}

function ownerOf(pair: unknown): string | undefined {
  const user = typeof pair === 'object' && pair !== null && 'user' in pair ? pair.user : undefined
  if (typeof user !== 'string') throw senseless('process_rosteritems', 'pairs of user and contact')
  return bareJidOrNothing(user)
}

/** Asks for the roster of each account: one call for each. */
async function* withAccounts(
  api: EjabberdApi,
  domain: string | undefined,
  options: CallOptions,
): AsyncIterableIterator<string> {
  const hosts = texts(await api.list('registered_vhosts', {}, options), 'registered_vhosts')
  for (const host of hosts.filter((one) => domain === undefined || bareJidOrNothing(one) === domain)) {
    for (const user of texts(await api.list('registered_users', { host }, options), 'registered_users')) {
      const owner = bareJidOrNothing(`${user}@${host}`)
      if (owner === undefined) continue
      const items = await api.list('get_roster', { user, host }, options)
      if (items.length > 0) yield owner
    }
  }
}

/** @throws RosterError `STANZA_INVALID` */
export function texts(list: readonly unknown[], command: string): readonly string[] {
  const isText = (one: unknown): one is string => typeof one === 'string'
  if (list.every(isText)) return list
  throw senseless(command, 'a list of texts')
}

/** The two parts of an owner as ejabberd wants them. @throws RosterError `JID_MALFORMED` */
export function accountOf(owner: string): { readonly user: string; readonly host: string } {
  const user = localOf(owner)
  if (user !== undefined) return { user, host: domainOf(owner) }
  throw new RosterError('JID_MALFORMED', `An owner is an account, user@domain, but the domain "${owner}" came.`, {
    owner,
  })
}
