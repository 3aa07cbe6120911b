import type { Element } from 'ltx'

/**
 * The part of an xmpp.js client or component that is used. What `client()` of `@xmpp/client` 0.14 and `component()` of
 * `@xmpp/component` 0.13 and 0.14 return has it.
 */
export interface XmppEntity {
  /** The account or component, once it is known. */
  readonly jid: { toString(): string } | null | undefined
  /** `'online'` while stanzas can be sent. */
  readonly status: string
  /** A component's domain stands here before it is connected. */
  readonly options?: { readonly domain?: string }
  /** Resolves when the stanza is written. */
  send(stanza: Element): Promise<unknown>
  /** The same for many in one write. */
  sendMany?(stanzas: Iterable<Element>): Promise<unknown>
  /** Tells of `stanza`, `nonza`, `send`, `open`, `online`, `disconnect` and `offline`. */
  on(event: string, listener: (...args: any[]) => void): unknown
  /** Undoes `on`. */
  removeListener(event: string, listener: (...args: any[]) => void): unknown
  /** Answers roster pushes. */
  readonly iqCallee: {
    get(namespace: string, name: string, handler: (...args: any[]) => unknown): void
    set(namespace: string, name: string, handler: (...args: any[]) => unknown): void
  }
  /** Not used yet. */
  readonly iqCaller: { request(stanza: Element, timeout?: number): Promise<Element> }
  /** Not used yet. */
  readonly middleware: { use(fn: (...args: any[]) => unknown): unknown }
  /** Clients: tells of resumed streams. */
  readonly streamManagement?: unknown
  /** Told to decode UTF-8 by itself: xmpp.js breaks characters that two packets share. */
  readonly socket?: unknown
  /** The namespace of the stream's stanzas: it tells a client from a component. */
  readonly NS?: string
}

interface Emitter {
  on(event: string, listener: (...args: any[]) => void): unknown
  removeListener(event: string, listener: (...args: any[]) => void): unknown
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const isEmitter = (value: unknown): value is Emitter =>
  isObject(value) && typeof value['on'] === 'function' && typeof value['removeListener'] === 'function'

/** XEP-0114 or a client: they differ in who keeps the roster. */
export function kindOf(entity: XmppEntity): 'client' | 'component' {
  if (entity.NS === 'jabber:component:accept') return 'component'
  if (entity.NS === 'jabber:client' || entity.streamManagement !== undefined) return 'client'
  return entity.jid?.toString().includes('@') === true ? 'client' : 'component'
}

/** xmpp.js' stream management (XEP-0198), where it has one. */
export function managementOf(entity: XmppEntity): {
  readonly emitter: Emitter | undefined
  resumableFor(): number | undefined
} {
  const management = entity.streamManagement
  return {
    emitter: isEmitter(management) ? management : undefined,
    /** Milliseconds for which the server keeps a cut session, if it keeps it at all. */
    resumableFor() {
      if (!isObject(management) || typeof management['id'] !== 'string' || management['id'] === '') return undefined
      const seconds = Number(management['max'])
      return (seconds > 0 ? seconds : 600) * 1_000
    },
  }
}

/**
 * xmpp.js decodes UTF-8 packet by packet and so breaks a character that two packets share. A socket that decodes by itself
 * hands over whole characters. A socket that is still to become a TLS one must be left alone.
 */
export function decodeWhole(entity: XmppEntity): void {
  const outer = entity.socket
  if (!isObject(outer)) return
  const socket = isObject(outer['socket']) ? outer['socket'] : outer
  if (typeof socket['setEncoding'] === 'function' && socket['readableEncoding'] !== 'utf8')
    socket['setEncoding']('utf8')
}

export const isSecure = (entity: XmppEntity): boolean => isObject(entity.socket) && entity.socket['secure'] === true
