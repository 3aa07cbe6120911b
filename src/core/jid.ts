import { prepareDomain } from './domain.js'
import { malformed, prepareLocal, prepareResource } from './precis.js'
import { copyText } from './text.js'

/** A JID as text, or a JID object of xmpp.js. */
export type JidLike = string | { bare(): { toString(): string }; toString(): string }
/** Several of them. Never a bare string: its letters would be taken for JIDs. */
export type JidList = readonly JidLike[] | ReadonlySet<string>

/** A JID in canonical form, in its two parts (RFC 7622 §3.1). */
export interface ParsedJid {
  readonly bare: string
  readonly resource: string | undefined
}

/**
 * What is canonical as it stands, told without looking at Unicode: nearly every JID there is. Hyphens in a row, and
 * domains that could hold a label of more than 63 characters, are left to the rules.
 */
const PLAIN = /^(?:[!#-%(-.0-9;=?[-~]+@)?[a-z0-9]+(?:[-.][a-z0-9]+)*$/
const MAX_PLAIN_LOCAL = 256
const MAX_PLAIN_DOMAIN = 63

/** The longest text that a {@link JidCache} remembers. */
const MAX_REMEMBERED = 256

/**
 * The canonical bare JID: the key of every owner and contact, made here and nowhere else.
 *
 * PRECIS for the local part (RFC 8265 §3.3), lower-case U-labels for the domain (RFC 7622 §3.2); the resource is dropped
 * unread. XEP-0106 escapes stay as they are. Calling it again changes nothing.
 *
 * @throws {RosterError} `JID_MALFORMED`, and nothing else, whatever comes
 */
export function bareJid(jid: JidLike): string {
  return bareOf(cutResource(textOf(jid)))
}

/** As {@link bareJid}; `undefined` for what is no JID: what comes from others may be anything. */
export function bareJidOrNothing(jid: string): string | undefined {
  try {
    return bareJid(jid)
  } catch {
    return undefined
  }
}

/**
 * Both parts of a JID in canonical form; the resource follows OpaqueString (RFC 8265 §4.2), so its case stays.
 *
 * @throws {RosterError} `JID_MALFORMED`, also for an empty resource (`a@b/`)
 */
export function parseJid(jid: JidLike): ParsedJid {
  const text = textOf(jid)
  const slash = text.indexOf('/')
  if (slash < 0) return { bare: bareOf(text), resource: undefined }
  return { bare: bareOf(text.slice(0, slash)), resource: prepareResource(text.slice(slash + 1)) }
}

/** Puts together what {@link parseJid} took apart; both parts must be canonical. */
export function fullJid(bare: string, resource: string | undefined): string {
  return resource === undefined ? bare : `${bare}/${resource}`
}

/** The domain of a canonical JID, bare or full (RFC 7622 §3.2). */
export function domainOf(jid: string): string {
  const bare = cutResource(jid)
  return bare.slice(bare.indexOf('@') + 1)
}

/** Whether a bare JID is of this domain or of one below it. */
export function isWithin(domain: string, jid: string): boolean {
  const its = domainOf(jid)
  return its === domain || its.endsWith(`.${domain}`)
}

/** The local part of a canonical JID, bare or full; `undefined` when it is a domain (RFC 7622 §3.3). */
export function localOf(jid: string): string | undefined {
  const bare = cutResource(jid)
  const at = bare.indexOf('@')
  return at < 0 ? undefined : bare.slice(0, at)
}

/** Whether a canonical JID is a domain, with or without a resource: a server, a gateway, a component. */
export function isDomainJid(jid: string): boolean {
  return !cutResource(jid).includes('@')
}

/**
 * A domain in canonical form. An account is none: whoever sifts by it would find nothing and not know why.
 *
 * @throws {RosterError} `JID_MALFORMED`
 */
export function bareDomain(domain: string): string {
  const jid = bareJid(domain)
  if (!isDomainJid(jid)) throw malformed('a domain', jid)
  return jid
}

/**
 * Several JIDs as canonical bare ones, each once, in the order of their first coming.
 *
 * @throws {RosterError} `JID_MALFORMED` for a list that is a string or no list at all, and for any JID in it
 */
export function toBareList(list: JidList): ReadonlySet<string> {
  const isList = typeof list === 'object' && list !== null
  if (!isList) throw malformed('an array or a set of JIDs', list)
  return new Set(Array.from(elementsOf(list), bareJid))
}

/** The list is the caller's, and so is its iterator: whatever that throws is about the list. */
function elementsOf(list: JidList): readonly JidLike[] {
  try {
    return [...list]
  } catch (cause) {
    throw malformed('an array or a set of JIDs', list, cause)
  }
}

/**
 * Remembers canonical bare JIDs by the text that was asked for, because the same few come again and again.
 *
 * It holds at most two generations of `limit` entries: when the young one is full it becomes the old one, and what is
 * asked for again comes back. Keys and values are copies ({@link copyText}): they hold no packet in memory. Text of more
 * than 256 characters, and what is malformed, is never remembered.
 */
export class JidCache {
  readonly #limit: number
  #young = new Map<string, string>()
  #old: ReadonlyMap<string, string> = new Map()

  constructor(limit = 4096) {
    this.#limit = limit
  }

  /** How many entries are remembered, of twice the limit; one that came back from the old generation counts twice. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  /**
   * What {@link bareJid} says, always as a copy that may be kept.
   *
   * @throws {RosterError} `JID_MALFORMED`
   */
  bare(jid: JidLike): string {
    const text = cutResource(textOf(jid))
    const known = this.#young.get(text)
    if (known !== undefined) return known
    const old = this.#old.get(text)
    const bare = old ?? copyText(bareOf(text))
    if (text.length > MAX_REMEMBERED) return bare
    if (this.#young.size >= this.#limit) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(text === bare ? bare : copyText(text), bare)
    return bare
  }
}

/** The text of a JID-like value; its own methods may throw, or return anything. */
function textOf(jid: JidLike): string {
  if (typeof jid === 'string') return jid
  const text = askText(jid)
  if (typeof text !== 'string') throw malformed('text or a JID object', jid)
  return text
}

function askText(jid: Exclude<JidLike, string>): unknown {
  try {
    return typeof jid === 'object' && jid !== null && typeof jid.bare === 'function' ? jid.toString() : undefined
  } catch (cause) {
    throw malformed('text or a JID object', jid, cause)
  }
}

/** RFC 7622 §3.2: the resource goes first, because it may hold an `@`. */
function cutResource(text: string): string {
  const slash = text.indexOf('/')
  return slash < 0 ? text : text.slice(0, slash)
}

/** RFC 7622 §3.1: the separators are matched before any mapping, which could make new ones. */
function bareOf(text: string): string {
  const at = text.indexOf('@')
  const short = at <= MAX_PLAIN_LOCAL && text.length - at - 1 <= MAX_PLAIN_DOMAIN
  if (short && PLAIN.test(text)) return text
  const lower = short ? text.toLowerCase() : ''
  if (PLAIN.test(lower)) return lower
  if (at < 0) return prepareDomain(text)
  return `${prepareLocal(text.slice(0, at))}@${prepareDomain(text.slice(at + 1))}`
}
