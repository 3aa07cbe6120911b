import type { Element } from 'ltx'
import { createElement } from 'ltx/lib/ltx.js'
import { describe, expect, test } from 'vitest'
import type { SubscriptionType } from '../../src/core/state.js'
import { BOT, presence, ROMEO, stage, subscribe, subscribed, turn, unsubscribed, withContacts } from './stage.js'

const stanza = (type: SubscriptionType, to = ROMEO, ...children: Element[]): Element =>
  createElement('presence', { from: BOT, to, type }, ...children)

describe('Roster.send (promise 2)', () => {
  test('decides, stores and sends a subscription stanza as it stands, between bare JIDs (SM5, JID2)', async () => {
    const { bot, roster, fake, storage } = await withContacts({})
    fake.sent()
    const invite = createElement('x', { xmlns: 'urn:example:invite' })
    await roster.send(
      createElement('presence', { from: `${BOT}/x`, to: `${ROMEO}/orchard`, type: 'subscribe' }, invite),
    )
    expect(bot.get(ROMEO)?.state).toBe('none+out')
    expect((await storage.load(BOT))?.items).toMatchObject([{ jid: ROMEO, state: 'none+out' }])
    const [sent, ...more] = fake.sent()
    expect(more).toEqual([])
    expect(sent?.attrs).toMatchObject({ from: BOT, to: ROMEO, type: 'subscribe' })
    expect(sent?.getChild('x', 'urn:example:invite')).toBeTruthy()
  })

  test.each<[SubscriptionType, string, string, readonly string[]]>([
    ['subscribed', 'none+in', 'from', ['bot > romeo: subscribed']],
    ['unsubscribed', 'from', 'none', ['bot > romeo: unavailable', 'bot > romeo: unsubscribed']],
    ['unsubscribed', 'none+in', 'none', ['bot > romeo: unsubscribed']],
    ['unsubscribe', 'both', 'from', ['bot > romeo: unsubscribe']],
    ['unsubscribed', 'none', 'none', []],
    ['subscribed', 'none', 'none', []],
  ])('of %s at %s leads to %s', async (type, before, after, words) => {
    const { bot, roster, said } = await withContacts({ [ROMEO]: before as 'none' })
    await roster.send(stanza(type))
    expect([bot.state(ROMEO), said()]).toEqual([after, words])
  })

  test('of subscribed to somebody who has not asked grants nothing: it pre-approves (SM3, RFC 6121 §3.4)', async () => {
    const { bot, roster, said } = await withContacts({})
    await roster.send(stanza('subscribed'))
    expect([bot.get(ROMEO)?.approved, bot.get(ROMEO)?.state, said()]).toEqual([true, 'none', []])
  })

  test('of anything else is entity.send', async () => {
    const { roster, said, told } = await withContacts({})
    await roster.send(createElement('message', { from: BOT, to: ROMEO }))
    await roster.send(createElement('presence', { from: BOT, to: ROMEO }))
    expect([said(), told()]).toEqual([['bot > romeo: message', 'bot > romeo: available'], []])
  })

  test('without an address is refused, and nothing is sent', async () => {
    const { roster, said } = await withContacts({})
    const lost = createElement('presence', { from: BOT, type: 'subscribe' })
    await expect(roster.send(lost)).rejects.toMatchObject({ code: 'STANZA_INVALID' })
    expect(said()).toEqual([])
  })

  test('from an owner of another domain is refused, and nothing is stored: it would be owed for ever', async () => {
    const { roster, said, storage } = await withContacts({})
    const foreign = createElement('presence', { from: 'mallory@evil.example', to: ROMEO, type: 'subscribe' })
    await expect(roster.send(foreign)).rejects.toMatchObject({ code: 'JID_MALFORMED' })
    expect([said(), await storage.load('mallory@evil.example')]).toEqual([[], undefined])
  })
})

