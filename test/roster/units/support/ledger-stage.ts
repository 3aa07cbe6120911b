import type { RosterError } from '../../../../src/core/errors.js'
import type { SubscriptionState } from '../../../../src/core/state.js'
import { type StepInput, step } from '../../../../src/core/step.js'
import { renew } from '../../../../src/roster/book.js'
import { Ledger } from '../../../../src/roster/ledger.js'
import { MemoryStorage } from '../../../../src/storage/memory.js'
import type { RosterChange, RosterStorage, StoredRoster } from '../../../../src/storage/port.js'
import { type ManualClock, manualClock } from '../../../../src/testing/clock.js'
import { type FakeWire, fakeWire, stanzaOf } from './fake-wire.js'

export const ROMEO = 'romeo@example.net'
export const JULIET = 'juliet@example.com'

/** What becomes of one commit. */
export type Fault = { readonly when: 'before' | 'after'; readonly error: Error } | undefined

/** A storage that notes each call, and fails as it is told to. */
export class WatchedStorage implements RosterStorage {
  readonly inner: RosterStorage
  readonly commits: RosterChange[] = []
  loads = 0
  /** For the next commits, one each. */
  faults: Fault[] = []
  loadError: Error | undefined
  onCommit: ((change: RosterChange) => void) | undefined
  /** A commit was written, and nobody is told: what others do meanwhile. */
  onFault: ((change: RosterChange) => Promise<void>) | undefined

  constructor(inner: RosterStorage = new MemoryStorage()) {
    this.inner = inner
  }

  async load(owner: string): Promise<StoredRoster | undefined> {
    this.loads += 1
    if (this.loadError !== undefined) throw this.loadError
    return this.inner.load(owner)
  }

  async commit(owner: string, change: RosterChange): Promise<void> {
    const fault = this.faults.shift()
    this.commits.push(change)
    this.onCommit?.(change)
    if (fault?.when === 'before') throw fault.error
    await this.inner.commit(owner, change)
    if (fault?.when !== 'after') return
    await this.onFault?.(change)
    throw fault.error
  }

  owners(): AsyncIterable<string> {
    return this.inner.owners()
  }
}

export interface LedgerStage {
  readonly ledger: Ledger
  readonly storage: WatchedStorage
  readonly wire: FakeWire
  readonly clock: ManualClock
  /** What happened, in its order. */
  readonly log: string[]
  readonly errors: RosterError[]
  readonly counters: Record<string, number>
  /** One command, from its decision until it is told. */
  run(input: StepInput, jid?: string): Promise<boolean>
  stateOf(jid?: string): SubscriptionState | undefined
  stored(): Promise<StoredRoster | undefined>
}

interface StageOptions {
  readonly storage?: WatchedStorage
  readonly authority?: 'self' | 'server'
}

/** One owner's ledger with everything around it that notes what it does. */
export function ledgerStage({ storage = new WatchedStorage(), authority = 'self' }: StageOptions = {}): LedgerStage {
  const [wire, clock] = [fakeWire(), manualClock()]
  const log: string[] = []
  const errors: RosterError[] = []
  const counters: Record<string, number> = {}
  storage.onCommit = () => void log.push('commit')
  wire.onWrite = (what) => void log.push(`send ${what.split(' ')[0]}`)
  const ledger: Ledger = new Ledger(ROMEO, {
    storage,
    clock,
    wire,
    sends: true,
    authority,
    count: (name, by = 1) => {
      counters[name] = (counters[name] ?? 0) + by
    },
    stanzas: (send) => [stanzaOf(send)],
    foreign: (news) => ledger.outbox.adopt(renew(ledger.book, news).owed),
    error: (error) => void errors.push(error),
  })
  const run = (input: StepInput, jid = JULIET): Promise<boolean> =>
    ledger.run((draft) => {
      const { contact, sends, done } = step(draft.contact(jid), input, clock.now())
      log.push(`decide ${input.kind}`)
      draft.put(contact)
      draft.sends.push(...sends)
      return { value: done, told: () => void log.push(`tell ${input.kind}`) }
    })
  return {
    ledger,
    storage,
    wire,
    clock,
    log,
    errors,
    counters,
    run,
    stateOf: (jid = JULIET) => ledger.book.items.get(jid)?.state,
    stored: () => storage.inner.load(ROMEO),
  }
}
