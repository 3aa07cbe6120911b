import { inWords, RosterError } from '../core/errors.js'
import type { Send } from '../core/step.js'
import { Book, Draft } from './book.js'
import { Commits, type OwedStanza } from './commits.js'
import { type Decide, decideAll, type Task, type Told } from './deciding.js'
import { sendsOf } from './due.js'
import { asStorageError, eraseRoster, lookAgain } from './from-storage.js'
import type { LedgerPort } from './ledger-port.js'
import { Outbox } from './outbox.js'

/** How often a decision is made again when other processes keep changing the roster. */
const ATTEMPTS = 12
/** How soon storage is looked at again when it did not say what became of a commit, in milliseconds. */
const LOOK_AFTER = 5_000

/**
 * One owner's roster, one thing at a time: decided, stored, kept, sent, told. What waits for the same owner is decided
 * together and written in one commit.
 */
export class Ledger {
  readonly owner: string
  readonly book = new Book()
  readonly outbox: Outbox
  readonly #port: LedgerPort
  readonly #commits: Commits
  readonly #tasks: Task[] = []
  #working = false
  /** Storage may hold something else than the book was made from. */
  #unsure = false
  #idle: (() => void)[] = []
  #cancelLook: (() => void) | undefined
  #hasEnded = false

  constructor(owner: string, port: LedgerPort) {
    this.owner = owner
    this.#port = port
    this.outbox = new Outbox(port.wire, port.clock, this.book, {
      settle: () => this.#settle(() => this.outbox.received),
      takeUp: () => this.#takeUp(),
    })
    this.#commits = new Commits(owner, port, this.book, this.outbox)
  }

  get isIdle(): boolean {
    return !this.#working
  }

  /** Whether storage holds what the book says, as far as can be known. */
  get isSure(): boolean {
    return !this.#unsure
  }

  /** No more timers, until something is done again. */
  stop(): void {
    this.outbox.stop()
    this.#cancelLook?.()
    this.#cancelLook = undefined
  }

  /** For good: nothing is sent, written down or looked at any more. */
  end(): void {
    this.#hasEnded = true
    this.outbox.end()
    this.stop()
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
    if (revision !== undefined && this.#commits.isOurs(revision)) return
    this.doubt()
    this.post(() => undefined)
  }

  /** The book may not be what storage holds: the next decision looks first. */
  doubt(): void {
    this.#unsure = true
  }

  /** Server's roster: the cache cannot be trusted; the next commit replaces it. */
  replaceAll(): void {
    this.#commits.replaceAll()
  }

  /** Writes down what was sent, also a moment ago. */
  settleNow(): void {
    this.#settle(() => this.outbox.sent)
  }

  #settle(ids: () => readonly string[]): void {
    const decide: Decide = (draft) => {
      for (const id of ids()) draft.settle.push(id)
      return undefined
    }
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
      for (const id of ids) draft.settle.push(id)
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
    if (this.#commits.isDue(draft)) return this.#stored(tasks, draft, told)
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
        const owed = this.#commits.owedOf(draft)
        const isPassed = (await this.#commits.write(draft, owed)) === 'passed'
        if (isPassed || this.#commits.isLate(owed)) this.#leaveSending(draft, owed, told)
        else this.#carryOut(draft, owed, told)
        return
      } catch (cause) {
        const error = asStorageError(this.owner, cause)
        this.#unsure = this.#port.authority === 'self'
        if (this.#port.authority === 'server') this.#commits.replaceAll()
        if (error.code === 'STORAGE_CONFLICT') this.#port.count('conflicts')
        if (error.code === 'STORAGE_FAILED') this.#lookLater()
        if (error.code === 'STORAGE_CONFLICT' && attempt < ATTEMPTS) {
          if (this.#port.authority === 'self') draft = undefined
          await this.#pause(attempt)
          continue
        }
        // The server has said it: it is true, whether or not the cache takes it.
        if (this.#port.authority === 'server' && draft !== undefined && told !== undefined) {
          this.#port.error(error)
          this.#carryOut(draft, [], told)
        } else this.#tellAll(tasks.map((task) => ({ task, error })))
        return
      }
    }
  }

  /** What others may have overtaken is looked at as something that others left: nobody is granted what was taken back since. */
  #leaveSending(draft: Draft, owed: readonly OwedStanza[], told: readonly Told[]): void {
    this.#keep(draft)
    for (const { entry } of owed) this.outbox.waive(entry)
    this.#tellAll(told)
    this.storageMoved(undefined)
  }

  #keep(draft: Draft): void {
    for (const contact of draft.changed.values()) this.book.put(contact)
    if (draft.version !== undefined) this.book.version = draft.version
  }

  #carryOut(draft: Draft, owed: readonly OwedStanza[], told: readonly Told[]): void {
    this.#keep(draft)
    const entries = new Map(owed.map((one) => [one.send, one]))
    for (const send of draft.sends) {
      const one = entries.get(send)
      if (one !== undefined) this.outbox.add(one.entry, one.stanza)
      else this.#sendNow(send)
    }
    this.#tellAll(told)
  }

  /** What goes wrong in telling undoes nothing, and keeps nobody else from being told. */
  #tellAll(told: readonly Told[]): void {
    for (const { task, tell, error } of told) {
      try {
        if (error === undefined) tell?.()
        else task.fail(error)
      } catch (cause) {
        const message = `A stanza could not be handled: ${inWords(cause)}`
        this.#port.error(new RosterError('STANZA_INVALID', message, { owner: this.owner, cause }))
      }
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

  /** Nobody else may ever ask what became of it. The failure was told; that it lasts is not. */
  #lookLater(): void {
    if (this.#port.authority === 'server' || !this.#port.sends || this.#hasEnded) return
    this.#cancelLook ??= this.#port.clock.after(LOOK_AFTER, () => {
      this.#cancelLook = undefined
      this.post(
        () => undefined,
        () => undefined,
      )
    })
  }

  /** Jitter, so that those who collided do not collide again. */
  async #pause(attempt: number): Promise<void> {
    if (attempt === 1) return
    await new Promise<void>(
      (resolve) => void this.#port.clock.after(Math.ceil(Math.random() * Math.min(2 ** attempt, 250)), resolve),
    )
  }
}
