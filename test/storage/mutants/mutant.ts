import { MemoryStorage } from '../../../src/storage/memory.js'
import type { RosterChange, RosterStorage, StoredItem, StoredRoster } from '../../../src/storage/port.js'
import { type Open, shared } from '../views.js'

/** A storage with one fault, such as an adapter may have, and the promise that it breaks. */
export interface Mutant {
  readonly fault: string
  readonly breaks: string
  readonly open: () => Open
}

export const mutant = (fault: string, breaks: string, make: () => RosterStorage): Mutant => ({
  fault,
  breaks,
  open: () => shared(make),
})

export type ChangeEdit = (change: RosterChange, now: StoredRoster | undefined) => RosterChange

/** The memory, with a fault in what it makes of a change. `edit` sees the roster as it is when the commit begins. */
export const writing = (fault: string, breaks: string, edit: ChangeEdit): Mutant =>
  mutant(
    fault,
    breaks,
    () =>
      new (class extends MemoryStorage {
        override async commit(owner: string, change: RosterChange) {
          await super.commit(owner, edit(change, await super.load(owner)))
        }
      })(),
  )

/** The memory, with a fault in what it loads. */
export const reading = (
  fault: string,
  breaks: string,
  edit: (roster: StoredRoster | undefined) => StoredRoster | undefined,
): Mutant =>
  mutant(
    fault,
    breaks,
    () =>
      new (class extends MemoryStorage {
        override async load(owner: string) {
          return edit(await super.load(owner))
        }
      })(),
  )

export const jidsOf = (items: readonly StoredItem[] = []): readonly string[] => items.map(({ jid }) => jid)
