import { client } from '@xmpp/client'
import { xml } from '@xmpp/component'
import { Roster, type SubscriptionState } from '../../../src/index.js'
import type { TestClient } from '../../servers/support/entity.js'

/** The stanza that says it, in the words of RFC 6121. */
const STANZAS = {
  subscribe: 'subscribe',
  unsubscribe: 'unsubscribe',
  authorize: 'subscribed',
  unauthorize: 'unsubscribed',
} as const

/** Somebody with a client on the server of the component. */
export class Person {
  readonly jid: string
  readonly roster: Roster
  readonly #client: TestClient
  /** Whoever was turned away once is turned away again. */
  readonly #unwanted = new Set<string>()

  constructor(service: string, domain: string, name: string) {
    this.jid = `${name}@${domain}`
    this.#client = client({ service, domain, username: name, password: name }) as unknown as TestClient
    this.#client.on('error', () => undefined)
    this.roster = new Roster(this.#client, { autoAuthorize: null })
    this.roster.on('subscribe', ({ contact }) => {
      if (this.#unwanted.has(contact)) void this.#say('unsubscribed', contact)
    })
  }

  async arrive(): Promise<void> {
    await this.#client.start()
    await this.roster.ready()
  }

  /** As any client does it, whatever it thinks of the state. */
  async does(what: keyof typeof STANZAS | 'returns', owner: string): Promise<void> {
    if (what === 'returns') {
      await this.#client.send(xml('presence', { type: 'unavailable' }))
      await this.#client.send(xml('presence'))
      return
    }
    if (what === 'unauthorize') this.#unwanted.add(owner)
    await this.#say(STANZAS[what], owner)
  }

  /** A new request will be looked at. */
  reconsider(owner: string): void {
    this.#unwanted.delete(owner)
  }

  async #say(type: string, to: string): Promise<void> {
    await this.#client.send(xml('presence', { type, to }))
  }

  state(owner: string): SubscriptionState {
    return this.roster.own.state(owner)
  }

  sees(owner: string): boolean {
    return this.roster.own.presence(owner).available
  }

  /** Resolves `true` when the owner's component has answered, so that nothing is under way any more that was sent before. */
  async reaches(owner: string): Promise<boolean> {
    const ping = xml('iq', { type: 'get', to: owner }, xml('ping', { xmlns: 'urn:xmpp:ping' }))
    try {
      await this.#client.iqCaller.request(ping)
      return true
    } catch (error) {
      // The answer of a component that knows no such protocol; without a component it is the server that answers.
      return error instanceof Error && 'condition' in error && error.condition === 'service-unavailable'
    }
  }

  /** What the server keeps: fetched anew. */
  async end(owner: string): Promise<unknown> {
    await this.roster.own.resync()
    const { name, groups, state, approved } = this.roster.own.get(owner) ?? {}
    return { name, groups, state, approved, sees: this.sees(owner) }
  }

  async leave(): Promise<void> {
    await this.#client.stop()
  }
}
