import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../../core/clock.js'
import { RosterError } from '../../core/errors.js'
import type { Host } from '../peer.js'
import { Accounts } from './accounts.js'
import { ComponentStream } from './component-stream.js'
import type { Context, OnStanza } from './context.js'
import { NS_CLIENT, NS_COMPONENT } from './namespaces.js'
import { Negotiation } from './negotiation.js'
import { type Conversation, XmlStream } from './stream.js'

const ADDRESS = '127.0.0.1'

/** How long peers may take to read the end of their streams, in ms of real time: a clock that stands must not hold it up. */
const FAREWELL = 250

export interface ListenOptions {
  readonly clock: Clock
  readonly onStanza: OnStanza
  /** The ports; 0: any free one. */
  readonly ports: { readonly c2s: number; readonly component: number }
}

type Begin = (context: Context, stream: XmlStream) => Conversation

/** The sockets of a server: where clients and components come in, and all that have. */
export class Listener {
  readonly #context: Context
  readonly #servers: Server[] = []
  readonly #streams = new Map<Socket, XmlStream>()
  #closed: Promise<void> | undefined

  private constructor(context: Context) {
    this.#context = context
  }

  /**
   * Listens on 127.0.0.1.
   *
   * @throws {RosterError} `NOT_CONNECTED` when a port is not to be had; then nothing listens
   */
  static async listen(
    host: Host,
    { clock, onStanza, ports }: ListenOptions,
  ): Promise<{ readonly listener: Listener; readonly c2s: number; readonly component: number }> {
    const listener = new Listener({ host, clock, onStanza, accounts: new Accounts(host), resumable: new Map() })
    try {
      const c2s = await listener.#serve(ports.c2s, NS_CLIENT, (context, stream) => new Negotiation(context, stream))
      const begin: Begin = (context, stream) => new ComponentStream(context, stream)
      const component = await listener.#serve(ports.component, NS_COMPONENT, begin)
      return { listener, c2s, component }
    } catch (cause) {
      await listener.close()
      throw cause
    }
  }

  /** Ends every stream with `system-shutdown`; done when no socket, port or timer is left. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #serve(port: number, content: string, begin: Begin): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#welcome(socket, content, begin))
    try {
      // Once it listens, an error is about one socket that could not be accepted.
      const listening = new Promise<void>((resolve, reject) => server.on('error', reject).once('listening', resolve))
      server.listen(port, ADDRESS)
      await listening
    } catch (cause) {
      const sentence = `Expected port ${port} of ${ADDRESS} to be free; nothing listens.`
      throw new RosterError('NOT_CONNECTED', sentence, { cause })
    }
    this.#servers.push(server)
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : port
  }

  #welcome(socket: Socket, content: string, begin: Begin): void {
    const stream = new XmlStream(socket, content, this.#context.host.domain, this.#context.clock)
    stream.conversation = begin(this.#context, stream)
    this.#streams.set(socket, stream)
    socket.once('close', () => this.#streams.delete(socket))
  }

  async #close(): Promise<void> {
    const closed = [
      ...this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
      // A server tells that it is closed before the last socket does, whose timers are still to be called off.
      ...[...this.#streams.keys()].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      ),
    ]
    for (const stream of this.#streams.values()) stream.fail('system-shutdown')
    for (const session of this.#context.resumable.values()) session.end()
    const destroy = (): void => {
      for (const socket of this.#streams.keys()) socket.destroy()
    }
    const timer = setTimeout(destroy, FAREWELL)
    await Promise.all(closed)
    clearTimeout(timer)
  }
}
