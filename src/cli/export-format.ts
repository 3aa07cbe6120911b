import { inWords } from '../core/errors.js'
import { patchItem, type RosterItem, rosterItem } from '../core/item.js'
import { parseJid } from '../core/jid.js'
import { isSubscription, stateFrom } from '../core/state.js'
import { shorten } from '../core/text.js'
import { jsonLineOf } from './data.js'
import { CommandError, fileInvalid } from './errors.js'
import type { Text } from './files.js'

/** What the first line of an export says that it is. */
const FORMAT = 'xmpp-roster-export'
/** It grows when older programs could not read what is written. */
const VERSION = 1

const HEAD = ['format', 'version', 'owner', 'exported'] as const
const ITEM = ['jid', 'name', 'groups', 'subscription', 'pendingOut', 'pendingIn', 'approved'] as const
const END = ['items'] as const

type Fields<K extends string> = Readonly<Record<K, unknown>>

/** A roster as it was at some time. */
export interface Exported {
  /** Bare JID. */
  readonly owner: string
  /** ISO 8601, UTC. */
  readonly exported: string
  readonly items: readonly RosterItem[]
}

/** Version 1: a line that says what it is, one for each item, and one that counts them; without it, it was cut off. */
export function exportLines({ owner, exported, items }: Exported): readonly string[] {
  const head: Fields<(typeof HEAD)[number]> = { format: FORMAT, version: VERSION, owner, exported }
  const end: Fields<(typeof END)[number]> = { items: items.length }
  return [head, ...items.map(itemFields), end].map(jsonLineOf)
}

/** Every field, always. */
function itemFields(item: RosterItem): Fields<(typeof ITEM)[number]> {
  const { jid, name, groups, subscription, pendingOut, pendingIn, approved } = item
  return { jid, name: name ?? null, groups, subscription, pendingOut, pendingIn, approved }
}

/** Whether a text begins as an export does. */
export function isExport(text: string): boolean {
  try {
    const head: unknown = JSON.parse(text.slice(0, text.indexOf('\n')))
    return typeof head === 'object' && head !== null && 'format' in head
  } catch {
    return false
  }
}

/**
 * Reads an export.
 *
 * @throws {CommandError} `FILE_INVALID` with the number of the line: for what is no export or one of a later version, for a
 * line that is not as it should be, and for an export that was cut off, which is told from the number of items at its end
 */
export function parseExport(file: Text): Exported {
  const lines = file.text.split('\n')
  if (lines[lines.length - 1] === '') lines.pop()
  const read = lines.map((line, at) => ({ at: at + 1, value: jsonIn(line, at + 1, at === lines.length - 1, file) }))
  const [first, ...rest] = read
  const head = headFrom(first?.value, file)
  const last = rest.pop()
  if (last === undefined || !(typeof last.value === 'object' && last.value !== null && 'items' in last.value))
    throw wrong(file, lines.length, 'the line with the number of items is missing: the export was cut off here')
  const items = itemsFrom(rest, file)
  const { items: count } = fieldsOf(last.value, END, last.at, file)
  if (count !== items.length)
    throw wrong(file, last.at, `${shown(count)} items should be there, but there are ${items.length}: some are missing`)
  return { ...head, items }
}

export const wrong = ({ where }: Text, line: number, what: string, cause?: unknown): CommandError =>
  fileInvalid(`${where}, line ${line}: ${what.replace(/\.$/, '')}.`, cause)

function jsonIn(line: string, at: number, isLast: boolean, file: Text): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw wrong(file, at, `this is no JSON${isLast && at > 1 ? ': the export was cut off here' : ''}`, cause)
  }
}

function headFrom(value: unknown, file: Text): Pick<Exported, 'owner' | 'exported'> {
  const isHead = typeof value === 'object' && value !== null && 'format' in value && value.format === FORMAT
  if (!isHead) throw wrong(file, 1, `an export begins with {"format":"${FORMAT}", …}; "export" writes one`)
  const version = 'version' in value ? value.version : undefined
  if (version !== VERSION)
    throw wrong(file, 1, `this program reads version ${VERSION} of exports, but this is version ${shown(version)}`)
  const { owner, exported } = fieldsOf(value, HEAD, 1, file)
  if (typeof owner !== 'string' || typeof exported !== 'string')
    throw wrong(file, 1, 'the owner and the time of the export should be texts')
  return { owner, exported }
}

function itemsFrom(lines: readonly { readonly at: number; readonly value: unknown }[], file: Text): RosterItem[] {
  const seen = new Map<string, number>()
  return lines.map(({ at, value }) => {
    const item = itemFrom(value, at, file)
    const before = seen.get(item.jid)
    if (before !== undefined) throw wrong(file, at, `${item.jid} is in line ${before} already`)
    seen.set(item.jid, at)
    return item
  })
}

function itemFrom(value: unknown, at: number, file: Text): RosterItem {
  const fields = fieldsOf(value, ITEM, at, file)
  const { jid, name, groups, subscription, pendingOut, pendingIn, approved } = fields
  if (typeof jid !== 'string') throw wrong(file, at, `expected a text as "jid", but ${shown(jid)} came`)
  if (name !== null && typeof name !== 'string')
    throw wrong(file, at, `expected a text or null as "name", but ${shown(name)} came`)
  if (!isTexts(groups)) throw wrong(file, at, `expected a list of texts as "groups", but ${shown(groups)} came`)
  if (!isSubscription(subscription))
    throw wrong(file, at, `expected none, to, from or both as "subscription", but ${shown(subscription)} came`)
  const isBoolean = (one: unknown): one is boolean => typeof one === 'boolean'
  if (!isBoolean(pendingOut) || !isBoolean(pendingIn) || !isBoolean(approved))
    throw wrong(file, at, 'expected true or false as "pendingOut", "pendingIn" and "approved"')
  try {
    const { bare, resource } = parseJid(jid)
    if (resource !== undefined) throw wrong(file, at, `a contact has no resource, but ${shown(jid)} has`)
    // Whoever cannot be written is found here, and not in the midst of the work.
    patchItem(bare, undefined, { name, groups })
    const state = stateFrom(subscription, pendingOut, pendingIn)
    return rosterItem({ jid: bare, name: name ?? undefined, groups, state, approved })
  } catch (cause) {
    throw cause instanceof CommandError ? cause : wrong(file, at, inWords(cause), cause)
  }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

/** A version has its fields, all of them, and no others. */
function fieldsOf<K extends string>(value: unknown, names: readonly K[], at: number, file: Text): Fields<K> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(file, at, `expected an object, but ${shown(value)} came`)
  const missing = names.find((name) => !(name in value))
  if (missing !== undefined) throw wrong(file, at, `"${missing}" is missing`)
  const extra = Object.keys(value).find((name) => !names.some((known) => known === name))
  if (extra !== undefined) throw wrong(file, at, `${shown(extra)} is not known here`)
  return value as Fields<K>
}

/** A value as a message shows it. */
const shown = (value: unknown): string => shorten(JSON.stringify(value) ?? String(value), 60)
