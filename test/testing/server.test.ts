import { createServer } from 'node:net'
import { createElement } from 'ltx/lib/ltx.js'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { MemoryStorage, Roster, type RosterOptions } from '../../src/index.js'
import { TestServer, type TestServerOptions } from '../../src/testing.js'
import { connectClient, connectComponent, stopAll, stopEntity, xml } from '../servers/support/connect.js'
import type { TestClient, TestComponent } from '../servers/support/entity.js'
import { record, stopRecording, until } from '../servers/support/record.js'
import { settled } from '../servers/support/settle.js'
import type { TestedServer } from '../servers/support/types.js'

const GATEWAY = 'gateway.localhost'
const BOT = `bot@${GATEWAY}`
const ROMEO = 'romeo@localhost'
const JULIET = 'juliet@localhost'

afterEach(stopAll)
afterEach(stopRecording)

/** A server with romeo, juliet and a gateway; as much of it as xmpp.js has to know. */
async function verona(options: TestServerOptions = {}): Promise<{ server: TestServer; place: TestedServer }> {
  const server = new TestServer({
    accounts: { romeo: 'secret', juliet: 'secret' },
    components: { [GATEWAY]: 'hush' },
    ...options,
  })
  onTestFinished(() => server.close())
  const { c2s, component } = await server.listen()
  const components = { [GATEWAY]: 'hush' }
  const known = { domain: 'localhost', c2s, component, componentDomain: GATEWAY, components }
  return { server, place: known as unknown as TestedServer }
}

/** An unchanged xmpp.js client with a `Roster`: logged in, its roster loaded. */
async function client(
  place: TestedServer,
  username: string,
  options: RosterOptions & { readonly resource?: string; readonly reconnect?: number | false } = {},
) {
  const { resource = 'home', reconnect = false, ...settings } = options
  const made: { roster: Roster }[] = []
  const before = (entity: TestClient): void => void made.push({ roster: new Roster(entity, settings) })
  const entity = await connectClient(place, { username, resource, reconnect, before })
  const roster = made[0]?.roster
  if (roster === undefined) throw new Error('connectClient did not call before()')
  await roster.ready()
  await settled(entity)
  return { entity, roster, own: roster.own }
}

async function gateway(place: TestedServer, options: RosterOptions = {}) {
  const made: { roster: Roster }[] = []
  const before = (entity: TestComponent): void => void made.push({ roster: new Roster(entity, options) })
  const entity = await connectComponent(place, { reconnect: false, before })
  const roster = made[0]?.roster
  if (roster === undefined) throw new Error('connectComponent did not call before()')
  await roster.ready()
  return { entity, roster }
}

