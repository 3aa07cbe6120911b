import { describe, expect, test } from 'vitest'
import { connect, disconnect, ejabberdAdmin } from '../../src/admin.js'
import { freshHuman, human, pushed } from './support/human.js'
import {
  describeServers,
  freshUser,
  type ServerFixture,
  type SuiteOptions,
  settled,
  stopEntity,
  until,
  xml,
} from './support/index.js'

const NS_ROSTER = 'jabber:iq:roster'
const NOTHING_WAITS = { pendingOut: false, pendingIn: false }

/** A session is gone some time after its client. */
const PATIENTLY = { timeout: 60_000 }

const adminOf = (server: ServerFixture) => ejabberdAdmin({ url: server.api ?? '' })

const all = async (owners: AsyncIterable<string>): Promise<readonly string[]> => {
  const found: string[] = []
  for await (const owner of owners) found.push(owner)
  return found
}

/** What Emanagement ran through a shell, cut at spaces, or lost. */
const NAMES = [
  '$(touch /tmp/emanagement)',
  '`id`; rm -rf .',
  "O'Brien",
  'Pamela "Pam" Hall',
  '  two  spaces  ',
  '',
  'Ünïcödé 東京 😀',
  '<b>&amp;</b>',
  'back\\slash %s ~ *',
]

