import type { Owed, RosterChange, StoredItem } from '../port.js'

/** Items that one commit may name in the log. Who missed more than that had better load the whole. */
const LOGGED = 1_000

/** A change as statements can carry it out: each key once, and in one list only. */
export interface Write {
  readonly base: string | undefined
  readonly revision: string
  readonly version: string | undefined
  readonly put: readonly StoredItem[]
  readonly remove: readonly string[]
  readonly owe: readonly Owed[]
  readonly settle: readonly string[]
  /** Ids that are settled and owed again: they go to the end of the order. */
  readonly again: readonly string[]
  /** Contacts that the log names; `null` when they are too many. */
  readonly touched: readonly string[] | null
  readonly erase: boolean
}

/** `remove` goes before `put` and `settle` before `owe`: what stands in both is only written. */
export function writeOf(change: RosterChange): Write {
  const put = new Map(change.put?.map((item) => [item.jid, item]))
  const owe = new Map(change.owe?.map((entry) => [entry.id, entry]))
  const settle = [...new Set(change.settle)]
  const remove = [...new Set(change.remove)].filter((jid) => !put.has(jid))
  const touched = [...put.keys(), ...remove]
  return {
    base: change.base,
    revision: change.revision,
    version: change.version,
    put: [...put.values()],
    remove,
    owe: [...owe.values()],
    settle: settle.filter((id) => !owe.has(id)),
    again: settle.filter((id) => owe.has(id)),
    touched: touched.length > LOGGED ? null : touched,
    erase: change.erase ?? false,
  }
}
