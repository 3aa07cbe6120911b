import { expect, test } from 'vitest'
import type { AutoAuthorize } from '../../src/index.js'
import { type Bot, friends, login } from './support/client-bot.js'
import { describeServers, freshUser, settled, until } from './support/index.js'

const quiet = (...bots: readonly Bot[]): Promise<void> => settled(...bots.map(({ client }) => client))

const statesOf = (one: Bot, other: Bot): readonly string[] => [one.own.state(other.jid), other.own.state(one.jid)]

describeServers('subscription requests to a client', (server) => {
  test('two bots meet: the least number of stanzas, both ways, then silence (promise 4)', async () => {
    const alice = await login(server, 'alice')
    const bob = await login(server, 'bob')
    await alice.own.subscribe(bob.jid)
    await until(() => statesOf(alice, bob).join() === 'both,both', 'both')
    await until(() => alice.own.presence(bob.jid).available && bob.own.presence(alice.jid).available, 'presence')
    await quiet(alice, bob)
    await quiet(alice, bob)
    expect(alice.wrote()).toEqual(['subscribe bob', 'subscribed bob'])
    expect(bob.wrote()).toEqual(['subscribed alice', 'subscribe alice'])
    expect(alice.told('subscribe', 'subscribed')).toEqual(['subscribed bob', 'subscribe bob authorize'])
    expect(bob.told('subscribe', 'subscribed')).toEqual(['subscribe alice authorize', 'subscribed alice'])
    expect([...alice.told('unsubscribe', 'failed', 'error'), ...bob.told('unsubscribe', 'failed', 'error')]).toEqual([])
    expect([alice.told('online'), bob.told('online')]).toEqual([['online bob'], ['online alice']])
  })

  test('two bots ask each other at the same time: the same, and then silence (promise 4)', async () => {
    const alice = await login(server, 'alice')
    const bob = await login(server, 'bob')
    await Promise.all([alice.own.subscribe(bob.jid), bob.own.subscribe(alice.jid)])
    await until(() => [alice, bob].every((bot) => bot.told('subscribed').length > 0), 'granted')
    await quiet(alice, bob)
    await quiet(alice, bob)
    // What the processes of two sessions change in one item at once, ejabberd may push in another order than it stored it.
    if (server.kind === 'ejabberd') await Promise.all([alice.own.resync(), bob.own.resync()])
    expect(statesOf(alice, bob)).toEqual(['both', 'both'])
    for (const [bot, other] of [
      [alice, 'bob'],
      [bob, 'alice'],
    ] as const)
      expect(bot.wrote().toSorted()).toEqual([`subscribe ${other}`, `subscribed ${other}`])
  })

  test('autoAuthorize true, autoSubscribe false: granted, and nothing is asked back', async () => {
    const alice = await login(server, 'alice')
    const bob = await login(server, 'bob', { autoSubscribe: false })
    await alice.own.subscribe(bob.jid)
    await until(() => statesOf(alice, bob).join() === 'to,from', 'granted')
    await quiet(alice, bob)
    expect(bob.wrote()).toEqual(['subscribed alice'])
    expect(bob.told('subscribe')).toEqual(['subscribe alice authorize'])
  })

  test('autoAuthorize false: each is declined, and leaves nothing behind', async () => {
    const alice = await login(server, 'alice')
    const bob = await login(server, 'bob', { autoAuthorize: false })
    await alice.own.subscribe(bob.jid)
    await until(() => alice.told('unsubscribed')[0], 'declined')
    await quiet(alice, bob)
    expect(statesOf(alice, bob)).toEqual(['none', 'none'])
    expect(bob.own.requests()).toEqual([])
    expect(bob.wrote()).toEqual(['unsubscribed alice'])
    expect(bob.told('subscribe')).toEqual(['subscribe alice deny'])
    expect(bob.own.size).toBe(0)
  })

  test('autoAuthorize null: it is the application that decides', async () => {
    const alice = await login(server, 'alice')
    const bob = await login(server, 'bob', { autoAuthorize: null })
    await alice.own.subscribe(bob.jid)
    const request = await until(() => bob.own.requests()[0], 'the request')
    await quiet(alice, bob)
    expect(bob.wrote()).toEqual([])
    expect(bob.told('subscribe')).toEqual(['subscribe alice defer'])
    // `subscribe` defaults to autoSubscribe.
    expect(await request.authorize()).toBe(true)
    await until(() => statesOf(alice, bob).join() === 'both,both', 'both')
    expect(bob.wrote()).toEqual(['subscribed alice', 'subscribe alice'])
  })

  test('the owner\u2019s own policy goes before that of the roster, and both can be changed at any time (promise 7)', async () => {
    const alice = await login(server, 'alice')
    const bob = await login(server, 'bob', { autoAuthorize: true, autoSubscribe: true })
    bob.own.autoAuthorize = false
    await alice.own.subscribe(bob.jid)
    await until(() => alice.told('unsubscribed')[0], 'declined')
    bob.own.autoAuthorize = undefined
    bob.own.autoSubscribe = false
    await alice.own.subscribe(bob.jid)
    await until(() => statesOf(alice, bob).join() === 'to,from', 'granted')
    await quiet(alice, bob)
    expect(bob.wrote()).toEqual(['unsubscribed alice', 'subscribed alice'])
  })

  test.for<[string, AutoAuthorize, string]>([
    ['true', () => true, 'authorize'],
    ['false', () => false, 'deny'],
    ['nothing', () => undefined, 'defer'],
    ['a decision, later', () => Promise.resolve('authorize' as const), 'authorize'],
    ['false, later', () => Promise.resolve(false), 'deny'],
    ['ignore', () => 'ignore', 'ignore'],
  ])('a function answers %s', async ([, policy, decision]) => {
    const alice = await login(server, 'alice')
    const bob = await login(server, 'bob', { autoAuthorize: policy, autoSubscribe: false })
    await alice.own.subscribe(bob.jid, { nick: 'Ali' })
    await until(() => bob.log.incoming('presence', 'subscribe')[0], 'the request')
    const outcome = { authorize: 'to,from', deny: 'none,none', defer: 'none+out,none+in', ignore: 'none+out,none' }[
      decision as 'authorize' | 'deny' | 'defer' | 'ignore'
    ]
    await until(() => statesOf(alice, bob).join() === outcome, outcome)
    await quiet(alice, bob)
    expect(statesOf(alice, bob).join()).toBe(outcome)
    expect(bob.told('subscribe')).toEqual(decision === 'ignore' ? [] : [`subscribe alice ${decision}`])
    expect(bob.wrote()).toHaveLength(decision === 'authorize' || decision === 'deny' ? 1 : 0)
    expect(bob.told('error')).toEqual([])
  })

  test.for<[string, AutoAuthorize]>([
    [
      'throws',
      () => {
        throw new Error('database is down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('database is down'))],
  ])('a function that %s defers the request, and the application is told (promise 7)', async ([, policy]) => {
    const alice = await login(server, 'alice')
    const bob = await login(server, 'bob', { autoAuthorize: policy })
    await alice.own.subscribe(bob.jid)
    await until(() => bob.told('subscribe')[0], 'the decision')
    const request = await until(() => bob.own.requests()[0], 'the request')
    expect(bob.told('subscribe', 'error').toSorted()).toEqual(['error POLICY_FAILED', 'subscribe alice defer'])
    expect(bob.wrote()).toEqual([])
    expect(await request.authorize({ subscribe: false })).toBe(true)
    await until(() => statesOf(alice, bob).join() === 'to,from', 'granted')
  })

  test('while a function thinks, the application may answer first; its late answer changes nothing (promise 7)', async () => {
    let decide = (_: boolean): void => undefined
    const thinking = new Promise<boolean>((resolve) => {
      decide = resolve
    })
    const alice = await login(server, 'alice')
    const bob = await login(server, 'bob', { autoAuthorize: () => thinking })
    await alice.own.subscribe(bob.jid)
    await until(() => bob.own.state(alice.jid) === 'none+in', 'the request')
    expect(await bob.own.unauthorize(alice.jid)).toBe(true)
    decide(true)
    await until(() => alice.told('unsubscribed')[0], 'denied')
    await quiet(alice, bob)
    expect(bob.wrote()).toEqual(['unsubscribed alice'])
    expect(statesOf(alice, bob)).toEqual(['none', 'none'])
  })

  test('a request that waited while the bot was away meets its policy at the login', async () => {
    const user = await freshUser(server, 'bob')
    const alice = await login(server, 'alice')
    await alice.own.subscribe(user.jid)
    await until(() => alice.own.get(user.jid)?.pendingOut, 'asked')
    const bob = await login(server, 'bob', { user })
    await until(() => statesOf(alice, bob).join() === 'both,both', 'both')
    await quiet(alice, bob)
    expect(alice.wrote()).toEqual(['subscribe bob', 'subscribed bob'])
    expect(bob.wrote()).toEqual(['subscribed alice', 'subscribe alice'])
  })

  test('who is in the roster already and logs in again is asked nothing, and asks nothing', async () => {
    const [a, b] = [await freshUser(server, 'alice'), await freshUser(server, 'bob')]
    await friends(server, a, b)
    const alice = await login(server, 'alice', { user: a })
    const bob = await login(server, 'bob', { user: b })
    await until(() => alice.own.presence(bob.jid).available && bob.own.presence(alice.jid).available, 'presence')
    await quiet(alice, bob)
    expect([...alice.wrote(), ...bob.wrote()]).toEqual([])
    expect(alice.events).toEqual(['loaded 1', 'online bob', 'presence bob available'])
  })
})