const items = (server: ServerFixture): void => {
  test.each(NAMES)('the name %j comes back as it was given, and is what her client sees', async (name) => {
    const admin = adminOf(server)
    const alice = await freshUser(server, 'alice')
    // A group like the name; ";" in one has its own test.
    const groups = [name.replaceAll(';', '') || 'x', 'Öther $x']
    await admin.put(alice.jid, 'bob@localhost', { name, groups, subscription: 'to' })
    const [item] = await admin.list(alice.jid)
    expect(item).toMatchObject({ name: name === '' ? undefined : name, subscription: 'to', ...NOTHING_WAITS })
    expect(new Set(item?.groups)).toEqual(new Set(groups))
    const { client } = await human(server, alice)
    const result = await client.iqCaller.request(xml('iq', { type: 'get' }, xml('query', { xmlns: NS_ROSTER })))
    const seen = result.getChild('query', NS_ROSTER)?.getChild('item')
    expect(seen?.attrs['name']).toBe(name === '' ? undefined : name)
  })

  test('what is absent stays: nothing of an item is lost with the change of something else', async () => {
    const admin = adminOf(server)
    const { jid } = await freshUser(server, 'alice')
    await admin.put(jid, 'Bob@LocalHost/phone', { name: 'Bob' })
    expect(await admin.list(jid)).toEqual([
      { jid: 'bob@localhost', name: 'Bob', groups: [], subscription: 'none', ...NOTHING_WAITS },
    ])
    await admin.put(jid, 'bob@localhost', { groups: ['Work', 'Chess'] })
    await admin.put(jid, 'bob@localhost', { subscription: 'from' })
    const [item] = await admin.list(jid)
    expect(item).toMatchObject({ name: 'Bob', subscription: 'from' })
    expect(new Set(item?.groups)).toEqual(new Set(['Chess', 'Work']))
    await admin.put(jid, 'bob@localhost', { name: '', groups: [] })
    expect(await admin.list(jid)).toMatchObject([{ name: undefined, groups: [], subscription: 'from' }])
    expect(Object.isFrozen(item) && Object.isFrozen(item?.groups)).toBe(true)
  })

  test('a contact of several groups is one item, however many rows it has', async () => {
    const admin = adminOf(server)
    const { jid } = await freshUser(server, 'alice')
    const groups = ['A', 'B', 'C c', 'D']
    await admin.put(jid, 'bob@localhost', { groups })
    await admin.put(jid, 'carol@localhost', { groups: ['A'] })
    await admin.put(jid, 'dave@localhost', {})
    const list = await admin.list(jid)
    expect(list.map((item) => `${item.jid} ${[...item.groups].sort().join(',')}`).sort()).toEqual([
      'bob@localhost A,B,C c,D',
      'carol@localhost A',
      'dave@localhost ',
    ])
  })

  test('gateways have no local part: they are written, listed, changed and removed like others', async () => {
    const admin = adminOf(server)
    const { jid } = await freshUser(server, 'alice')
    await admin.put(jid, 'gateway.localhost', { name: 'Gateway', subscription: 'both' })
    await admin.put(jid, 'gateway.localhost', { groups: ['Transports'] })
    expect(await admin.list(jid)).toEqual([
      { jid: 'gateway.localhost', name: 'Gateway', groups: ['Transports'], subscription: 'both', ...NOTHING_WAITS },
    ])
    expect(await all(admin.owners())).toContain(jid)
    expect(await admin.remove(jid, 'gateway.localhost')).toBe(true)
    expect(await admin.list(jid)).toEqual([])
  })

  test('the request of an owner waits on when something else is changed', async () => {
    const admin = adminOf(server)
    const [alice, bob] = [await freshHuman(server, 'alice'), await freshHuman(server, 'bob')]
    await alice.says('subscribe', bob.jid)
    await bob.hearing(alice.jid, 'subscribe')
    expect(await admin.list(alice.jid)).toMatchObject([{ jid: bob.jid, subscription: 'none', pendingOut: true }])
    await admin.put(alice.jid, bob.jid, { name: 'Bob' })
    expect(await admin.list(alice.jid)).toMatchObject([{ name: 'Bob', subscription: 'none', pendingOut: true }])
    // Who has it already does not wait for it, whatever the server has kept.
    await admin.put(alice.jid, bob.jid, { subscription: 'to' })
    expect(await admin.list(alice.jid)).toMatchObject([{ name: 'Bob', subscription: 'to', pendingOut: false }])
    // ejabberd tells nobody but bob who waits for his answer.
    expect(await admin.list(bob.jid)).toEqual([])
  })

  test('a subscription that RFC 6121 does not know is read as none, and can be mended', async () => {
    const admin = adminOf(server)
    const { jid } = await freshUser(server, 'alice')
    await server.setRosterItem(jid, 'bob@localhost', { subscription: 'BOTH' as 'both', name: 'Bob' })
    expect(await admin.list(jid)).toMatchObject([{ jid: 'bob@localhost', name: 'Bob', subscription: 'none' }])
    await admin.put(jid, 'bob@localhost', { subscription: 'both' })
    expect(await admin.list(jid)).toMatchObject([{ name: 'Bob', subscription: 'both' }])
  })

  test('another spelling of a domain is the same contact, and not one more', async () => {
    const admin = adminOf(server)
    const { jid } = await freshUser(server, 'alice')
    await server.setRosterItem(jid, 'romeo@xn--bcher-kva.example', { name: 'Romeo' })
    await admin.put(jid, 'romeo@bücher.example', { name: 'R.', groups: ['Books'], subscription: 'to' })
    expect(await admin.list(jid)).toMatchObject([{ jid: 'romeo@bücher.example', name: 'R.', subscription: 'to' }])
    expect(await admin.remove(jid, 'romeo@bücher.example')).toBe(true)
    expect(await admin.list(jid)).toEqual([])
  })

  test('failures reject: an owner of no host of the server cannot be written', async () => {
    const admin = adminOf(server)
    const failure = admin.put('alice@nowhere.example', 'bob@localhost', { name: 'Bob', groups: [], subscription: 'to' })
    await expect(failure).rejects.toMatchObject({
      code: 'REFUSED',
      condition: 'internal-server-error',
      owner: 'alice@nowhere.example',
      contact: 'bob@localhost',
    })
    expect(await admin.list('alice@nowhere.example')).toEqual([])
    expect(await admin.remove('alice@nowhere.example', 'bob@localhost')).toBe(false)
  })
}

