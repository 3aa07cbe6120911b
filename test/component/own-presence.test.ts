import { createElement } from 'ltx/lib/ltx.js'
import { describe, expect, test } from 'vitest'
import { MemoryStorage, type PresenceInit, type SubscriptionState } from '../../src/index.js'
import { BOT, JULIET, openBot, probe, ROMEO, stage, store, subscribe, turn, withContacts } from './stage.js'

const crowd = (size: number): Record<string, SubscriptionState> =>
  Object.fromEntries(Array.from({ length: size }, (_, at) => [`c${at}@x.example`, 'from' as const]))

const count = (words: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word.replace(/^.*: /u, '')] = (counts[word.replace(/^.*: /u, '')] ?? 0) + 1
  return counts
}

describe("the owner's presence (promise 17)", () => {
  test('goes to each subscriber, and to nobody else (LP7)', async () => {
    const { bot, said } = await withContacts({
      'none@x.example': 'none',
      'out@x.example': 'none+out',
      'in@x.example': 'none+in',
      'to@x.example': 'to',
      'from@x.example': 'from',
      'fromout@x.example': 'from+out',
      'both@x.example': 'both',
    })
    await bot.sendPresence({ show: 'away', status: 'lunch' })
    expect(said()).toEqual([
      'bot > from@x.example: away "lunch"',
      'bot > fromout@x.example: away "lunch"',
      'bot > both@x.example: away "lunch"',
    ])
  })

  test('is a fresh element for each, with its own payloads (LP1, LP2, PL2)', async () => {
    const { bot, fake } = await withContacts({ [ROMEO]: 'from', [JULIET]: 'both' })
    const written: object[] = []
    fake.entity.on('send', (stanza: object) => written.push(stanza))
    fake.sent()
    const caps = createElement('c', { xmlns: 'http://jabber.org/protocol/caps', ver: '1' })
    await bot.sendPresence({ priority: 5, children: [caps] })
    const sent = fake.sent()
    expect(sent.map(({ attrs }) => attrs['to'])).toEqual([ROMEO, JULIET])
    for (const stanza of sent) {
      expect(stanza.getChildText('priority')).toBe('5')
      expect(stanza.getChild('c')?.attrs['ver']).toBe('1')
    }
    expect(new Set(written).size).toBe(2)
    expect(caps.parent).toBeNull()
  })

  test('two who subscribe in one packet are both told (LP1-LP4)', async () => {
    const { bot, hear, said } = await withContacts({}, { autoAuthorize: true, autoSubscribe: false })
    await bot.sendPresence({ status: 'here' })
    await hear(subscribe(ROMEO), subscribe(JULIET))
    expect([...said()].sort()).toEqual([
      'bot > juliet: available "here"',
      'bot > juliet: subscribed',
      'bot > romeo: available "here"',
      'bot > romeo: subscribed',
    ])
  })

  test('is what was said when it was said, whatever becomes of what was passed in (LP3)', async () => {
    const { bot, hear, fake } = await withContacts({ [ROMEO]: 'from' })
    const caps = createElement('c', { xmlns: 'http://jabber.org/protocol/caps', ver: '1' })
    const init = { status: 'before', children: [caps] }
    await bot.sendPresence(init)
    init.status = 'after'
    caps.attrs['ver'] = '2'
    fake.sent()
    await hear(probe(ROMEO))
    const [answer] = fake.sent()
    expect([answer?.getChildText('status'), answer?.getChild('c')?.attrs['ver']]).toEqual(['before', '1'])
  })

  test('a broadcast does not go where the last directed one went, nor the other way round (LP4)', async () => {
    const { bot, hear, said } = await withContacts({ [ROMEO]: 'from', [JULIET]: 'from' })
    await bot.sendPresence({ status: 'all' })
    await bot.sendPresence({ status: 'you' }, { to: `${ROMEO}/orchard` })
    said()
    await hear(probe(JULIET), probe(ROMEO))
    expect(said()).toEqual(['bot > juliet: available "all"', 'bot > romeo: available "all"'])
  })

  test('who was re-accepted sees the owner as it is, not the unavailable of the end (LP9)', async () => {
    const { bot, hear, said } = await withContacts({ [ROMEO]: 'from' }, { autoAuthorize: true, autoSubscribe: false })
    await bot.sendPresence({ status: 'here' })
    await bot.unauthorize(ROMEO)
    said()
    await hear(subscribe(ROMEO))
    expect(said()).toEqual(['bot > romeo: subscribed', 'bot > romeo: available "here"'])
  })

  test('nobody who is accepted is told anything of an owner that has not announced itself', async () => {
    const { hear, said } = await withContacts({}, { autoAuthorize: true, autoSubscribe: false })
    await hear(subscribe(ROMEO))
    expect(said()).toEqual(['bot > romeo: subscribed'])
  })

  test('several resources stand side by side, and leave one by one (LP8)', async () => {
    const { bot, hear, said } = await withContacts({ [ROMEO]: 'from' }, { autoAuthorize: true, autoSubscribe: false })
    await bot.sendPresence({ resource: 'phone', show: 'dnd' })
    await bot.sendPresence({ resource: 'desk' })
    expect(said()).toEqual(['bot/phone > romeo: dnd', 'bot/desk > romeo: available'])
    await bot.sendPresence({ type: 'unavailable', resource: 'phone', status: 'off' })
    expect(said()).toEqual(['bot/phone > romeo: unavailable "off"'])
    await hear(subscribe(JULIET))
    expect(said()).toEqual(['bot > juliet: subscribed', 'bot/desk > juliet: available'])
  })

  test.each<[string, PresenceInit]>([
    ['show', { show: 'busy' as 'dnd' }],
    ['priority above 127', { priority: 128 }],
    ['priority below −128', { priority: -129 }],
    ['broken priority', { priority: 0.5 }],
    ['type', { type: 'subscribe' as 'unavailable' }],
    ['control character', { status: 'a\u0000b' }],
    ['lone surrogate', { status: '\ud800' }],
  ])('with a %s that cannot be is refused, and nothing is sent (promise 25)', async (_what, init) => {
    const { bot, said } = await withContacts({ [ROMEO]: 'from' })
    await expect(bot.sendPresence(init)).rejects.toMatchObject({ code: 'STANZA_INVALID' })
    expect(said()).toEqual([])
  })

  test('from or to a resource that XML cannot carry is refused, and nothing is sent (promise 25)', async () => {
    const { bot, said } = await withContacts({ [ROMEO]: 'from' })
    await expect(bot.sendPresence({ resource: 'a\u0000' })).rejects.toMatchObject({ code: 'JID_MALFORMED' })
    await expect(bot.sendPresence({}, { to: `${ROMEO}/a\ud800` })).rejects.toMatchObject({ code: 'JID_MALFORMED' })
    expect(said()).toEqual([])
  })
})

