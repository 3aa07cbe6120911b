import type { AdminItem, AdminItemInit, RosterAdmin } from '../../../src/admin.js'
import type { CallOptions, JidLike, Subscription } from '../../../src/index.js'

const DOMAIN = 'example.com'

/** `romeo` for `romeo@example.com`; other domains are said in full. */
export const short = (jid: JidLike): string => String(jid).replace(`@${DOMAIN}`, '')
export const full = (name: string): string => (/[@.]/.test(name) ? name : `${name}@${DOMAIN}`)

/** Items of one owner: a subscription, or whatever is not blank. */
export type Items = Readonly<Record<string, Subscription | Partial<AdminItem>>>

export const adminItem = (jid: string, fields: Partial<AdminItem> = {}): AdminItem => {
  const blank = { name: undefined, groups: [], subscription: 'none', pendingOut: false, pendingIn: false } as const
  return Object.freeze({ jid: full(jid), ...blank, ...fields })
}

/** Rosters in memory, where what one side does is not told to the other; every call is noted. */
export class MemoryAdmin implements RosterAdmin {
  readonly rosters = new Map<string, Map<string, AdminItem>>()
  /** `list romeo`, `put romeo juliet {"subscription":"both"}`, `remove romeo juliet`. */
  readonly calls: string[] = []
  /** Asked before each call does its work: what it throws or rejects with, the call does. */
  before: (call: string) => unknown = () => undefined
  /** As `before`, but when a write has taken place. */
  after: (call: string) => unknown = () => undefined

  constructor(rosters: Readonly<Record<string, Items>> = {}) {
    for (const [owner, items] of Object.entries(rosters)) {
      const made = Object.entries(items).map(([jid, fields]) =>
        adminItem(jid, typeof fields === 'string' ? { subscription: fields } : fields),
      )
      this.rosters.set(full(owner), new Map(made.map((item) => [item.jid, item])))
    }
  }

  /** The writing calls alone. */
  get writes(): readonly string[] {
    return this.calls.filter((call) => /^(put|remove) /.test(call))
  }

  items(owner: string): readonly AdminItem[] {
    return [...(this.rosters.get(full(owner))?.values() ?? [])]
  }

  item(owner: string, contact: string): AdminItem | undefined {
    return this.rosters.get(full(owner))?.get(full(contact))
  }

  async *owners(options: CallOptions & { readonly domain?: string } = {}): AsyncIterableIterator<string> {
    await this.#call(`owners ${options.domain ?? ''}`.trim(), options)
    for (const owner of [...this.rosters.keys()]) {
      if (options.domain === undefined || owner.endsWith(`@${options.domain}`)) yield owner
    }
  }

  async list(owner: JidLike, options: CallOptions = {}): Promise<readonly AdminItem[]> {
    await this.#call(`list ${short(owner)}`, options)
    return this.items(String(owner))
  }

  async put(owner: JidLike, contact: JidLike, item: AdminItemInit, options: CallOptions = {}): Promise<void> {
    const call = `put ${short(owner)} ${short(contact)} ${JSON.stringify(item)}`
    await this.#call(call, options)
    const roster = this.rosters.get(String(owner)) ?? new Map<string, AdminItem>()
    const known = roster.get(String(contact)) ?? adminItem(String(contact))
    const { name = known.name, groups = known.groups, subscription = known.subscription } = item
    const next = { ...known, name: name === '' ? undefined : name, groups: Object.freeze([...groups]), subscription }
    this.rosters.set(String(owner), roster.set(String(contact), Object.freeze(next)))
    await this.after(call)
  }

  async remove(owner: JidLike, contact: JidLike, options: CallOptions = {}): Promise<boolean> {
    const call = `remove ${short(owner)} ${short(contact)}`
    await this.#call(call, options)
    const existed = this.rosters.get(String(owner))?.delete(String(contact)) ?? false
    await this.after(call)
    return existed
  }

  async #call(call: string, { signal }: CallOptions): Promise<void> {
    signal?.throwIfAborted()
    this.calls.push(call)
    await this.before(call)
    signal?.throwIfAborted()
  }
}