const owners = (server: ServerFixture): void => {
  test('who has an item is an owner, once, however many items and groups', async () => {
    const admin = adminOf(server)
    const [alice, bob] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
    for (const contact of ['carol@localhost', 'dave@localhost', 'gw.localhost'])
      await admin.put(alice.jid, contact, { groups: ['A', 'B'] })
    const found = await all(admin.owners())
    expect(found.filter((owner) => owner === alice.jid)).toHaveLength(1)
    expect(found).not.toContain(bob.jid)
    await admin.remove(alice.jid, 'gw.localhost')
    await admin.remove(alice.jid, 'carol@localhost')
    expect(await all(admin.owners())).toContain(alice.jid)
    await admin.remove(alice.jid, 'dave@localhost')
    expect(await all(admin.owners())).not.toContain(alice.jid)
  })

  test('who waits both ways is an owner as well', async () => {
    const admin = adminOf(server)
    const [alice, bob] = [await freshHuman(server, 'alice'), await freshHuman(server, 'bob')]
    await alice.says('subscribe', bob.jid)
    await bob.hearing(alice.jid, 'subscribe')
    await bob.says('subscribe', alice.jid)
    await alice.hearing(bob.jid, 'subscribe')
    expect(await admin.list(alice.jid)).toMatchObject([{ subscription: 'none', pendingOut: true }])
    expect(await all(admin.owners())).toEqual(expect.arrayContaining([alice.jid, bob.jid]))
  })

  test('a domain is this one and no other, and no pattern', async () => {
    const admin = adminOf(server)
    const { jid } = await freshUser(server, 'alice')
    await admin.put(jid, 'bob@localhost', {})
    expect(await all(admin.owners({ domain: 'LocalHost' }))).toContain(jid)
    for (const domain of ['ocalhost', 'localhos', 'l.calhost', '[::1]', 'bücher.example'])
      expect(await all(admin.owners({ domain }))).toEqual([])
    for (const domain of ['*', 'local*', 'l?calhost', 'local[h]ost', '!nowhere', 'a:localhost', 'alice@localhost'])
      await expect(all(admin.owners({ domain }))).rejects.toMatchObject({ code: 'JID_MALFORMED' })
  })
}