describe('directed presence (RFC 6121 §4.6)', () => {
  test('goes where it was sent, and so does its end, when the owner leaves (RFC 6121 §4.6.3 MUST)', async () => {
    const { bot, said } = await withContacts({ [ROMEO]: 'none', [JULIET]: 'from' })
    await bot.sendPresence({ status: 'here' })
    await bot.sendPresence({ show: 'chat' }, { to: 'room@chat.example/bot' })
    await bot.sendPresence({ show: 'away' }, { to: ROMEO })
    said()
    await bot.sendPresence({ type: 'unavailable' })
    expect(said()).toEqual([
      'bot > juliet: unavailable',
      'bot > room@chat.example/bot: unavailable',
      'bot > romeo: unavailable',
    ])
    await bot.sendPresence({ type: 'unavailable' })
    expect(said()).toEqual(['bot > juliet: unavailable'])
  })

  test('from several resources ends for each of them', async () => {
    const { bot, said } = await withContacts({})
    await bot.sendPresence({ resource: 'a' }, { to: ROMEO })
    await bot.sendPresence({ resource: 'b' }, { to: ROMEO })
    said()
    await bot.release()
    expect(said()).toEqual(['bot/a > romeo: unavailable', 'bot/b > romeo: unavailable'])
  })

  test('goes to the same room again when the connection comes back', async () => {
    const { bot, fake, said } = await withContacts({})
    await bot.sendPresence({ show: 'chat' }, { to: 'room@chat.example/Bot' })
    said()
    fake.cut()
    fake.online()
    await turn()
    expect(said()).toEqual(['bot > room@chat.example/Bot: chat'])
  })
})

describe('a thousand subscribers', () => {
  test('are all told, and the stanzas are made in batches as they leave (promise 17)', async () => {
    const { bot, fake, said, roster } = await withContacts(crowd(1_000))
    fake.fill()
    const sending = bot.sendPresence({ show: 'chat' })
    await turn()
    expect(said()).toHaveLength(100)
    fake.drain()
    await sending
    expect(said()).toHaveLength(900)
    expect(roster.counters['presences.sent']).toBe(1_000)
  })

  test('said thrice in a row, what is overtaken is not said to the end; everybody ends with the last (promise 17)', async () => {
    const { bot, fake } = await withContacts(crowd(1_000))
    fake.sent()
    await Promise.all(['one', 'two', 'three'].map((status) => bot.sendPresence({ status })))
    const sent = fake.sent()
    expect(sent.length).toBeLessThan(1_500)
    const last = new Map(sent.map((stanza) => [stanza.attrs['to'], stanza.getChildText('status')]))
    expect([last.size, new Set(last.values())]).toEqual([1_000, new Set(['three'])])
  })

  test('one resource does not cut short what another one says', async () => {
    const { bot, said } = await withContacts(crowd(300))
    await bot.sendPresence({ resource: 'phone' })
    said()
    await Promise.all([
      bot.sendPresence({ status: 'here' }),
      bot.sendPresence({ type: 'unavailable', resource: 'phone' }),
    ])
    expect(count(said())).toEqual({ 'available "here"': 300, unavailable: 300 })
  })

  test('said while the owner leaves, nobody is left with an available one', async () => {
    const { bot, fake } = await withContacts(crowd(1_000))
    fake.sent()
    await Promise.all([bot.sendPresence({ status: 'here' }), bot.sendPresence({ type: 'unavailable' })])
    const last = new Map(fake.sent().map((stanza) => [stanza.attrs['to'], stanza.attrs['type']]))
    expect([last.size, new Set(last.values())]).toEqual([1_000, new Set(['unavailable'])])
  })
})

