import { expectTypeOf, test } from 'vitest'
import {
  type AdminItem,
  applyPlan,
  areConnected,
  type BulkOptions,
  type BulkSummary,
  clear,
  connect,
  connectedPairs,
  disconnect,
  parsePlan,
  planRoster,
  purgeCandidates,
  type RosterAdmin,
  type RosterPlan,
  type RosterStats,
  stats,
  type WantedContact,
} from '../../src/admin.js'
import type { CallOptions, JidLike, OwnerRoster, RosterItem, Subscription } from '../../src/index.js'

/** As they were designed: whoever wrote against that compiles. */
interface Designed {
  connect(
    admin: RosterAdmin,
    a: JidLike,
    b: JidLike,
    options?: CallOptions & {
      readonly names?: readonly [a?: string, b?: string]
      readonly groups?: readonly [a?: readonly string[], b?: readonly string[]]
    },
  ): Promise<void>
  disconnect(
    admin: RosterAdmin,
    a: JidLike,
    b: JidLike,
    options?: CallOptions & { readonly keep?: 'to' | 'from' | 'none' },
  ): Promise<boolean>
  areConnected(admin: RosterAdmin, a: JidLike, b: JidLike, options?: CallOptions): Promise<boolean>
  connectedPairs(
    admin: RosterAdmin,
    options?: CallOptions & { readonly domain?: string },
  ): AsyncIterableIterator<readonly [string, string]>
  clear(
    admin: RosterAdmin,
    options: BulkOptions &
      ({ readonly owner: JidLike } | { readonly domain: string } | { readonly all: true }) & {
        readonly dryRun?: boolean
      },
  ): Promise<BulkSummary>
  stats(items: Iterable<RosterItem | AdminItem>): RosterStats
  purgeCandidates<T extends RosterItem | AdminItem>(
    items: Iterable<T>,
    options?: { readonly noFrom?: boolean; readonly noTo?: boolean; readonly pending?: boolean },
  ): readonly T[]
  planRoster(
    actual: Iterable<RosterItem | AdminItem>,
    wanted: Iterable<WantedContact>,
    options?: {
      readonly base?: Iterable<WantedContact>
      readonly owns?: (item: RosterItem | AdminItem) => boolean
      readonly maxRemovals?: number | `${number}%`
    },
  ): RosterPlan
  applyPlan(
    target: OwnerRoster | { readonly admin: RosterAdmin; readonly owner: JidLike },
    plan: RosterPlan,
    options?: BulkOptions,
  ): Promise<BulkSummary>
}

test('what operates rosters is as it was designed, or takes and gives more (promise 27)', () => {
  expectTypeOf(connect).toExtend<Designed['connect']>()
  expectTypeOf(disconnect).toExtend<Designed['disconnect']>()
  expectTypeOf(areConnected).toExtend<Designed['areConnected']>()
  expectTypeOf(connectedPairs).toExtend<Designed['connectedPairs']>()
  expectTypeOf(clear).toExtend<Designed['clear']>()
  expectTypeOf(stats).toExtend<Designed['stats']>()
  expectTypeOf(purgeCandidates).toExtend<Designed['purgeCandidates']>()
  expectTypeOf(planRoster).toExtend<Designed['planRoster']>()
  expectTypeOf(applyPlan).toExtend<Designed['applyPlan']>()
})

test('a name or a list of groups of the second alone can be given', () => {
  const call = (admin: RosterAdmin): Promise<void> =>
    connect(admin, 'a@x.example', 'b@x.example', { names: [undefined, 'B'], groups: [undefined, ['Work']] })
  expectTypeOf(call).returns.toEqualTypeOf<Promise<void>>()
})

test('purge candidates are of the kind that came', () => {
  expectTypeOf(purgeCandidates([] as RosterItem[])).toEqualTypeOf<readonly RosterItem[]>()
  expectTypeOf(purgeCandidates([] as AdminItem[])).toEqualTypeOf<readonly AdminItem[]>()
})

test('a plan is read-only all through, and comes out of anything that is parsed', () => {
  expectTypeOf(parsePlan).parameter(0).toBeUnknown()
  expectTypeOf<RosterPlan['update'][number]['subscription']>().toEqualTypeOf<Subscription | undefined>()
  const change = (plan: RosterPlan): void => {
    // @ts-expect-error: read-only
    plan.remove.push('a@x.example')
    // @ts-expect-error: read-only
    plan.unchanged = 0
  }
  expectTypeOf(change).returns.toBeVoid()
})

test('what cannot be meant does not compile', () => {
  const calls = (admin: RosterAdmin): void => {
    // @ts-expect-error: whose rosters?
    void clear(admin, {})
    // @ts-expect-error: all or not all
    void clear(admin, { all: false })
    // @ts-expect-error: both cannot be kept
    void disconnect(admin, 'a@x.example', 'b@x.example', { keep: 'both' })
    // @ts-expect-error: no share
    planRoster([], [], { maxRemovals: 'half' })
  }
  expectTypeOf(calls).returns.toBeVoid()
})
