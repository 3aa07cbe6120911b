import type { Element } from 'ltx'
import { RosterError } from '../core/errors.js'
import type { SubscriptionType } from '../core/state.js'
import { step } from '../core/step.js'
import { copyText } from '../core/text.js'
import type { Component } from './component.js'
import type { ComponentDesk } from './component-desk.js'
import { answerProbe, receive, receiveRequest } from './component-inbound.js'
import { asStorageError } from './from-storage.js'
import { hearAvailable, hearError, hearUnavailable } from './hearing.js'
import type { RosterOptions } from './options.js'
import type { Owner } from './owner.js'

/** How long an answer that matched nothing is remembered for a record that comes late, in milliseconds. */
const STRAY = 30_000
const STRAYS = 1_000
/** A longer one is not remembered: an honest answer is short, and strangers send these. */
const STRAY_LENGTH = 4_096

/** An answer that matched nothing. */
interface Stray {
  readonly at: number
  readonly type: Exclude<SubscriptionType, 'subscribe'>
  readonly xml: string
}

/** What contacts send to a component's owners. Nobody can make up an owner, and strangers leave no trace. */
export class Reception {
  readonly #component: Component
  readonly #admits: RosterOptions['owners']
  readonly #strays = new Map<string, Stray>()

  constructor(component: Component, admits: RosterOptions['owners']) {
    this.#component = component
    this.#admits = admits
  }

  available(to: string, from: string, stanza: Element): void {
    this.#ifHeld(to, (owner) => hearAvailable(owner, from, stanza))
  }

  unavailable(to: string, from: string, stanza: Element): void {
    this.#ifHeld(to, (owner) => hearUnavailable(owner, from, stanza))
  }

  failed(to: string, from: string, stanza: Element): void {
    this.#ifHeld(to, (owner) => hearError(owner, from, stanza))
  }

  /** Presence is volatile: it is kept for owners that somebody holds. */
  #ifHeld(to: string, act: (owner: Owner) => void): void {
    const { world } = this.#component
    if (this.#component.isClosed) return
    const slash = to.indexOf('/')
    const bare = slash === -1 ? to : to.slice(0, slash)
    const desk = this.#component.get(bare) ?? this.#component.get(world.canonical(bare) ?? '')
    if (desk !== undefined) act(desk.owner())
    else this.#whenLoaded(world.canonical(bare), act)
  }

  #whenLoaded(jid: string | undefined, act: (owner: Owner) => void): void {
    const { bus } = this.#component.world
    const unheld = (): void => bus.count('presences.unheld')
    const loading = jid === undefined ? undefined : this.#component.loading.get(jid)
    if (loading === undefined) unheld()
    else loading.then((desk) => (desk === undefined ? unheld() : act(desk.owner())), unheld)
  }

  subscription(type: SubscriptionType, to: string, from: string, stanza: Element): void {
    const { world } = this.#component
    const jid = world.canonical(to)
    const contact = world.canonical(from)
    if (jid === undefined || contact === undefined || jid === contact) {
      const message = `Expected a subscription stanza between two JIDs, but "${type}" came from ${from} to ${to}.`
      world.bus.rejected('STANZA_INVALID', message, jid ?? to, from, stanza)
      return
    }
    this.#with(jid, true, (desk) => {
      if (desk === undefined) world.bus.count('owners.unknown')
      else if (type === 'subscribe')
        receiveRequest(desk, contact, stanza, () => this.subscription(type, to, from, stanza))
      else this.#answer(desk.owner(), type, contact, stanza)
    })
  }

  #answer(owner: Owner, type: Exclude<SubscriptionType, 'subscribe'>, contact: string, stanza: Element): void {
    receive(owner, type, contact, stanza, () => {
      if (type === 'unsubscribe') return
      const at = owner.world.settings.clock.now()
      // Detached: the stanza would keep its packet in memory.
      this.#remember(owner.jid, contact, { at, type, xml: copyText(stanza.toString()) })
    })
  }

  probe(to: string, from: string): void {
    const { wire, bus, canonical } = this.#component.world
    const jid = canonical(to)
    const contact = canonical(from)
    if (jid === undefined || contact === undefined || jid === contact) return
    this.#with(jid, false, (desk) => {
      if (desk !== undefined) {
        answerProbe(desk, from, contact)
        return
      }
      bus.count('owners.unknown')
      // As for a stranger of an owner that exists: nobody can tell which ones do.
      wire.transmit(wire.stanza(jid, { type: 'unsubscribed', to: contact })).catch(() => bus.count('unsent'))
    })
  }

  #with(jid: string, mayAdmit: boolean, act: (desk: ComponentDesk | undefined) => void): void {
    if (this.#component.isClosed) return
    const desk = this.#component.get(jid)
    if (desk !== undefined) {
      act(desk)
      return
    }
    const fail = (cause: unknown): void => this.#component.world.bus.error(asStorageError(jid, cause))
    // What is closed knows nobody: that is not to say that there is nobody.
    const heard = (found: ComponentDesk | undefined): void => {
      if (found !== undefined || !this.#component.isClosed) act(found)
    }
    this.#find(jid, mayAdmit).then(heard, fail)
  }

  #find(jid: string, mayAdmit: boolean): Promise<ComponentDesk | undefined> {
    if (this.#component.listed.isMissing(jid)) return this.#component.open(jid)
    const isAsked = mayAdmit && typeof this.#admits === 'function'
    return this.#component.reach(jid, isAsked ? () => this.#isAdmitted(jid) : undefined)
  }

  /** Asks the application's predicate. @throws RosterError `LISTENER_FAILED`: then there is no such owner. */
  async #isAdmitted(owner: string): Promise<boolean> {
    const admits = this.#admits
    try {
      return typeof admits === 'function' && (await admits(owner)) === true
    } catch (cause) {
      const message = `The option "owners" failed for ${owner}; the owner was not admitted.`
      throw new RosterError('LISTENER_FAILED', message, { owner, cause })
    }
  }

  /** The application sent a subscription stanza past the roster. */
  recorded(type: SubscriptionType, from: string, to: string): void {
    const { canonical, settings } = this.#component.world
    const jid = canonical(from)
    const contact = canonical(to)
    if (jid === undefined || contact === undefined || jid === contact) return
    this.#with(jid, true, (desk) => {
      const owner = desk?.owner()
      owner?.ledger.post((draft) => {
        const outcome = step(draft.contact(contact), { kind: 'recorded', type }, settings.clock.now())
        const tell = owner.enter(draft, outcome)
        return () => {
          tell()
          if (type === 'subscribe') this.#recall(owner, contact)
        }
      })
    })
  }

  /** With a full send buffer an answer can overtake the record of what it answers. */
  #remember(owner: string, contact: string, stray: Stray): void {
    if (stray.xml.length > STRAY_LENGTH) return
    for (const [oldest, { at }] of this.#strays) {
      if (this.#strays.size < STRAYS && stray.at - at <= STRAY) break
      this.#strays.delete(oldest)
    }
    const key = `${owner} ${contact}`
    this.#strays.delete(key)
    this.#strays.set(key, stray)
  }

  #recall(owner: Owner, contact: string): void {
    const { settings, wire } = owner.world
    const key = `${owner.jid} ${contact}`
    const stray = this.#strays.get(key)
    this.#strays.delete(key)
    if (stray === undefined || settings.clock.now() - stray.at > STRAY) return
    const stanza = wire.parse(stray.xml)
    if (stanza !== undefined) receive(owner, stray.type, contact, stanza, () => undefined)
  }
}
