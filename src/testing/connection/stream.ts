import type { Socket } from 'node:net'
import type { Element } from 'ltx'
import { escapeXML, escapeXMLText } from 'ltx/lib/ltx.js'
import type { Clock } from '../../core/clock.js'
import { inWords, RosterError } from '../../core/errors.js'
import { randomId } from '../../core/random.js'
import { NS_STREAM_ERRORS, NS_STREAMS } from './namespaces.js'
import { type Header, StreamParser } from './parser.js'

/** What is talked about on a stream; it changes while the stream is negotiated. */
export interface Conversation {
  opened(header: Header): void
  /** A first-level element. */
  heard(element: Element): void
  /** The stream has ended: it was closed by either side, or it was lost without a word. Called once. */
  over(how: 'closed' | 'lost'): void
}

/** Nobody is interested any more. */
export const silence: Conversation = { opened: () => undefined, heard: () => undefined, over: () => undefined }

/** How long a peer may take until it is who it says it is, in ms. */
const PATIENCE = 60_000
/** How long a peer may take to close its side after the server has closed its own, in ms. */
const GRACE = 5_000
/** Bytes that wait for a peer that does not read. */
const MOST_UNREAD = 64 * 1024 * 1024

/** Tests that hold the timers still mean their own, not those of the server: this is the function from before. */
const nextTurn = setImmediate

/** One XML stream on one socket (RFC 6120 §4). Whatever comes, it throws nothing. */
export class XmlStream {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #content: string
  readonly #domain: string
  readonly #parser: StreamParser
  // Bytes that are no UTF-8 are a fault (RFC 6120 §4.9.3.22), and packets end anywhere.
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  conversation: Conversation = silence
  #state: 'open' | 'closed' | 'lost' = 'open'
  /** Whether our header has been sent since the stream was opened, or opened again. */
  #headed = false
  #unsent = ''
  #callOff: () => void

  /** `domain` signs the header when something goes wrong before the peer has said whom it looks for. */
  constructor(socket: Socket, content: string, domain: string, clock: Clock) {
    this.#socket = socket
    this.#content = content
    this.#domain = domain
    this.#clock = clock
    this.#parser = new StreamParser({
      opened: (header) => this.conversation.opened(header),
      heard: (element) => this.conversation.heard(element),
      ended: () => this.close(),
    })
    this.#callOff = clock.after(PATIENCE, () => this.fail('connection-timeout'))
    socket.setNoDelay(true)
    socket.on('data', (data) => this.#read(data))
    socket.on('end', () => this.#abandon())
    socket.on('close', () => this.#gone())
    // What went wrong is of no use; `close` follows.
    socket.on('error', () => undefined)
  }

  /** The peer is known: it may take its time from now on. */
  established(): void {
    this.#callOff()
  }

  /** Answers the header of the peer; returns the stream's id. */
  open(from: string, attributes: Readonly<Record<string, string>> = {}): string {
    const id = randomId()
    const more = Object.entries(attributes).map(([name, value]) => ` ${name}='${escapeXML(value)}'`)
    const namespaces = `xmlns='${this.#content}' xmlns:stream='${NS_STREAMS}'`
    this.write(
      `<?xml version='1.0'?><stream:stream ${namespaces} id='${id}' from='${escapeXML(from)}'${more.join('')}>`,
    )
    this.#headed = true
    return id
  }

  /** The next thing the peer sends is a header again (RFC 6120 §4.3.3). */
  restart(): void {
    this.#headed = false
    this.#parser.restart()
  }

  /** All that is written in one turn leaves together. */
  write(xml: string): void {
    if (this.#state !== 'open') return
    if (this.#unsent === '') nextTurn(() => this.#flush())
    this.#unsent += xml
  }

  /** Ends the stream with an error (RFC 6120 §4.9). `detail`: a condition of an application, as XML. */
  fail(condition: string, text?: string, detail = ''): void {
    if (this.#state !== 'open') return
    // RFC 6120 §4.9.1.2: an error has a header before it.
    if (!this.#headed) this.open(this.#domain, { version: '1.0', 'xml:lang': 'en' })
    const said =
      text === undefined ? '' : `<text xmlns='${NS_STREAM_ERRORS}' xml:lang='en'>${escapeXMLText(text)}</text>`
    this.write(`<stream:error><${condition} xmlns='${NS_STREAM_ERRORS}'/>${said}${detail}</stream:error>`)
    this.close()
  }

  /** Closes the stream (RFC 6120 §4.4). */
  close(): void {
    if (this.#state !== 'open') return
    this.write('</stream:stream>')
    this.#finish('closed')
  }

  /** The network breaks: nothing more is said, and what was not sent never is. */
  cut(): void {
    if (this.#state !== 'open') return
    this.#unsent = ''
    this.#end('lost')
    this.#socket.destroy()
  }

  #read(data: Uint8Array): void {
    if (this.#state !== 'open') return
    try {
      this.#parser.write(this.#decoder.decode(data, { stream: true }))
    } catch (cause) {
      if (cause instanceof RosterError && cause.condition !== undefined) this.fail(cause.condition, cause.message)
      else if (isUndecodable(cause)) this.fail('unsupported-encoding', 'Expected UTF-8.')
      else this.fail('internal-server-error', inWords(cause))
    }
  }

  /** The peer sends nothing more, and has not closed the stream: it may still read. */
  #abandon(): void {
    if (this.#state === 'open') this.#finish('lost')
  }

  #flush(): void {
    const xml = this.#unsent
    this.#unsent = ''
    if (xml === '' || !this.#socket.writable) return
    this.#socket.write(xml)
    if (this.#socket.writableLength > MOST_UNREAD) this.cut()
  }

  #finish(how: 'closed' | 'lost'): void {
    this.#flush()
    if (this.#state !== 'open') return
    this.#socket.end()
    this.#end(how)
    // A peer that has closed its side already is gone by then.
    this.#callOff = this.#clock.after(GRACE, () => this.#socket.destroy())
  }

  #end(how: 'closed' | 'lost'): void {
    this.#callOff()
    this.#parser.stop()
    this.#state = how
    const { conversation } = this
    this.conversation = silence
    conversation.over(how)
  }

  #gone(): void {
    this.#unsent = ''
    if (this.#state === 'open') this.#end('lost')
    this.#callOff()
  }
}

const isUndecodable = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
