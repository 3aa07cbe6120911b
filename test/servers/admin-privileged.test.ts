import { describe, expect, test } from 'vitest'
import { areConnected, clear, connect, disconnect, privilegedAdmin, type RosterAdmin } from '../../src/admin.js'
import { Roster } from '../../src/index.js'
import { freshHuman, human, pushed } from './support/human.js'
import {
  connectComponent,
  cut,
  describeServers,
  freshUser,
  makeComponent,
  type ServerFixture,
  type SuiteOptions,
  settled,
  type TestComponent,
  until,
} from './support/index.js'

const BOT = 'bot@comp.localhost'

interface Place {
  readonly admin: RosterAdmin
  readonly entity: TestComponent
}

/** As applications do it: the admin is there before the stream. */
const administer = async (server: ServerFixture): Promise<Place> => {
  const admins: RosterAdmin[] = []
  const entity = await connectComponent(server, { before: (made) => void admins.push(privilegedAdmin(made)) })
  return { admin: admins[0] as RosterAdmin, entity }
}

/** What holds on every server. */
const reading = (server: ServerFixture): void => {
  test('the roster of an account is read as it is, whether she is there or not', async () => {
    const { admin } = await administer(server)
    const alice = await freshUser(server, 'alice')
    expect(await admin.list(alice.jid)).toEqual([])
    await server.setRosterItem(alice.jid, BOT, { subscription: 'both', name: 'Bot 東京 😀', groups: ['Bots', 'Ä'] })
    const [item] = await admin.list(alice.jid)
    const expected = { jid: BOT, name: 'Bot 東京 😀', subscription: 'both', pendingOut: false, pendingIn: false }
    expect(item).toMatchObject(expected)
    expect(new Set(item?.groups)).toEqual(new Set(['Bots', 'Ä']))
    const bob = await freshUser(server, 'bob')
    const online = await human(server, alice)
    await online.says('subscribe', bob.jid)
    await settled(online.client)
    const items = await admin.list(alice.jid)
    expect(items.find(({ jid }) => jid === bob.jid)).toMatchObject({ subscription: 'none', pendingOut: true })
  })

  test('an account that is not there has no items, and nothing to remove', async () => {
    const { admin } = await administer(server)
    expect(await admin.list('nobody-at-all@localhost')).toEqual([])
    expect(await admin.remove('nobody-at-all@localhost', BOT)).toBe(false)
  })

  test('another domain’s rosters are not to be had, and the message says what would be needed', async () => {
    const { admin } = await administer(server)
    const listed = admin.list('somebody@other.example', { timeout: 10_000 })
    await expect(listed).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(listed).rejects.toThrow(/other\.example, which has granted none/)
  })

  test('without a session nothing is sent', async () => {
    const admin = privilegedAdmin(makeComponent(server))
    await expect(admin.list('alice@localhost')).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
  })

  test('after a lost connection the permission comes again with the next session', async () => {
    const { admin, entity } = await administer(server)
    const alice = await freshUser(server, 'alice')
    await server.setRosterItem(alice.jid, BOT)
    const gone = new Promise((resolve) => entity.once('disconnect', resolve))
    const back = new Promise((resolve) => entity.once('online', resolve))
    cut(entity)
    await gone
    await expect(admin.list(alice.jid)).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    await back
    expect(await admin.list(alice.jid)).toHaveLength(1)
  })

  test('an admin that is made in the midst of a session works as well', async () => {
    const entity = await connectComponent(server)
    const admin = privilegedAdmin(entity)
    const alice = await freshUser(server, 'alice')
    await server.setRosterItem(alice.jid, BOT)
    expect(await admin.list(alice.jid)).toHaveLength(1)
  })
}

