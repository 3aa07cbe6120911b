import { describe, expect, test } from 'vitest'
import { Clients } from '../../src/clients.js'
import {
  connectClient,
  connectComponent,
  describeServers,
  freshUser,
  jidOf,
  type ServerFixture,
  type TestClient,
  until,
} from './support/index.js'

/** An account of the test's own, and one of its sessions. */
async function login(server: ServerFixture, options: { readonly resource?: string; readonly username?: string } = {}) {
  const { username = (await freshUser(server, 'juliet')).username, ...rest } = options
  const entity = await connectClient(server, { username, reconnect: false, ...rest })
  return { username, entity, clients: new Clients(entity) }
}

/** As the module that plays the server makes them. */
const idOf = (entity: TestClient): string => `client/${entity.jid?.resource}`

const PHONE = 'client/old-phone'
const SITE = 'grant/site/1'

const management = (server: ServerFixture): void => {
  describe('The list', () => {
    test('holds sessions and grants, whoever was seen longest ago first', async () => {
      const before = new Date(Math.floor(Date.now() / 1_000) * 1_000)
      const { entity, clients } = await login(server, { resource: "balcony/'&<>é" })
      const list = await clients.list()
      const self = list.find(({ id }) => id === idOf(entity))
      expect(list.map(({ id }) => id)).toEqual(['grant/idle', SITE, PHONE, idOf(entity)])
      expect(list.map(({ type, connected, auth }) => ({ type, connected, auth }))).toEqual([
        { type: 'access', connected: false, auth: [] },
        { type: 'access', connected: false, auth: ['grant'] },
        { type: 'session', connected: false, auth: ['password', 'fast'] },
        { type: 'session', connected: true, auth: ['password'] },
      ])
      expect(self?.firstSeen?.getTime()).toBeGreaterThanOrEqual(before.getTime())
      expect(self?.lastSeen?.getTime()).toBeGreaterThanOrEqual(self?.firstSeen?.getTime() ?? Number.POSITIVE_INFINITY)
    })

    test('tells what clients say of themselves', async () => {
      const { clients } = await login(server)
      const [idle, site, phone] = await clients.list()
      expect(idle).toMatchObject({ firstSeen: undefined, lastSeen: undefined, software: undefined, device: undefined })
      expect(site).toMatchObject({
        firstSeen: new Date(1_680_000_000_000),
        lastSeen: new Date(1_680_000_060_000),
        software: 'Café & <Site>',
        softwareId: 'org.example.site',
        softwareVersion: '2.0',
        uri: 'https://site.example/',
        device: undefined,
      })
      expect(phone).toMatchObject({ software: 'Example Messenger', device: "Juliet's phone", softwareId: undefined })
    })

    test('holds the other sessions of the account, and nobody else’s', async () => {
      const { username, entity, clients } = await login(server)
      const other = await connectClient(server, { username })
      await connectClient(server, { username: (await freshUser(server, 'romeo')).username })
      const connected = (await clients.list()).filter((client) => client.connected).map(({ id }) => id)
      expect(connected.sort()).toEqual([idOf(entity), idOf(other)].sort())
    })
  })

  describe('Revoking', () => {
    test('a grant takes it off the list, and once more it is absent', async () => {
      const { clients } = await login(server)
      expect(await clients.revoke(SITE)).toBe('revoked')
      expect((await clients.list()).map(({ id }) => id)).not.toContain(SITE)
      expect(await clients.revoke(SITE)).toBe('absent')
    })

    test.for(['', 'client/', 'client/nobody', 'grant', "'; DROP"])('%j, which nobody has, is absent', async (id) => {
      const { clients } = await login(server)
      expect(await clients.revoke(id)).toBe('absent')
    })

    test('a client that is away and knows the password needs another password', async () => {
      const { clients } = await login(server)
      expect(await clients.revoke(PHONE)).toBe('password-reset-required')
      expect((await clients.list()).map(({ id }) => id)).toContain(PHONE)
    })

    test('a client that is connected ends its session', async () => {
      const { username, clients } = await login(server)
      const other = await connectClient(server, { username, reconnect: false, resource: 'orchard/1' })
      expect(await clients.revoke(idOf(other))).toBe('disconnected')
      await until(() => other.status === 'disconnect', 'the end of the other session')
      expect((await clients.list()).map(({ id }) => id)).not.toContain(idOf(other))
      expect(await clients.revoke(idOf(other))).toBe('absent')
    })

    test('oneself ends the own session', async () => {
      const { entity, clients } = await login(server)
      const self = idOf(entity)
      expect(await clients.revoke(self)).toBe('disconnected')
      await until(() => entity.status === 'disconnect', 'the end of the own session')
      await expect(clients.list()).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    })

    test('oneself, where xmpp.js connects again, ends one session and begins another', async () => {
      const { username } = await freshUser(server, 'juliet')
      const entity = await connectClient(server, { username, resource: 'balcony' })
      const online = new Promise((resolve) => entity.once('online', resolve))
      const clients = new Clients(entity)
      expect(await clients.revoke(idOf(entity))).toBe('disconnected')
      await online
      expect((await clients.list()).map(({ id }) => id)).toContain(idOf(entity))
    })
  })

  test('lists that are waited for when the server ends the session reject, whether or not its reason arrives', async () => {
    const { username } = await freshUser(server, 'juliet')
    const entity = await connectClient(server, { username })
    const clients = new Clients(entity)
    const kicked = server.kick(jidOf(entity))
    // One is open when the session ends: the next one is asked as soon as one is answered.
    const asking = async (): Promise<never> => {
      for (;;) await clients.list()
    }
    await expect(asking()).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    await kicked
  })
}

const OPTIONS = { only: ['prosody'], prosodyModules: ['clients_for_tests'] } as const

describeServers('clients', OPTIONS, management)
describeServers('clients', { ...OPTIONS, release: 'newer' }, management)

describeServers('clients of servers that know none', (server) => {
  test('are UNSUPPORTED', async () => {
    const { clients } = await login(server)
    await expect(clients.list()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(clients.revoke(SITE)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  test('are UNSUPPORTED for a component, which has no account', async () => {
    const component = await connectComponent(server)
    await expect(new Clients(component).list()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})
