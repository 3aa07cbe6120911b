import { afterEach, describe, expect, test } from 'vitest'
import {
  type ClientOptions,
  connectClient,
  connectComponent,
  errorsOf,
  makeClient,
  makeComponent,
  stopAll,
  xml,
} from '../../servers/support/connect.js'
import type { TestClient } from '../../servers/support/entity.js'
import type { TestedServer } from '../../servers/support/types.js'
import { COMPONENT, DOMAIN, PASSWORD } from './support/fake-host.js'
import { useStage } from './support/stage.js'

const stage = useStage()
afterEach(stopAll)

/** As much of the server as its clients need to know. */
const server = (): TestedServer =>
  ({
    domain: DOMAIN,
    c2s: `xmpp://127.0.0.1:${stage.c2s}`,
    component: `xmpp://127.0.0.1:${stage.component}`,
    componentDomain: COMPONENT,
    components: { [COMPONENT]: PASSWORD },
  }) as unknown as TestedServer

const juliet = (options: Partial<ClientOptions> = {}): Promise<TestClient> =>
  connectClient(server(), { username: 'juliet', resource: 'raw', ...options })

/** The ids of the messages that come to a client. */
function idsOf(client: TestClient): string[] {
  const ids: string[] = []
  client.on('stanza', (stanza) => {
    if (stanza.is('message')) ids.push(stanza.attrs['id'])
  })
  return ids
}

/** The answer to a ping comes behind everything that was sent before. */
const settled = (client: TestClient) =>
  client.iqCaller.request(xml('iq', { type: 'get' }, xml('ping', { xmlns: 'urn:xmpp:ping' })))

const event = (source: { on(name: string, listener: () => void): unknown }, name: string): Promise<void> =>
  new Promise((resolve) => source.on(name, resolve))