describe('a stanza that goes past the roster through entity.send is recorded (SM5, SM6, promise 2)', () => {
  test('subscribe: the answer counts', async () => {
    const { bot, fake, hear, told, said } = await withContacts({})
    await fake.entity.send(stanza('subscribe'))
    await turn()
    expect(bot.get(ROMEO)?.state).toBe('none+out')
    expect(told()).toEqual(['added romeo', 'romeo none > none+out by command'])
    expect(said()).toEqual(['bot > romeo: subscribe'])
    await hear(subscribed(ROMEO))
    expect([bot.get(ROMEO)?.state, told().at(-1)]).toEqual(['to', 'subscribed romeo, was none+out'])
  })

  test('subscribed: the contact is a subscriber, sees the owner, and its probes are answered', async () => {
    const { bot, fake, hear, said } = await withContacts({ [ROMEO]: 'none+in' })
    await bot.sendPresence({ show: 'chat' })
    said()
    await fake.entity.send(stanza('subscribed'))
    await turn()
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['from', ['bot > romeo: subscribed', 'bot > romeo: chat']])
    await hear(presence(ROMEO, BOT, 'probe'))
    expect(said()).toEqual(['bot > romeo: chat'])
  })

  test('unsubscribed: the contact is none any more, and is told unavailable', async () => {
    const { bot, fake, said } = await withContacts({ [ROMEO]: 'both' })
    await fake.entity.send(stanza('unsubscribed'))
    await turn()
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['to', ['bot > romeo: unsubscribed', 'bot > romeo: unavailable']])
  })

  test('unsubscribe: the presence of the contact goes', async () => {
    const { bot, fake, hear } = await withContacts({ [ROMEO]: 'both' })
    await hear(presence(`${ROMEO}/x`))
    await fake.entity.send(stanza('unsubscribe'))
    await turn()
    expect([bot.get(ROMEO)?.state, bot.presence(ROMEO).available]).toEqual(['from', false])
  })

  test('what the roster sends itself is not recorded again', async () => {
    const { bot, roster } = await withContacts({})
    await bot.subscribe(ROMEO)
    await turn()
    expect(roster.counters['transitions']).toBe(1)
  })

  test('for an owner that nobody has opened creates none (promise 15)', async () => {
    const { roster, fake, storage } = await stage()
    await fake.entity.send(createElement('presence', { from: 'ghost@bots.example', to: ROMEO, type: 'subscribe' }))
    await turn()
    expect([roster.has('ghost@bots.example'), await storage.load('ghost@bots.example')]).toEqual([false, undefined])
  })

  test('without a from it is the own roster', async () => {
    const { roster, fake } = await stage()
    await roster.open('bots.example')
    await fake.entity.send(createElement('presence', { to: ROMEO, type: 'subscribe' }))
    await turn()
    expect(roster.own.state(ROMEO)).toBe('none+out')
  })
})

describe('an answer that overtakes the record', () => {
  /** The stanza is on the wire, but xmpp.js does not know yet that it was written. */
  const overtaken = async (wait: number, answer: string) => {
    const played = await withContacts({})
    played.fake.fill()
    const sending = played.fake.entity.send(stanza('subscribe'))
    await played.hear(answer)
    await played.clock.advance(wait)
    played.fake.drain()
    await sending
    await turn()
    return played
  }

  test('is remembered for it (promise 2)', async () => {
    const { bot, told } = await overtaken(1_000, subscribed(ROMEO))
    expect(bot.get(ROMEO)?.state).toBe('to')
    expect(told()).toContain('subscribed romeo, was none+out')
  })

  test('also when it says no (promise 2)', async () => {
    const { bot } = await overtaken(1_000, unsubscribed(ROMEO))
    expect(bot.state(ROMEO)).toBe('none')
  })

  test('for 30 seconds, not longer (promise 2)', async () => {
    expect((await overtaken(30_000, subscribed(ROMEO))).bot.get(ROMEO)?.state).toBe('to')
    expect((await overtaken(30_001, subscribed(ROMEO))).bot.get(ROMEO)?.state).toBe('none+out')
  })

  test('unless it is longer than an honest answer: strangers cannot fill the memory with them', async () => {
    const status = (length: number): string => `<status>${'x'.repeat(length)}</status>`
    const answer = (length: number): string => presence(ROMEO, BOT, 'subscribed', status(length))
    expect((await overtaken(1_000, answer(1_000))).bot.get(ROMEO)?.state).toBe('to')
    expect((await overtaken(1_000, answer(5_000))).bot.get(ROMEO)?.state).toBe('none+out')
  })

  test('does not grant what the owner asks for itself later: a stray answer cannot be laid in store', async () => {
    const { bot, hear } = await withContacts({})
    await hear(subscribed(ROMEO))
    await bot.subscribe(ROMEO)
    expect(bot.get(ROMEO)?.state).toBe('none+out')
  })
})

test('a request of the owner that bounces is told as failed, with the condition', async () => {
  const { bot, hear, log, fake } = await withContacts({})
  await bot.subscribe(ROMEO)
  const id: unknown = fake.sent().at(-1)?.attrs['id']
  const error = '<error type="cancel"><remote-server-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>'
  await hear(`<presence from="${ROMEO}" to="${BOT}" type="error" id="${String(id)}">${error}</presence>`)
  expect(log.of('failed')).toMatchObject([{ owner: BOT, contact: ROMEO, condition: 'remote-server-not-found' }])
  expect(bot.get(ROMEO)?.state).toBe('none+out')
  await hear(subscribe(ROMEO))
})
