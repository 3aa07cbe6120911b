import { describe, expect, test } from 'vitest'
import {
  BOT,
  JULIET,
  openBot,
  presence,
  probe,
  ROMEO,
  stage,
  subscribe,
  subscribed,
  unsubscribe,
  unsubscribed,
  withContacts,
} from './stage.js'

describe("the owner's four verbs", () => {
  test('subscribe and unsubscribe change the state at once, whatever the contact answers or not (SM2, promise 3)', async () => {
    const { bot, said, hear } = await withContacts({})
    await bot.subscribe(`${ROMEO}/orchard`, { nick: 'Bot', status: 'please' })
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['none+out', ['bot > romeo: subscribe "please"']])
    await bot.unsubscribe(ROMEO)
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['none', ['bot > romeo: unsubscribe']])
    await hear(subscribed(ROMEO))
    expect(bot.get(ROMEO)?.state).toBe('none')
  })

  test('subscribe in to or both is sent, and leaves the state as it is (SM1)', async () => {
    const { bot, said } = await withContacts({ [ROMEO]: 'to', [JULIET]: 'both' })
    await bot.subscribe(ROMEO)
    await bot.subscribe(JULIET)
    expect([bot.get(ROMEO)?.state, bot.get(JULIET)?.state]).toEqual(['to', 'both'])
    expect(bot.get(ROMEO)?.pendingOut).toBe(false)
    expect(said()).toEqual(['bot > romeo: subscribe', 'bot > juliet: subscribe'])
  })

  test('authorize without a request is false: nothing is granted, nothing sent (SM3, RFC 6121 A.2.3 MUST NOT)', async () => {
    const { bot, said, told, hear } = await withContacts({ [JULIET]: 'to' })
    await bot.sendPresence({})
    expect([await bot.authorize(ROMEO), await bot.authorize(JULIET)]).toEqual([false, false])
    expect([bot.state(ROMEO), bot.get(JULIET)?.state, said(), told()]).toEqual(['none', 'to', [], []])
    await hear(probe(ROMEO))
    expect(said()).toEqual(['bot > romeo: unsubscribed'])
  })

  test('authorize of who is a subscriber already is false', async () => {
    const { bot, said } = await withContacts({ [ROMEO]: 'both' })
    expect([await bot.authorize(ROMEO), said()]).toEqual([false, []])
  })

  test('unauthorize without a subscription or request sends nothing (SM4, RFC 6121 §3.2.2 MUST NOT)', async () => {
    const { bot, said } = await withContacts({ [ROMEO]: 'to', [JULIET]: 'none+out' })
    expect([await bot.unauthorize(ROMEO), await bot.unauthorize(JULIET)]).toEqual([false, false])
    expect(said()).toEqual([])
  })

  test('unauthorize of a subscriber says unavailable first, then unsubscribed (promise 6, RFC 6121 §3.2.2)', async () => {
    const { bot, said } = await withContacts({ [ROMEO]: 'both' })
    expect(await bot.unauthorize(ROMEO, { status: 'bye' })).toBe(true)
    expect([bot.get(ROMEO)?.state, said()]).toEqual([
      'to',
      ['bot > romeo: unavailable', 'bot > romeo: unsubscribed "bye"'],
    ])
  })

  test('unauthorize of a request says unsubscribed alone: who was no subscriber hears no presence (SM4)', async () => {
    const { bot, hear, said } = await withContacts({})
    await hear(subscribe(ROMEO))
    expect(await bot.unauthorize(ROMEO)).toBe(true)
    expect(said()).toEqual(['bot > romeo: unsubscribed'])
  })

  test('an accepted contact gets the presence of every resource (promise 6, RFC 6121 §3.1.5)', async () => {
    const { bot, said } = await withContacts({ [ROMEO]: 'none+in' })
    await bot.sendPresence({ resource: 'a' })
    await bot.sendPresence({ resource: 'b', show: 'xa' })
    said()
    await bot.authorize(ROMEO)
    expect(said()).toEqual(['bot > romeo: subscribed', 'bot/a > romeo: available', 'bot/b > romeo: xa'])
  })
})

describe('what a contact says', () => {
  test('unsubscribe of a subscriber: unavailable is sent (SM7, RFC 6121 §3.3.3 MUST)', async () => {
    const { bot, hear, said, told } = await withContacts({ [ROMEO]: 'both' })
    await bot.sendPresence({})
    said()
    await hear(unsubscribe(ROMEO))
    expect(said()).toContain('bot > romeo: unavailable')
    expect(bot.get(ROMEO)?.state).toBe('to')
    expect(told()).toEqual(['updated romeo', 'romeo both > to by stanza', 'unsubscribe romeo, was both'])
  })

  test('from the full JID counts for the bare one: so Prosody unsubscribes (JID2)', async () => {
    const { bot, hear } = await withContacts({ [ROMEO]: 'both' })
    await hear(unsubscribe(`${ROMEO}/orchard`, `${BOT}/x`))
    expect(bot.get(ROMEO)?.state).toBe('to')
  })

  test('a denial and a withdrawal are told (SM8)', async () => {
    const { bot, hear, told } = await withContacts({ [ROMEO]: 'none+out', [JULIET]: 'none+in' })
    await hear(unsubscribed(ROMEO))
    expect(told()).toEqual(['updated romeo', 'romeo none+out > none by stanza', 'unsubscribed romeo, was none+out'])
    await hear(unsubscribe(JULIET))
    expect(told().slice(-2)).toEqual(['juliet none+in > none by stanza', 'unsubscribe juliet, was none+in'])
    expect(bot.requests()).toEqual([])
  })

  test('stray or repeated, it changes nothing and is no event (SM13, promise 3)', async () => {
    const { bot, hear, said, told, roster } = await withContacts({ [ROMEO]: 'to' })
    await hear(subscribed(ROMEO), unsubscribe(ROMEO), subscribed('eve@x.example'), unsubscribed('eve@x.example'))
    expect([bot.get(ROMEO)?.state, bot.size, said(), told()]).toEqual(['to', 1, [], []])
    expect(roster.counters['strays']).toBe(4)
  })

  test('subscribed after a removal grants nothing (promise 8)', async () => {
    const { bot, hear } = await withContacts({ [ROMEO]: 'none+out' })
    await bot.remove(ROMEO)
    await hear(subscribed(ROMEO))
    expect([bot.size, bot.state(ROMEO)]).toEqual([0, 'none'])
  })
})