describe('an xmpp.js client', () => {
  test.each([
    ['SCRAM-SHA-1', true],
    ['PLAIN', false],
  ])('logs in with %s, sends, receives and leaves', async (_mechanism, scram) => {
    const client = await juliet({ scram })
    const ids = idsOf(client)
    expect(client.jid?.toString()).toBe('juliet@localhost/raw')
    const visitor = stage.visitor()
    await client.send(xml('message', { to: 'romeo@localhost' }, xml('body', {}, 'Rómeo & 日本 👩‍🚀')))
    visitor.link.send(`<message id='1'/>`)
    await settled(client)
    expect(String(visitor.received[0])).toBe(
      '<message to="romeo@localhost"><body>Rómeo &amp; 日本 👩‍🚀</body></message>',
    )
    expect(ids).toEqual(['1'])
    await client.stop()
    expect(visitor.gone).toBe(1)
    expect(errorsOf(client)).toEqual([])
  })

  test.each([
    ['a wrong password', 'SCRAM-SHA-1', { username: 'juliet', password: 'guess', scram: true }],
    ['a wrong password', 'PLAIN', { username: 'juliet', password: 'guess' }],
    ['an unknown account', 'SCRAM-SHA-1', { username: 'nurse', scram: true }],
    ['an unknown account', 'PLAIN', { username: 'nurse' }],
  ])('with %s is refused by %s', async (_what, _mechanism, options) => {
    const client = makeClient(server(), { ...options, reconnect: false })
    await expect(client.start()).rejects.toMatchObject({ name: 'SASLError', condition: 'not-authorized' })
  })

  test('may log in a hundred times', async () => {
    const clients = await Promise.all(Array.from({ length: 100 }, (_, i) => juliet({ resource: `r${i}` })))
    await Promise.all(clients.map(settled))
    expect(new Set(clients.map(({ jid }) => jid?.toString())).size).toBe(100)
  })

  test('is cut, comes back by itself, and gets what was sent meanwhile, each stanza once and in order', async () => {
    const client = await juliet()
    const ids = idsOf(client)
    const visitor = stage.visitor()
    const send = (from: number, to: number): void => {
      for (let id = from; id <= to; id++) visitor.link.send(`<message id='${id}'/>`)
    }
    send(1, 10)
    await settled(client)
    for (const round of [1, 2, 3]) {
      const resumed = event(client.streamManagement, 'resumed')
      const disconnected = event(client, 'disconnect')
      // Whether these leave before the cut is no matter.
      send(round * 100, round * 100 + 9)
      visitor.link.cut(true)
      await disconnected
      send(round * 100 + 10, round * 100 + 19)
      await resumed
    }
    await settled(client)
    const expected = [0, 100, 200, 300].flatMap((first) =>
      first === 0 ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : Array.from({ length: 20 }, (_, i) => first + i),
    )
    // xmpp.js does not count the answers to its own requests, so what it had already may come again.
    expect([...new Set(ids)]).toEqual(expected.map(String))
    expect(visitor.gone).toBe(0)
    expect(errorsOf(client)).toEqual([])
  })

  test('sends what it could not send when the stream was cut', async () => {
    const client = await juliet()
    const visitor = stage.visitor()
    const resumed = event(client.streamManagement, 'resumed')
    visitor.link.cut(true)
    // The client does not know yet that nobody listens.
    await client.send(xml('message', { id: 'lost' }))
    await resumed
    await settled(client)
    expect(visitor.received.filter(({ name }) => name === 'message').map(({ attrs }) => attrs['id'])).toEqual(['lost'])
  })

  test('gets a new session when the old one is gone, and survives what floods in at once', async () => {
    const client = await juliet()
    const first = stage.visitor()
    for (let id = 0; id < 50; id++) first.link.send(`<message id='${id}'/>`)
    await settled(client)
    const online = event(client, 'online')
    stage.host.onArrival = (link) => {
      for (let id = 0; id < 2_000; id++) link.send(`<message id='${id}'/>`)
    }
    first.link.cut(false)
    await online
    const second = stage.visitor()
    for (let id = 0; id < 2_000; id++) second.link.send(`<message id='${id}'/>`)
    await settled(client)
    // It asks, and so shows that it counts; from then on it is asked.
    await client.send(xml('r', { xmlns: 'urn:xmpp:sm:3' }))
    await settled(client)
    for (let id = 0; id < 500; id++) second.link.send(`<message id='${id}'/>`)
    await settled(client)
    expect(first.gone).toBe(1)
    expect(second.gone).toBe(0)
    expect(errorsOf(client)).toEqual([])
    stage.host.onArrival = () => undefined
  })
})

describe('an xmpp.js component', () => {
  test('connects, sends, receives and leaves', async () => {
    const component = await connectComponent(server())
    const visitor = stage.visitor(COMPONENT)
    const pong = await component.iqCaller.request(
      xml('iq', { type: 'get', to: DOMAIN }, xml('ping', { xmlns: 'urn:xmpp:ping' })),
    )
    expect(pong.attrs['type']).toBe('result')
    await component.stop()
    expect(visitor.gone).toBe(1)
    expect(visitor.received[0]?.attrs['from']).toBe(COMPONENT)
    expect(errorsOf(component)).toEqual([])
  })

  test('is told not-authorized when the secret is wrong', async () => {
    const component = makeComponent(server(), { secret: 'guess', reconnect: false })
    await expect(component.start()).rejects.toMatchObject({ condition: 'not-authorized' })
  })

  test('is told conflict when another one is there, which stays', async () => {
    const first = await connectComponent(server())
    const second = makeComponent(server(), { reconnect: false })
    await expect(second.start()).rejects.toMatchObject({ condition: 'conflict' })
    expect(first.status).toBe('online')
    expect(stage.visitor(COMPONENT).gone).toBe(0)
  })

  test('comes back after it was cut', async () => {
    const component = await connectComponent(server())
    const online = event(component, 'online')
    stage.visitor(COMPONENT).link.cut(false)
    await online
    expect(stage.host.visitors.filter(({ jid }) => jid === COMPONENT).map(({ gone }) => gone)).toEqual([1, 0])
  })
})
