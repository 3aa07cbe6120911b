import { expect, test } from 'vitest'
import { type Bot, friends, login, nameOf } from './support/client-bot.js'
import { describeServers, freshUser, jidOf, type ServerFixture, settled, until, xml } from './support/index.js'

/** Both have said all that there is to say. */
const quiet = (...bots: readonly Bot[]): Promise<void> => settled(...bots.map(({ client }) => client))

const manual = { autoAuthorize: null } as const

/** Two humans, as it were: nothing is answered by itself. */
const strangers = async (server: ServerFixture): Promise<readonly [Bot, Bot]> => [
  await login(server, 'alice', manual),
  await login(server, 'bob', manual),
]

/** Alice sees Bob's presence, and not the other way round. */
const follower = async (server: ServerFixture): Promise<readonly [Bot, Bot]> => {
  const [alice, bob] = await strangers(server)
  await alice.own.subscribe(bob.jid)
  await until(() => bob.own.requests()[0], 'the request')
  await bob.own.authorize(alice.jid)
  await until(() => alice.own.presence(bob.jid).available, "Bob's presence")
  await quiet(alice, bob)
  for (const { events, log } of [alice, bob]) {
    events.length = 0
    log.clear()
  }
  return [alice, bob]
}

describeServers('subscriptions of a client, by hand', (server) => {
  test('four steps: asked, granted, asked back, granted back (RFC 6121 §3.1)', async () => {
    const [alice, bob] = await strangers(server)
    await alice.own.subscribe(bob.jid, { nick: 'Ali', status: 'Hello' })
    const request = await until(() => bob.own.requests()[0], 'the request')
    expect(request).toMatchObject({
      owner: bob.jid,
      contact: alice.jid,
      nick: 'Ali',
      status: 'Hello',
      decision: 'defer',
    })
    expect(bob.own.state(alice.jid)).toBe('none+in')
    expect(bob.own.has(alice.jid)).toBe(false)
    await until(() => alice.own.get(bob.jid)?.pendingOut, 'the push')
    expect(await request.authorize({ subscribe: true })).toBe(true)
    await until(() => alice.own.state(bob.jid) === 'to+in', 'Bob asks back')
    expect(alice.own.presence(bob.jid).available).toBe(true)
    expect(await alice.own.authorize(bob.jid)).toBe(true)
    await until(() => bob.own.state(alice.jid) === 'both' && bob.own.presence(alice.jid).available, 'both')
    await quiet(alice, bob)
    expect([alice.own.get(bob.jid)?.subscription, bob.own.get(alice.jid)?.subscription]).toEqual(['both', 'both'])
    expect(alice.wrote()).toEqual(['subscribe bob', 'subscribed bob'])
    expect(bob.wrote()).toEqual(['subscribed alice', 'subscribe alice'])
    expect(alice.told('subscribed', 'subscribe')).toEqual(['subscribed bob', 'subscribe bob defer'])
    expect(bob.told('subscribed', 'subscribe')).toEqual(['subscribe alice defer', 'subscribed alice'])
    const states = (bot: Bot): readonly string[] => bot.told('transition').map((words) => words.split(' ')[2] ?? '')
    expect(states(alice)).toEqual(['none>none+out', 'none+out>to', 'to>to+in', 'to+in>both'])
    expect(states(bob)).toEqual(expect.arrayContaining(['none>none+in', 'from+out>both']))
    expect(alice.told('online')).toEqual(['online bob'])
    expect(bob.told('online')).toEqual(['online alice'])
    expect([...alice.own.requests(), ...bob.own.requests()]).toEqual([])
  })

  test('granted without asking back: one direction only, and the state is told once on push-first and push-last servers (promise 12)', async () => {
    const [alice, bob] = await strangers(server)
    await alice.own.subscribe(bob.jid)
    await until(() => bob.own.requests()[0], 'the request')
    expect(await bob.own.authorize(alice.jid)).toBe(true)
    expect(await bob.own.authorize(alice.jid)).toBe(false)
    await until(() => alice.own.presence(bob.jid).available, "Bob's presence")
    await quiet(alice, bob)
    expect(alice.own.state(bob.jid)).toBe('to')
    expect(bob.own.state(alice.jid)).toBe('from')
    expect(bob.own.presence(alice.jid).available).toBe(false)
    expect(alice.told('subscribed')).toEqual(['subscribed bob'])
    const [first, second, ...more] = alice.told('transition')
    expect([first, more]).toEqual(['transition bob none>none+out push', []])
    const cause = { 'in-process': 'stanza', prosody: 'stanza', ejabberd: 'push' }[server.kind]
    expect(second).toBe(`transition bob none+out>to ${cause}`)
  })

  test('denied: the request is gone on both sides (SM8)', async () => {
    const [alice, bob] = await strangers(server)
    await alice.own.subscribe(bob.jid)
    const request = await until(() => bob.own.requests()[0], 'the request')
    expect(await request.deny({ status: 'No' })).toBe(true)
    expect(bob.own.state(alice.jid)).toBe('none')
    await until(() => alice.told('unsubscribed')[0], 'the denial')
    await quiet(alice, bob)
    expect(alice.own.get(bob.jid)).toMatchObject({ state: 'none', pendingOut: false })
    expect(bob.own.has(alice.jid)).toBe(false)
    expect(await request.authorize()).toBe(false)
    expect(await request.deny()).toBe(false)
    expect(bob.wrote()).toEqual(['unsubscribed alice'])
    expect(alice.told('unsubscribed')).toEqual(['unsubscribed bob'])
    expect(alice.told('transition').at(-1)).toMatch(/^transition bob none\+out>none /)
  })

  test('withdrawn: the request cannot be answered any more, and says so (SM8)', async () => {
    const [alice, bob] = await strangers(server)
    await alice.own.subscribe(bob.jid)
    const request = await until(() => bob.own.requests()[0], 'the request')
    await alice.own.unsubscribe(bob.jid)
    await until(() => alice.own.get(bob.jid)?.state === 'none', 'the withdrawal')
    await quiet(alice, bob)
    expect(alice.told('unsubscribed')).toEqual([])
    if (server.kind === 'ejabberd') {
      // ejabberd does not tell the contact (RFC 6121 appendix A.3.2 would): to Bob the request still waits, and can be denied.
      expect(bob.log.incoming('presence', 'unsubscribe')).toEqual([])
      expect(await request.deny()).toBe(true)
    } else {
      expect(bob.own.requests()).toEqual([])
      expect(await request.authorize()).toBe(false)
      expect(bob.told('unsubscribe')).toEqual(['unsubscribe alice'])
      expect(bob.wrote()).toEqual([])
    }
    expect(bob.own.state(alice.jid)).toBe('none')
    expect(await request.deny()).toBe(false)
  })

  test('unsubscribed by the owner: the presence goes at once, even where the server does not say so (SM2, ME7, RFC 6121 §3.3.3)', async () => {
    const [alice, bob] = await follower(server)
    await alice.own.unsubscribe(bob.jid)
    await until(() => alice.own.state(bob.jid) === 'none', 'none')
    expect(alice.own.presence(bob.jid).available).toBe(false)
    await until(() => bob.own.state(alice.jid) === 'none', 'Bob hears of it')
    await quiet(alice, bob)
    expect(alice.told('offline')).toEqual(['offline bob'])
    expect(alice.told('unsubscribed')).toEqual([])
    expect(bob.told('unsubscribe', 'transition').map((words) => words.replace(/ (push|stanza)$/, ''))).toEqual([
      'transition alice from>none',
      'unsubscribe alice',
    ])
    expect(alice.own.has(bob.jid)).toBe(true)
  })

  test('cancelled by the contact: the presence goes, and the cause is told once (ME7, promise 12)', async () => {
    const [alice, bob] = await follower(server)
    expect(await bob.own.unauthorize(alice.jid)).toBe(true)
    await until(() => alice.told('unsubscribed')[0], 'the cancellation')
    await until(() => bob.own.state(alice.jid) === 'none', 'none')
    await quiet(alice, bob)
    expect(alice.own.get(bob.jid)).toMatchObject({ state: 'none' })
    expect(alice.own.presence(bob.jid).available).toBe(false)
    expect(alice.told('unsubscribed', 'offline').toSorted()).toEqual(['offline bob', 'unsubscribed bob'])
    expect(bob.told('unsubscribe')).toEqual([])
    expect(await bob.own.unauthorize(alice.jid)).toBe(false)
  })

  test('nobody is granted or cancelled who has not asked (SM3, SM4; RFC 6121 §3.2.2)', async () => {
    const [alice, bob] = await strangers(server)
    expect(await alice.own.authorize(bob.jid)).toBe(false)
    expect(await alice.own.unauthorize(bob.jid)).toBe(false)
    await quiet(alice, bob)
    expect(alice.wrote()).toEqual([])
    expect(bob.events).toEqual(['loaded 0'])
  })

  test('removed by one: nothing brings the contact back (promise 8)', async () => {
    const alice = await login(server, 'alice', manual)
    const bob = await login(server, 'bob', manual)
    await friends(server, alice.user, bob.user)
    await until(() => alice.own.get(bob.jid) && bob.own.get(alice.jid), 'friends')
    for (const { client } of [alice, bob]) await client.send(xml('presence', {}))
    await until(() => alice.own.presence(bob.jid).available && bob.own.presence(alice.jid).available, 'presence')
    expect(await alice.own.remove(bob.jid)).toBe(true)
    await until(() => bob.own.state(alice.jid) === 'none', 'Bob hears of it')
    // Stray stanzas, and the contact's presence, of one who is no longer there.
    for (const type of ['unsubscribed', 'unsubscribe', 'subscribed'])
      await server.inject(jidOf(alice.client), `<presence from='${bob.jid}' to='${alice.jid}' type='${type}'/>`)
    await server.inject(jidOf(alice.client), `<presence from='${jidOf(bob.client)}' to='${alice.jid}'/>`)
    await quiet(alice, bob)
    expect(alice.own.size).toBe(0)
    expect(alice.own.presence(bob.jid).available).toBe(false)
    const ended = alice.events.slice(alice.events.findIndex((words) => words.startsWith('removed')))
    const cause = { 'in-process': 'result', prosody: 'result', ejabberd: 'push' }[server.kind]
    expect(ended).toEqual(['removed bob both', `transition bob both>none ${cause}`, 'presence bob left', 'offline bob'])
    expect(bob.own.get(alice.jid)).toMatchObject({ state: 'none' })
    expect(bob.told('unsubscribed', 'unsubscribe').toSorted()).toEqual(['unsubscribe alice', 'unsubscribed alice'])
    expect(bob.own.presence(alice.jid).available).toBe(false)
    await alice.own.resync()
    expect(alice.own.size).toBe(0)
  })

  test('a request while the owner is away is delivered at its login, and answered then (promise 12)', async () => {
    const user = await freshUser(server, 'bob')
    const alice = await login(server, 'alice', manual)
    await alice.own.subscribe(user.jid, { status: 'Hello' })
    await until(() => alice.own.get(user.jid)?.pendingOut, 'the push')
    const bob = await login(server, 'bob', { ...manual, user })
    const request = await until(() => bob.own.requests()[0], 'the request')
    expect(request).toMatchObject({ contact: alice.jid, status: 'Hello' })
    expect(await request.authorize({ subscribe: false })).toBe(true)
    await until(() => alice.own.state(user.jid) === 'to' && alice.own.presence(user.jid).available, 'granted')
    await quiet(alice, bob)
    expect(bob.told('subscribe')).toEqual(['subscribe alice defer'])
    expect(bob.wrote()).toEqual([`subscribed ${nameOf(alice.jid)}`])
  })

  test('a request that cannot be delivered comes back as failed', async () => {
    const alice = await login(server, 'alice')
    await alice.own.subscribe('somebody@unreachable.example')
    await until(() => alice.told('failed')[0], 'the failure')
    const condition = { 'in-process': 'remote-server-not-found', prosody: 'not-allowed', ejabberd: 'forbidden' }[
      server.kind
    ]
    expect(alice.told('failed').map((words) => words.split(' ')[2])).toEqual([condition])
    await until(() => alice.own.get('somebody@unreachable.example')?.pendingOut, 'the item stays')
  })
})

