import { RosterError } from '../core/errors.js'
import { bareDomain, bareJid, type JidLike } from '../core/jid.js'
import type { CallOptions } from '../roster/options.js'
import type { BulkOptions, BulkSummary } from './bulk.js'
import { BulkRun } from './bulk-run.js'
import { hinted } from './hint.js'
import type { RosterAdmin } from './port.js'

/** Whose rosters {@link clear} empties: exactly one of the three. */
export type ClearScope =
  | {
      /** That of one owner. */
      readonly owner: JidLike
    }
  | {
      /** Those of the owners of this domain, exactly. */
      readonly domain: string
    }
  | {
      /** Those of all owners that the place names. */
      readonly all: true
    }

/** Options of {@link clear}. */
export type ClearOptions = BulkOptions &
  ClearScope & {
    /** Nothing is removed; `done` is how many items would be. Default `false`. */
    readonly dryRun?: boolean
  }

/**
 * Removes every item of the owners, one by one (removeRoster, removeAllRostersByDomain, removeAllRosters of Emanagement).
 * What the contacts' own rosters keep depends on the place: see its `remove`.
 *
 * Resolves when everything was tried, or `signal` has stopped it. A roster that cannot be read, and an item that cannot be
 * removed, are failures in the summary, and the work goes on; an item that was gone meanwhile counts as done. Owners are all
 * named before the first item is removed, each roster is read when its turn comes, once: only one is in memory. What is
 * added to it after that stays.
 *
 * @example
 * ```ts
 * import { clear, type RosterAdmin } from 'xmpp-roster/admin'
 *
 * async function empty(admin: RosterAdmin, domain: string, signal: AbortSignal): Promise<void> {
 *   const { done } = await clear(admin, { domain, dryRun: true })
 *   console.log(`${done} items are to go`)
 *   const { failed, stopped } = await clear(admin, { domain, rate: 50, signal })
 *   if (failed > 0 || stopped) console.log('Some are still there: do it again')
 * }
 * ```
 *
 * @throws {RosterError} `ITEM_INVALID` unless exactly one of `owner`, `domain` and `all: true` is given, and for a `rate`
 * that is none; `JID_MALFORMED`, also for a domain that is an account; what the place says when it cannot name its owners.
 * Nothing was removed in all these cases
 */
export async function clear(admin: RosterAdmin, options: ClearOptions): Promise<BulkSummary> {
  const scope = scopeOf(options)
  const run = new BulkRun(options)
  const owners = (await run.read((call) => ownersIn(admin, scope, call))) ?? []
  for (const owner of owners) {
    if (run.stops()) break
    const items = (await run.readOf(owner, (call) => admin.list(owner, call))) ?? []
    if ('owner' in scope) run.expect(items.length)
    if (options.dryRun === true) {
      if (items.length > 0) run.count(owner, undefined, items.length)
      continue
    }
    for (const { jid } of items) {
      if (run.stops()) break
      await run.change(owner, jid, () => (call) => admin.remove(owner, jid, hinted(call, { listed: items })))
    }
  }
  return run.summary()
}

/** A scope with what is canonical in it. */
type Scope = { readonly owner: string } | { readonly domain: string } | { readonly all: true }

/** Whoever means one owner and gives `undefined` must not empty all rosters. */
function scopeOf(options: ClearOptions): Scope {
  const given: Partial<Record<'owner' | 'domain' | 'all', unknown>> = options
  const named = (['owner', 'domain', 'all'] as const).filter((key) => given[key] !== undefined && given[key] !== false)
  const [one] = named
  const isClear = named.length === 1 && (one !== 'all' || given.all === true)
  if (!isClear) {
    const came = named.length === 0 ? 'none' : named.join(', ')
    throw new RosterError(
      'ITEM_INVALID',
      `Expected one of "owner", "domain" and "all: true", but ${came} came; nothing was removed.`,
    )
  }
  if (one === 'owner') return { owner: bareJid(given.owner as JidLike) }
  return one === 'domain' ? { domain: bareDomain(given.domain as string) } : { all: true }
}

async function ownersIn(admin: RosterAdmin, scope: Scope, call: CallOptions): Promise<readonly string[]> {
  if ('owner' in scope) return [scope.owner]
  const filter = 'domain' in scope ? { ...call, domain: scope.domain } : call
  const owners = new Set<string>()
  for await (const owner of admin.owners(filter)) owners.add(owner)
  return [...owners]
}