/** What holds wherever sets work. */
const writing = (server: ServerFixture): void => {
  test('an item is made, changed, and taken out; who is away has it at the next login', async () => {
    const { admin } = await administer(server)
    const alice = await freshUser(server, 'alice')
    expect(await admin.list(alice.jid)).toEqual([])
    await admin.put(alice.jid, BOT, { name: 'The Bot', groups: ['Bots', 'Ä;b "c" $(x)'] })
    const [item] = await admin.list(alice.jid)
    expect(item).toMatchObject({ jid: BOT, name: 'The Bot', subscription: 'none', pendingOut: false, pendingIn: false })
    expect(new Set(item?.groups)).toEqual(new Set(['Bots', 'Ä;b "c" $(x)']))

    await admin.put(alice.jid, BOT, { groups: ['Bots'] })
    await admin.put(alice.jid, BOT, { name: 'Bot 東京 😀' })
    expect(await admin.list(alice.jid)).toMatchObject([{ name: 'Bot 東京 😀', groups: ['Bots'] }])
    const { sees } = await human(server, alice)
    expect(await sees(BOT)).toBe('none')

    await admin.put(alice.jid, BOT, { name: '', groups: [] })
    expect(await admin.list(alice.jid)).toMatchObject([{ name: undefined, groups: [] }])
    expect(await admin.remove(alice.jid, BOT)).toBe(true)
    expect(await admin.remove(alice.jid, BOT)).toBe(false)
    expect(await admin.list(alice.jid)).toEqual([])
  })

  test('who is there gets a push for each change, and none for what is there already', async () => {
    const { admin } = await administer(server)
    const alice = await freshHuman(server, 'alice')
    alice.log.clear()
    await admin.put(alice.jid, BOT, { name: 'Bot', groups: ['Friends'] })
    await admin.put(alice.jid, BOT, { name: 'Bot', groups: ['Friends'], subscription: 'none' })
    await admin.remove(alice.jid, BOT)
    await until(() => pushed(alice).length >= 2, 'both pushes')
    await settled(alice.client)
    expect(pushed(alice)).toEqual([`${BOT} none "Bot" Friends`, `${BOT} remove`])
  })

  test('what the owner has asked for stays: put keeps the subscription and the pending request', async () => {
    const { admin } = await administer(server)
    const alice = await freshHuman(server, 'alice')
    const bob = await freshUser(server, 'bob')
    await alice.says('subscribe', bob.jid)
    await settled(alice.client)
    await admin.put(alice.jid, bob.jid, { name: 'Bob', groups: ['Friends'] })
    expect(await admin.list(alice.jid)).toMatchObject([{ jid: bob.jid, name: 'Bob', pendingOut: true }])
    expect(await alice.sees(bob.jid)).toBe('none+out')
  })

  test('a put for an account that is not there is refused by Prosody, and makes it a roster on ejabberd', async () => {
    const { admin } = await administer(server)
    const nobody = 'nobody-at-all@localhost'
    const put = admin.put(nobody, BOT, { name: 'Bot', groups: [] })
    if (server.kind === 'prosody')
      await expect(put).rejects.toMatchObject({ code: 'REFUSED', condition: 'service-unavailable' })
    else await put
    expect(await admin.list(nobody)).toHaveLength(server.kind === 'prosody' ? 0 : 1)
  })

  test('a hundred changes of one owner at once are all made', async () => {
    const { admin } = await administer(server)
    const alice = await freshUser(server, 'alice')
    const contacts = Array.from({ length: 50 }, (_, nr) => `c${nr}@comp.localhost`)
    await Promise.all(
      contacts.flatMap((jid) => [
        admin.put(alice.jid, jid, { name: `東京 ${jid}` }),
        admin.put(alice.jid, jid, { groups: ['😀'] }),
      ]),
    )
    const items = await admin.list(alice.jid)
    expect(items).toHaveLength(50)
    expect(items.every(({ jid, name, groups }) => name === `東京 ${jid}` && groups.join() === '😀')).toBe(true)
    const { done, failed } = await clear(admin, { owner: alice.jid })
    expect([done, failed]).toEqual([50, 0])
    expect(await admin.list(alice.jid)).toEqual([])
  })

  test('a Roster on the same connection goes on as if nobody else was there', async () => {
    const rejected: unknown[] = []
    const rosters: Roster[] = []
    const admins: RosterAdmin[] = []
    await connectComponent(server, {
      before: (made) => {
        rosters.push(new Roster(made, { autoAuthorize: true }).on('rejected', (event) => rejected.push(event)))
        admins.push(privilegedAdmin(made), privilegedAdmin(made))
      },
    })
    const alice = await freshHuman(server, 'alice')
    const bot = await (rosters[0] as Roster).open(BOT)
    await Promise.all(
      admins.map((admin, nr) => admin.put(alice.jid, BOT, nr === 0 ? { name: 'Bot' } : { groups: ['x'] })),
    )
    await alice.says('subscribe', BOT)
    await alice.hearing(BOT, 'available')
    await until(() => bot.state(alice.jid) === 'from+out', 'asked back')
    await settled(alice.client)
    expect(rejected).toEqual([])
    expect((await admins[0]?.list(alice.jid))?.map(({ jid }) => jid)).toEqual([BOT])
    await rosters[0]?.close()
  })
}

