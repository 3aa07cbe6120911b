import type { Element } from 'ltx'
import type { Clock } from '../core/clock.js'
import type { RosterError } from '../core/errors.js'
import { randomId } from '../core/random.js'
import type { Send } from '../core/step.js'
import type { Owed, RosterChange, RosterStorage, StoredRoster } from '../storage/port.js'
import { Book, Draft } from './book.js'
import { cacheChangeOf, changeOf, isCacheChanged, isChanged, isOwed, replacementOf } from './change.js'
import { type Decide, decideAll, type Task, type Told } from './deciding.js'
import { asStorageError, eraseRoster, hasHappened, isConflict, lookAgain } from './from-storage.js'
import { NOBODYS, Outbox, type OutboxWire, sendsOf } from './outbox.js'

/** How often a decision is made again when other processes keep changing the roster. */
const ATTEMPTS = 12
/** Notifications may come late, but not later than this many commits. */
const REMEMBERED = 32

/** What a ledger needs around it. */
export interface LedgerPort {
  readonly storage: RosterStorage
  readonly clock: Clock
  readonly wire: OutboxWire
  /** Whether this process sends what it owes. One that has no connection leaves it to the others, at once. */
  readonly sends: boolean
  readonly count: (name: string, by?: number) => void
  /** A component's roster is its own: what is sent is owed, and storage decides. A client's is a cache of its server's. */
  readonly authority: 'self' | 'server'
  /** What a send looks like on the wire: nothing, one stanza, or one for each resource that the owner speaks from. */
  readonly stanzas: (send: Send) => readonly Element[]
  /** Another process has changed the roster. */
  readonly foreign: (stored: StoredRoster | undefined) => void
  readonly error: (error: RosterError) => void
}

/**
 * One owner's roster, one thing at a time: decided, stored, kept, sent, told. What waits for the same owner is decided
 * together and written in one commit.
 */
export class Ledger {
  readonly owner: string
  readonly book = new Book()
  readonly outbox: Outbox
  readonly #port: LedgerPort
  readonly #tasks: Task[] = []
  #working = false
  /** Storage may hold something else than the book was made from. */
  #unsure = false
  /** Server's roster: storage holds something that the next commit has to replace as a whole. */
  #replace = false
  /** The revisions of the last commits that were tried here: news of them is no news. */
  readonly #ours: string[] = []
  #idle: (() => void)[] = []

  constructor(owner: string, port: LedgerPort) {
    this.owner = owner
    this.#port = port
    this.outbox = new Outbox(port.wire, port.clock, this.book, {
      settle: () => this.settleNow(),
      takeUp: () => this.#takeUp(),
    })
  }

  get isIdle(): boolean {
    return !this.#working
  }

