import { describe, expect, test } from 'vitest'
import { MemoryStorage, type RosterError } from '../../src/index.js'
import { login } from './support/client-bot.js'
import { describeServers, jidOf, type ServerFixture, settled, stopEntity, until, xml } from './support/index.js'

const DAVE = 'dave@localhost'
const NS_ROSTER = 'jabber:iq:roster'

const changing = (server: ServerFixture): void => {
  test('set, rename, regroup, remove: each resolves with what the server has accepted', async () => {
    const alice = await login(server, 'alice')
    expect(await alice.own.update(DAVE, { name: 'Dave', groups: ['Work', 'Chess'] })).toMatchObject({
      jid: DAVE,
      name: 'Dave',
      groups: ['Work', 'Chess'],
      state: 'none',
    })
    await settled(alice.client)
    // Whether the server pushes first (ejabberd) or answers first (Prosody): one change, one event.
    expect(alice.events).toEqual(['loaded 0', 'added dave none'])
    expect((await alice.own.update(DAVE, { name: 'David' })).groups).toHaveLength(2)
    const regrouped = await alice.own.update(DAVE, { groups: { add: ['Home'], remove: ['Work'] } })
    expect([...regrouped.groups].sort()).toEqual(['Chess', 'Home'])
    expect(await alice.own.update(DAVE, { name: null })).toMatchObject({ name: undefined })
    expect([...(await alice.own.update(DAVE)).groups].sort()).toEqual(['Chess', 'Home'])
    expect(await alice.own.remove(DAVE)).toBe(true)
    await settled(alice.client)
    expect(alice.own.size).toBe(0)
    expect(alice.events.at(-1)).toBe('removed dave none')
    expect(alice.told('added', 'removed', 'rejected', 'error')).toEqual(['added dave none', 'removed dave none'])
  })

  test('a patch keeps what it does not name, on the server too (IQ2)', async () => {
    const storage = new MemoryStorage()
    const alice = await login(server, 'alice')
    await alice.own.update(DAVE, { name: 'Dave', groups: ['Work'] })
    await alice.own.update(DAVE, { name: 'David' })
    await alice.own.update(DAVE, { groups: ['Home'] })
    await stopEntity(alice.client)
    const later = await login(server, 'alice', { user: alice.user, storage })
    expect(later.own.get(DAVE)).toMatchObject({ name: 'David', groups: ['Home'] })
  })

  test('each update resolves with what it has brought about, however fast they follow each other', async () => {
    const alice = await login(server, 'alice')
    for (const name of ['One', 'Two', 'Three', 'Four']) {
      // Prosody pushes after its answer: the push of the change before may come between this request and its answer.
      expect(await alice.own.update(DAVE, { name, groups: [name, 'All'] })).toMatchObject({ name })
      expect(alice.own.get(DAVE)).toMatchObject({ name })
    }
    await settled(alice.client)
    expect(alice.own.get(DAVE)).toMatchObject({ name: 'Four' })
    expect(alice.told('updated')).toHaveLength(3)
  })

  test('changes made at the same time to one contact build on each other; those to others do not wait', async () => {
    const alice = await login(server, 'alice')
    const groups = ['A', 'B', 'C', 'D', 'E']
    await Promise.all(groups.map((group) => alice.own.update(DAVE, { groups: { add: [group] } })))
    await settled(alice.client)
    expect([...(alice.own.get(DAVE)?.groups ?? [])].sort()).toEqual(groups)
    await Promise.all(['x', 'y', 'z'].map((local) => alice.own.update(`${local}@localhost`, { name: local })))
    expect(alice.own.size).toBe(4)
  })

  test('what a second client of the account does arrives as events', async () => {
    const desk = await login(server, 'alice', { resource: 'desk' })
    const phone = await login(server, 'alice', { user: desk.user, resource: 'phone' })
    desk.events.length = 0
    await phone.own.update(DAVE, { name: 'Dave', groups: ['Work'] })
    await phone.own.update(DAVE, { name: 'David' })
    await settled(phone.client, desk.client)
    expect(desk.own.get(DAVE)).toMatchObject({ name: 'David', groups: ['Work'] })
    await phone.own.remove(DAVE)
    await settled(phone.client, desk.client)
    expect(desk.events).toEqual(['added dave none', 'updated dave none', 'removed dave none'])
    expect(desk.own.size).toBe(0)
    expect(desk.own.version).toBe(phone.own.version)
    // Each push was answered with an empty result (RFC 6121 §2.1.6 MUST).
    const answers = desk.log.sent.filter(({ name, attrs }) => name === 'iq' && attrs['type'] === 'result')
    expect(answers.map(({ attrs }) => attrs['id'])).toEqual(
      desk.log.incoming('iq', 'set').map(({ attrs }) => attrs['id']),
    )
  })

  test('remove: what nobody knows is nothing to remove, and nothing is sent (IQ4)', async () => {
    const alice = await login(server, 'alice')
    alice.log.clear()
    expect(await alice.own.remove('nobody@localhost')).toBe(false)
    expect(alice.log.sent).toEqual([])
    expect(alice.own.size).toBe(0)
  })
}