describe('the option "presence"', () => {
  test('is announced for each open owner at once, and again with the connection (LP5, promise 18)', async () => {
    const { fake, said } = await withContacts({ [ROMEO]: 'from' }, { presence: { show: 'xa' } })
    said()
    fake.cut()
    fake.online()
    await turn()
    expect(said()).toEqual(['bot > romeo: xa'])
  })

  test('as a function says it owner by owner, and may say no', async () => {
    const storage = new MemoryStorage()
    await store(storage, { [ROMEO]: 'from' }, 'a@bots.example')
    await store(storage, { [ROMEO]: 'from' }, 'b@bots.example')
    const presence = async (owner: string): Promise<PresenceInit | false> => owner.startsWith('a') && { status: owner }
    const { roster, said } = await stage({ storage, presence })
    await roster.open('a@bots.example')
    await roster.open('b@bots.example')
    await turn()
    expect(said()).toEqual(['a > romeo: available "a"'])
  })

  test.each<[string, () => PresenceInit]>([
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['says what cannot be', () => ({ status: '\u0000' })],
  ])('that %s announces nothing, and the application hears of it', async (_what, presence) => {
    const storage = new MemoryStorage()
    await store(storage, { [ROMEO]: 'from' })
    const { roster, said, log } = await stage({ storage, presence })
    await roster.open(BOT)
    await turn()
    expect(said()).toEqual([])
    expect(log.of('error')).not.toEqual([])
  })

  test('gives way to what the application has announced', async () => {
    const played = await withContacts({ [ROMEO]: 'from' }, { presence: { show: 'xa' } })
    await played.bot.sendPresence({ show: 'dnd' })
    played.said()
    played.fake.cut()
    played.fake.online()
    await turn()
    expect(played.said()).toEqual(['bot > romeo: dnd'])
  })

  test('that was withdrawn by unavailable is not announced to who comes later', async () => {
    const { bot, hear, said } = await withContacts({ [ROMEO]: 'from' }, { presence: { show: 'xa' } })
    await bot.sendPresence({ type: 'unavailable' })
    said()
    await hear(probe(ROMEO))
    expect(said()).toEqual(['bot > romeo: unavailable'])
  })
})

test('an owner that has spoken is not put out of memory: who was told that it is there can ask (promise 24)', async () => {
  const storage = new MemoryStorage()
  for (const name of ['a', 'b', 'c', 'd']) await store(storage, { [ROMEO]: 'from' }, `${name}@bots.example`)
  const played = await stage({ storage, maxLoaded: 2 })
  await played.hear(probe(ROMEO, 'a@bots.example'))
  await played.roster.get('a@bots.example')?.sendPresence({ show: 'chat' })
  await played.hear(probe(ROMEO, 'b@bots.example'), probe(ROMEO, 'c@bots.example'), probe(ROMEO, 'd@bots.example'))
  played.said()
  await played.hear(probe(ROMEO, 'a@bots.example'))
  expect(played.said()).toEqual(['a > romeo: chat'])
  await openBot(played)
})

test('a presence that the application never gives is an error, and holds up no other owner', async () => {
  const storage = new MemoryStorage()
  for (const owner of ['slow@bots.example', BOT]) await store(storage, { [ROMEO]: 'from' }, owner)
  const never = new Promise<PresenceInit>(() => undefined)
  const option = (owner: string) => (owner === 'slow@bots.example' ? never : { status: 'here' })
  const { roster, fake, clock, said, log } = await stage({ storage, presence: option, timeout: 5_000 })
  fake.cut()
  await Promise.all([roster.open('slow@bots.example'), roster.open(BOT)])
  fake.online()
  await clock.advance(5_000)
  expect(said()).toEqual([`bot > romeo: available "here"`])
  expect(log.of('error')).toMatchObject([{ code: 'LISTENER_FAILED', owner: 'slow@bots.example' }])
})
