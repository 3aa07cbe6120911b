import type { SubscriptionType } from '../core/state.js'
import type { Bus } from './bus.js'
import type { ClientDesk } from './client-desk.js'
import type { Component } from './component.js'
import type { Settings } from './options.js'
import type { World } from './owner.js'
import type { Wire } from './wire.js'

/** The one that answers: an account with its server, or a component with its owners. */
export type Authority =
  | { readonly kind: 'client'; readonly client: ClientDesk }
  | { readonly kind: 'component'; readonly component: Component }

/** How a roster gets its connection. */
export type Connect = (
  settings: Settings,
  bus: Bus,
) => { readonly wire: Wire; readonly canonical: World['canonical']; readonly attach: (authority: Authority) => void }

/** What a subscription stanza of the application says. */
export interface OwnStanza {
  readonly type: SubscriptionType
  readonly owner: string
  readonly to: string
}
