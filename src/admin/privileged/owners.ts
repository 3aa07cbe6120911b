import { RosterError } from '../../core/errors.js'
import { bareDomain, bareJid, domainOf, type JidLike, type JidList, toBareList } from '../../core/jid.js'

/** Whose rosters there are, as the application knows it. */
type OwnerSource = JidList | AsyncIterable<JidLike>

const isAsync = (source: OwnerSource): source is AsyncIterable<JidLike> =>
  typeof source === 'object' && source !== null && Symbol.asyncIterator in source

/** A list is copied, and refused, at once: a string would be taken for its letters. Throws `JID_MALFORMED`. */
export const takeOwners = (
  source: OwnerSource | undefined,
): AsyncIterable<JidLike> | ReadonlySet<string> | undefined =>
  source === undefined || isAsync(source) ? source : toBareList(source)

/** Each of them once, of one domain where one is asked for. */
export async function* ownersFrom(
  source: ReturnType<typeof takeOwners>,
  options: { readonly domain?: string; readonly signal?: AbortSignal },
): AsyncIterableIterator<string> {
  options.signal?.throwIfAborted()
  if (source === undefined)
    throw new RosterError(
      'UNSUPPORTED',
      'XEP-0356 has no way to ask a server whose rosters it has: pass them, privilegedAdmin(entity, { owners }).',
    )
  const domain = options.domain === undefined ? undefined : bareDomain(options.domain)
  const seen = new Set<string>()
  for await (const owner of source) {
    options.signal?.throwIfAborted()
    const jid = bareJid(owner)
    if (!seen.has(jid) && (domain === undefined || domainOf(jid) === domain)) yield jid
    seen.add(jid)
  }
}
