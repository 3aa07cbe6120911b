import { copyText, shorten } from '../../core/text.js'
import type { Owed, RosterChange, RosterChanges, StoredItem, StoredRoster } from '../port.js'
import { freezeItem } from '../record.js'
import { damaged, noText, otherLayout } from './errors.js'
import { BORDER, LAYOUT, memberOf } from './keys.js'

/** Items stand beside `revision`, `version`, `layout` and `count` in one hash; their fields begin with this. */
const ITEM = ':'

/** Of a commit that touches more, `changes` is not told: the whole is as cheap then. */
const MOST_LOGGED = 256

/** What the script `commit` is told besides the keys. The values are text by now: the change may be written to afterwards. */
export function argumentsOf(owner: string, change: RosterChange, token: string, channel: string): readonly string[] {
  const { base, revision, version, erase, remove = [], settle = [], owe = [] } = change
  const put = lastOfEach(change.put ?? [])
  const asking = put.filter((item) => item.request !== undefined)
  const news = channel === '' ? '' : newsOf(owner, erase ? undefined : revision)
  const counts = `${put.length} ${remove.length} ${owe.length} ${settle.length} ${asking.length}`
  const args = [LAYOUT, base === undefined ? '' : `=${base}`, revision, token, memberOf(owner)]
  args.push(version === undefined ? '' : `=${version}`, entryOf(change), channel, news, erase ? '1' : '', counts)
  for (const jid of remove) args.push(ITEM + jid)
  for (const item of put) args.push(ITEM + item.jid, textOf(item))
  for (const { jid } of asking) args.push(ITEM + jid)
  for (const id of settle) args.push(id)
  for (const { id, at, xml } of owe) args.push(id, JSON.stringify({ at, xml }))
  return args
}

/** Of an item that is put twice the last word counts, also about its request. */
const lastOfEach = (put: readonly StoredItem[]): readonly StoredItem[] =>
  put.length < 2 ? put : [...new Map(put.map((item) => [item.jid, item])).values()]

/** The item without its key. What is no item throws. */
function textOf(item: StoredItem): string {
  const { jid: _key, ...rest } = freezeItem(item)
  return JSON.stringify(rest)
}

/** What the log says of a commit: from which revision, and which fields. Empty: `changes` cannot look beyond it. */
function entryOf({ base, erase, put = [], remove = [] }: RosterChange): string {
  if (base === undefined || erase || put.length + remove.length > MOST_LOGGED) return ''
  return JSON.stringify([base, ...put.map(({ jid }) => ITEM + jid), ...remove.map((jid) => ITEM + jid)])
}

const newsOf = (owner: string, revision: string | undefined): string => JSON.stringify([owner, revision ?? null])

/** What was told over the channel; `undefined`: somebody else speaks there. */
export function parseNews(text: string): { readonly owner: string; readonly revision: string | undefined } | undefined {
  try {
    const [owner, revision] = JSON.parse(text) as unknown[]
    if (typeof owner !== 'string' || (typeof revision !== 'string' && revision !== null)) return undefined
    return { owner, revision: revision ?? undefined }
  } catch {
    return undefined
  }
}

/** A roster as the script `load` gives it; `undefined` when there is none. What it means is checked at the library's border. */
export function parseRoster(owner: string, answers: readonly unknown[]): StoredRoster | undefined {
  const [revision, version, layout, fields, values, owes] = answers
  if (layout === null) return undefined
  checkLayout(owner, layout)
  if (revision === null) throw damaged(owner, 'it has no revision')
  const items = fields === '' ? [] : parseItems(owner, stringOf(owner, fields), stringOf(owner, values))
  const owed = owes === null ? [] : parseOwed(owner, owes)
  const whole = { items, owed, revision: stringOf(owner, revision) }
  return version === null ? whole : { ...whole, version: stringOf(owner, version) }
}

/** All values are parsed as one list. Whatever is no JSON, or more than one value, breaks it or its length. */
function parseItems(owner: string, fields: string, values: string): readonly StoredItem[] {
  const list = parseJson(owner, 'its items', `[${values}]`) as readonly unknown[]
  const names = fields.split(BORDER)
  if (list.length !== names.length) throw damaged(owner, `it has ${names.length} items with ${list.length} values`)
  return names.map((field, index) => itemOf(owner, field, list[index]))
}

/** What the script `changes` says; `undefined`: the revision is not known any more. */
export function parseChanges(owner: string, reply: unknown): RosterChanges | undefined {
  if (reply === null || reply === undefined) return undefined
  const [revision, version, layout, fields, values, owes] = listOf(owner, reply)
  checkLayout(owner, layout)
  const [put, remove]: [StoredItem[], string[]] = [[], []]
  const written = listOf(owner, values)
  for (const [index, name] of listOf(owner, fields).entries()) {
    const [field, value] = [stringOf(owner, name), written[index]]
    if (value === null) remove.push(field.slice(ITEM.length))
    else put.push(itemOf(owner, field, parseJson(owner, `the item ${shorten(field)}`, stringOf(owner, value))))
  }
  const whole = { put, remove, owed: parseOwed(owner, owes), revision: stringOf(owner, revision) }
  return version === null ? whole : { ...whole, version: stringOf(owner, version) }
}

function checkLayout(owner: string, layout: unknown): void {
  if (layout === '' || layout === null) throw damaged(owner, 'it does not say its layout')
  if (layout !== LAYOUT) throw otherLayout(owner, layout)
}

/** The value gets its key back; nobody else has it. The field is cut out of a text that holds all of them: this is a copy. */
function itemOf(owner: string, field: string, value: unknown): StoredItem {
  if (!isObject(value)) throw damaged(owner, `the item ${shorten(field)} should be an object`)
  const item = value as { -readonly [K in keyof StoredItem]: StoredItem[K] }
  item.jid = copyText(field.slice(ITEM.length))
  return item
}

/** In the order in which they were owed: each value begins with its number. */
function parseOwed(owner: string, hash: unknown): readonly Owed[] {
  const owed: { readonly place: number; readonly entry: Owed }[] = []
  for (const [id, value] of pairsOf(owner, hash)) {
    const border = value.indexOf(' ')
    const what = `what is owed as ${shorten(id)}`
    const parsed = parseJson(owner, what, value.slice(border + 1))
    if (!isObject(parsed)) throw damaged(owner, `${what} should be an object`)
    owed.push({ place: Number(value.slice(0, border)), entry: { ...(parsed as Omit<Owed, 'id'>), id } })
  }
  return owed.sort((a, b) => a.place - b.place).map(({ entry }) => entry)
}

function parseJson(owner: string, what: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw damaged(owner, `${what} should be JSON, but "${shorten(text)}" came`, cause)
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function* pairsOf(owner: string, hash: unknown): Generator<readonly [string, string]> {
  const list = listOf(owner, hash)
  for (let index = 0; index + 1 < list.length; index += 2)
    yield [stringOf(owner, list[index]), stringOf(owner, list[index + 1])]
}

export function listOf(owner: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw noText(owner, value)
}

export function stringOf(owner: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw noText(owner, value)
}
