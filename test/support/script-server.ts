import { createServer, type Server, type Socket } from 'node:net'

const HEADER =
  '<?xml version="1.0"?><stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams" id="s" from="localhost" version="1.0">'
const SASL =
  '<stream:features><mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>PLAIN</mechanism></mechanisms></stream:features>'
const BIND = '<stream:features><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></stream:features>'

/** The `id` of the IQ that a text ends with. */
const idIn = (text: string): string => /\bid="([^"]*)"/.exec(text)?.[1] ?? ''

/** What the server says to what it hears; the roster get is left to the test. */
function answerTo(heard: string, jid: string): string | undefined {
  if (heard.includes('</stream:stream>')) return '</stream:stream>'
  if (heard.includes('<auth ')) return '<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>'
  if (!heard.includes('urn:ietf:params:xml:ns:xmpp-bind')) return undefined
  const bound = `<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><jid>${jid}</jid></bind>`
  return `<iq type="result" id="${idIn(heard)}">${bound}</iq>`
}

/** As much of a server as one client needs to log in over TCP, byte by byte in the hands of the test. */
export class ScriptServer {
  readonly #server: Server
  readonly #jid: string
  readonly #sockets = new Set<Socket>()
  #streams = 0
  /** The id of the roster get, once it has come. */
  readonly asked: Promise<string>
  #onAsked: (id: string) => void = () => undefined

  constructor(jid: string) {
    this.#jid = jid
    this.asked = new Promise((resolve) => {
      this.#onAsked = resolve
    })
    this.#server = createServer((socket) => this.#serve(socket))
  }

  /** The address to connect to: a free port. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('The server has no port')
    return `xmpp://127.0.0.1:${address.port}`
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      const heard = data.toString()
      if (heard.includes('<stream:stream')) {
        this.#streams += 1
        socket.write(HEADER + (this.#streams === 1 ? SASL : BIND))
        return
      }
      if (heard.includes('jabber:iq:roster')) this.#onAsked(idIn(heard))
      const answer = answerTo(heard, this.#jid)
      if (answer !== undefined) socket.write(answer)
    })
  }

  write(bytes: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}
