import { describe, expect, test } from 'vitest'
import { MemoryStorage, RosterError, type StoredRoster, type SubscriptionRequest } from '../../src/index.js'
import {
  BOT,
  JULIET,
  openBot,
  presence,
  ROMEO,
  stage,
  store,
  subscribe,
  subscribed,
  turn,
  unsubscribe,
  withContacts,
} from './stage.js'

const only = (requests: readonly SubscriptionRequest[]): SubscriptionRequest => {
  const [request] = requests
  if (request === undefined || requests.length !== 1)
    throw new Error(`Expected one request, but got ${requests.length}`)
  return request
}

async function pendingOf(requests: AsyncIterable<SubscriptionRequest>): Promise<readonly SubscriptionRequest[]> {
  const found: SubscriptionRequest[] = []
  for await (const request of requests) found.push(request)
  return found
}

describe('a deferred request', () => {
  test('is no item: it stands in requests() and state(), not in the map (RFC 6121 §3.1.3 MUST NOT)', async () => {
    const { bot, hear } = await withContacts({})
    await hear(subscribe(ROMEO))
    expect([bot.size, bot.has(ROMEO), bot.get(ROMEO), [...bot.keys()]]).toEqual([0, false, undefined, []])
    expect([bot.state(ROMEO), only(bot.requests()).contact]).toEqual(['none+in', ROMEO])
  })

  test('is accepted by its authorize(), which subscribes back as autoSubscribe says, and only once', async () => {
    const { bot, hear, said, told } = await withContacts({})
    await hear(subscribe(ROMEO))
    told()
    const request = only(bot.requests())
    expect(await request.authorize()).toBe(true)
    expect(said()).toEqual(['bot > romeo: subscribed', 'bot > romeo: subscribe'])
    expect(told()).toEqual(['added romeo', 'romeo none+in > from by command', 'romeo from > from+out by command'])
    expect([await request.authorize(), await request.deny()]).toEqual([false, false])
    expect([bot.get(ROMEO)?.state, bot.requests(), said()]).toEqual(['from+out', [], []])
  })

  test('is accepted without asking back where the call says so', async () => {
    const { bot, hear, said } = await withContacts({})
    await hear(subscribe(ROMEO))
    expect(await only(bot.requests()).authorize({ subscribe: false })).toBe(true)
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['from', ['bot > romeo: subscribed']])
  })

  test('is accepted by the event that told of it', async () => {
    const { bot, roster, hear, said } = await withContacts({}, { autoSubscribe: false })
    roster.on('subscribe', (request) => void request.authorize())
    await hear(subscribe(ROMEO))
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['from', ['bot > romeo: subscribed']])
  })

  test('is denied with a status; a stranger leaves nothing behind', async () => {
    const { bot, storage, hear, said } = await withContacts({})
    await hear(subscribe(ROMEO))
    const request = only(bot.requests())
    expect(await request.deny({ status: 'not today' })).toBe(true)
    expect(said()).toEqual(['bot > romeo: unsubscribed "not today"'])
    expect([bot.state(ROMEO), (await storage.load(BOT))?.items]).toEqual(['none', []])
    expect([await request.deny(), await request.authorize(), said()]).toEqual([false, false, []])
  })

  test.each([false, true])(
    'denied, the item that the owner added stays; after a restart: %s (promise 6)',
    async (restarted) => {
      const first = await withContacts({})
      await first.bot.update(ROMEO, { name: 'Ro' })
      await first.hear(subscribe(ROMEO))
      const { roster } = restarted ? await stage({ storage: first.storage }) : first
      const bot = await roster.open(BOT)
      expect(await only(bot.requests()).deny()).toBe(true)
      expect(bot.get(ROMEO)).toMatchObject({ name: 'Ro', state: 'none' })
    },
  )

  test('answered too late, since it was withdrawn, resolves false and sends nothing (promise 5)', async () => {
    const { bot, hear, said, told } = await withContacts({})
    await hear(subscribe(ROMEO))
    const request = only(bot.requests())
    told()
    await hear(unsubscribe(ROMEO))
    expect(told()).toEqual(['romeo none+in > none by stanza', 'unsubscribe romeo, was none+in'])
    said()
    expect([await request.authorize(), await request.deny()]).toEqual([false, false])
    expect([bot.state(ROMEO), said()]).toEqual(['none', []])
  })

  test('withdrawn and sent anew is announced anew, with what it says now (SM8, promise 5)', async () => {
    const { bot, hear, log } = await withContacts({})
    await hear(subscribe(ROMEO, BOT, '<status>first</status>'))
    await hear(unsubscribe(ROMEO))
    await hear(subscribe(ROMEO, BOT, '<status>second</status>'))
    expect(log.of('subscribe').map((request) => request.status)).toEqual(['first', 'second'])
    expect(only(bot.requests()).status).toBe('second')
  })

  test('survives a restart whole, is announced again when its owner is opened, and can be answered (SM9, promise 5)', async () => {
    const first = await withContacts({}, { autoSubscribe: false })
    await first.hear(
      subscribe(ROMEO, BOT, '<nick xmlns="http://jabber.org/protocol/nick">Ro</nick><status>hi</status>'),
    )
    const at = first.clock.now()
    first.kill()

    const { roster, log, said } = await stage({ storage: first.storage, autoSubscribe: false })
    await roster.open(BOT)
    await turn()
    expect(log.events.map(({ type }) => type)).toEqual(['loaded', 'subscribe'])
    const request = only(log.of('subscribe'))
    expect(request).toMatchObject({
      owner: BOT,
      contact: ROMEO,
      nick: 'Ro',
      status: 'hi',
      decision: 'defer',
      receivedAt: new Date(at),
    })
    expect(request.stanza.is('presence')).toBe(true)
    expect(await request.authorize()).toBe(true)
    expect(said()).toEqual(['bot > romeo: subscribed'])
  })

  test('is found by pending() for owners that nobody has loaded, and reading loads nobody (promise 5)', async () => {
    const first = await withContacts({})
    await first.hear(subscribe(ROMEO), subscribe(JULIET))
    await store(first.storage, { [ROMEO]: 'none+in' }, 'other@bots.example')
    await store(first.storage, { [ROMEO]: 'both' }, 'quiet@bots.example')
    first.kill()

    const { roster, said } = await stage({ storage: first.storage, autoSubscribe: false })
    const held = roster.size
    const requests = await pendingOf(roster.pending())
    expect(requests.map(({ owner, contact }) => `${owner} ${contact}`).sort()).toEqual([
      `${BOT} ${JULIET}`,
      `${BOT} ${ROMEO}`,
      `other@bots.example ${ROMEO}`,
    ])
    expect(roster.size).toBe(held)
    expect(await requests.find(({ contact }) => contact === JULIET)?.authorize()).toBe(true)
    expect(said()).toEqual(['bot > juliet: subscribed'])
    expect((await pendingOf(roster.pending({ domain: 'bots.example' }))).length).toBe(2)
    expect(await pendingOf(roster.pending({ domain: 'else.example' }))).toEqual([])
  })

  test('of an owner that cannot be read is told as an error, and pending() goes on with the others', async () => {
    class Damaged extends MemoryStorage {
      override async load(owner: string): Promise<StoredRoster | undefined> {
        if (owner === 'a@bots.example') throw new RosterError('STORAGE_CORRUPT', 'It makes no sense', { owner })
        return super.load(owner)
      }
    }
    const storage = new Damaged()
    for (const owner of ['a@bots.example', 'b@bots.example']) await store(storage, { [ROMEO]: 'none+in' }, owner)
    const { roster, log } = await stage({ storage })
    expect((await pendingOf(roster.pending())).map(({ owner }) => owner)).toEqual(['b@bots.example'])
    expect(log.of('error')).toMatchObject([{ code: 'STORAGE_CORRUPT', owner: 'a@bots.example' }])
  })

  test('answered in another process resolves false here (promise 5)', async () => {
    const storage = new MemoryStorage()
    const here = await withContacts({}, { storage })
    await here.hear(subscribe(ROMEO))
    const request = only(here.bot.requests())
    const there = await stage({ storage, autoSubscribe: false })
    for (const one of await pendingOf(there.roster.pending())) expect(await one.authorize()).toBe(true)
    expect(await request.authorize()).toBe(false)
    expect(here.bot.get(ROMEO)?.state).toBe('from')
  })

  test('beyond maxPending is ignored: no state, no answer, counted (promise 5)', async () => {
    const { bot, roster, hear, said, log } = await withContacts({}, { maxPending: 2 })
    await hear(subscribe('a@x.example'), subscribe('b@x.example'), subscribe('c@x.example'), subscribe('d@x.example'))
    expect(bot.requests().map(({ contact }) => contact)).toEqual(['a@x.example', 'b@x.example'])
    expect([bot.state('c@x.example'), log.of('subscribe').length, said()]).toEqual(['none', 2, []])
    expect(roster.counters['requests.overflow']).toBe(2)
    await bot.requests()[0]?.deny()
    await hear(subscribe('c@x.example'))
    expect(bot.requests().map(({ contact }) => contact)).toEqual(['b@x.example', 'c@x.example'])
  })

  test('requests() has the oldest first, also after a restart', async () => {
    const first = await withContacts({})
    for (const name of ['z', 'a', 'm']) {
      await first.hear(subscribe(`${name}@x.example`))
      await first.clock.advance(1)
    }
    first.kill()
    const next = await stage({ storage: first.storage })
    const bot = await openBot(next)
    expect(bot.requests().map(({ contact }) => contact)).toEqual(['z@x.example', 'a@x.example', 'm@x.example'])
  })
})

