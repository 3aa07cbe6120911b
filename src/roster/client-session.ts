import { type ServerItem, serverSays } from '../core/client-step.js'
import { stateOf, withoutPendingIn } from '../core/contact.js'
import { inWords, RosterError } from '../core/errors.js'
import { sameItem } from '../core/item.js'
import type { Presence } from '../core/presence.js'
import { hasFrom } from '../core/state.js'
import type { Cause } from '../core/step.js'
import { parseStoredRoster } from '../storage/record.js'
import { type Draft, fillBook } from './book.js'
import type { ClientDesk } from './client-desk.js'
import { asStorageError } from './from-storage.js'
import { Marks } from './marks.js'
import { notConnected } from './options.js'
import type { Owner } from './owner.js'
import { Waiters } from './waiting.js'
import type { RosterAnswer } from './wire.js'

/** What lasts as long as a client's session with its server. */
export class ClientSession {
  readonly resources = new Map<string, Presence>()
  /** Requests that were granted; the server has yet to say so. */
  readonly answered = new Set<string>()
  /** Contacts that were asked; the server has yet to say so. */
  readonly asked = new Set<string>()
  /** Prosody does not show what was pre-approved. */
  readonly preapproved = new Set<string>()
  readonly ready = new Waiters<void>()
  readonly marks: Marks
  isLoaded = false
  /** The application has said in this session who it is. */
  hasAnnounced = false
  readonly #desk: ClientDesk
  readonly #news = new Map<string, number>()
  #cache: Promise<void> = Promise.resolve()
  #number = 0
  /** What comes before the roster was asked for is not of this session. */
  isRunning = false
  #wasLoaded = false
  /** The server owes the roster of this session. */
  #isUnanswered = false

  constructor(desk: ClientDesk) {
    this.#desk = desk
    this.marks = new Marks(desk.world.settings.clock)
  }

  /** Which session it is: what was begun in another one does not count. */
  get number(): number {
    return this.#number
  }

  /** A cached roster can be read before the server says more. One that cannot be read is dropped. */
  readCache(owner: Owner): void {
    const { storage } = this.#desk.world.settings
    this.#wasLoaded = false
    this.#cache = storage
      .load(owner.jid)
      .then((stored) => {
        if (stored === undefined) return
        owner.book.revision = stored.revision
        fillBook(owner.book, parseStoredRoster(owner.jid, stored))
        this.#wasLoaded = true
      })
      .catch((cause: unknown) => {
        owner.ledger.replaceAll()
        this.#desk.world.bus.error(asStorageError(owner.jid, cause))
      })
  }

  // — the session —

