import type { Element } from 'ltx'
import type { ServerItem } from '../core/client-step.js'
import type { RosterError } from '../core/errors.js'
import type { Presence, PresenceInit } from '../core/presence.js'
import type { Subscription } from '../core/state.js'
import type { Send } from '../core/step.js'

/** What stands in a presence stanza besides its addresses. */
export interface Wrapped {
  readonly type: string | undefined
  readonly to: string | undefined
  readonly nick: string | undefined
  readonly status: string | undefined
}

/** What a roster get is answered with. */
export interface RosterAnswer {
  /** `undefined`: not modified (RFC 6121 §2.6.3). */
  readonly items: readonly ServerItem[] | undefined
  readonly version: string | undefined
}

/** A question to the account's server; `done` is called once, at the answer's place in the stream. */
export interface Question {
  readonly ask:
    | { readonly kind: 'get'; readonly version: string | undefined }
    | {
        readonly kind: 'set'
        readonly item: {
          readonly jid: string
          readonly name: string | undefined
          readonly groups: readonly string[]
          /** Whom the server lets manage other rosters may say it (XEP-0356); an account must not (RFC 6121 §2.1.2.5). */
          readonly subscription?: Subscription
        }
      }
    | { readonly kind: 'remove'; readonly jid: string }
  readonly timeout: number
  readonly done: (answer: RosterAnswer | RosterError) => void
}

/** All that the roster needs of a connection: it knows no XML beyond handing elements on. */
export interface Wire {
  readonly kind: 'client' | 'component'
  /** The canonical bare JID of the account or component, as soon as it is known. */
  self(): string | undefined
  isOnline(): boolean
  /** A fresh stanza from the owner; `undefined` when there is nothing to say. */
  stanza(owner: string, send: Exclude<Send, { readonly type: 'presence' }>): Element
  presence(owner: string, presence: PresenceInit, to: string | undefined): Element
  parse(xml: string): Element | undefined
  read(stanza: Element): Wrapped
  /** What an available presence of a contact says; `undefined` when it is a chat room's (XEP-0045). */
  announced(stanza: Element, contact: string, resource: string, previous: Presence | undefined): Presence | undefined
  /** Whether an error answers a subscription stanza that this library sent. */
  isOurSubscription(stanza: Element): boolean
  /** The condition of a stanza error (RFC 6120 §8.3.3). */
  condition(stanza: Element): string
  /** Resolves when it was written, rejects with `NOT_CONNECTED`. What was sent before goes first. */
  transmit(stanza: Element): Promise<void>
  /** The same for many, in as few writes as possible. */
  transmitMany(stanzas: readonly Element[]): Promise<void>
  /** Client: asks the server; returns how to stop waiting. */
  question(question: Question): () => void
  /** Client: what the server offers in this session. */
  readonly features: { readonly versioning: boolean; readonly preapproval: boolean }
  /** Client: resolves when a session can be begun without harm. */
  quiet(): Promise<void>
  /** Sends a stanza of the application as it is. */
  forward(stanza: Element): Promise<void>
  /** Listens no more. */
  detach(): void
}
