import type { Element } from 'ltx'
import { type Contact, stateOf } from '../core/contact.js'
import { type RosterItem, sameItem } from '../core/item.js'
import type { AutoAuthorize } from '../core/policy.js'
import type { Presence } from '../core/presence.js'
import { hasPendingOut, hasTo } from '../core/state.js'
import type { Fact, Send } from '../core/step.js'
import { type Book, type Draft, type News, renew } from './book.js'
import type { Bus } from './bus.js'
import type { Desk } from './desk.js'
import { Ledger } from './ledger.js'
import type { Settings } from './options.js'
import type { OwnerRoster } from './owner-roster.js'
import { Presences } from './presences.js'
import { requestOf } from './request.js'
import type { Wire } from './wire.js'

/** What all owners of a connection share. */
export interface World {
  readonly settings: Settings
  readonly bus: Bus
  readonly wire: Wire
  /** The canonical bare JID of what came over the wire; `undefined` when it is none. */
  readonly canonical: (jid: string) => string | undefined
  readonly defaults: { readonly autoAuthorize: AutoAuthorize; readonly autoSubscribe: boolean }
  /** Each is called once when the roster has been closed. */
  readonly atEnd: Set<() => void>
}

/** What a stanza brought about: told with it. */
export interface Source {
  readonly stanza: Element
  readonly status: string | undefined
}

/** Anything that a step returns. */
interface Outcome {
  readonly contact: Contact
  readonly sends: readonly Send[]
  readonly facts: readonly Fact[]
}

/** One owner: its ledger, who is available to it, and what it tells. */
export class Owner {
  readonly jid: string
  readonly world: World
  readonly desk: Desk
  readonly ledger: Ledger
  readonly presences: Presences
  autoAuthorize: AutoAuthorize | undefined
  autoSubscribe: boolean | undefined
  /** How many policies are asked and have not answered. */
  thinking = 0

  /** `learned`: another process has changed the roster, or erased it. */
  constructor(
    jid: string,
    world: World,
    desk: Desk,
    stanzas: (send: Send) => readonly Element[],
    learned: (what: 'changed' | 'erased') => void = () => undefined,
  ) {
    this.jid = jid
    this.world = world
    this.desk = desk
    const { settings, bus, wire } = world
    this.presences = new Presences(settings.maxResources)
    this.ledger = new Ledger(jid, {
      storage: settings.storage,
      clock: settings.clock,
      wire,
      sends: true,
      count: (name, by) => bus.count(name, by),
      authority: wire.kind === 'component' ? 'self' : 'server',
      stanzas,
      foreign: (news) => {
        const wasStored = this.book.revision !== undefined
        this.#renewed(news)
        learned(wasStored && this.book.revision === undefined ? 'erased' : 'changed')
      },
      error: (error) => bus.error(error),
    })
  }

  get book(): Book {
    return this.ledger.book
  }

  /** Looked up when it is needed: the owner's own, else the roster's. */
  policy(): AutoAuthorize {
    return this.autoAuthorize === undefined ? this.world.defaults.autoAuthorize : this.autoAuthorize
  }

  subscribesBack(): boolean {
    return this.autoSubscribe ?? this.world.defaults.autoSubscribe
  }

  /** Makes a decision part of a draft; returns what is to be told of it once it is stored. */
  enter(draft: Draft, outcome: Outcome, source?: Source): () => void {
    const before = draft.contact(outcome.contact.jid)
    draft.put(outcome.contact)
    draft.sends.push(...outcome.sends)
    return () => this.tell(before, outcome.contact, outcome.facts, source)
  }

  tell(before: Contact, after: Contact, facts: readonly Fact[], source?: Source): void {
    this.#tellItems(before.item, after.item)
    for (const fact of facts) this.#tellFact(after.jid, fact, source)
    const receives = (contact: Contact): boolean => hasTo(stateOf(contact)) || hasPendingOut(stateOf(contact))
    if ((receives(before) && !receives(after)) || (before.item !== undefined && after.item === undefined))
      this.forgetPresence(after.jid)
  }

