import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type Element, escapeXML, parse } from 'ltx/lib/ltx.js'
import { type WebSocket, WebSocketServer } from 'ws'
import { StreamParser } from '../../../src/testing/connection/parser.js'
import { addressOf } from './person.js'

const NS_FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing'
const NS_STREAMS = 'http://etherx.jabber.org/streams'
const NS_CLIENT = 'jabber:client'

/** RFC 7395 §3.3: what a stream's header declares for all, each frame declares for itself. */
const frame = (element: Element): string => {
  if (element.attrs['xmlns'] === undefined) element.attrs['xmlns'] = NS_CLIENT
  return element.toString()
}

const headerOf = (open: Element): string => {
  const attrs = ['to', 'from', 'version', 'xml:lang'].flatMap((name) => {
    const value: unknown = open.attrs[name]
    return typeof value === 'string' ? [` ${name}='${escapeXML(value)}'`] : []
  })
  return `<?xml version='1.0'?><stream:stream xmlns='${NS_CLIENT}' xmlns:stream='${NS_STREAMS}'${attrs.join('')}>`
}

const openOf = (attributes: ReadonlyMap<string, string>): string => {
  const attrs = ['from', 'to', 'id', 'version', 'xml:lang'].flatMap((name) => {
    const value = attributes.get(name)
    return value === undefined ? [] : [` ${name}='${escapeXML(value)}'`]
  })
  return `<open xmlns='${NS_FRAMING}'${attrs.join('')}/>`
}

/** One client's way: frames to the stream, and what the stream says back as frames. */
function join(webSocket: WebSocket, socket: Socket): void {
  const say = (text: string): void => webSocket.send(text)
  const parser = new StreamParser({
    opened: ({ attributes }) => say(openOf(attributes)),
    heard: (element) => say(frame(element)),
    ended: () => say(`<close xmlns='${NS_FRAMING}'/>`),
  })
  let isOpen = false
  webSocket.on('message', (data) => {
    const text = String(data)
    const element = parse(text)
    if (element.is('open', NS_FRAMING)) {
      // RFC 7395 §3.7: a restart is a header again, on both sides.
      if (isOpen) parser.restart()
      isOpen = true
      socket.write(headerOf(element))
    } else socket.write(element.is('close', NS_FRAMING) ? '</stream:stream>' : text)
  })
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => parser.write(text))
  socket.on('close', () => webSocket.close())
  socket.on('error', () => undefined)
  webSocket.on('close', () => socket.destroy())
}

/** Where clients that speak WebSocket (RFC 7395) reach a server that speaks TCP. */
export interface Bridge {
  /** `ws://127.0.0.1:PORT` */
  readonly url: string
  close(): Promise<void>
}

/** Opens a bridge to a server; what one says passes to the other as it is, but for the framing. */
export async function openBridge(service: string): Promise<Bridge> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'xmpp' })
  await once(server, 'listening')
  server.on('connection', (webSocket) => {
    const socket = connect(addressOf(service))
    socket.setNoDelay(true)
    join(webSocket, socket)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Expected the bridge to have a port')
  return {
    url: `ws://127.0.0.1:${address.port}`,
    close: async () => {
      for (const webSocket of server.clients) webSocket.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
