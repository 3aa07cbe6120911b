import type { Element } from 'ltx'
import type { Guest, Host, Link } from '../../../../src/testing/peer.js'

/** Who has connected, what came, and how to talk back. */
export interface Visitor {
  readonly jid: string
  readonly link: Link
  readonly received: Element[]
  gone: number
}

export const DOMAIN = 'localhost'
export const COMPONENT = 'bots.localhost'
export const PASSWORD = 'secret'

/** As little of a host as connections need: it takes everybody in and writes down what it hears. */
export class FakeHost implements Host {
  readonly domain = DOMAIN
  readonly features: readonly string[] = [`<ver xmlns='urn:xmpp:features:rosterver'/>`]
  readonly accounts = new Map([
    ['juliet', PASSWORD],
    ['romeo', 'pass,word=ü'],
  ])
  readonly secrets = new Map([[COMPONENT, PASSWORD]])
  readonly visitors: Visitor[] = []
  /** Runs while a session is bound, a component joins. */
  onArrival: (link: Link) => void = () => undefined
  onStanza: (stanza: Element, visitor: Visitor) => void = answerPing
  #resources = 0

  password(username: string): string | undefined {
    return this.accounts.get(username)
  }

  bind(username: string, resource: string | undefined, link: Link): Guest {
    this.#resources += 1
    const jid = `${username}@${DOMAIN}/${resource ?? `r${this.#resources}`}`
    this.present(jid)?.link.end('conflict')
    return this.#take(jid, link)
  }

  secret(domain: string): string | undefined {
    return this.secrets.get(domain)
  }

  join(domain: string, link: Link): Guest | undefined {
    return this.present(domain) === undefined ? this.#take(domain, link) : undefined
  }

  /** The visitor who is here under this address. */
  present(jid: string): Visitor | undefined {
    return this.visitors.find((visitor) => visitor.jid === jid && visitor.gone === 0)
  }

  #take(jid: string, link: Link): Guest {
    const visitor: Visitor = { jid, link, received: [], gone: 0 }
    this.visitors.push(visitor)
    this.onArrival(link)
    return {
      jid,
      receive: (stanza) => {
        visitor.received.push(stanza)
        this.onStanza(stanza, visitor)
      },
      gone: () => {
        visitor.gone += 1
      },
    }
  }
}

function answerPing(stanza: Element, visitor: Visitor): void {
  if (stanza.name === 'iq' && stanza.attrs['type'] === 'get')
    visitor.link.send(`<iq type='result' id='${stanza.attrs['id']}'/>`)
}