const otherSide = (server: ServerFixture): void => {
  test('put: the owner who is there gets a push, and the contact is neither told nor changed', async () => {
    const admin = adminOf(server)
    const [alice, bob] = [await freshHuman(server, 'alice'), await freshHuman(server, 'bob')]
    alice.log.clear()
    bob.log.clear()
    await admin.put(alice.jid, bob.jid, { name: 'Bob', groups: ['Friends'], subscription: 'both' })
    await until(() => pushed(alice).length > 0, 'alice to get a push')
    await settled(alice.client, bob.client)
    expect(pushed(alice)).toEqual([`${bob.jid} both "Bob" Friends`])
    expect(pushed(bob)).toEqual([])
    expect(await admin.list(bob.jid)).toEqual([])
    expect(await bob.sees(alice.jid)).toBe('none')
  })

  test('put: an owner who is away finds it at the next login', async () => {
    const admin = adminOf(server)
    const [alice, bob] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
    await connect(admin, alice.jid, bob.jid, { names: ['Alice', 'Bob'] })
    const there = await human(server, alice)
    expect(await there.sees(bob.jid)).toBe('both')
    const other = await human(server, bob)
    await there.hearing(bob.jid, 'available')
    await other.hearing(alice.jid, 'available')
  })

  test('remove: both directions end; a contact who is there is told and keeps an item with none', async () => {
    const admin = adminOf(server)
    const [alice, bob] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
    await connect(admin, alice.jid, bob.jid)
    const [one, other] = [await human(server, alice), await human(server, bob)]
    await one.hearing(bob.jid, 'available')
    await other.hearing(alice.jid, 'available')
    one.log.clear()
    other.log.clear()
    expect(await admin.remove(alice.jid, bob.jid)).toBe(true)
    await until(() => pushed(one).length > 0 && other.hears(alice.jid).includes('unavailable'), 'both to be told')
    await settled(one.client, other.client)
    expect(pushed(one)).toEqual([`${bob.jid} remove`])
    expect(pushed(other).at(-1)).toBe(`${alice.jid} none`)
    expect(new Set(other.hears(alice.jid))).toEqual(new Set(['unavailable', 'unsubscribe', 'unsubscribed']))
    expect(await admin.list(bob.jid)).toMatchObject([{ jid: alice.jid, subscription: 'none' }])
    expect(await admin.list(alice.jid)).toEqual([])
  })

  test('remove: a request that the contact has not answered is not withdrawn', async () => {
    const admin = adminOf(server)
    const [alice, bob] = [await freshHuman(server, 'alice'), await freshHuman(server, 'bob')]
    await alice.says('subscribe', bob.jid)
    await bob.hearing(alice.jid, 'subscribe')
    expect(await admin.remove(alice.jid, bob.jid)).toBe(true)
    await settled(alice.client, bob.client)
    expect(bob.hears(alice.jid)).toEqual(['subscribe'])
    await stopEntity(bob.client)
    const later = await human(server, bob)
    await later.hearing(alice.jid, 'subscribe')
  })

  test('remove: what is not there is not removed, and says so', async () => {
    const admin = adminOf(server)
    const alice = await freshHuman(server, 'alice')
    alice.log.clear()
    expect(await admin.remove(alice.jid, 'nobody@localhost')).toBe(false)
    await settled(alice.client)
    expect(pushed(alice)).toEqual([])
  })

  test('what was removed is not served again by any cache: not to administrators, not to clients', async () => {
    const admin = adminOf(server)
    const alice = await freshUser(server, 'alice')
    const contacts = ['bob@localhost', 'carol@localhost', 'dave@localhost']
    for (const contact of contacts) await admin.put(alice.jid, contact, { name: contact, subscription: 'both' })
    // A client and an administrator have had it all: whatever is cached is cached now.
    const before = await human(server, alice)
    expect(await before.sees('bob@localhost')).toBe('both')
    await stopEntity(before.client)
    expect(await admin.list(alice.jid)).toHaveLength(3)
    for (const contact of contacts) await admin.remove(alice.jid, contact)
    expect(await admin.list(alice.jid)).toEqual([])
    const after = await human(server, alice)
    for (const contact of contacts) expect(await after.sees(contact)).toBe('none')
    await server.restart()
    expect(await admin.list(alice.jid)).toEqual([])
  })

  test('disconnect with keep: the removal on one side does not undo what is kept on the other', async () => {
    const admin = adminOf(server)
    const [alice, bob] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
    await connect(admin, alice.jid, bob.jid, { names: ['Alice', 'Bob'] })
    const there = await human(server, alice)
    expect(await disconnect(admin, alice.jid, bob.jid, { keep: 'to' })).toBe(true)
    await settled(there.client)
    expect(await admin.list(alice.jid)).toMatchObject([{ jid: bob.jid, name: 'Bob', subscription: 'to' }])
    expect(await admin.list(bob.jid)).toEqual([])
    expect(await disconnect(admin, alice.jid, bob.jid)).toBe(false)
  })
}