  /** Puts a task into the queue; what it throws, and a commit that failed, goes to `fail`. */
  post(decide: Decide, fail: (error: RosterError) => void = this.#port.error): void {
    this.#tasks.push({ decide, fail })
    if (!this.#working) this.#work()
  }

  /** As `post`; resolves with the value once it was stored and told. */
  run<T>(decide: (draft: Draft) => { readonly value: T; readonly told?: () => void }): Promise<T> {
    return new Promise((resolve, reject) => {
      this.post((draft) => {
        const { value, told } = decide(draft)
        return () => {
          told?.()
          resolve(value)
        }
      }, reject)
    })
  }

  /** Resolves when nothing waits. */
  async settled(): Promise<void> {
    if (!this.isIdle) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Storage has moved: look, unless it was this process. */
  storageMoved(revision: string | undefined): void {
    if (revision !== undefined && (revision === this.book.revision || this.#ours.includes(revision))) return
    this.doubt()
    this.post(() => undefined)
  }

  /** The book may not be what storage holds: the next decision looks first. */
  doubt(): void {
    this.#unsure = true
  }

  /** Server's roster: the cache cannot be trusted; the next commit replaces it. */
  replaceAll(): void {
    this.#replace = true
  }

  /** Writes down what was sent. */
  settleNow(): void {
    const decide: Decide = (draft) => void draft.settle.push(...this.outbox.settled)
    this.post(decide, (error) => {
      this.outbox.unsettled()
      this.#port.error(error)
    })
  }

  /** What others left is written down as this process's own: of several, the one that comes first sends it. */
  #takeUp(): void {
    const decide: Decide = (draft) => {
      const left = this.outbox.left()
      const ids = left.map(({ id }) => id)
      draft.settle.push(...ids)
      for (const owed of left) draft.sends.push(...sendsOf(this.#port.wire, owed, (jid) => draft.contact(jid)))
      return () => this.outbox.tookUp(ids)
    }
    this.post(decide, (error) => {
      this.outbox.leftAlone()
      this.#port.error(error)
    })
  }

  /** Makes an empty roster in storage where there is none; one that is to be erased stays. Without need it does nothing. */
  async create(): Promise<void> {
    if (this.book.stays) return
    await this.run((draft) => {
      draft.isNew = this.book.revision === undefined
      if (this.book.erasure !== undefined) draft.settle.push(this.book.erasure.id)
      return { value: undefined }
    })
  }

  /** Deletes the roster from storage if it still owes that under this id. */
  async erase(mark: string): Promise<void> {
    const pause = (attempt: number): Promise<void> => this.#pause(attempt)
    const isErased = await eraseRoster(this.#port.storage, this.owner, mark, ATTEMPTS, pause)
    this.outbox.forget([mark])
    if (isErased) this.book.revision = undefined
    else this.doubt()
  }

  #work(): void {
    this.#working = true
    this.#port.count('queue.rounds')
    while (this.#tasks.length > 0) {
      const round = this.#round(this.#tasks.splice(0))
      if (round === undefined) continue
      void round.then(() => this.#work())
      return
    }
    this.#working = false
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Nothing to store: carried out at once. Otherwise when it is stored. */
  #round(tasks: readonly Task[]): Promise<void> | undefined {
    if (this.#unsure) return this.#stored(tasks)
    const draft = new Draft(this.book)
    const told = decideAll(tasks, draft)
    if (this.#isDue(draft)) return this.#stored(tasks, draft, told)
    this.#carryOut(draft, [], told)
    return undefined
  }

  async #stored(tasks: readonly Task[], firstDraft?: Draft, firstTold?: readonly Told[]): Promise<void> {
    let draft = firstDraft
    let told = firstTold
    for (let attempt = 1; ; attempt++) {
      try {
        if (this.#unsure) await this.#refresh()
        if (draft === undefined || told === undefined) {
          draft = new Draft(this.book)
          told = decideAll(tasks, draft)
        }
        const owed = this.#owedOf(draft)
        await this.#commit(draft, owed)
        this.#carryOut(draft, owed, told)
        return
      } catch (cause) {
        const error = asStorageError(this.owner, cause)
        this.#unsure = this.#port.authority === 'self'
        this.#replace = this.#port.authority === 'server'
        if (error.code === 'STORAGE_CONFLICT') this.#port.count('conflicts')
        if (error.code === 'STORAGE_CONFLICT' && attempt < ATTEMPTS) {
          if (this.#port.authority === 'self') draft = undefined
          await this.#pause(attempt)
          continue
        }
        // The server has said it: it is true, whether or not the cache takes it.
        if (this.#port.authority === 'server' && draft !== undefined && told !== undefined) {
          this.#port.error(error)
          this.#carryOut(draft, [], told)
        } else for (const task of tasks) task.fail(error)
        return
      }
    }
  }

  async #commit(draft: Draft, owed: readonly OwedStanza[]): Promise<void> {
    const { storage } = this.#port
    if (!this.#replace && !this.#isDue(draft)) return
    const change = this.#replace
      ? replacementOf(this.book, draft, await storage.load(this.owner))
      : this.#changeOf(draft, owed)
    this.#port.count('commits')
    if (this.#ours.push(change.revision) > REMEMBERED) this.#ours.shift()
    try {
      await storage.commit(this.owner, change)
    } catch (cause) {
      if (isConflict(cause) || !(await hasHappened(storage, this.owner, change.revision))) throw cause
    }
    this.#replace = false
    this.book.revision = change.revision
    this.outbox.forget(change.settle ?? [])
  }

  /** Whether there is anything to write. */
  #isDue(draft: Draft): boolean {
    return this.#port.authority === 'server' ? isCacheChanged(this.book, draft) : isChanged(this.book, draft)
  }

  #changeOf(draft: Draft, owed: readonly OwedStanza[]): RosterChange {
    const { settled } = this.outbox
    if (this.#port.authority === 'server') return cacheChangeOf(this.book, draft, settled)
    const owe = owed.map(({ entry }) => entry)
    return changeOf(this.book, draft, owe, settled)
  }

  #owedOf(draft: Draft): readonly OwedStanza[] {
    if (this.#port.authority === 'server') return []
    const at = this.#port.sends ? this.#port.clock.now() : NOBODYS
    return draft.sends.flatMap((send) => {
      const [stanza] = isOwed(send) ? this.#port.stanzas(send) : []
      return stanza === undefined ? [] : [{ send, stanza, entry: { id: randomId(), at, xml: stanza.toString() } }]
    })
  }

  #carryOut(draft: Draft, owed: readonly OwedStanza[], told: readonly Told[]): void {
    for (const contact of draft.changed.values()) this.book.put(contact)
    if (draft.version !== undefined) this.book.version = draft.version
    const entries = new Map(owed.map((one) => [one.send, one]))
    for (const send of draft.sends) {
      const one = entries.get(send)
      if (one !== undefined) this.outbox.add(one.entry, one.stanza)
      else this.#sendNow(send)
    }
    for (const one of told) {
      if (one.error !== undefined) one.task.fail(one.error)
      else one.tell?.()
    }
  }

  /** What is not owed goes now or never: the next session says it anew. */
  #sendNow(send: Send): void {
    if (!this.#port.wire.isOnline()) return
    for (const stanza of this.#port.stanzas(send))
      this.#port.wire.transmit(stanza).catch(() => this.#port.count('unsent'))
  }

  async #refresh(): Promise<void> {
    // News that comes while this looks may be newer than what it sees.
    this.#unsure = false
    this.#port.count('loads')
    const { storage, foreign, error } = this.#port
    foreign(await lookAgain(storage, this.book, this.owner, error))
  }

  /** Jitter, so that those who collided do not collide again. */
  async #pause(attempt: number): Promise<void> {
    if (attempt === 1) return
    await new Promise<void>(
      (resolve) => void this.#port.clock.after(Math.ceil(Math.random() * Math.min(2 ** attempt, 250)), resolve),
    )
  }
}

interface OwedStanza {
  readonly send: Send
  readonly stanza: Element
  readonly entry: Owed
}