const refusals = (server: ServerFixture): void => {
  const refusal = async (change: Promise<unknown>): Promise<string> => {
    const error = await change.then(
      () => undefined,
      (reason: RosterError) => reason,
    )
    return error === undefined ? 'accepted' : `${error.code} ${error.condition}`
  }

  test('an item for the owner itself is refused before a server has to (Prosody would, ejabberd would not)', async () => {
    const alice = await login(server, 'alice')
    alice.log.clear()
    expect(await refusal(alice.own.update(alice.jid, { name: 'Me' }))).toMatch('ITEM_INVALID')
    expect(alice.log.sent).toEqual([])
  })

  test('a refused change has changed nothing, and the next one is not affected (IQ3)', async () => {
    const alice = await login(server, 'alice')
    await alice.own.update(DAVE, { name: 'Dave' })
    await settled(alice.client)
    const { version } = alice.own
    alice.events.length = 0
    // Real servers refuse a domain whose label mixes directions with its neighbours; the library's own knows no directions.
    const refused =
      server.kind === 'in-process'
        ? alice.own.update(DAVE, { name: 'D'.repeat(10_000) })
        : alice.own.update('a@\u05d0.b', { name: 'A' })
    expect(await refusal(refused)).toMatch(/^REFUSED (bad-request|not-acceptable)$/)
    expect([...alice.own.keys()]).toEqual([DAVE])
    expect(alice.own.version).toBe(version)
    expect(alice.events).toEqual([])
    expect(await alice.own.update(DAVE, { name: 'David' })).toMatchObject({ name: 'David' })
  })

  test("the answers to the application's own roster requests are none of ours", async () => {
    const alice = await login(server, 'alice')
    alice.events.length = 0
    const items = ['a', 'b'].map((local) => xml('item', { jid: `${local}@localhost` }))
    await alice.client.send(xml('iq', { type: 'set', id: 'two' }, xml('query', { xmlns: NS_ROSTER }, ...items)))
    await settled(alice.client)
    expect(alice.log.received.find(({ attrs }) => attrs['id'] === 'two')?.attrs['type']).toBe('error')
    expect(alice.events).toEqual([])
  })

  test('what the server no longer knows: remove says so, and it is gone here as well', async () => {
    const alice = await login(server, 'alice', { resource: 'desk' })
    await alice.own.update(DAVE, { name: 'Dave' })
    await settled(alice.client)
    // A change whose push never came: the roster here still has the item.
    await server.inject(
      jidOf(alice.client),
      `<iq type='set' id='ghost'><query xmlns='${NS_ROSTER}'><item jid='ghost@localhost' subscription='to'/></query></iq>`,
    )
    await until(() => alice.own.has('ghost@localhost'), 'the ghost')
    // Prosody: item-not-found. ejabberd: result, and a push.
    expect(await alice.own.remove('ghost@localhost')).toBe(server.kind === 'ejabberd')
    await settled(alice.client)
    expect(alice.own.has('ghost@localhost')).toBe(false)
    expect(alice.told('removed')).toEqual(['removed ghost to'])
  })

  test('names and groups that XML cannot carry are refused before they are sent; the stream stays up (promise 25)', async () => {
    const alice = await login(server, 'alice')
    alice.log.clear()
    const bad = ['bell\u0007', 'null\u0000', 'lone \ud800 surrogate', 'not a character \uffff']
    for (const text of bad) {
      expect(await refusal(alice.own.update(DAVE, { name: text }))).toMatch('ITEM_INVALID')
      expect(await refusal(alice.own.update(DAVE, { groups: [text] }))).toMatch('ITEM_INVALID')
    }
    expect(await refusal(alice.own.update('no body@@', {}))).toMatch('JID_MALFORMED')
    expect(alice.log.sent).toEqual([])
    await settled(alice.client)
    const names = ['tab\tand line\nbreak', `<&>"'`, '🎉 漢字 \u{10FFFD}', ']]>', '  spaces  ']
    for (const name of names) await alice.own.update(DAVE, { name, groups: [name] })
    await settled(alice.client)
    expect(alice.client.status).toBe('online')
  })

  test('two equal groups: one is sent, so no server can object', async () => {
    const alice = await login(server, 'alice')
    expect(await alice.own.update(DAVE, { groups: ['A', 'A', 'B'] })).toMatchObject({ groups: ['A', 'B'] })
    expect(await refusal(alice.own.update(DAVE, { groups: [''] }))).toMatch('ITEM_INVALID')
    expect(alice.own.get(DAVE)?.groups).toHaveLength(2)
  })
}

