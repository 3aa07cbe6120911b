import { RosterError } from '../core/errors.js'
import { GroupLists } from '../core/groups.js'
import { bareJid } from '../core/jid.js'
import { hasPendingIn, hasPendingOut, isSubscriptionState, type SubscriptionState } from '../core/state.js'
import { shorten } from '../core/text.js'
import type { Owed, RosterChanges, StoredItem, StoredRoster } from './port.js'

/** What an adapter gave: the fields may be there, and may hold anything. */
type Raw<T> = { readonly [K in keyof T]?: unknown }
type Writable<T> = { -readonly [K in keyof T]: T[K] }
type Request = NonNullable<StoredItem['request']>

const NO_GROUPS: readonly string[] = Object.freeze([])

/** The last moment that a `Date` can hold (ECMA-262, Time Values): later ones would be an invalid date for the reader. */
const LAST_TIME = 8.64e15

/**
 * The border of the storage: turns whatever an adapter gave for an owner into a roster that nothing behind it checks again.
 *
 * What is returned is frozen and shares nothing mutable with `value`. Unknown fields are left out, and so is `askedAt` where
 * nothing is asked. An item that waits for an answer without a `request` is valid: it may have been imported.
 *
 * @throws {RosterError} `STORAGE_CORRUPT`, whose sentence names the owner, the field and what stood there; neither the
 * storage nor `value` was changed then
 */
export function parseStoredRoster(owner: string, value: unknown): StoredRoster {
  const place = new Place(owner)
  const raw = objectOf<StoredRoster>(value, '', place)
  const lists = new GroupLists()
  const items = parseList(raw.items, 'items', place, (entry, at) => parseItem(entry, at, lists))
  const owed = parseList(raw.owed, 'owed', place, parseOwed)
  const jids = items.map((item) => item.jid)
  const ids = owed.map((entry) => entry.id)
  refuseTwice(jids, 'items', 'jid', place)
  refuseTwice(ids, 'owed', 'id', place)
  const version = optionalText(raw.version, 'version', place)
  const revision = textOf(raw.revision, 'revision', place)
  return freezeRoster(items, version, owed, revision)
}

/**
 * The same border for what a storage says has changed ({@link RosterStorage.changes}): what is returned is frozen, shares
 * nothing mutable with `value`, and names each contact once.
 *
 * @throws {RosterError} `STORAGE_CORRUPT`, as {@link parseStoredRoster} does; the whole roster may still be sound
 */
export function parseRosterChanges(owner: string, value: unknown): RosterChanges {
  const place = new Place(owner, 'the changes')
  const raw = objectOf<RosterChanges>(value, '', place)
  const lists = new GroupLists()
  const put = parseList(raw.put, 'put', place, (entry, at) => parseItem(entry, at, lists))
  const remove = parseList(raw.remove, 'remove', place, (entry, at) => canonicalOf(entry, '', at))
  const owed = parseList(raw.owed, 'owed', place, parseOwed)
  const jids = put.map((item) => item.jid)
  const present = new Set(jids)
  const both = remove.findIndex((jid) => present.has(jid))
  const ids = owed.map((entry) => entry.id)
  refuseTwice(jids, 'put', 'jid', place)
  refuseTwice(remove, 'remove', '', place)
  refuseTwice(ids, 'owed', 'id', place)
  if (both >= 0) throw place.entry('remove', both).refuse('', 'one that is not in put', remove[both])
  const version = optionalText(raw.version, 'version', place)
  const revision = textOf(raw.revision, 'revision', place)
  const parts = { put: Object.freeze(put), remove: Object.freeze(remove), owed: Object.freeze(owed), revision }
  return Object.freeze(version === undefined ? parts : { ...parts, version })
}

/** A frozen roster of frozen parts. It takes the two lists over: they must not be used any more. */
export function freezeRoster(
  items: readonly StoredItem[],
  version: string | undefined,
  owed: readonly Owed[],
  revision: string,
): StoredRoster {
  const parts = { items: Object.freeze(items), owed: Object.freeze(owed), revision }
  return Object.freeze(version === undefined ? parts : { ...parts, version })
}

/** A frozen copy of a valid item, without the fields that say nothing (`name: ''`, `approved: false`). */
export function freezeItem(item: StoredItem): StoredItem {
  const { jid, name, state, approved, unlisted, request, askedAt } = item
  const groups = freezeGroups(item.groups)
  const copy: Writable<StoredItem> = name ? { jid, name, groups, state } : { jid, groups, state }
  if (approved) copy.approved = true
  if (unlisted) copy.unlisted = true
  if (request) copy.request = freezeRequest(request)
  if (askedAt !== undefined) copy.askedAt = askedAt
  return Object.freeze(copy)
}

/** A frozen copy of a stanza that is owed. */
export function freezeOwed({ id, at, xml }: Owed): Owed {
  return Object.freeze({ id, at, xml })
}

function freezeRequest({ xml, receivedAt, deferred }: Request): Request {
  return Object.freeze({ xml, receivedAt, deferred })
}

/** A frozen list of texts is as good as a copy, and most are the same few. */
function freezeGroups(groups: readonly string[]): readonly string[] {
  if (groups.length === 0) return NO_GROUPS
  return Object.isFrozen(groups) ? groups : Object.freeze([...groups])
}