  #tellItems(before: RosterItem | undefined, after: RosterItem | undefined): void {
    const { bus } = this.world
    const owner = this.jid
    if (sameItem(before, after)) return
    if (after === undefined) {
      if (before !== undefined) bus.emit('removed', { owner, item: before })
    } else if (before === undefined) bus.emit('added', { owner, item: after })
    else bus.emit('updated', { owner, item: after, previous: before })
  }

  #tellFact(contact: string, fact: Fact, source: Source | undefined): void {
    const { bus } = this.world
    const owner = this.jid
    switch (fact.type) {
      case 'transition': {
        const { before, after, cause } = fact
        bus.count('transitions')
        bus.emit('transition', { owner, contact, before, after, cause })
        return
      }
      case 'request':
        bus.count(`requests.${fact.decision}`)
        if (bus.hears('subscribe'))
          bus.emit('subscribe', requestOf(this, contact, fact.request, fact.decision, source?.stanza))
        return
      default: {
        if (source === undefined) return
        const item = this.book.items.get(contact)
        bus.emit(fact.type, {
          owner,
          contact,
          item,
          previous: fact.previous,
          status: source.status,
          stanza: source.stanza,
        })
      }
    }
  }

  /** A contact's resource is available. */
  available(contact: string, presence: Presence, previous: Presence | undefined, stanza: Element): void {
    const { bus } = this.world
    const owner = this.jid
    const { resource } = presence
    if (previous !== undefined && samePresence(previous, presence)) return
    const isFirst = previous === undefined && !this.presences.has(contact)
    const dropped = this.presences.set(contact, presence)
    if (dropped !== undefined) {
      bus.count('resources.dropped')
      bus.emit('presence', {
        owner,
        contact,
        resource: dropped.resource,
        presence: undefined,
        previous: dropped,
        stanza: undefined,
      })
    }
    if (isFirst && bus.hears('online')) bus.emit('online', { owner, contact, resource, presence, previous, stanza })
    if (bus.hears('presence')) bus.emit('presence', { owner, contact, resource, presence, previous, stanza })
  }

  /** A resource left, or all of them (`undefined`: RFC 6121 §4.5.4 for a bare JID). */
  unavailable(contact: string, resource: string | undefined, stanza: Element | undefined): void {
    if (!this.presences.has(contact)) return
    const leaving = resource === undefined ? this.presences.resources(contact) : [this.presences.get(contact, resource)]
    let last: Presence | undefined
    for (const one of leaving) {
      if (one === undefined) continue
      last = this.presences.delete(contact, one.resource)
      this.#tellLeft(contact, one, stanza)
    }
    if (last === undefined || this.presences.has(contact)) return
    this.#tellOffline(contact, stanza === undefined ? undefined : last.resource, last, stanza)
  }

  #tellLeft(contact: string, previous: Presence, stanza: Element | undefined): void {
    const { bus } = this.world
    bus.emit('presence', {
      owner: this.jid,
      contact,
      resource: previous.resource,
      presence: undefined,
      previous,
      stanza,
    })
  }

  #tellOffline(contact: string, resource: string | undefined, previous: Presence, stanza: Element | undefined): void {
    this.world.bus.emit('offline', { owner: this.jid, contact, resource, previous, stanza })
  }

  forgetPresence(contact: string): void {
    this.unavailable(contact, undefined, undefined)
  }

  /** Which session it is: what came in one and waited does not count in another. */
  session = 0

  /** Everything volatile is forgotten: the session ended. */
  endSession(): void {
    this.session += 1
    for (const contact of this.presences.contacts()) this.forgetPresence(contact)
  }

  /** Another process has changed the roster, or erased it. */
  #renewed(news: News): void {
    const { before, owed } = renew(this.book, news)
    this.ledger.outbox.adopt(owed)
    for (const contact of before) this.#tellForeign(contact, this.book.contact(contact.jid))
  }

  #tellForeign(before: Contact, after: Contact): void {
    const states = { before: stateOf(before), after: stateOf(after) }
    const isSame = states.before === states.after
    if (isSame && sameItem(before.item, after.item)) return
    this.tell(before, after, isSame ? [] : [{ type: 'transition', ...states, cause: 'storage' }])
  }

  /** The public face; set once by whoever makes the owner. */
  face!: OwnerRoster
}

function samePresence(a: Presence, b: Presence): boolean {
  return a.show === b.show && a.priority === b.priority && a.status === b.status && Object.is(a.extra, b.extra)
}
