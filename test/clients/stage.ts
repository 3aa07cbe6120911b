import { type Element, parse } from 'ltx/lib/ltx.js'
import { onTestFinished } from 'vitest'
import { Clients, type ClientsOptions } from '../../src/clients.js'
import { TestServer } from '../../src/testing.js'
import { connectClient, stopEntity } from '../servers/support/connect.js'
import type { TestClient } from '../servers/support/entity.js'
import type { TestedServer } from '../servers/support/types.js'

export const NS = 'xmpp:prosody.im/protocol/manage-clients'
const NS_STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** What a server answers, as text. */
type Answer = (iq: Element, from: string) => string | undefined

interface Stage {
  readonly server: TestServer
  readonly entity: TestClient
  readonly clients: Clients
  /** The payloads that were asked, as text. */
  readonly asked: readonly string[]
}

/** Juliet's client, logged in at a server that answers as it is told to; `undefined`: with `service-unavailable`. */
export async function stage(answer: Answer, options: ClientsOptions = {}): Promise<Stage> {
  const server = new TestServer({ accounts: { juliet: 'secret' } })
  onTestFinished(() => server.close())
  const asked: string[] = []
  server.handle(NS, (iq, from) => {
    asked.push(`${iq.attrs['type']} ${iq.getChildElements().join('')}`)
    const said = answer(iq, from)
    return said === undefined ? undefined : parse(said)
  })
  const { c2s } = await server.listen()
  const place = { domain: 'localhost', c2s } as unknown as TestedServer
  const entity = await connectClient(place, { username: 'juliet', resource: 'balcony', reconnect: false })
  onTestFinished(() => stopEntity(entity))
  return { server, entity, clients: new Clients(entity, options), asked }
}

/** The result of a list. */
export const clientsOf = (...clients: readonly string[]): string =>
  `<clients xmlns='${NS}'>${clients.join('')}</clients>`

/** A refusal with this condition; what else stands in it, before it and behind it. */
export const refused = (condition: string, after = '', before = ''): string =>
  `<error type='cancel'>${before}<${condition} xmlns='${NS_STANZAS}'/>${after}</error>`

const EVENTS = ['stanza', 'nonza', 'closing', 'close', 'disconnect', 'online', 'offline'] as const

/** How many listen to each of the events that questions listen to. */
export const listenersOf = (entity: object): Record<string, number> =>
  Object.fromEntries(
    EVENTS.map((event) => [event, (entity as { listenerCount(event: string): number }).listenerCount(event)]),
  )