const sessions = (server: ServerFixture): void => {
  test('who is connected now, by full JID; of one domain, of another none', async () => {
    const admin = adminOf(server)
    const alice = await freshUser(server, 'alice')
    const there = await human(server, alice, { resource: 'Déskß 東/1' })
    const jid = there.client.jid?.toString()
    expect(await admin.connected()).toContain(jid)
    expect(await admin.connected({ domain: server.domain })).toContain(jid)
    expect(await admin.connected({ domain: 'nowhere.example' })).toEqual([])
    await stopEntity(there.client)
    await expect.poll(() => admin.connected(), PATIENTLY).not.toContain(jid)
  })

  test('presence is announced for a session, and its contacts hear it', async () => {
    const admin = adminOf(server)
    const [alice, bob] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
    await connect(admin, alice.jid, bob.jid)
    const there = await human(server, alice)
    const other = await human(server, bob)
    await other.hearing(alice.jid, 'available')
    const jid = there.client.jid ?? ''
    await admin.setPresence(jid, { show: 'away', status: 'Lunch "$(date)" ☕', priority: -5 })
    await other.hearing(alice.jid, 'away "Lunch "$(date)" ☕"')
    const stanza = other.log.incoming('presence').findLast(({ attrs }) => String(attrs['from']) === jid.toString())
    expect(stanza?.getChildText('priority')).toBe('-5')
    other.log.clear()
    // Plainly available again: no empty element where nothing was said.
    await admin.setPresence(jid, {})
    await other.hearing(alice.jid, 'available')
    const [plain] = other.log.incoming('presence')
    expect(plain?.getChild('show') ?? plain?.getChild('status')).toBeUndefined()
    await admin.setPresence(jid, { type: 'unavailable', status: 'Gone' })
    await other.hearing(alice.jid, 'unavailable "Gone"')
  })

  test('a message goes where it is addressed, exactly as it was written', async () => {
    const admin = adminOf(server)
    const alice = await freshHuman(server, 'alice')
    const bodies = ['$(reboot) `x`', 'it\'s "quoted"', 'two\nlines', 'ünï 😀 <b>&amp;</b>']
    for (const body of bodies) await admin.sendMessage('service@localhost', alice.jid, body)
    await admin.sendMessage('localhost', alice.client.jid ?? '', 'from the server itself')
    await until(() => alice.log.incoming('message').length > bodies.length, 'the messages')
    const messages = alice.log.incoming('message', 'chat')
    expect(messages.map((message) => message.getChildText('body'))).toEqual([...bodies, 'from the server itself'])
    expect(messages.map(({ attrs }) => attrs['from'])).toEqual([...bodies.map(() => 'service@localhost'), 'localhost'])
    expect(messages.every((message) => message.getChild('subject') === undefined)).toBe(true)
  })

  test('a session is ended by its full JID, and the others of the account stay', async () => {
    const admin = adminOf(server)
    const alice = await freshUser(server, 'alice')
    const desk = await human(server, alice, { resource: 'desk', reconnect: false })
    const phone = await human(server, alice, { resource: 'phone' })
    await admin.kick(`${alice.jid}/desk`)
    await until(() => desk.client.status === 'disconnect' || desk.client.status === 'offline', 'desk to be out')
    expect(await admin.connected()).toContain(`${alice.jid}/phone`)
    await expect.poll(() => admin.connected(), PATIENTLY).not.toContain(`${alice.jid}/desk`)
    await settled(phone.client)
  })

  test('nothing is done with a session that is not there, and that is said', async () => {
    const admin = adminOf(server)
    const alice = await freshHuman(server, 'alice')
    alice.log.clear()
    for (const jid of [`${alice.jid}/nowhere`, `${alice.jid}/none`, 'nobody@localhost/x', 'alice@nowhere.example/x']) {
      const missing = { code: 'REFUSED', condition: 'item-not-found' }
      await expect(admin.kick(jid)).rejects.toMatchObject(missing)
      await expect(admin.setPresence(jid, { show: 'dnd' })).rejects.toMatchObject(missing)
    }
    await settled(alice.client)
    expect(alice.hears(alice.jid)).toEqual([])
  })
}

/** The operator is alice; whoever else comes from this machine may do what the tests need before, and list sessions. */
const OPERATED = {
  acl: { operator: { user: ['alice@localhost'] } },
  api_permissions: {
    tests: { from: ['mod_http_api'], who: { ip: '127.0.0.0/8' }, what: ['register', 'connected_users'] },
    operator: { from: ['mod_http_api'], who: { access: [{ allow: [{ acl: 'operator' }] }] }, what: '*' },
  },
}