describeServers('pre-approval by a client', (server) => {
  test('Prosody offers it; ejabberd does not: UNSUPPORTED, and nothing is sent (RFC 6121 §3.4)', async () => {
    const [alice, bob] = await strangers(server)
    if (server.kind === 'ejabberd') {
      await expect(bob.own.preapprove(alice.jid)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
      expect(bob.wrote()).toEqual([])
      return
    }
    await bob.own.preapprove(alice.jid)
    await quiet(bob)
    await alice.own.subscribe(bob.jid)
    await until(() => alice.own.state(bob.jid) === 'to', 'granted at once')
    await quiet(alice, bob)
    expect(bob.own.state(alice.jid)).toBe('from')
    expect(bob.told('subscribe')).toEqual([])
    expect(bob.wrote()).toEqual(['subscribed alice'])
    expect(alice.told('subscribed')).toEqual(['subscribed bob'])
  })

  test('a request that is pending is granted by it, on every server', async () => {
    const [alice, bob] = await strangers(server)
    await alice.own.subscribe(bob.jid)
    await until(() => bob.own.requests()[0], 'the request')
    await bob.own.preapprove(alice.jid)
    await until(() => alice.own.state(bob.jid) === 'to', 'granted')
    expect(bob.wrote()).toEqual(['subscribed alice'])
  })
})