  /** A new session: nothing of the old one counts; the roster comes first, then the presence (RFC 6121 §2.2). */
  async start(): Promise<void> {
    const self = this.#desk.world.wire.self()
    if (self === undefined) return
    this.#forget()
    this.#desk.bind(self)
    const number = ++this.#number
    this.hasAnnounced = false
    await this.#cache
    if (number !== this.#number) return
    this.isRunning = true
    await this.#desk.world.wire.quiet()
    if (number !== this.#number) return
    await this.#load(number)
  }

  /** Asks for the roster of this session. */
  async #load(number: number): Promise<void> {
    const { world } = this.#desk
    const { jid, book } = this.#desk.owner()
    this.#isUnanswered = false
    // Prosody gives an empty roster and its first change the same version.
    const known = book.items.size > 0 ? (book.version ?? '') : ''
    try {
      await this.fetch(world.wire.features.versioning ? known : undefined, world.settings.timeout)
    } catch (cause) {
      if (number !== this.#number) return
      const error = cause instanceof RosterError ? cause : asStorageError(jid, cause)
      this.#isUnanswered = error.code === 'TIMED_OUT' || error.code === 'NOT_CONNECTED'
      world.bus.error(error)
      this.ready.reject(error)
      await this.#announce(number)
    }
  }

  /** The session goes on over another connection. What the cut has left unanswered is asked again. */
  async resume(): Promise<void> {
    // xmpp.js tells of it before it is online again.
    await Promise.resolve()
    if (this.isLoaded) this.ready.resolve()
    else if (this.#isUnanswered) await this.#load(this.#number)
  }

  /** The session is over. */
  end(reason: RosterError = notConnected(this.#desk.peek()?.jid)): void {
    this.#number += 1
    this.#forget()
    if (this.#desk.isClosed) this.ready.reject(reason)
  }

  #forget(): void {
    this.isRunning = false
    this.isLoaded = false
    this.#isUnanswered = false
    this.resources.clear()
    this.answered.clear()
    this.asked.clear()
    this.preapproved.clear()
    this.marks.clear()
    this.#news.clear()
    const owner = this.#desk.peek()
    if (owner === undefined) return
    owner.ledger.post((draft) => {
      for (const jid of owner.book.requests.keys()) draft.put(withoutPendingIn(draft.contact(jid)))
      return undefined
    })
    owner.endSession()
  }

  /** Resolves when the whole roster has been applied. */
  fetch(version: string | undefined, timeout: number): Promise<void> {
    const number = this.#number
    return new Promise((resolve, reject) => {
      const done = (answer: RosterAnswer | RosterError): void => {
        if (answer instanceof RosterError) reject(answer)
        else if (number !== this.#number) reject(notConnected(this.#desk.peek()?.jid))
        else this.#arrived(answer, resolve, reject)
      }
      this.#desk.world.wire.question({ ask: { kind: 'get', version }, timeout, done })
    })
  }

  #arrived(answer: RosterAnswer, resolve: () => void, reject: (error: RosterError) => void): void {
    const owner = this.#desk.owner()
    const number = this.#number
    owner.ledger.post((draft) => {
      const isFirst = !this.#wasLoaded
      const tells = answer.items === undefined ? [] : this.#replaceAll(owner, draft, answer.items)
      if (answer.version !== undefined) draft.version = answer.version
      return () => {
        // The first load is told as a whole.
        if (!isFirst) for (const tell of tells) tell()
        // The session has ended while it was being stored.
        if (number !== this.#number) return reject(notConnected(owner.jid))
        this.#wasLoaded = true
        this.isLoaded = true
        owner.world.bus.emit('loaded', { owner: owner.jid, roster: this.#desk.face, version: owner.book.version })
        resolve()
        this.ready.resolve()
        void this.#announce(number)
      }
    }, reject)
  }

  #replaceAll(owner: Owner, draft: Draft, items: readonly ServerItem[]): readonly (() => void)[] {
    const tells: (() => void)[] = []
    const listed = new Map(items.map((item) => [item.jid, item]))
    for (const jid of owner.book.items.keys()) {
      if (!listed.has(jid)) tells.push(owner.enter(draft, serverSays(draft.contact(jid), undefined, 'result')))
    }
    for (const [jid, item] of listed) tells.push(owner.enter(draft, serverSays(draft.contact(jid), item, 'result')))
    return tells
  }

  async #announce(number: number): Promise<void> {
    const { world } = this.#desk
    const owner = this.#desk.owner()
    const { presence } = world.settings
    try {
      const wanted = typeof presence === 'function' ? await presence(owner.jid) : presence
      if (wanted === false || this.hasAnnounced || number !== this.#number || !world.wire.isOnline()) return
      await this.#desk.sendPresence(wanted, {})
    } catch (cause) {
      const error = new RosterError('LISTENER_FAILED', `The initial presence could not be sent: ${inWords(cause)}`, {
        owner: owner.jid,
        cause,
      })
      world.bus.error(error)
    }
  }

  // — what the server says —

  /** How many pushes for the contact have said something new. Prosody's for a change come after its answer, and say nothing new then. */
  newsOf(jid: string): number {
    return this.#news.get(jid) ?? 0
  }

  push(jid: string, said: ServerItem | undefined, version: string | undefined): void {
    if (!this.isRunning) return
    this.#desk.world.bus.count('pushes')
    this.said(
      jid,
      said,
      version,
      'push',
      () => undefined,
      (error) => this.#desk.world.bus.error(error),
    )
  }

  said(
    jid: string,
    said: ServerItem | undefined,
    version: string | undefined,
    cause: Cause,
    done: () => void,
    fail: (error: RosterError) => void,
  ): void {
    const owner = this.#desk.owner()
    owner.ledger.post((draft) => {
      const before = draft.contact(jid)
      const outcome = serverSays(before, said, cause)
      if (cause === 'push' && !sameItem(before.item, outcome.contact.item)) this.#news.set(jid, this.newsOf(jid) + 1)
      const tell = owner.enter(draft, outcome)
      this.asked.delete(jid)
      if (version !== undefined) draft.version = version
      if (cause === 'push' && outcome.mark !== undefined) this.marks.leave(jid, outcome.mark)
      if (hasFrom(stateOf(outcome.contact)) || outcome.contact.request === undefined) this.answered.delete(jid)
      return () => {
        tell()
        done()
      }
    }, fail)
  }

  /** Whether an answer to the contact also asks back: not when it was asked a moment ago. */
  asksBack(contact: string, wanted: boolean): boolean {
    return wanted && !this.asked.has(contact)
  }

  /** The account's own other resources. */
  ownResource(resource: string, presence: Presence | undefined): void {
    if (presence === undefined) this.resources.delete(resource)
    else if (this.resources.size < this.#desk.world.settings.maxResources || this.resources.has(resource))
      this.resources.set(presence.resource, presence)
  }
}
