import { connect } from 'node:net'

const HEAD =
  "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
const ROSTER = "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>"

const count = (text, part) => text.split(part).length - 1

/** As little of a client as can be: it reads no XML, so that what is measured is the server. */
class BareClient {
  items = 0
  presences = 0
  #socket
  #unread = ''
  #wanted

  constructor(port) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true })
    this.#socket.setEncoding('utf8').on('data', (text) => this.#take(text))
  }

  /** A piece that ends in the middle of a tag is looked at with the next one. */
  #take(text) {
    const all = this.#unread + text
    const end = all.lastIndexOf('<')
    const whole = all.endsWith('>') ? all : all.slice(0, end)
    this.#unread = all.slice(whole.length)
    this.items += count(whole, '<item ')
    this.presences += count(whole, '<presence ')
    this.#wanted?.(whole)
  }

  send(xml) {
    this.#socket.write(xml)
  }

  /** Sends, and waits until the answer has this in it. */
  ask(xml, part) {
    return new Promise((resolve) => {
      this.#wanted = (text) => {
        if (!text.includes(part)) return
        this.#wanted = undefined
        resolve()
      }
      this.send(xml)
    })
  }

  end() {
    return new Promise((resolve) => {
      this.#socket.once('close', resolve)
      this.#socket.end('</stream:stream>')
    })
  }
}

const plain = (name) => Buffer.from(`\0${name}\0secret`).toString('base64')

/** Logs in with PLAIN, fetches the roster, and is there. */
export async function login(port, name) {
  const client = new BareClient(port)
  await client.ask(HEAD, '</stream:features>')
  await client.ask(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain(name)}</auth>`, '<success')
  await client.ask(HEAD, '</stream:features>')
  await client.ask("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", '<jid>')
  await client.ask(ROSTER, 'jabber:iq:roster')
  client.send('<presence/>')
  return client
}
