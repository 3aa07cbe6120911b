/**
 * A storage adapter of one's own: rosters as JSON documents in a service that speaks HTTP and knows conditional requests
 * (RFC 9110 §13), as many document, object and key-value stores do.
 *
 *     GET    ?owner=romeo%40example.net   the document and its ETag, or 404
 *     PUT    ?owner=romeo%40example.net   with If-Match: <ETag>, or If-None-Match: * for a new one; 412 when it is not so
 *     DELETE ?owner=romeo%40example.net   with If-Match: <ETag>; 412 when it is not so
 *     GET                                 a JSON list of all owners
 *
 * Several processes may share it: it is the service that compares and writes in one step, never this program. It is as
 * durable as the service is. A commit writes the whole document, and `owners({ with })` reads every one: good for rosters
 * of some hundred contacts, and for some hundred of them. examples/guides/storage-adapters.md explains each promise.
 *
 *     new Roster(xmpp, { storage: new HttpStorage('http://localhost:8080/rosters') })
 */
import type { OwnersFilter, RosterChange, RosterStorage, StoredRoster } from 'xmpp-roster'
import { domainOf, RosterError } from 'xmpp-roster'

const EMPTY: StoredRoster = { items: [], owed: [], revision: '' }

export class HttpStorage implements RosterStorage {
  constructor(readonly url: string) {}

  async load(owner: string): Promise<StoredRoster | undefined> {
    return (await this.#read(owner)).roster
  }

  async commit(owner: string, change: RosterChange): Promise<void> {
    const { roster, etag } = await this.#read(owner)
    if (roster?.revision !== change.base) throw conflict(owner)
    const method = change.erase === true ? 'DELETE' : 'PUT'
    const headers: Record<string, string> = etag === null ? { 'if-none-match': '*' } : { 'if-match': etag }
    const body = change.erase === true ? null : JSON.stringify(applied(roster ?? EMPTY, change))
    const { status } = await this.#ask(owner, { method, headers, body })
    // Whoever wrote since has changed the ETag; gone is changed too.
    if (status === 412 || status === 404) throw conflict(owner)
  }

  async *owners({ domain, with: having, signal }: OwnersFilter = {}): AsyncGenerator<string, void, undefined> {
    for (const owner of (await (await this.#ask()).json()) as string[]) {
      signal?.throwIfAborted()
      if (domain !== undefined && domainOf(owner) !== domain) continue
      const roster = having === undefined ? undefined : await this.load(owner)
      const isWanted = having === 'owed' ? roster?.owed.length : roster?.items.some(({ request }) => request)
      if (having === undefined || isWanted) yield owner
    }
    signal?.throwIfAborted()
  }

  async #read(owner: string): Promise<{ roster: StoredRoster | undefined; etag: string | null }> {
    const answer = await this.#ask(owner)
    const roster = answer.status === 404 ? undefined : ((await answer.json()) as StoredRoster)
    return { roster, etag: answer.headers.get('etag') }
  }

  /** Whatever goes wrong here is `STORAGE_FAILED` for whoever waits, with this as its cause. */
  async #ask(owner?: string, init: RequestInit = {}): Promise<Response> {
    const url = owner === undefined ? this.url : `${this.url}?owner=${encodeURIComponent(owner)}`
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) })
    if (answer.ok || answer.status === 404 || answer.status === 412) return answer
    throw new Error(`The service answered ${answer.status} ${answer.statusText}`)
  }
}

/** `remove` goes before `put`, and `settle` before `owe`; a Map keeps the order in which stanzas came to be owed. */
function applied(roster: StoredRoster, change: RosterChange): StoredRoster {
  const items = new Map(roster.items.map((item) => [item.jid, item]))
  for (const jid of change.remove ?? []) items.delete(jid)
  for (const item of change.put ?? []) items.set(item.jid, item)
  const owed = new Map(roster.owed.map((one) => [one.id, one]))
  for (const id of change.settle ?? []) owed.delete(id)
  for (const one of change.owe ?? []) owed.set(one.id, one)
  const { version = roster.version, revision } = change
  return {
    ...(version === undefined ? {} : { version }),
    items: [...items.values()],
    owed: [...owed.values()],
    revision,
  }
}

const conflict = (owner: string): RosterError =>
  new RosterError('STORAGE_CONFLICT', `Somebody else was faster with the roster of ${owner}; nothing was written.`)
