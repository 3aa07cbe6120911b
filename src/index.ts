export type { Clock } from './core/clock.js'
export { RosterError, type RosterErrorCode, type RosterErrorContext } from './core/errors.js'
export type { RosterItem, RosterItemPatch } from './core/item.js'
export { domainOf, type JidLike, type JidList } from './core/jid.js'
export {
  type AutoAuthorize,
  contacts,
  type Decision,
  domains,
  firstOf,
  type PolicyAnswer,
  type RateLimitOptions,
  rateLimit,
  type SubscriptionAsk,
  type SubscriptionPolicy,
} from './core/policy.js'
export type { ContactPresence, Presence, PresenceInit, Show } from './core/presence.js'
export type { Subscription, SubscriptionState } from './core/state.js'
export type { Cause } from './core/step.js'
export type {
  PresenceEvent,
  RosterEvent,
  RosterEvents,
  SubscriptionEvent,
  SubscriptionRequest,
} from './roster/events.js'
export type { CallOptions, RosterOptions } from './roster/options.js'
export { OwnerRoster } from './roster/owner-roster.js'
export { RosterBase } from './roster/roster-base.js'
export { MemoryStorage } from './storage/memory.js'
export type {
  Owed,
  OwnersFilter,
  RosterChange,
  RosterChanges,
  RosterStorage,
  StorageListener,
  StoredItem,
  StoredRoster,
} from './storage/port.js'
export type { XmppEntity } from './xmpp/entity.js'
export { Roster } from './xmpp/roster.js'
