import { describe, expect, test } from 'vitest'
import {
  BOT,
  presence,
  ROMEO,
  stage,
  store,
  subscribed,
  turn,
  unavailable,
  unsubscribed,
  withContacts,
} from './stage.js'

const PHONE = `${ROMEO}/phone`
const DESK = `${ROMEO}/desk`

describe("a contact's presence", () => {
  test('comes as online, presence; leaves as presence, offline (ME10)', async () => {
    const { bot, hear, told } = await withContacts({ [ROMEO]: 'both' })
    await hear(presence(PHONE, BOT, undefined, '<show>away</show><status>walking</status><priority>5</priority>'))
    expect(told()).toEqual(['online romeo', 'presence romeo/phone away'])
    expect(bot.presence(ROMEO)).toMatchObject({
      available: true,
      best: { jid: PHONE, resource: 'phone', show: 'away', status: 'walking', priority: 5 },
    })
    await hear(presence(DESK), presence(PHONE, BOT, undefined, '<show>dnd</show>'))
    expect(told()).toEqual(['presence romeo/desk available', 'presence romeo/phone dnd'])
    await hear(unavailable(PHONE))
    expect(told()).toEqual(['presence romeo/phone left'])
    await hear(unavailable(DESK))
    expect(told()).toEqual(['presence romeo/desk left', 'offline romeo'])
    expect(bot.presence(ROMEO)).toEqual({ available: false, best: undefined, resources: new Map() })
  })

  test('best is by priority, then show, then recency (ME10)', async () => {
    const { bot, hear, clock } = await withContacts({ [ROMEO]: 'both' })
    const best = (): string | undefined => bot.presence(ROMEO).best?.resource
    await hear(presence(`${ROMEO}/a`, BOT, undefined, '<priority>1</priority><show>dnd</show>'))
    await hear(presence(`${ROMEO}/b`, BOT, undefined, '<show>chat</show>'))
    expect(best()).toBe('a')
    await hear(presence(`${ROMEO}/c`, BOT, undefined, '<priority>1</priority>'))
    expect(best()).toBe('c')
    await clock.advance(1)
    await hear(presence(`${ROMEO}/d`, BOT, undefined, '<priority>1</priority>'))
    expect(best()).toBe('d')
  })

  test('a change of priority alone is told (ME10); a repeat is not', async () => {
    const { hear, told } = await withContacts({ [ROMEO]: 'both' })
    await hear(presence(PHONE))
    told()
    await hear(presence(PHONE, BOT, undefined, '<priority>3</priority>'))
    expect(told()).toEqual(['presence romeo/phone available'])
    await hear(presence(PHONE, BOT, undefined, '<priority>3</priority>'))
    expect(told()).toEqual([])
  })

  test.each([
    ['128', 0],
    ['-129', 0],
    ['127', 127],
    ['-128', -128],
    ['1e2', 0],
    ['', 0],
    ['first', 0],
  ])('priority "%s" counts as %i (RFC 6121 §4.7.2.3)', async (text, priority) => {
    const { bot, hear } = await withContacts({ [ROMEO]: 'to' })
    await hear(presence(PHONE, BOT, undefined, `<priority>${text}</priority>`))
    expect(bot.presence(ROMEO).best?.priority).toBe(priority)
  })

  test('an unknown show is plainly available; an unknown type says nothing (ME14)', async () => {
    const { bot, hear, told, roster } = await withContacts({ [ROMEO]: 'to' })
    await hear(presence(PHONE, BOT, undefined, '<show>busy</show>'))
    expect(bot.presence(ROMEO).best?.show).toBeUndefined()
    told()
    await hear(presence(PHONE, BOT, 'invisible'), presence(PHONE, BOT, '__proto__'), presence(PHONE, BOT, ''))
    expect(told()).toEqual([])
    expect(roster.counters['presences.unknown']).toBe(3)
  })

  test('unavailable from the bare JID takes all resources offline (ME5, RFC 6121 §4.5.4)', async () => {
    const { hear, told } = await withContacts({ [ROMEO]: 'both' })
    await hear(presence(PHONE), presence(DESK))
    told()
    await hear(unavailable(ROMEO))
    expect(told()).toEqual(['presence romeo/phone left', 'presence romeo/desk left', 'offline romeo'])
  })

  test('unavailable of an unknown resource changes nothing (ME5)', async () => {
    const { bot, hear, told } = await withContacts({ [ROMEO]: 'both' })
    await hear(presence(PHONE))
    told()
    await hear(unavailable(`${ROMEO}/other`), unavailable('nobody@x.example/y'))
    expect([told(), bot.presence(ROMEO).available]).toEqual([[], true])
  })

  test('an error takes the resource, or from the bare JID the contact, offline (ME6)', async () => {
    const { bot, hear, told } = await withContacts({ [ROMEO]: 'both' })
    await hear(presence(PHONE), presence(DESK))
    told()
    await hear(presence(PHONE, BOT, 'error'))
    expect(told()).toEqual(['presence romeo/phone left'])
    await hear(presence(PHONE), presence(ROMEO, BOT, 'error'))
    expect(bot.presence(ROMEO).available).toBe(false)
    expect(told().at(-1)).toBe('offline romeo')
  })

  test('beyond maxResources the oldest goes, and the contact stays online', async () => {
    const { bot, hear, told, roster } = await withContacts({ [ROMEO]: 'both' }, { maxResources: 3 })
    await hear(...Array.from({ length: 100 }, (_, at) => presence(`${ROMEO}/r${at}`)))
    expect([...bot.presence(ROMEO).resources.keys()]).toEqual(['r97', 'r98', 'r99'])
    expect(told().filter((word) => word.startsWith('o'))).toEqual(['online romeo'])
    expect(roster.counters['resources.dropped']).toBe(97)
  })

  test('of a room is kept out, even when the room is a contact (ME11)', async () => {
    const { bot, hear, told } = await withContacts({ 'room@chat.example': 'both' })
    const occupant = '<x xmlns="http://jabber.org/protocol/muc#user"><item affiliation="none" role="participant"/></x>'
    await hear(presence('room@chat.example/Nick', BOT, undefined, occupant))
    expect([bot.presence('room@chat.example').available, told()]).toEqual([false, []])
  })

  test('of the owner itself makes it no contact (ME12)', async () => {
    const { bot, hear, told } = await withContacts({})
    await hear(presence(`${BOT}/x`), presence(BOT))
    expect([bot.size, bot.presence(BOT).available, told()]).toEqual([0, false, []])
  })

  test('editing a contact keeps its presence (ME13)', async () => {
    const { bot, hear, told } = await withContacts({ [ROMEO]: 'both' })
    await hear(presence(PHONE))
    told()
    await bot.update(ROMEO, { name: 'Ro', groups: ['friends'] })
    expect([bot.presence(ROMEO).available, told()]).toEqual([true, ['updated romeo']])
  })

  test('keeps when it was announced, and what extend makes of it', async () => {
    const { bot, hear, clock } = await withContacts(
      { [ROMEO]: 'both' },
      {
        extend: (stanza) => stanza.getChild('c', 'http://jabber.org/protocol/caps')?.attrs['ver'],
      },
    )
    await hear(presence(PHONE, BOT, undefined, '<c xmlns="http://jabber.org/protocol/caps" ver="abc"/>'))
    expect(bot.presence(ROMEO).best).toMatchObject({ extra: 'abc', since: new Date(clock.now()) })
    await hear(presence(DESK, BOT, undefined, '<delay xmlns="urn:xmpp:delay" stamp="2025-12-31T23:00:00Z"/>'))
    expect(bot.presence(ROMEO).resources.get('desk')?.since).toEqual(new Date('2025-12-31T23:00:00Z'))
  })

  test('extend that throws loses that presence, not the next ones, and the application hears of it (promise 26)', async () => {
    let isBad = true
    const { bot, hear, log } = await withContacts(
      { [ROMEO]: 'both' },
      {
        extend: () => {
          if (isBad) throw new Error('bad caps')
          return 'good'
        },
      },
    )
    await hear(presence(PHONE))
    expect(log.of('error').map(({ code }) => code)).toHaveLength(1)
    isBad = false
    await hear(presence(PHONE))
    expect(bot.presence(ROMEO).best?.extra).toBe('good')
  })

  test('extend that throws while something is being stored keeps nobody from being served after it (promise 26)', async () => {
    const extend = (): never => {
      throw new Error('bad caps')
    }
    const { bot, fake, log } = await withContacts({ [ROMEO]: 'both' }, { extend })
    const update = bot.update(ROMEO, { name: 'Ro' })
    fake.receive(presence(PHONE))
    expect((await update).name).toBe('Ro')
    expect(log.of('error').map(({ code }) => code)).toEqual(['STANZA_INVALID'])
    expect((await bot.update(ROMEO, { name: 'Romeo' })).name).toBe('Romeo')
  })

  test('what is handed out never changes', async () => {
    const { bot, hear } = await withContacts({ [ROMEO]: 'both' })
    await hear(presence(PHONE))
    const before = bot.presence(ROMEO)
    await hear(presence(DESK), unavailable(PHONE))
    expect([...before.resources.keys()]).toEqual(['phone'])
    expect(Object.isFrozen(before.best)).toBe(true)
  })

  test('belongs to its owner: another owner of the component knows nothing of it', async () => {
    const played = await stage()
    await store(played.storage, { [ROMEO]: 'both' }, 'a@bots.example')
    await store(played.storage, { [ROMEO]: 'both' }, 'b@bots.example')
    const a = await played.roster.open('a@bots.example')
    const b = await played.roster.open('b@bots.example')
    await played.hear(presence(PHONE, 'a@bots.example'))
    expect([a.presence(ROMEO).available, b.presence(ROMEO).available]).toEqual([true, false])
  })
})