/** Prosody does what a set says. */
const prosody = (server: ServerFixture): void => {
  test('put sets any subscription, on this side only: the contact hears nothing and has what it had', async () => {
    const { admin } = await administer(server)
    const alice = await freshHuman(server, 'alice')
    const bob = await freshHuman(server, 'bob')
    bob.log.clear()
    for (const subscription of ['both', 'to', 'from', 'none', 'both'] as const) {
      await admin.put(alice.jid, bob.jid, { subscription })
      expect(await alice.sees(bob.jid)).toBe(subscription)
    }
    await settled(alice.client, bob.client)
    expect(bob.hears(alice.jid)).toEqual([])
    expect(pushed(bob)).toEqual([])
    expect(await admin.list(bob.jid)).toEqual([])
  })

  test('put with `to` ends what the owner was waiting for', async () => {
    const { admin } = await administer(server)
    const alice = await freshHuman(server, 'alice')
    const bob = await freshUser(server, 'bob')
    await alice.says('subscribe', bob.jid)
    await settled(alice.client)
    await admin.put(alice.jid, bob.jid, { subscription: 'from' })
    expect(await alice.sees(bob.jid)).toBe('from+out')
    await admin.put(alice.jid, bob.jid, { subscription: 'both' })
    expect(await alice.sees(bob.jid)).toBe('both')
  })

  test('two accounts are connected on both sides, and parted again', async () => {
    const { admin } = await administer(server)
    const alice = await freshUser(server, 'alice')
    const bob = await freshUser(server, 'bob')
    await connect(admin, alice.jid, bob.jid, { names: ['Alice', 'Bob'] })
    expect(await areConnected(admin, alice.jid, bob.jid)).toBe(true)
    expect(await disconnect(admin, alice.jid, bob.jid, { keep: 'to' })).toBe(true)
    expect(await admin.list(alice.jid)).toMatchObject([{ jid: bob.jid, name: 'Bob', subscription: 'to' }])
    expect(await admin.list(bob.jid)).toEqual([])
  })

  test('remove takes the row out on this side only: the contact hears nothing and has what it had', async () => {
    const { admin } = await administer(server)
    const alice = await freshHuman(server, 'alice')
    const bob = await freshHuman(server, 'bob')
    await connect(admin, alice.jid, bob.jid)
    // Prosody answers first and pushes then.
    await settled(alice.client, bob.client)
    bob.log.clear()
    expect(await admin.remove(alice.jid, bob.jid)).toBe(true)
    await settled(alice.client, bob.client)
    expect(bob.hears(alice.jid)).toEqual([])
    expect(pushed(bob)).toEqual([])
    expect(await bob.sees(alice.jid)).toBe('both')
  })
}

/** ejabberd treats a set as the owner's own. */
const ejabberd = (server: ServerFixture): void => {
  test('put with a subscription stores the rest, and says that it was not taken', async () => {
    const { admin } = await administer(server)
    const alice = await freshUser(server, 'alice')
    const put = admin.put(alice.jid, BOT, { name: 'Bot', groups: ['Bots'], subscription: 'both' })
    await expect(put).rejects.toMatchObject({ code: 'UNSUPPORTED', owner: alice.jid, contact: BOT })
    await expect(put).rejects.toThrow(/were stored .* left it at "none", .*ejabberdAdmin/)
    expect(await admin.list(alice.jid)).toMatchObject([{ name: 'Bot', groups: ['Bots'], subscription: 'none' }])
  })

  test('put with the subscription that is there is no trouble', async () => {
    const { admin } = await administer(server)
    const alice = await freshUser(server, 'alice')
    await server.setRosterItem(alice.jid, BOT, { subscription: 'both', name: 'Old' })
    await admin.put(alice.jid, BOT, { name: 'Bot', groups: ['Bots'], subscription: 'both' })
    expect(await admin.list(alice.jid)).toMatchObject([{ name: 'Bot', groups: ['Bots'], subscription: 'both' }])
  })

  test('remove is as the owner’s own: the contact is told, and its item falls to none', async () => {
    const { admin } = await administer(server)
    const alice = await freshHuman(server, 'alice')
    const bob = await freshHuman(server, 'bob')
    await server.setRosterItem(alice.jid, bob.jid, { subscription: 'both' })
    await server.setRosterItem(bob.jid, alice.jid, { subscription: 'both' })
    bob.log.clear()
    expect(await admin.remove(alice.jid, bob.jid)).toBe(true)
    await bob.hearing(alice.jid, 'unsubscribed')
    await settled(alice.client, bob.client)
    expect(bob.hears(alice.jid)).toEqual(expect.arrayContaining(['unsubscribe', 'unsubscribed']))
    expect(await bob.sees(alice.jid)).toBe('none')
  })
}