function parseList<T>(
  value: unknown,
  list: string,
  place: Place,
  parse: (entry: unknown, place: Place) => T,
): readonly T[] {
  // Not map(): that passes over the holes of a sparse list.
  return Array.from(listOf(value, list, place), (entry, index) => parse(entry, place.entry(list, index)))
}

function parseItem(value: unknown, place: Place, lists: GroupLists): StoredItem {
  const raw = objectOf<StoredItem>(value, '', place)
  const jid = canonicalOf(raw.jid, 'jid', place)
  const state = stateOf(raw.state, place)
  const item: Writable<StoredItem> = { jid, groups: lists.share(groupsOf(raw.groups, place)), state }
  if (raw.name !== undefined) item.name = textOf(raw.name, 'name', place)
  if (raw.approved !== undefined) item.approved = flagOf(raw.approved, 'approved', place)
  if (raw.unlisted !== undefined) item.unlisted = flagOf(raw.unlisted, 'unlisted', place)
  if (raw.request !== undefined) item.request = parseRequest(raw.request, state, place)
  if (raw.askedAt !== undefined) {
    const askedAt = timeOf(raw.askedAt, 'askedAt', place)
    if (hasPendingOut(state)) item.askedAt = askedAt
  }
  if (item.unlisted && state !== 'none+in') throw place.refuse('state', '"none+in" of an unlisted contact', state)
  if (item.unlisted && !item.request) throw place.refuse('request', 'what an unlisted contact asked', undefined)
  return freezeItem(item)
}

/** A request that was answered already must not come before a policy again, which might grant it. */
function parseRequest(value: unknown, state: SubscriptionState, place: Place): Request {
  const raw = objectOf<Request>(value, 'request', place)
  if (!hasPendingIn(state)) throw place.refuse('state', 'one that waits for the answer to its request', state)
  return {
    xml: textOf(raw.xml, 'request.xml', place),
    receivedAt: timeOf(raw.receivedAt, 'request.receivedAt', place),
    deferred: flagOf(raw.deferred, 'request.deferred', place),
  }
}

function parseOwed(value: unknown, place: Place): Owed {
  const raw = objectOf<Owed>(value, '', place)
  const id = textOf(raw.id, 'id', place)
  return freezeOwed({ id, at: timeOf(raw.at, 'at', place), xml: textOf(raw.xml, 'xml', place) })
}

function canonicalOf(value: unknown, field: string, place: Place): string {
  const jid = textOf(value, field, place)
  try {
    if (bareJid(jid) === jid) return jid
  } catch (cause) {
    throw place.refuse(field, 'a canonical bare JID', jid, cause)
  }
  throw place.refuse(field, 'a canonical bare JID', jid)
}

function stateOf(value: unknown, place: Place): SubscriptionState {
  if (isSubscriptionState(value)) return value
  throw place.refuse('state', 'one of the nine states', value)
}

function groupsOf(value: unknown, place: Place): readonly string[] {
  const groups = listOf(value, 'groups', place)
  for (const group of groups) textOf(group, 'groups', place)
  return groups as readonly string[]
}

function refuseTwice(keys: readonly string[], list: string, field: string, place: Place): void {
  const left = new Set(keys)
  if (left.size === keys.length) return
  for (const [index, key] of keys.entries()) {
    if (!left.delete(key)) throw place.entry(list, index).refuse(field, 'one that comes once', key)
  }
}

function objectOf<T>(value: unknown, field: string, place: Place): Raw<T> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Raw<T>
  throw place.refuse(field, 'an object', value)
}

function listOf(value: unknown, field: string, place: Place): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw place.refuse(field, 'a list', value)
}

function textOf(value: unknown, field: string, place: Place): string {
  if (typeof value === 'string') return value
  throw place.refuse(field, 'text', value)
}

function optionalText(value: unknown, field: string, place: Place): string | undefined {
  return value === undefined ? undefined : textOf(value, field, place)
}

function flagOf(value: unknown, field: string, place: Place): boolean {
  if (typeof value === 'boolean') return value
  throw place.refuse(field, 'true or false', value)
}

function timeOf(value: unknown, field: string, place: Place): number {
  if (typeof value === 'number' && Math.abs(value) <= LAST_TIME) return value
  throw place.refuse(field, 'a time in milliseconds', value)
}

/** Where the reader stands. Kept in parts, because the text is needed only for a refusal. */
class Place {
  readonly #owner: string
  readonly #whole: string
  readonly #list: string
  readonly #index: number

  constructor(owner: string, whole = 'the roster', list = '', index = -1) {
    this.#owner = owner
    this.#whole = whole
    this.#list = list
    this.#index = index
  }

  entry(list: string, index: number): Place {
    return new Place(this.#owner, this.#whole, list, index)
  }

  refuse(field: string, expected: string, came: unknown, cause?: unknown): RosterError {
    const entry = this.#index < 0 ? '' : `${this.#list}[${this.#index}]`
    const path = [entry, field].filter((part) => part !== '').join('.') || this.#whole
    return new RosterError(
      'STORAGE_CORRUPT',
      `The stored roster of ${shorten(this.#owner)} is damaged: ${path} should be ${expected}, but ${shown(came)} came.`,
      { owner: this.#owner, cause },
    )
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `"${shorten(value)}"`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}
