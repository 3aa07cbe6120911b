import { MemoryStorage } from '../../src/storage/memory.js'
import type { RosterChange, RosterChanges, StoredRoster } from '../../src/storage/port.js'

/** Adds `changes` to the memory, by keeping every roster there was: small tests only. */
export class LoggedStorage extends MemoryStorage {
  readonly #past = new Map<string, StoredRoster[]>()

  override async commit(owner: string, change: RosterChange): Promise<void> {
    await super.commit(owner, change)
    const roster = await this.load(owner)
    if (roster === undefined) this.#past.delete(owner)
    else this.#past.set(owner, [...(this.#past.get(owner) ?? []), roster])
  }

  async changes(owner: string, since: string): Promise<RosterChanges | undefined> {
    const now = await this.load(owner)
    const then = this.#past.get(owner)?.find(({ revision }) => revision === since)
    if (now === undefined || then === undefined) return undefined
    const known = new Set(then.items)
    const present = new Set(now.items.map(({ jid }) => jid))
    const { owed, revision, version } = now
    const put = now.items.filter((item) => !known.has(item))
    const remove = then.items.map(({ jid }) => jid).filter((jid) => !present.has(jid))
    return { put, remove, owed, revision, ...(version === undefined ? {} : { version }) }
  }
}
