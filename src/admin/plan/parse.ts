import { patchItem, type RosterItemPatch } from '../../core/item.js'
import { bareJid } from '../../core/jid.js'
import { isSubscription } from '../../core/state.js'
import { defined } from '../defined.js'
import { compareText, inText, invalid, namedContacts, sortedGroups } from './fields.js'
import { deepFrozen } from './freeze.js'
import type { PlanConflict, PlannedUpdate, RosterPlan, WantedContact } from './types.js'

/**
 * Reads a plan that comes from outside, such as a file: `JSON.parse` first, this next. It is the plan that
 * {@link planRoster} made, or one that somebody has changed or written by hand: JIDs may be in any spelling and lists in any
 * order.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { parsePlan, type RosterPlan } from 'xmpp-roster/admin'
 *
 * const planIn = async (file: string): Promise<RosterPlan> => parsePlan(JSON.parse(await readFile(file, 'utf8')))
 * ```
 *
 * @throws {RosterError} `ITEM_INVALID` for what is no plan: a part that is missing, a field that no plan has, a value of
 * another kind, a contact that is in it twice, with the place (`update[3].name`); `JID_MALFORMED`
 */
export function parsePlan(json: unknown): RosterPlan {
  const plan = objectFrom(json, 'the plan', ['add', 'update', 'remove', 'conflicts', 'unchanged'])
  const { unchanged } = plan
  if (typeof unchanged !== 'number' || !Number.isSafeInteger(unchanged) || unchanged < 0)
    throw invalid(`Expected a number of contacts as unchanged, but ${inText(unchanged)} came.`)
  const add = listOf(plan['add'], 'add').flatMap((one, at) => canonical([asWanted(one, `add[${at}]`)]))
  const update = listOf(plan['update'], 'update').map((one, at) => updateFrom(one, `update[${at}]`))
  const remove = listOf(plan['remove'], 'remove').map((one, at) => bareJid(textFrom(one, `remove[${at}]`)))
  const conflicts = listOf(plan['conflicts'], 'conflicts').map((one, at) => conflictFrom(one, `conflicts[${at}]`))
  once([...add.map(({ jid }) => jid), ...update.map(({ jid }) => jid), ...remove])
  return deepFrozen<RosterPlan>({
    add: byJid(add),
    update: byJid(update),
    remove: remove.sort(compareText),
    conflicts: byJid(conflicts),
    unchanged,
  })
}

/**
 * Reads contacts that are wanted from outside, such as a file: `JSON.parse` first, this next. They are sorted by JID.
 *
 * @example
 * ```ts
 * import { parseWanted } from 'xmpp-roster/admin'
 *
 * const wanted = parseWanted(JSON.parse('[{ "jid": "juliet@example.com", "groups": ["Capulet"] }]'))
 * ```
 *
 * @throws {RosterError} `ITEM_INVALID` for what is no list of contacts: a field that none has, a value of another kind, with
 * the place (`contacts[3].name`); a JID that is there twice, with both spellings; `JID_MALFORMED`
 */
export function parseWanted(json: unknown): readonly WantedContact[] {
  const contacts = listOf(json, 'the contacts').map((one, at) => asWanted(one, `contacts[${at}]`))
  return deepFrozen(byJid(canonical(contacts)))
}

const canonical = (contacts: readonly WantedContact[]): readonly WantedContact[] =>
  [...namedContacts(contacts, 'wanted')].map(([jid, fields]) => ({ jid, ...fields }))

const byJid = <T extends { readonly jid: string }>(list: readonly T[]): readonly T[] =>
  [...list].sort((a, b) => compareText(a.jid, b.jid))

/** What is asked of one contact is asked once. */
function once(jids: readonly string[]): void {
  const seen = new Set<string>()
  for (const jid of jids) {
    if (seen.has(jid)) throw invalid(`The plan has ${jid} more than once in add, update and remove.`, jid)
    seen.add(jid)
  }
}

/** The fields of an object that has no others; a mistyped one would be left out without a word. */
function objectFrom(value: unknown, place: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`Expected an object as ${place}, but ${inText(value)} came.`)
  const unknown = Object.keys(value).find((key) => !known.includes(key))
  if (unknown !== undefined)
    throw invalid(`Expected no fields but ${known.join(', ')} in ${place}, but ${inText(unknown)} came.`)
  return value as Readonly<Record<string, unknown>>
}

function listOf(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw invalid(`Expected a list as ${place}, but ${inText(value)} came.`)
}

function textFrom(value: unknown, place: string): string {
  if (typeof value === 'string') return value
  throw invalid(`Expected text as ${place}, but ${inText(value)} came.`)
}

function asWanted(value: unknown, place: string): WantedContact {
  const { jid, name, groups, subscription } = objectFrom(value, place, ['jid', 'name', 'groups', 'subscription'])
  if (subscription !== undefined && !isSubscription(subscription))
    throw invalid(`Expected none, to, from or both as ${place}.subscription, but ${inText(subscription)} came.`)
  const named = {
    name: name === undefined ? undefined : textFrom(name, `${place}.name`),
    groups: groups === undefined ? undefined : groupsFrom(groups, `${place}.groups`),
    subscription,
  }
  return { jid: textFrom(jid, `${place}.jid`), ...defined(named) }
}

const groupsFrom = (value: unknown, place: string): readonly string[] =>
  listOf(value, place).map((group, at) => textFrom(group, `${place}[${at}]`))

function updateFrom(value: unknown, place: string): PlannedUpdate {
  const fields = objectFrom(value, place, ['jid', 'name', 'groups', 'subscription'])
  const { name, groups, subscription } = fields
  if (subscription !== undefined && !isSubscription(subscription))
    throw invalid(`Expected none, to, from or both as ${place}.subscription, but ${inText(subscription)} came.`)
  const jid = bareJid(textFrom(fields['jid'], `${place}.jid`))
  const patch: RosterItemPatch = defined({
    name: name === undefined || name === null ? name : textFrom(name, `${place}.name`) || null,
    groups: groups === undefined ? undefined : groupsPatchFrom(groups, `${place}.groups`),
  })
  patchItem(jid, undefined, patch)
  return { jid, ...patch, ...defined({ subscription }) }
}

function groupsPatchFrom(value: unknown, place: string): NonNullable<RosterItemPatch['groups']> {
  if (Array.isArray(value)) return sortedGroups(groupsFrom(value, place))
  const { add, remove } = objectFrom(value, place, ['add', 'remove'])
  return defined({
    add: add === undefined ? undefined : sortedGroups(groupsFrom(add, `${place}.add`)),
    remove: remove === undefined ? undefined : sortedGroups(groupsFrom(remove, `${place}.remove`)),
  })
}

function conflictFrom(value: unknown, place: string): PlanConflict {
  const { jid, reason } = objectFrom(value, place, ['jid', 'reason'])
  return { jid: bareJid(textFrom(jid, `${place}.jid`)), reason: textFrom(reason, `${place}.reason`) }
}
