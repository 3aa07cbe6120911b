import { EventEmitter, once } from 'node:events'
import { StringDecoder } from 'node:string_decoder'
import { client } from '@xmpp/client'
import xmppComponent from '@xmpp/component'

/** How much a socket hands over at once. */
const CHUNK = 65_536

/** A socket without a network: what is pushed into it comes out as Node's sockets give it, decoded if they were told to. */
class Socket extends EventEmitter {
  writable = true
  written = () => undefined
  #decoder

  setEncoding(encoding) {
    this.#decoder = new StringDecoder(encoding)
    this.readableEncoding = encoding
  }

  push(bytes) {
    this.emit('data', this.#decoder === undefined ? bytes : this.#decoder.write(bytes))
  }

  write(text, done) {
    this.written(text)
    done()
  }
}

/** One turn of the event loop: xmpp.js' middleware works in promises. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

export const chunksOf = (xml) => {
  const bytes = Buffer.from(xml)
  return Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, at) =>
    bytes.subarray(at * CHUNK, (at + 1) * CHUNK),
  )
}

/** Hands over chunks as they come from a network. */
export async function feed(entity, chunks) {
  for (const chunk of chunks) {
    entity.socket.push(chunk)
    await turn()
  }
}

const OWNERS = {
  client: 'romeo@montague.example',
  component: 'romeo@bots.montague.example',
}

function entityOf(kind) {
  if (kind === 'component')
    return xmppComponent.component({ service: 'xmpp://localhost', domain: 'bots.montague.example', password: 'secret' })
  return client({ service: 'xmpp://localhost', domain: 'montague.example', username: 'romeo', password: 'secret' })
}

/** A real xmpp.js client or component whose stream is open, without a server. It answers nothing by itself. */
function connected(kind) {
  const entity = entityOf(kind)
  if (kind === 'client') {
    entity.Transport = entity._findTransport(entity.options.service)
    entity.Parser = entity.Transport.prototype.Parser
  }
  entity.reconnect.stop()
  entity._attachSocket(new Socket())
  entity._attachParser(new entity.Parser())
  entity.root = entity.headerElement()
  entity.socket.push(
    Buffer.from(
      `<stream:stream id='s1' version='1.0' xmlns='${entity.NS}' xmlns:stream='http://etherx.jabber.org/streams'>`,
    ),
  )
  return entity
}

/**
 * A session that has come online; with `Roster`, its owner's roster holds the contacts.
 * @param {'client' | 'component'} kind
 * @param {{ readonly Roster?: unknown, readonly items?: readonly string[], readonly options?: object }} [setting] `items`: as in a roster result
 */
export async function openSession(kind, { Roster, items = [], options = {} } = {}) {
  const entity = connected(kind)
  const { socket } = entity
  const owner = OWNERS[kind]
  const roster = Roster === undefined ? undefined : new Roster(entity, { presence: false, ...options })
  const answerRoster = async (listed) => {
    const id = await rosterRequest(socket)
    await feed(entity, chunksOf(rosterResult(id, listed)))
  }
  const answered = kind === 'client' && roster !== undefined ? answerRoster(items) : undefined
  if (kind === 'client') {
    socket.push(Buffer.from(`<stream:features><ver xmlns='urn:xmpp:features:rosterver'/></stream:features>`))
    entity._jid(`${owner}/orchard`)
    entity._status('online', entity.jid)
  } else {
    const online = once(entity, 'online')
    await turn()
    socket.push(Buffer.from('<handshake/>'))
    await online
  }
  await answered
  if (kind === 'component') await roster?.open(owner)
  else await roster?.ready()
  return { entity, roster, owner, answerRoster }
}

const rosterRequest = (socket) =>
  new Promise((resolve) => {
    socket.written = (text) => {
      if (text.includes('jabber:iq:roster')) resolve(/ id="([^"]*)"/.exec(text)[1])
    }
  })

export const rosterResult = (id, items) =>
  `<iq type='result' id='${id}'><query xmlns='jabber:iq:roster' ver='1'>${items.join('')}</query></iq>`
