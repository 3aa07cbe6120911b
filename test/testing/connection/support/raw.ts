import { once } from 'node:events'
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import { DOMAIN, PASSWORD } from './fake-host.js'

export const HEADER = headerTo(DOMAIN)
export const FOOTER = '</stream:stream>'
export const SASL = `xmlns='urn:ietf:params:xml:ns:xmpp-sasl'`
export const SM = `xmlns='urn:xmpp:sm:3'`

export function headerTo(to: string, content = 'jabber:client', version = ` version='1.0'`): string {
  return `<?xml version='1.0'?><stream:stream to='${to}' xmlns='${content}' xmlns:stream='http://etherx.jabber.org/streams'${version}>`
}

export const plainAuth = (username = 'juliet', password = PASSWORD): string => {
  const initial = Buffer.from(`\0${username}\0${password}`).toString('base64')
  return `<auth ${SASL} mechanism='PLAIN'>${initial}</auth>`
}

export const bindIq = (resource?: string, id = 'bind'): string => {
  const asked = resource === undefined ? '' : `<resource>${resource}</resource>`
  return `<iq type='set' id='${id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>${asked}</bind></iq>`
}

/** The stream error with this condition, and the end of the stream behind it. */
export const streamError = (condition: string): RegExp =>
  new RegExp(
    `<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>.*</stream:error></stream:stream>`,
  )

/** A socket that says what it is told to and remembers what it hears. */
export class RawPeer {
  readonly socket: Socket
  #heard = ''
  #wake = (): void => undefined
  #ended = false
  /** Whether the connection broke instead of ending. */
  broken: Error | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('utf8')
    socket.setNoDelay(true)
    socket.on('data', (text: string) => {
      this.#heard += text
      this.#wake()
    })
    socket.on('error', (error) => {
      this.broken = error
    })
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  static async to(port: number, options: Partial<TcpNetConnectOpts> = {}): Promise<RawPeer> {
    const socket = connect({ port, host: '127.0.0.1', ...options })
    await once(socket, 'connect')
    return new RawPeer(socket)
  }

  /** Logged in, with a resource. */
  static async client(port: number, resource = 'raw', username = 'juliet', password?: string): Promise<RawPeer> {
    const peer = await RawPeer.authenticated(port, username, password)
    peer.send(bindIq(resource))
    await peer.hears(/<\/iq>/)
    return peer
  }

  /** Logged in, without a resource. */
  static async authenticated(port: number, username = 'juliet', password?: string): Promise<RawPeer> {
    const peer = await RawPeer.to(port)
    peer.send(HEADER)
    await peer.hears('</stream:features>')
    peer.send(plainAuth(username, password))
    await peer.hears(/<success.*>/)
    peer.send(HEADER)
    await peer.hears('</stream:features>')
    return peer
  }

  send(text: string | Uint8Array): void {
    this.socket.write(text)
  }

  /** Waits for this; returns all that came up to and with it, and forgets that. */
  async hears(what: string | RegExp): Promise<string> {
    const pattern = typeof what === 'string' ? new RegExp(what.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : what
    for (;;) {
      const found = pattern.exec(this.#heard)
      if (found !== null) {
        const end = found.index + found[0].length
        const text = this.#heard.slice(0, end)
        this.#heard = this.#heard.slice(end)
        return text
      }
      if (this.#ended) throw new Error(`Expected ${what}, but the connection ended after: ${this.#heard}`)
      await this.#next()
    }
  }

  /** Waits for the end of the connection; returns what came until then. */
  async hearsEnd(): Promise<string> {
    while (!this.#ended) await this.#next()
    return this.#heard
  }

  /** What has come and was not asked for yet. */
  get rest(): string {
    return this.#heard
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  /** Closes the stream, and hears that the server does. */
  async leave(): Promise<void> {
    this.send(FOOTER)
    await this.hears(FOOTER)
    await this.hearsEnd()
  }

  /** Vanishes without a word. */
  vanish(): void {
    this.socket.destroy()
  }
}