describe('losing the subscription drops the presence at once (ME7, promise 6)', () => {
  test.each<[string, (played: Awaited<ReturnType<typeof withContacts>>) => Promise<unknown>]>([
    ['the owner unsubscribes', ({ bot }) => bot.unsubscribe(ROMEO)],
    ['the contact cancels', ({ hear }) => hear(unsubscribed(ROMEO))],
    ['the item is removed', ({ bot }) => bot.remove(ROMEO)],
  ])('when %s', async (_how, act) => {
    const played = await withContacts({ [ROMEO]: 'both' })
    await played.hear(presence(PHONE))
    played.told()
    await act(played)
    expect(played.bot.presence(ROMEO).available).toBe(false)
    expect(played.told().slice(-2)).toEqual(['presence romeo/phone left', 'offline romeo'])
  })

  test('but not when the owner takes its own presence back', async () => {
    const { bot, hear } = await withContacts({ [ROMEO]: 'both' })
    await hear(presence(PHONE))
    await bot.unauthorize(ROMEO)
    expect(bot.presence(ROMEO).available).toBe(true)
  })

  test('presence that overtakes its subscribed counts: the contact is listed (promise 12)', async () => {
    const { bot, hear } = await withContacts({})
    await bot.subscribe(ROMEO)
    await hear(presence(PHONE), subscribed(ROMEO))
    expect([bot.get(ROMEO)?.state, bot.presence(ROMEO).available]).toEqual(['to', true])
  })

  test('and the events of one stanza are consecutive: item, transition, stanza, presence', async () => {
    const { hear, told } = await withContacts({ [ROMEO]: 'to' })
    await hear(presence(PHONE))
    told()
    await hear(unsubscribed(ROMEO))
    expect(told()).toEqual([
      'updated romeo',
      'romeo to > none by stanza',
      'unsubscribed romeo, was to',
      'presence romeo/phone left',
      'offline romeo',
    ])
    await turn()
  })
})
