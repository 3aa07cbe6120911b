import { createElement, parse } from 'ltx/lib/ltx.js'
import { describe, expect, test } from 'vitest'
import {
  BOT,
  DOMAIN,
  openBot,
  presence,
  probe,
  ROMEO,
  stage,
  subscribe,
  subscribed,
  turn,
  withContacts,
} from './stage.js'

const MALFORMED = [
  '',
  '@',
  '@home.example',
  'a@',
  'a b@home.example',
  'a@b@c.example',
  '/x',
  `${'x'.repeat(1_024)}@home.example`,
  'a@home..example',
]

describe('what comes over the wire makes no trouble (promise 26)', () => {
  test.each(['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'probe', 'unavailable', 'error', undefined])(
    'a presence of type %s from or to what is no JID',
    async (type) => {
      const { bot, fake, said, log } = await withContacts({}, { autoAuthorize: true, owners: () => true })
      for (const bad of MALFORMED) {
        // xmpp.js itself throws for some of these before it tells anybody; another version might not.
        for (const [from, to] of [
          [bad, BOT],
          [ROMEO, bad],
          [bad, bad],
        ] as const)
          fake.entity.emit('stanza', parse(presence(from, to, type)))
      }
      await turn()
      expect([bot.size, bot.requests(), said(), log.of('error')]).toEqual([0, [], [], []])
    },
  )

  test.each(['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'probe', 'unavailable', 'error'])(
    'a presence of type %s without from, or without to (ME14)',
    async (type) => {
      const { bot, roster, hear, said, told } = await withContacts({}, { autoAuthorize: true })
      await hear(
        `<presence type="${type}" to="${BOT}"/>`,
        `<presence type="${type}" from="${ROMEO}"/>`,
        `<presence type="${type}"/>`,
      )
      expect([bot.size, bot.requests(), said(), told()]).toEqual([0, [], [], []])
      expect(roster.counters['presences.unaddressed']).toBe(3)
    },
  )

  test('a request of the owner to itself is refused, and told at most once a second', async () => {
    const { bot, clock, hear, said, told, roster } = await withContacts({}, { autoAuthorize: true })
    await hear(subscribe(`${BOT}/x`), subscribe(BOT), subscribed('BOT@bots.example'))
    expect([bot.size, bot.requests(), said(), told()]).toEqual([0, [], [], ['rejected STANZA_INVALID']])
    expect(roster.counters['rejected.STANZA_INVALID']).toBe(3)
    await clock.advance(1_000)
    await hear(subscribe(BOT))
    expect(told()).toEqual(['rejected STANZA_INVALID'])
  })

  test.each(['__proto__', 'constructor', 'hasownproperty', 'tostring'])('%s is a name like any other', async (name) => {
    const contact = `${name}@home.example`
    const owner = `${name}@${DOMAIN}`
    const played = await stage({ autoAuthorize: true, autoSubscribe: false })
    const bot = await openBot(played, owner)
    expect([bot.has(contact), bot.state(contact), bot.get(`${name}@else.example`)]).toEqual([false, 'none', undefined])
    await played.hear(subscribe(contact, owner))
    await bot.update(contact, { name, groups: [name] })
    await bot.subscribe(contact)
    await played.hear(subscribed(contact, owner), presence(`${contact}/${name}`, owner))
    expect(bot.get(contact)).toMatchObject({ state: 'both', name, groups: [name] })
    expect([bot.presence(contact).best?.resource, bot.groups().get(name)?.length]).toEqual([name, 1])
    expect([...bot.keys()]).toEqual([contact])
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
  })

  test('attributes that objects inherit are none', async () => {
    const { hear, told, roster } = await withContacts({ [ROMEO]: 'both' })
    await hear(presence(`${ROMEO}/x`, BOT, 'toString'), presence(`${ROMEO}/x`, BOT, 'constructor'))
    expect([told(), roster.counters['presences.unknown']]).toEqual([[], 2])
  })

  test('a thousand children, nested a thousand deep, are read past', async () => {
    const { bot, hear } = await withContacts({ [ROMEO]: 'both' })
    const deep = `${'<a>'.repeat(1_000)}${'</a>'.repeat(1_000)}`
    await hear(
      presence(`${ROMEO}/x`, BOT, undefined, deep + '<b/>'.repeat(1_000)),
      subscribe('eve@x.example', BOT, deep),
    )
    expect([bot.presence(ROMEO).available, bot.requests().length]).toEqual([true, 1])
  })

  test('a request longer than anybody writes is refused, and told; nothing of it is kept', async () => {
    const { bot, hear, said, log, storage } = await withContacts({})
    await hear(subscribe(ROMEO, BOT, `<status>${'"'.repeat(300_000)}</status>`))
    expect(log.of('rejected').map(({ error, from }) => [error.code, from])).toEqual([['STANZA_INVALID', ROMEO]])
    expect([bot.requests(), said(), (await storage.load(BOT))?.items]).toEqual([[], [], []])
    await hear(subscribe(ROMEO, BOT, `<status>${'"'.repeat(16_000)}</status>`))
    expect(bot.requests().map(({ status }) => status?.length)).toEqual([16_000])
  })

  test('a hundred thousand deep, a presence is read past and a request is refused, and neither ends anything', async () => {
    const { bot, hear, log, roster } = await withContacts({ [ROMEO]: 'both' })
    const endless = `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`
    await hear(presence(`${ROMEO}/x`, BOT, undefined, endless), subscribe('eve@x.example', BOT, endless))
    await hear(subscribe('ann@x.example', BOT))
    expect(bot.presence(ROMEO).available).toBe(true)
    expect(bot.requests().map(({ contact }) => contact)).toEqual(['ann@x.example'])
    expect(roster.counters['rejected.STANZA_INVALID']).toBe(1)
    expect(log.of('error')).toEqual([])
  })

  test('what is no presence is none of our business', async () => {
    const { hear, said, told } = await withContacts({ [ROMEO]: 'both' })
    await hear(`<message from="${ROMEO}" to="${BOT}"><body>hi</body></message>`)
    await hear(`<iq type="result" from="${ROMEO}" to="${BOT}" id="x"/>`)
    expect([said(), told()]).toEqual([[], []])
  })
})

describe('what the application passes in is refused before anything happens (promise 25)', () => {
  test.each(MALFORMED)('"%s" is no contact', async (bad) => {
    const { bot, said, storage } = await withContacts({})
    const before = await storage.load(BOT)
    const MALFORMED_JID = { code: 'JID_MALFORMED' }
    await expect(bot.subscribe(bad)).rejects.toMatchObject(MALFORMED_JID)
    await expect(bot.unsubscribe(bad)).rejects.toMatchObject(MALFORMED_JID)
    await expect(bot.authorize(bad)).rejects.toMatchObject(MALFORMED_JID)
    await expect(bot.unauthorize(bad)).rejects.toMatchObject(MALFORMED_JID)
    await expect(bot.preapprove(bad)).rejects.toMatchObject(MALFORMED_JID)
    await expect(bot.update(bad, {})).rejects.toMatchObject(MALFORMED_JID)
    await expect(bot.remove(bad)).rejects.toMatchObject(MALFORMED_JID)
    await expect(bot.sendPresence({}, { to: bad })).rejects.toMatchObject(MALFORMED_JID)
    for (const read of [() => bot.get(bad), () => bot.has(bad), () => bot.state(bad), () => bot.presence(bad)])
      expect(read).toThrow(expect.objectContaining(MALFORMED_JID))
    expect([said(), await storage.load(BOT)]).toEqual([[], before])
  })

  test.each(MALFORMED)('"%s" is no owner', async (bad) => {
    const { roster } = await stage()
    await expect(roster.open(bad)).rejects.toMatchObject({ code: 'JID_MALFORMED' })
    expect(() => roster.get(bad)).toThrow(expect.objectContaining({ code: 'JID_MALFORMED' }))
  })

  test('the owner itself is no contact of its own', async () => {
    const { bot, said } = await withContacts({})
    await expect(bot.subscribe(`${BOT}/x`)).rejects.toMatchObject({ code: 'ITEM_INVALID' })
    await expect(bot.update(BOT, {})).rejects.toMatchObject({ code: 'ITEM_INVALID' })
    expect(said()).toEqual([])
  })

  test.each([
    ['a name with a lone surrogate', { name: 'a\ud800' }],
    ['a name with a control character', { name: 'a\u0007' }],
    ['a name that is no text', { name: 7 as unknown as string }],
    ['an empty group', { groups: [''] }],
    ['a group with a lone surrogate', { groups: ['\udfff'] }],
    ['groups that are text', { groups: 'friends' as unknown as string[] }],
  ])('%s: ITEM_INVALID, and the item stays as it was', async (_what, patch) => {
    const { bot, said } = await withContacts({})
    await bot.update(ROMEO, { name: 'Ro', groups: ['a'] })
    await expect(bot.update(ROMEO, patch)).rejects.toMatchObject({ code: 'ITEM_INVALID' })
    expect([bot.get(ROMEO)?.name, bot.get(ROMEO)?.groups, said()]).toEqual(['Ro', ['a'], []])
  })

  test.each(['nick', 'status'])(
    'a %s that XML cannot carry: nothing changed, nothing sent, the next one goes',
    async (field) => {
      const { bot, said } = await withContacts({})
      await expect(bot.subscribe(ROMEO, { [field]: 'a\ud800' })).rejects.toMatchObject({ code: 'STANZA_INVALID' })
      await turn()
      expect([bot.state(ROMEO), bot.size, said()]).toEqual(['none', 0, []])
      await bot.subscribe(ROMEO, { [field]: 'fine' })
      expect(said()).toHaveLength(1)
    },
  )

  test('one bad command among many waits with them, and fails alone', async () => {
    const { bot, said } = await withContacts({})
    const all = await Promise.allSettled([
      bot.subscribe('a@x.example'),
      bot.subscribe('b@x.example', { status: '\u0000' }),
      bot.update('c@x.example', { name: '\ud800' }),
      bot.subscribe('d@x.example'),
    ])
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(said()).toEqual(['bot > a@x.example: subscribe', 'bot > d@x.example: subscribe'])
    expect([...bot.keys()]).toEqual(['a@x.example', 'd@x.example'])
  })

  test('a stanza or a payload that XML cannot carry is not sent', async () => {
    const { bot, roster, said } = await withContacts({ [ROMEO]: 'from' })
    const payload = createElement('x', { xmlns: 'urn:example:x' }, 'a\u0000')
    const request = createElement('presence', { from: BOT, to: 'a@x.example', type: 'subscribe' }, payload)
    await expect(roster.send(request)).rejects.toMatchObject({ code: 'STANZA_INVALID' })
    await expect(bot.sendPresence({ children: [payload] })).rejects.toMatchObject({ code: 'STANZA_INVALID' })
    expect([bot.size, said()]).toEqual([1, []])
  })

  test('five thousand groups are kept, and come back', async () => {
    const groups = Array.from({ length: 5_000 }, (_, at) => `group ${at}`)
    const first = await withContacts({})
    await first.bot.update(ROMEO, { groups })
    first.kill()
    const bot = await openBot(await stage({ storage: first.storage }))
    expect(bot.get(ROMEO)?.groups).toEqual(groups)
    expect(bot.groups().size).toBe(5_000)
  })

  test('asking for the roster of somebody for whom a probe came is harmless', async () => {
    const { roster, hear } = await stage()
    await hear(probe(ROMEO, `new@${DOMAIN}`))
    expect(roster.get(`new@${DOMAIN}`)).toBeUndefined()
  })
})
