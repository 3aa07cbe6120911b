import type { WantedContact } from '../admin.js'
import { inWords } from '../core/errors.js'
import type { RosterItem } from '../core/item.js'
import type { Subscription } from '../core/state.js'
import { fileInvalid } from './errors.js'
import { isExport, parseExport, wrong } from './export-format.js'
import type { Text } from './files.js'

/**
 * Contacts that are wanted: a JSON array, one JSON object in each line, or an export.
 *
 * @throws {CommandError} `FILE_INVALID` with the line, or the place in the array
 */
export async function parseWantedText(file: Text): Promise<readonly WantedContact[]> {
  const { parseWanted } = await import('../admin.js')
  if (isExport(file.text)) return parseExport(file).items.map(wantedOf)
  const whole = jsonOrNothing(file.text)
  if (typeof whole === 'object' && whole !== null && 'add' in whole)
    throw fileInvalid(`${file.where} is a plan already: "apply" carries it out.`)
  try {
    return parseWanted(Array.isArray(whole) ? whole : linesOf(file, parseWanted))
  } catch (cause) {
    throw invalidIn(file, cause)
  }
}

/** An error about what a file holds, with its name in front; those that have one stay. */
export const invalidIn = ({ where }: Text, cause: unknown): Error =>
  cause instanceof Error && cause.name === 'CommandError' ? cause : fileInvalid(`${where}: ${inWords(cause)}`, cause)

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Each line is looked at by itself, so that its number can be said. */
function linesOf(file: Text, parse: (json: unknown) => unknown): readonly unknown[] {
  return file.text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return []
    const value = jsonOrNothing(line)
    if (value === undefined) throw wrong(file, at + 1, 'this is no JSON')
    try {
      parse([value])
    } catch (cause) {
      throw wrong(file, at + 1, inWords(cause).replaceAll('contacts[0]', 'the contact'), cause)
    }
    return [value]
  })
}

/** What an item says of itself, as a wish: what was asked for, or granted in advance, is wanted. */
export function wantedOf(item: RosterItem): WantedContact & { readonly subscription: Subscription } {
  const { jid, name = '', groups, subscription, pendingOut, approved } = item
  const to = pendingOut || subscription === 'to' || subscription === 'both'
  const from = approved || subscription === 'from' || subscription === 'both'
  return { jid, name, groups, subscription: directions(to, from) }
}

function directions(to: boolean, from: boolean): Subscription {
  if (to) return from ? 'both' : 'to'
  return from ? 'from' : 'none'
}

/**
 * The same without what would take something away from the item that is there: a name that the export lacks stays, and so do
 * groups and a subscription that it lacks.
 */
export function additive(wanted: WantedContact, item: RosterItem | undefined): WantedContact {
  const { jid, name, groups, subscription } = wanted
  const there = item === undefined ? 'none' : wantedOf(item).subscription
  const groupsThere = item?.groups ?? []
  return {
    jid,
    ...(name === undefined || name === '' ? {} : { name }),
    ...(groups === undefined || groups.length === 0 ? {} : { groups: [...new Set([...groupsThere, ...groups])] }),
    ...(subscription === undefined ? {} : { subscription: union(subscription, there) }),
  }
}

const sees = (subscription: Subscription): boolean => subscription === 'to' || subscription === 'both'
const isSeen = (subscription: Subscription): boolean => subscription === 'from' || subscription === 'both'

const union = (a: Subscription, b: Subscription): Subscription => directions(sees(a) || sees(b), isSeen(a) || isSeen(b))