describe('the library against its own server', () => {
  test('two clients with both policies on end in both, and see each other', async () => {
    const { place } = await verona()
    const romeo = await client(place, 'romeo')
    const juliet = await client(place, 'juliet')
    await romeo.own.update(JULIET, { name: 'Juliet', groups: ['Loves'] })
    await romeo.own.subscribe(JULIET, { status: 'Hello', nick: 'R.' })
    await until(() => romeo.own.state(JULIET) === 'both' && juliet.own.state(ROMEO) === 'both', 'both')
    await until(() => romeo.own.presence(JULIET).available && juliet.own.presence(ROMEO).available, 'presence')
    expect(romeo.own.get(JULIET)).toMatchObject({ name: 'Juliet', groups: ['Loves'], subscription: 'both' })
    expect(await romeo.own.remove(JULIET)).toBe(true)
    await until(() => juliet.own.state(ROMEO) === 'none', 'the end')
    expect([romeo.own.has(JULIET), romeo.own.presence(JULIET).available]).toEqual([false, false])
  })

  test('a client and a component that restarts: nothing is lost', async () => {
    const { place } = await verona()
    const storage = new MemoryStorage()
    const romeo = await client(place, 'romeo')
    const first = await gateway(place, { storage, owners: [BOT], autoAuthorize: true })
    await romeo.own.subscribe(BOT)
    await until(() => romeo.own.state(BOT) === 'both' && romeo.own.presence(BOT).available, 'both')
    await first.roster.close()
    await stopEntity(first.entity)
    await until(() => !romeo.own.presence(BOT).available, 'the bot leaves')
    const second = await gateway(place, { storage, owners: [BOT] })
    await until(() => romeo.own.presence(BOT).available, 'the bot is back')
    const bot = second.roster.get(BOT)
    expect(bot?.state(ROMEO)).toBe('both')
    await until(() => bot?.presence(ROMEO).available, 'the bot has asked who is there')
  })

  test('a request waits for who is not there, whole, and can be declined', async () => {
    const { place } = await verona()
    const romeo = await client(place, 'romeo')
    await romeo.own.subscribe(JULIET, { status: 'Wherefore', nick: 'Romeo' })
    const juliet = await client(place, 'juliet', { autoAuthorize: null })
    await until(() => juliet.own.requests().length === 1, 'the request')
    const [request] = juliet.own.requests()
    expect(request).toMatchObject({ contact: ROMEO, status: 'Wherefore', nick: 'Romeo', decision: 'defer' })
    expect(await request?.deny()).toBe(true)
    await until(() => romeo.own.state(JULIET) === 'none', 'the denial')
  })

  test('a cached roster that is current is not sent again (RFC 6121 §2.6.3)', async () => {
    const { place, server } = await verona()
    const storage = new MemoryStorage()
    const before = await client(place, 'romeo', { storage })
    await before.own.update(JULIET, { name: 'Juliet' })
    await before.roster.close()
    await stopEntity(before.entity)
    const seen = server.log.length
    const after = await client(place, 'romeo', { storage })
    expect(after.own.get(JULIET)?.name).toBe('Juliet')
    const answers = server.log.slice(seen).filter((entry) => entry.direction === 'out' && entry.xml.includes('"xr-'))
    expect(answers.map((entry) => entry.xml.includes('<item'))).toEqual([false])
  })

  test('two resources of an account share its roster, each told of what the other does', async () => {
    const { place } = await verona()
    const home = await client(place, 'romeo', { resource: 'home' })
    const orchard = await client(place, 'romeo', { resource: 'orchard' })
    await orchard.own.update(JULIET, { groups: ['Loves'] })
    await settled(home.entity, orchard.entity)
    expect(home.own.get(JULIET)?.groups).toEqual(['Loves'])
    expect([...home.own.resources.keys()]).toEqual(['orchard'])
    expect([...orchard.own.resources.keys()]).toEqual(['home'])
  })
})

