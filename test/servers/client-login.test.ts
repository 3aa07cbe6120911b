import type { Element } from 'ltx/lib/ltx.js'
import { describe, expect, test } from 'vitest'
import { MemoryStorage, Roster } from '../../src/index.js'
import { eventsOf, friends, login } from './support/client-bot.js'
import {
  connectClient,
  describeServers,
  freshUser,
  jidOf,
  type Recording,
  record,
  type ServerFixture,
  settled,
  stopEntity,
  until,
  xml,
} from './support/index.js'

const NS_ROSTER = 'jabber:iq:roster'

/** The roster query that the bot has sent last. */
const queryOf = (log: Recording): Element | undefined =>
  log.sent.flatMap((stanza) => stanza.getChild('query', NS_ROSTER) ?? []).at(-1)

const isRosterGet = (text: string): boolean => text.includes(NS_ROSTER) && text.includes('type="get"')

const loggingIn = (server: ServerFixture): void => {
  test('the roster is there before the presence is announced (RFC 6121 §2.2, promise 13)', async () => {
    const user = await freshUser(server, 'alice')
    await server.setRosterItem(user.jid, 'dave@localhost', { subscription: 'to', name: 'Dave', groups: ['Work'] })
    const alice = await login(server, 'alice', { user })
    const sent = alice.log.all.filter(({ direction }) => direction === 'out').map(({ text }) => text)
    const result = alice.log.all.find(({ stanza }) => stanza.attrs['type'] === 'result')
    const presence = alice.log.all.find(({ direction, stanza }) => direction === 'out' && stanza.is('presence'))
    expect(sent.filter(isRosterGet)).toHaveLength(1)
    expect(result?.order).toBeLessThan(presence?.order ?? 0)
    // The first load is told as a whole.
    expect(alice.events).toEqual(['loaded 1'])
    expect(alice.own.get('dave@localhost')).toMatchObject({ name: 'Dave', groups: ['Work'], subscription: 'to' })
    expect(alice.own.owner).toBe(user.jid)
    expect(alice.own.loaded).toBe(true)
    expect([...alice.own.groups().keys()]).toEqual(['Work'])
  })

  test('a presence that the application has announced is not followed by another one (promise 13)', async () => {
    const user = await freshUser(server, 'alice')
    const recordings: Recording[] = []
    const client = await connectClient(server, {
      ...user,
      before: (entity) => {
        recordings.push(record(entity))
        const roster = new Roster(entity)
        roster.on('loaded', ({ roster: own }) => void own.sendPresence({ show: 'dnd' }))
      },
    })
    const presences = (): readonly Element[] =>
      recordings.flatMap(({ sent }) => sent).filter(({ name }) => name === 'presence')
    await until(() => presences().length > 0, 'the presence')
    await settled(client)
    expect(presences().map((stanza) => stanza.getChildText('show'))).toEqual(['dnd'])
  })

  test('created after start(), the roster begins at once', async () => {
    const [alice, bob] = [await freshUser(server, 'alice'), await login(server, 'bob')]
    await friends(server, alice, bob.user)
    const client = await connectClient(server, alice)
    const log = record(client)
    const roster = new Roster(client)
    const events = eventsOf(roster)
    const own = await roster.ready()
    await until(() => own.presence(bob.jid).available, 'the presence of Bob')
    expect(own.get(bob.jid)?.subscription).toBe('both')
    expect(events).toEqual(['loaded 1', 'online bob', 'presence bob available'])
    expect(log.sent.map(({ name }) => name)).toEqual(['iq', 'presence'])
    await until(() => bob.own.presence(alice.jid).available, 'the presence of Alice')
  })

  test('after close() nothing is heard any more, and the connection goes on (promise 26)', async () => {
    const alice = await login(server, 'alice')
    await alice.roster.close()
    alice.events.length = 0
    await server.setRosterItem(alice.jid, 'dave@localhost')
    await settled(alice.client)
    expect(alice.log.incoming('iq', 'set')).toHaveLength(1)
    expect(alice.events).toEqual([])
    await expect(alice.own.update('dave@localhost', { name: 'D' })).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(alice.roster.ready()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('the account sees its own other resources, and they are no contacts (ME12)', async () => {
    const desk = await login(server, 'alice', { resource: 'desk' })
    const phone = await login(server, 'alice', { user: desk.user, resource: 'phone', presence: { priority: 5 } })
    await until(() => desk.own.resources.get('phone'), 'the phone')
    expect(desk.own.resources.get('phone')).toMatchObject({ jid: jidOf(phone.client), priority: 5 })
    expect([...desk.own.resources.keys()]).toEqual(['phone'])
    expect(desk.own.size).toBe(0)
    await stopEntity(phone.client)
    await until(() => desk.own.resources.size === 0, 'the phone is gone')
  })
}

const versioning = (server: ServerFixture): void => {
  test('nothing has changed: an empty result, and the cached roster stands (promise 11, IQ7)', async () => {
    const storage = new MemoryStorage()
    const first = await login(server, 'alice', { storage })
    await first.own.update('dave@localhost', { name: 'Dave', groups: ['Work'] })
    await until(() => first.own.version, 'a version')
    await settled(first.client)
    const { version } = first.own
    await stopEntity(first.client)
    await first.roster.close()

    const second = await login(server, 'alice', { user: first.user, storage })
    const query = queryOf(second.log)
    const [result] = second.log.incoming('iq', 'result')
    expect(query?.attrs['ver']).toBe(version)
    expect(result?.getChild('query')).toBeUndefined()
    expect(second.own.get('dave@localhost')).toMatchObject({ name: 'Dave', groups: ['Work'], subscription: 'none' })
    expect(second.own.version).toBe(version)
    expect(second.events).toEqual(['loaded 1'])
  })

  test('what was changed meanwhile arrives as differences to the cache (IQ1, promise 11)', async () => {
    const storage = new MemoryStorage()
    const first = await login(server, 'alice', { storage })
    await first.own.update('gone@localhost', { name: 'Gone' })
    await first.own.update('kept@localhost', { name: 'Kept' })
    await first.own.update('renamed@localhost', { name: 'Old' })
    await settled(first.client)
    await stopEntity(first.client)
    await first.roster.close()

    await server.removeRosterItem(first.jid, 'gone@localhost')
    await server.setRosterItem(first.jid, 'renamed@localhost', { subscription: 'to', name: 'New' })
    await server.setRosterItem(first.jid, 'fresh@localhost', { subscription: 'from' })

    const cached = await storage.load(first.jid)
    expect(cached?.items.map(({ jid }) => jid).sort()).toEqual([
      'gone@localhost',
      'kept@localhost',
      'renamed@localhost',
    ])
    const second = await login(server, 'alice', { user: first.user, storage })
    expect([...second.events].sort()).toEqual([
      'added fresh from',
      'loaded 3',
      'removed gone none',
      'transition fresh none>from result',
      'transition renamed none>to result',
      'updated renamed to',
    ])
    expect(second.events.at(-1)).toBe('loaded 3')
    expect([...second.own.keys()].sort()).toEqual(['fresh@localhost', 'kept@localhost', 'renamed@localhost'])
    expect(second.own.get('renamed@localhost')?.name).toBe('New')
    expect((await storage.load(first.jid))?.items).toHaveLength(3)
  })

  test('the version of an empty roster is never sent: its first change could have the same one (promise 11)', async () => {
    const storage = new MemoryStorage()
    const first = await login(server, 'alice', { storage })
    await stopEntity(first.client)
    await first.roster.close()
    await server.setRosterItem(first.jid, 'dave@localhost', { name: 'Dave' })
    const second = await login(server, 'alice', { user: first.user, storage })
    expect(queryOf(second.log)?.attrs['ver']).toBe('')
    expect(second.own.get('dave@localhost')?.name).toBe('Dave')
  })

  test('resync asks for everything, whatever is cached', async () => {
    const alice = await login(server, 'alice')
    await alice.own.update('dave@localhost', { name: 'Dave' })
    await settled(alice.client)
    alice.log.clear()
    alice.events.length = 0
    await alice.own.resync()
    expect(queryOf(alice.log)?.attrs['ver']).toBeUndefined()
    expect(alice.log.incoming('iq', 'result')[0]?.getChild('query')?.getChildren('item')).toHaveLength(1)
    expect(alice.events).toEqual(['loaded 1'])
  })
}

describeServers('a client', (server) => {
  describe('logs in', () => loggingIn(server))
  describe('logs in again: versioning', () => versioning(server))
})

describeServers('a client logs in over STARTTLS', { tls: true }, (server) => {
  test('names whose characters lie across two packets arrive whole (promise 13)', async () => {
    const storage = new MemoryStorage()
    const first = await login(server, 'alice')
    const jids = Array.from({ length: 120 }, (_, index) => `contact${index}@localhost`)
    const name = (index: number): string => `${index} ${'漢字かな🎉é'.repeat(50)}`
    await Promise.all(jids.map((jid, index) => first.own.update(jid, { name: name(index), groups: ['Ünï🎈'] })))
    const second = await login(server, 'alice', { user: first.user, storage })
    expect(second.client.isSecure()).toBe(true)
    expect(jids.map((jid) => second.own.get(jid)?.name)).toEqual(jids.map((_, index) => name(index)))
    expect([...second.own.groups().keys()]).toEqual(['Ünï🎈'])
    expect(jids.map((jid) => first.own.get(jid)?.name)).toEqual(jids.map((_, index) => name(index)))
    expect(second.log.all.some(({ text }) => text.includes('\uFFFD'))).toBe(false)
    await second.client.send(xml('presence', {}))
    await settled(first.client, second.client)
  })
})
