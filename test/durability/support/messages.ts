import type { SubscriptionState } from '../../../src/index.js'

/** Where a process dies: at the so-manieth instant from now. */
export interface Death {
  readonly after: number
  /** Dying in the midst of something: after so many turns of the event loop. */
  readonly turns: number
}

/** What a component process has to know before it begins. */
export interface Life {
  readonly service: string
  readonly domain: string
  readonly secret: string
  readonly owners: readonly string[]
  /** What the owner does before it is connected. */
  readonly first: readonly Deed[]
  /** A file to which all notes are added. */
  readonly journal: string
  /** When it begins, in milliseconds since the epoch. */
  readonly now: number
  /** `undefined`: it lives. */
  readonly death: Death | undefined
}

/** What the application has an owner do. */
export interface Deed {
  readonly command: Command
  readonly owner: string
  readonly contact: string
}

export type Command = 'subscribe' | 'unsubscribe' | 'authorize' | 'unauthorize'

/** What the process is told. */
export type Order =
  | { readonly kind: 'live'; readonly life: Life }
  | { readonly kind: 'die'; readonly death: Death | undefined }
  | { readonly kind: 'open'; readonly owner: string }
  | { readonly kind: 'forget'; readonly owner: string }
  | { readonly kind: 'command'; readonly deed: Deed }
  /** The server has read all that the process had written when it asked. */
  | { readonly kind: 'read' }

/** What it says. `passed`: how many instants came since the last `die` or `live`; `wrote`: it is to be told once that was read. */
export type Report =
  | { readonly kind: 'wrote' }
  | { readonly kind: 'loaded' | 'online' | 'done' }
  | { readonly kind: 'armed'; readonly passed: number }
  | { readonly kind: 'failed'; readonly message: string }

/** What it writes down, in its order: what it does at the end of its life is there, too. */
export type Note =
  | { readonly kind: 'born' }
  /** What storage has told, or has acknowledged. `whole`: there is nothing else. */
  | {
      readonly kind: 'known'
      readonly owner: string
      readonly whole: boolean
      readonly put: readonly (readonly [contact: string, state: SubscriptionState])[]
      readonly remove: readonly string[]
    }
  | { readonly kind: 'sends'; readonly from: string; readonly to: string; readonly type: string | undefined }
  | { readonly kind: 'dies'; readonly at: string }