describe('what tests do to it', () => {
  test('a session that is cut and resumed misses nothing, and its contacts no one (XEP-0198)', async () => {
    const { place, server } = await verona()
    const romeo = await client(place, 'romeo', { reconnect: 10 })
    const juliet = await client(place, 'juliet')
    await juliet.own.subscribe(ROMEO)
    await until(() => juliet.own.presence(ROMEO).available, 'presence')
    await settled(romeo.entity, juliet.entity)
    const heard = record(juliet.entity)
    const resumed = new Promise<void>((resolve) => romeo.entity.streamManagement.on('resumed', resolve))
    server.cut(`${ROMEO}/home`, { resume: true })
    const told = record(romeo.entity)
    await juliet.entity.send(xml('message', { to: `${ROMEO}/home` }, xml('body', {}, 'meanwhile')))
    await resumed
    await until(() => told.incoming('message').length === 1, 'the message')
    expect(heard.incoming('presence')).toEqual([])
  })

  test('a session that is cut for good is unavailable, at once', async () => {
    const { place, server } = await verona()
    const romeo = await client(place, 'romeo')
    const juliet = await client(place, 'juliet')
    await juliet.own.subscribe(ROMEO)
    await until(() => juliet.own.presence(ROMEO).available, 'presence')
    await settled(romeo.entity, juliet.entity)
    server.cut(ROMEO)
    await until(() => !juliet.own.presence(ROMEO).available, 'unavailable')
    expect(() => server.cut(ROMEO)).toThrow(expect.objectContaining({ code: 'NOT_CONNECTED' }))
  })

  test('a forged push is told of, and changes nothing', async () => {
    const { place, server } = await verona()
    const { entity, roster, own } = await client(place, 'romeo')
    const rejected: string[] = []
    roster.on('rejected', ({ error, from }) => rejected.push(`${error.code} ${from}`))
    const push = `<iq type="set" id="f" from="${JULIET}"><query xmlns="jabber:iq:roster"><item jid="evil@localhost" subscription="both"/></query></iq>`
    server.inject(`${ROMEO}/home`, push)
    await settled(entity)
    expect([rejected, own.size]).toEqual([[`PUSH_REJECTED ${JULIET}`], 0])
    expect(server.log.filter((entry) => entry.xml === push)).toEqual([
      expect.objectContaining({ direction: 'out', from: JULIET, to: `${ROMEO}/home` }),
    ])
  })

  test('a paused session waits for its answer, and a call that waits no longer says so', async () => {
    const { place, server } = await verona()
    const { own } = await client(place, 'romeo')
    const go = server.pause(ROMEO)
    await expect(own.update(JULIET, {}, { timeout: 20 })).rejects.toMatchObject({ code: 'TIMED_OUT' })
    expect(own.has(JULIET)).toBe(false)
    go()
    await until(() => own.has(JULIET), 'the push')
  })

  test("a protocol of the test's own is asked through xmpp.js", async () => {
    const { place, server } = await verona()
    server.handle('urn:example:time', (_iq, from) => createElement('time', { xmlns: 'urn:example:time', of: from }))
    const { entity } = await client(place, 'romeo')
    const answer = await entity.iqCaller.request(
      xml('iq', { type: 'get', to: 'localhost' }, xml('time', { xmlns: 'urn:example:time' })),
    )
    expect(answer.getChild('time', 'urn:example:time')?.attrs['of']).toBe(`${ROMEO}/home`)
  })

  test('accounts and components may come later', async () => {
    const { place, server } = await verona({ components: {} })
    server.addAccount('Nurse', 'secret')
    server.addComponent(GATEWAY, 'hush')
    const nurse = await client(place, 'nurse')
    const { roster } = await gateway(place, { owners: [BOT], autoAuthorize: true })
    await until(() => roster.get(BOT)?.loaded, 'the bot')
    await nurse.own.subscribe(BOT)
    await until(() => nurse.own.state(BOT) === 'both', 'both')
  })

  test('quirks are seen on the wire: what a server offers, a client uses', async () => {
    const { place } = await verona({ quirks: { preApproval: false } })
    const { own } = await client(place, 'romeo')
    await expect(own.preapprove(JULIET)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    const other = await verona()
    const elsewhere = await client(other.place, 'romeo')
    await elsewhere.own.preapprove(JULIET)
    await until(() => elsewhere.own.get(JULIET)?.approved, 'the push')
  })
})

describe('its life', () => {
  test('it listens once, and not after its end', async () => {
    const { server } = await verona()
    await expect(server.listen()).rejects.toMatchObject({ code: 'REFUSED' })
    await server.close()
    await expect(server.listen()).rejects.toMatchObject({ code: 'CLOSED' })
    await server.close()
  })

  test('a port that is taken is told of, and another one may be tried', async () => {
    const occupied = createServer()
    await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => new Promise<void>((resolve) => occupied.close(() => resolve())))
    const address = occupied.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const server = new TestServer()
    onTestFinished(() => server.close())
    await expect(server.listen(port)).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    const { c2s, component } = await server.listen()
    for (const uri of [c2s, component]) expect(uri).toMatch(/^xmpp:\/\/127\.0\.0\.1:\d+$/)
  })

  test('one that never listened can be closed, also by leaving its scope', async () => {
    await new TestServer().close()
    const server = new TestServer()
    await server[Symbol.asyncDispose]()
    await expect(server.listen()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('closing ends every stream, and two servers do not know each other', async () => {
    const one = await verona()
    const other = await verona()
    const gone = await client(one.place, 'romeo')
    const stays = await client(other.place, 'romeo')
    await one.server.close()
    await until(() => gone.entity.status === 'disconnect', 'the end of the stream')
    await settled(stays.entity)
  })
})
