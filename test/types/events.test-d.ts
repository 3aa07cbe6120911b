import type { Element } from 'ltx'
import { expectTypeOf, test } from 'vitest'
import type {
  Cause,
  Decision,
  OwnerRoster,
  Presence,
  PresenceEvent,
  Roster,
  RosterError,
  RosterEvent,
  RosterEvents,
  RosterItem,
  SubscriptionEvent,
  SubscriptionRequest,
  SubscriptionState,
} from '../../src/index.js'

declare const roster: Roster

test('each event has its own shape (promise 27)', () => {
  roster.on('loaded', (event) => expectTypeOf(event.roster).toEqualTypeOf<OwnerRoster>())
  roster.on('added', (event) => expectTypeOf(event.item).toEqualTypeOf<RosterItem>())
  roster.on('updated', (event) => expectTypeOf(event.previous).toEqualTypeOf<RosterItem>())
  roster.on('subscribe', (request) => expectTypeOf(request).toEqualTypeOf<SubscriptionRequest>())
  roster.on('subscribed', (event) => expectTypeOf(event).toEqualTypeOf<SubscriptionEvent>())
  roster.on('transition', (event) => {
    expectTypeOf(event.before).toEqualTypeOf<SubscriptionState>()
    expectTypeOf(event.cause).toEqualTypeOf<Cause>()
  })
  roster.on('online', (event) => expectTypeOf(event.presence).toEqualTypeOf<Presence>())
  roster.on('presence', (event) => {
    expectTypeOf(event).toEqualTypeOf<PresenceEvent>()
    expectTypeOf(event.presence).toEqualTypeOf<Presence | undefined>()
  })
  roster.on('offline', (event) => expectTypeOf(event.stanza).toEqualTypeOf<Element | undefined>())
  roster.on('rejected', (event) => expectTypeOf(event.error).toEqualTypeOf<RosterError>())
  roster.on('error', (error) => expectTypeOf(error).toEqualTypeOf<RosterError>())
})

test('there are no other events', () => {
  // @ts-expect-error: SleekXMPP's name
  roster.on('got_online', () => undefined)
  // @ts-expect-error: "removed" has no previous item
  roster.on('removed', ({ previous }) => previous)
})

test('a request knows what was decided', () => {
  expectTypeOf<SubscriptionRequest['decision']>().toEqualTypeOf<Decision>()
  expectTypeOf<Decision>().toEqualTypeOf<'authorize' | 'deny' | 'defer' | 'ignore'>()
  expectTypeOf<SubscriptionRequest['authorize']>().returns.toEqualTypeOf<Promise<boolean>>()
})

test('an event as data narrows on its type', () => {
  const narrow = (told: RosterEvent): void => {
    if (told.type === 'updated') expectTypeOf(told.event.previous).toEqualTypeOf<RosterItem>()
    if (told.type === 'error') expectTypeOf(told.event.code).toEqualTypeOf<RosterError['code']>()
    if (told.type === 'subscribe') expectTypeOf(told.event).toEqualTypeOf<SubscriptionRequest>()
  }
  expectTypeOf(narrow).returns.toBeVoid()
  expectTypeOf<RosterEvent['type']>().toEqualTypeOf<keyof RosterEvents>()
})

test('a stream gives the types that were asked for, or all', async () => {
  for await (const told of roster.events({ types: ['online', 'offline'] })) {
    expectTypeOf(told).toEqualTypeOf<RosterEvent<'online'> | RosterEvent<'offline'>>()
    if (told.type === 'online') expectTypeOf(told.event.presence).toEqualTypeOf<Presence>()
  }
  for await (const told of roster.events()) expectTypeOf(told).toEqualTypeOf<RosterEvent>()
  // @ts-expect-error: no such event
  roster.events({ types: ['got_online'] })
})