const permissions = (server: ServerFixture): void => {
  const url = () => server.api ?? ''
  const [alice, bob] = ['alice@localhost', 'bob@localhost']

  test('the operator comes in with a JID and its password', async () => {
    const admin = ejabberdAdmin({ url: url(), username: alice, password: 'secret' })
    await admin.put(bob, 'carol@localhost', { name: 'Carol' })
    expect(await admin.list(bob)).toMatchObject([{ jid: 'carol@localhost', name: 'Carol' }])
    expect(await all(admin.owners())).toEqual([bob])
  })

  test('a wrong password, a wrong token and an account that is nobody special are refused, and nothing is written', async () => {
    const before = await ejabberdAdmin({ url: url(), username: alice, password: 'secret' }).list(bob)
    for (const [login, condition] of [
      [{ username: alice, password: 'wrong' }, 'not-authorized'],
      [{ username: 'nobody', password: 'secret' }, 'not-authorized'],
      [{ token: 'no-such-token' }, 'not-authorized'],
      [{ username: bob, password: 'secret' }, 'forbidden'],
      [{}, 'forbidden'],
    ] as const) {
      const admin = ejabberdAdmin({ url: url(), ...login })
      const refused = { code: 'REFUSED', condition }
      await expect(admin.put(bob, 'erin@localhost', { name: 'Erin' })).rejects.toMatchObject(refused)
      await expect(admin.remove(bob, 'carol@localhost')).rejects.toMatchObject(refused)
      await expect(all(admin.owners())).rejects.toMatchObject(refused)
    }
    expect(await ejabberdAdmin({ url: url(), username: alice, password: 'secret' }).list(bob)).toEqual(before)
  })

  test('who has no login is refused only what the address alone may not do', async () => {
    expect(await ejabberdAdmin({ url: url() }).connected()).toEqual([])
  })

  test('an address without the API is no API', async () => {
    const admin = ejabberdAdmin({ url: url().replace('/api', '/elsewhere') })
    await expect(admin.list(bob)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
}

const suites = (release: SuiteOptions['release'] & string): void => {
  const options = { only: ['ejabberd'], release } as const
  describeServers('ejabberdAdmin: items', options, (server) => {
    items(server)

    test('a group with ";" in its name is written where it can be, and never split', async () => {
      const admin = adminOf(server)
      const { jid } = await freshUser(server, 'alice')
      const written = admin.put(jid, 'bob@localhost', { groups: ['a;b', 'c'] })
      if (release === 'newer') {
        await written
        expect(await admin.list(jid)).toMatchObject([{ groups: ['a;b', 'c'] }])
      } else {
        await expect(written).rejects.toMatchObject({ code: 'ITEM_INVALID', contact: 'bob@localhost' })
        expect(await admin.list(jid)).toEqual([])
      }
    })

    test('a group with ";" that a client has made is not split by a change of the name', async () => {
      const admin = adminOf(server)
      const alice = await freshHuman(server, 'alice')
      const item = xml('item', { jid: 'bob@localhost' }, xml('group', {}, 'a;b'))
      await alice.client.iqCaller.request(xml('iq', { type: 'set' }, xml('query', { xmlns: NS_ROSTER }, item)))
      const renamed = admin.put(alice.jid, 'bob@localhost', { name: 'Bob' })
      if (release === 'newer') await renamed
      else await expect(renamed).rejects.toMatchObject({ code: 'ITEM_INVALID' })
      expect(await admin.list(alice.jid)).toMatchObject([
        { name: release === 'newer' ? 'Bob' : undefined, groups: ['a;b'] },
      ])
    })
  })
  describeServers('ejabberdAdmin: owners', options, owners)
  describeServers('ejabberdAdmin: the other side', options, otherSide)
  describeServers('ejabberdAdmin: sessions', options, sessions)
  describeServers('ejabberdAdmin: permissions', { ...options, ejabberd: OPERATED }, permissions)
}

describe('the installed release', () => suites('installed'))
describe('the newer release', () => suites('newer'))