const offline = (server: ServerFixture): void => {
  test('commands while offline reject with NOT_CONNECTED, and nothing is sent later', async () => {
    const alice = await login(server, 'alice', { reconnect: false })
    await alice.own.update(DAVE, { name: 'Dave' })
    await settled(alice.client)
    await alice.client.stop()
    const { own } = alice
    const commands = [
      () => own.update(DAVE, { name: 'D' }),
      () => own.remove(DAVE),
      () => own.subscribe(DAVE),
      () => own.unsubscribe(DAVE),
      () => own.authorize(DAVE),
      () => own.preapprove(DAVE),
      () => own.unauthorize(DAVE),
      () => own.sendPresence(),
      () => own.resync(),
    ]
    for (const command of commands) await expect(command()).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    // The roster can still be read.
    expect(own.get(DAVE)?.name).toBe('Dave')
    expect(own.loaded).toBe(false)
    alice.log.clear()
    await alice.client.start()
    await alice.roster.ready()
    await settled(alice.client)
    await until(() => alice.log.sent.some(({ name }) => name === 'presence'), 'the initial presence')
    expect(alice.log.sent.filter(({ name }) => name === 'presence')).toHaveLength(1)
    expect(alice.wrote()).toEqual([])
    expect(own.get(DAVE)?.name).toBe('Dave')
  })

  test('a change under way when the connection is lost for good rejects, and does not hang (promise 13)', async () => {
    const alice = await login(server, 'alice', { reconnect: false })
    const change = alice.own.update(DAVE, { name: 'Dave' })
    const stopped = alice.client.stop()
    const outcome = await change.then(
      () => 'done',
      (error: RosterError) => error.code,
    )
    await stopped
    expect(['done', 'NOT_CONNECTED']).toContain(outcome)
  })
}

describeServers("a client's items", (server) => {
  describe('change', () => changing(server))
  describe('refused', () => refusals(server))
  describe('offline', () => offline(server))
})
