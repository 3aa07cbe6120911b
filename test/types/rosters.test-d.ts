import { expectTypeOf, test } from 'vitest'
import type {
  AutoAuthorize,
  CallOptions,
  ContactPresence,
  JidLike,
  JidList,
  OwnerRoster,
  Presence,
  PresenceInit,
  Roster,
  RosterItem,
  RosterItemPatch,
  SubscriptionPolicy,
  SubscriptionState,
} from '../../src/index.js'
import { contacts, domains, firstOf, rateLimit } from '../../src/index.js'

declare const own: OwnerRoster
declare const roster: Roster

test('a roster is a read-only map from contact to item (promise 27)', () => {
  expectTypeOf(own).toExtend<Iterable<[string, RosterItem]>>()
  expectTypeOf(own.get).returns.toEqualTypeOf<RosterItem | undefined>()
  expectTypeOf(own.keys()).toEqualTypeOf<IterableIterator<string>>()
  expectTypeOf(new Map(own)).toEqualTypeOf<Map<string, RosterItem>>()
  expectTypeOf(own).not.toHaveProperty('set')
  expectTypeOf(own).not.toHaveProperty('delete')
  expectTypeOf(roster).toExtend<Iterable<[string, OwnerRoster]>>()
  expectTypeOf(roster.get).returns.toEqualTypeOf<OwnerRoster | undefined>()
})

test('an item never changes in place', () => {
  const change = (item: RosterItem): void => {
    // @ts-expect-error: read-only
    item.name = 'x'
    // @ts-expect-error: read-only
    item.groups.push('x')
  }
  expectTypeOf(change).returns.toBeVoid()
  expectTypeOf<RosterItem['state']>().toEqualTypeOf<SubscriptionState>()
})

test('the nine states, and no other', () => {
  expectTypeOf<SubscriptionState>().toEqualTypeOf<
    'none' | 'none+out' | 'none+in' | 'none+out+in' | 'to' | 'to+in' | 'from' | 'from+out' | 'both'
  >()
})

test('commands say what they return', () => {
  expectTypeOf(own.update).returns.toEqualTypeOf<Promise<RosterItem>>()
  expectTypeOf(own.remove).returns.toEqualTypeOf<Promise<boolean>>()
  expectTypeOf(own.subscribe).returns.toEqualTypeOf<Promise<void>>()
  expectTypeOf(own.authorize).returns.toEqualTypeOf<Promise<boolean>>()
  expectTypeOf(own.unauthorize).returns.toEqualTypeOf<Promise<boolean>>()
  expectTypeOf(roster.ready).returns.toEqualTypeOf<Promise<OwnerRoster>>()
  expectTypeOf(roster.open).parameter(1).toEqualTypeOf<CallOptions | undefined>()
})

test('a patch: absent keeps, null clears the name, groups are a list or a change of some', () => {
  expectTypeOf<{ readonly name: null }>().toExtend<RosterItemPatch>()
  expectTypeOf<{ readonly groups: readonly string[] }>().toExtend<RosterItemPatch>()
  expectTypeOf<{ readonly groups: { readonly add: readonly string[] } }>().toExtend<RosterItemPatch>()
  // @ts-expect-error: left out is not undefined
  const unsaid: RosterItemPatch = { name: undefined }
  // @ts-expect-error: subscriptions are not patched
  const subscribed: RosterItemPatch = { subscription: 'both' }
  // @ts-expect-error: groups are not one text
  const group: RosterItemPatch = { groups: 'Friends' }
  expectTypeOf([unsaid, subscribed, group]).toBeArray()
})

test('the presence of a contact: who is available has a best resource', () => {
  const look = (presence: ContactPresence): void => {
    if (presence.available) expectTypeOf(presence.best).toEqualTypeOf<Presence>()
    else expectTypeOf(presence.best).toEqualTypeOf<undefined>()
  }
  expectTypeOf(look).returns.toBeVoid()
  expectTypeOf(own.resources).toEqualTypeOf<ReadonlyMap<string, Presence>>()
})

test('who is unavailable has no show and no priority', () => {
  expectTypeOf<{ readonly type: 'unavailable'; readonly status: 'bye' }>().toExtend<PresenceInit>()
  // @ts-expect-error: nobody is away and unavailable
  const gone: PresenceInit = { type: 'unavailable', show: 'away' }
  // @ts-expect-error: subscriptions have verbs of their own
  const asking: PresenceInit = { type: 'subscribe' }
  expectTypeOf([gone, asking]).toBeArray()
})

test('JIDs are text or what has a bare form; lists of them are never a bare string', () => {
  expectTypeOf<string>().toExtend<JidLike>()
  expectTypeOf<number>().not.toExtend<JidLike>()
  expectTypeOf<string>().not.toExtend<JidList>()
  expectTypeOf<readonly string[]>().toExtend<JidList>()
  expectTypeOf<Set<string>>().toExtend<JidList>()
  // @ts-expect-error: a bare string
  contacts('romeo@example.net', 'authorize')
})

test('policies are functions, and what composes them is one', () => {
  expectTypeOf(firstOf()).toEqualTypeOf<SubscriptionPolicy>()
  expectTypeOf(firstOf(domains(['example.com'], 'authorize'), rateLimit({ perDomain: 5 }))).toExtend<AutoAuthorize>()
  expectTypeOf<AutoAuthorize>().toEqualTypeOf<boolean | null | SubscriptionPolicy>()
  // @ts-expect-error: no such decision
  domains(['example.com'], 'accept')
  // @ts-expect-error: no such budget
  rateLimit({ perContact: 5 })
})
