import type { Element } from 'ltx/lib/ltx.js'

/**
 * An xmpp.js client or component, as far as tests use it. Written down here because the two packages are of different
 * versions, @xmpp/component has no types, and those of @xmpp/client know neither iqCaller nor streamManagement.on.
 */
export interface TestEntity {
  readonly jid: { toString(): string; bare(): { toString(): string }; readonly resource: string } | null
  readonly status: string
  readonly options: { readonly domain?: string; readonly service?: string }
  timeout: number
  readonly socket: unknown
  send(stanza: Element): Promise<void>
  sendMany(stanzas: Iterable<Element>): Promise<void>
  start(): Promise<unknown>
  stop(): Promise<unknown>
  disconnect(): Promise<unknown>
  isSecure(): boolean
  // biome-ignore lint/suspicious/noExplicitAny: the arguments depend on the event, and xmpp.js does not say how.
  on(event: string, listener: (...args: any[]) => void): unknown
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  once(event: string, listener: (...args: any[]) => void): unknown
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  removeListener(event: string, listener: (...args: any[]) => void): unknown
  readonly reconnect: { delay: number; start(): void; stop(): void; reconnect(): Promise<void> }
  readonly iqCaller: { request(stanza: Element, timeout?: number): Promise<Element> }
  readonly iqCallee: {
    // biome-ignore lint/suspicious/noExplicitAny: as above.
    get(namespace: string, name: string, handler: (...args: any[]) => unknown): void
    // biome-ignore lint/suspicious/noExplicitAny: as above.
    set(namespace: string, name: string, handler: (...args: any[]) => unknown): void
  }
  readonly middleware: {
    // biome-ignore lint/suspicious/noExplicitAny: as above.
    use(handler: (...args: any[]) => unknown): unknown
  }
}

export interface TestClient extends TestEntity {
  readonly streamManagement: {
    readonly enabled: boolean
    readonly id: string
    // biome-ignore lint/suspicious/noExplicitAny: as above.
    on(event: string, listener: (...args: any[]) => void): unknown
  }
}

export type TestComponent = TestEntity

/** The full JID that an entity is bound to (of a component: its domain). */
export const jidOf = (entity: TestEntity): string => {
  if (entity.jid === null) throw new Error('The entity has no JID yet')
  return entity.jid.toString()
}

/** The bare JID that an entity is bound to. */
export const bareOf = (entity: TestEntity): string => {
  if (entity.jid === null) throw new Error('The entity has no JID yet')
  return entity.jid.bare().toString()
}