describe('a process that dies before the policy has answered', () => {
  test('asks again when the owner is loaded, and carries the answer out (promise 7)', async () => {
    const never = (): Promise<boolean> => new Promise(() => undefined)
    const first = await withContacts({}, { autoAuthorize: never })
    await first.hear(subscribe(ROMEO, BOT, '<status>please</status>'))
    first.kill()

    const asked: unknown[] = []
    const { roster, said, log } = await stage({
      storage: first.storage,
      autoSubscribe: false,
      autoAuthorize: async (ask) => {
        asked.push([ask.contact, ask.status, ask.receivedAt.getTime()])
        return true
      },
    })
    const bot = await roster.open(BOT)
    await turn()
    expect(asked).toEqual([[ROMEO, 'please', first.clock.now()]])
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['from', ['bot > romeo: subscribed']])
    expect(only(log.of('subscribe')).decision).toBe('authorize')
  })

  test('leaves a request that a constant answers as well (promise 7)', async () => {
    const first = await withContacts({}, { autoAuthorize: () => new Promise(() => undefined) })
    await first.hear(subscribe(ROMEO))
    first.kill()
    const { roster, said } = await stage({ storage: first.storage, autoAuthorize: false })
    const bot = await roster.open(BOT)
    await turn()
    expect([bot.state(ROMEO), said()]).toEqual(['none', ['bot > romeo: unsubscribed']])
  })

  test('one that has been deferred is not asked about again, but announced (promise 7)', async () => {
    const first = await withContacts({})
    await first.hear(subscribe(ROMEO))
    first.kill()
    const { roster, said, log } = await stage({ storage: first.storage, autoAuthorize: true })
    await roster.open(BOT)
    await turn()
    expect([said(), log.of('subscribe').map(({ decision }) => decision)]).toEqual([[], ['defer']])
  })
})