describe('remove (SM12, promise 8)', () => {
  test.each([
    ['none', []],
    ['none+out', ['unsubscribe']],
    ['none+in', ['unsubscribed']],
    ['none+out+in', ['unsubscribe', 'unsubscribed']],
    ['to', ['unsubscribe']],
    ['to+in', ['unsubscribe', 'unsubscribed']],
    ['from', ['unavailable', 'unsubscribed']],
    ['from+out', ['unsubscribe', 'unavailable', 'unsubscribed']],
    ['both', ['unsubscribe', 'unavailable', 'unsubscribed']],
  ] as const)('from %s says %j, and deletes the row', async (state, words) => {
    const { bot, storage, said, told } = await withContacts({ [ROMEO]: state })
    expect(await bot.remove(ROMEO)).toBe(true)
    expect(said()).toEqual(words.map((word) => `bot > romeo: ${word}`))
    expect([bot.size, bot.state(ROMEO), (await storage.load(BOT))?.items]).toEqual([0, 'none', []])
    expect(told()[0]).toBe('removed romeo')
    expect(await bot.remove(ROMEO)).toBe(false)
  })

  test('holds after a restart (DB4)', async () => {
    const first = await withContacts({ [ROMEO]: 'both' })
    await first.bot.remove(ROMEO)
    first.kill()
    const next = await stage({ storage: first.storage })
    const bot = await openBot(next)
    await next.hear(presence(`${ROMEO}/x`), probe(ROMEO))
    expect([bot.size, next.said()]).toEqual([0, ['bot > romeo: unsubscribed']])
  })

  test('of a mere request is false; it is denied instead', async () => {
    const { bot, hear } = await withContacts({})
    await hear(subscribe(ROMEO))
    expect([await bot.remove(ROMEO), bot.requests().length]).toEqual([false, 1])
  })
})

describe('update', () => {
  test('changes what the patch names, and keeps the rest (IQ2)', async () => {
    const { bot, told } = await withContacts({})
    await bot.update(ROMEO, { name: 'Ro', groups: ['a', 'b'] })
    await bot.update(ROMEO, { groups: { add: ['c'], remove: ['a'] } })
    expect(bot.get(ROMEO)).toMatchObject({ name: 'Ro', groups: ['b', 'c'] })
    await bot.update(ROMEO, { name: null })
    expect(bot.get(ROMEO)).toMatchObject({ name: undefined, groups: ['b', 'c'] })
    expect(told()).toEqual(['added romeo', 'updated romeo', 'updated romeo'])
    await bot.update(ROMEO, { name: null })
    expect(told()).toEqual([])
  })

  test('lists somebody who has asked, and the request still waits', async () => {
    const { bot, hear } = await withContacts({})
    await hear(subscribe(ROMEO))
    await bot.update(ROMEO, { name: 'Ro' })
    expect([bot.get(ROMEO)?.state, bot.requests().length]).toEqual(['none+in', 1])
  })

  test('survives a restart: names, groups, states, pre-approval', async () => {
    const first = await withContacts({ [JULIET]: 'from+out' })
    await first.bot.update(ROMEO, { name: 'Ro', groups: ['a'] })
    await first.bot.preapprove(ROMEO)
    first.kill()
    const bot = await openBot(await stage({ storage: first.storage }))
    expect(bot.get(ROMEO)).toMatchObject({ name: 'Ro', groups: ['a'], approved: true, state: 'none' })
    expect(bot.get(JULIET)?.state).toBe('from+out')
    expect([...bot.groups().keys()].sort()).toEqual(['', 'a'])
  })
})

test.each([
  ['User@Home.EXAMPLE', 'user@home.example'],
  ['user@home.example/Phone', 'user@home.example'],
  ['user@xn--bcher-kva.example', 'user@bücher.example'],
])('one contact has one key: %s is %s for every command and stanza (JID1, JID3)', async (written, key) => {
  const { bot, hear } = await withContacts({})
  await bot.update(written, { name: 'U' })
  await bot.subscribe(written)
  await hear(subscribed(written))
  await hear(subscribe(written))
  expect([...bot.keys()]).toEqual([key])
  expect([bot.get(written)?.state, bot.has(key)]).toEqual(['to+in', true])
  await hear(presence(written.includes('/') ? written : `${written}/x`))
  expect(bot.presence(key).available).toBe(true)
})