/** With "get" alone. */
const readable = (server: ServerFixture): void => {
  test('lists; what it may not, it does not ask for', async () => {
    const { admin } = await administer(server)
    const alice = await freshUser(server, 'alice')
    await server.setRosterItem(alice.jid, BOT, { subscription: 'to', name: 'Bot' })
    expect(await admin.list(alice.jid)).toMatchObject([{ jid: BOT, name: 'Bot', subscription: 'to' }])
    await expect(admin.put(alice.jid, BOT, { name: 'x' })).rejects.toThrow(/type "both" .* has granted get/)
    await expect(admin.remove(alice.jid, BOT)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(await admin.list(alice.jid)).toHaveLength(1)
  })

  test('made in the midst of a session, it learns that as well', async () => {
    const admin = privilegedAdmin(await connectComponent(server))
    const alice = await freshUser(server, 'alice')
    expect(await admin.list(alice.jid)).toEqual([])
    const put = admin.put(alice.jid, BOT, { name: 'x', groups: [] })
    // The host may still say so meanwhile: then nothing is asked.
    await expect(put).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(await admin.list(alice.jid)).toEqual([])
  })
}

/** With "set" alone. */
const settable = (server: ServerFixture): void => {
  test('puts what says everything, removes without looking, and does not list', async () => {
    const { admin } = await administer(server)
    const alice = await freshHuman(server, 'alice')
    await admin.put(alice.jid, BOT, { name: 'Bot', groups: [] })
    await until(() => pushed(alice).includes(`${BOT} none "Bot"`), 'the push')
    await expect(admin.put(alice.jid, BOT, { name: 'Bot' })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(admin.list(alice.jid)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(await admin.remove(alice.jid, BOT)).toBe(true)
    expect(await admin.remove(alice.jid, BOT)).toBe(server.kind === 'ejabberd')
  })
}

/** 23.01: mod_roster looks for its own settings at the domain that asks. */
const oldEjabberd = (server: ServerFixture): void => {
  test('put and remove are refused, nothing is stored, and the message says where to go', async () => {
    const { admin } = await administer(server)
    const alice = await freshUser(server, 'alice')
    await server.setRosterItem(alice.jid, BOT, { subscription: 'both', name: 'Bot' })
    const before = await admin.list(alice.jid)
    for (const change of [() => admin.put(alice.jid, BOT, { name: 'New' }), () => admin.remove(alice.jid, BOT)]) {
      const refused = await change().catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'REFUSED', condition: 'internal-server-error' })
      expect(String(refused)).toMatch(/Nothing has changed.* ejabberdAdmin/)
    }
    expect(await admin.list(alice.jid)).toEqual(before)
  })
}

for (const release of ['installed', 'newer'] as const) {
  const isNewer = release === 'newer'
  const all: SuiteOptions = { only: ['prosody', 'ejabberd'], release }
  const writable: SuiteOptions = { only: isNewer ? ['prosody', 'ejabberd'] : ['prosody'], release }
  describe(`privilegedAdmin, the ${release} server`, () => {
    describeServers('get and set: reading', { ...all, privilege: 'both' }, reading)
    describeServers('get and set: writing', { ...writable, privilege: 'both' }, writing)
    describeServers('get and set: Prosody', { only: ['prosody'], release, privilege: 'both' }, prosody)
    const ofEjabberd = isNewer ? ejabberd : oldEjabberd
    describeServers('get and set: ejabberd', { only: ['ejabberd'], release, privilege: 'both' }, ofEjabberd)
    describeServers('get alone', { ...all, privilege: 'get' }, readable)
    describeServers('set alone', { ...writable, privilege: 'set' }, settable)
  })
}

describeServers('a component that may do nothing with rosters', (server) => {
  test('is told so, whether it was there from the beginning or not', async () => {
    const { admin, entity } = await administer(server)
    const alice = await freshUser(server, 'alice')
    await expect(admin.list(alice.jid)).rejects.toMatchObject({ code: 'UNSUPPORTED', condition: undefined })
    await expect(privilegedAdmin(entity).list(alice.jid)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      condition: expect.stringMatching(/forbidden|not-allowed|service-unavailable/),
    })
  })
})