describe('pre-approval (RFC 6121 §3.4)', () => {
  test('grants the request that comes later without asking the policy, and stays silent before', async () => {
    const { bot, hear, said, log } = await withContacts({}, { autoAuthorize: false, autoSubscribe: false })
    await bot.preapprove(ROMEO)
    expect([bot.get(ROMEO)?.approved, bot.get(ROMEO)?.state, said()]).toEqual([true, 'none', []])
    await hear(subscribe(ROMEO))
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['from', ['bot > romeo: subscribed']])
    expect(only(log.of('subscribe')).decision).toBe('authorize')
  })

  test('is cleared by denying: who was thrown out stays out (SM15, RFC 6121 §3.2.2, promise 6)', async () => {
    const { bot, hear, said } = await withContacts({}, { autoAuthorize: false, autoSubscribe: false })
    await bot.preapprove(ROMEO)
    await hear(subscribe(ROMEO))
    expect(await bot.unauthorize(ROMEO)).toBe(true)
    expect(bot.get(ROMEO)).toMatchObject({ approved: false, state: 'none' })
    said()
    await hear(subscribe(ROMEO))
    expect(said()).toEqual(['bot > romeo: unsubscribed'])
  })

  test('taken back before a request sends nothing (RFC 6121 §3.2.2 MUST NOT)', async () => {
    const { bot, said } = await withContacts({})
    await bot.preapprove(ROMEO)
    expect([await bot.unauthorize(ROMEO), await bot.unauthorize(ROMEO)]).toEqual([true, false])
    expect([bot.get(ROMEO)?.approved, said()]).toEqual([false, []])
  })

  test('of somebody who has asked already accepts at once', async () => {
    const { bot, hear, said } = await withContacts({})
    await hear(subscribe(ROMEO))
    await bot.preapprove(ROMEO)
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['from', ['bot > romeo: subscribed']])
  })
})

test('two bots that accept and ask back meet in both, with four stanzas, and stop (promise 4)', async () => {
  const { roster, fake, hear } = await stage({ autoAuthorize: true })
  const a = await roster.open('a@bots.example')
  const b = await roster.open('b@bots.example')
  await a.subscribe('b@bots.example')
  await turn()
  const stanzas: string[] = []
  for (let round = 0; round < 20; round++) {
    const sent = fake.sent()
    stanzas.push(...sent.map((stanza) => `${stanza.attrs['from'][0]} ${stanza.attrs['type']}`))
    for (const { attrs } of sent) await hear(presence(attrs['from'], attrs['to'], attrs['type']))
  }
  expect(stanzas).toEqual(['a subscribe', 'b subscribed', 'b subscribe', 'a subscribed'])
  expect([a.get('b@bots.example')?.state, b.get('a@bots.example')?.state]).toEqual(['both', 'both'])
  await hear(subscribed('a@bots.example', 'b@bots.example'))
  expect(fake.sent()).toEqual([])
})
