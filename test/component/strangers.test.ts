import { describe, expect, test } from 'vitest'
import { MemoryStorage } from '../../src/index.js'
import {
  BOT,
  DOMAIN,
  presence,
  probe,
  ROMEO,
  type Stage,
  stage,
  store,
  subscribe,
  subscribed,
  turn,
  unavailable,
  unsubscribe,
  unsubscribed,
  withContacts,
} from './stage.js'

const FLOOD = 10_000

async function owners(played: Pick<Stage, 'roster'>): Promise<readonly string[]> {
  const found: string[] = []
  for await (const owner of played.roster.owners()) found.push(owner)
  return found
}

/** What memory and storage hold of rosters. */
async function held(played: Pick<Stage, 'roster' | 'storage'>): Promise<unknown> {
  const known = await owners(played)
  const items = await Promise.all(known.map(async (owner) => (await played.storage.load(owner))?.items.length))
  return { size: played.roster.size, known, items, commits: played.roster.counters['commits'] }
}

describe('strangers leave no trace (promise 15)', () => {
  test.each([
    ['presences to an owner', (index: number) => presence(`s${index}@flood.example/x`)],
    ['presences to made-up owners', (index: number) => presence(`s${index}@flood.example/x`, `o${index}@${DOMAIN}`)],
    ['probes', (index: number) => probe(`s${index}@flood.example`)],
    ['probes of made-up owners', (index: number) => probe(`s${index}@flood.example`, `o${index}@${DOMAIN}`)],
    ['requests to made-up owners', (index: number) => subscribe(`s${index}@flood.example`, `o${index}@${DOMAIN}`)],
    ['stray answers', (index: number) => subscribed(`s${index}@flood.example`)],
    ['stray ends', (index: number) => unsubscribe(`s${index}@flood.example`)],
  ])('ten thousand %s create no item, no owner and no commit (ME1, ME2, ME15)', async (_what, stanza) => {
    const played = await withContacts({ [ROMEO]: 'both' })
    const before = await held(played)
    for (let index = 0; index < FLOOD; index += 1_000) {
      await played.hear(...Array.from({ length: 1_000 }, (_, at) => stanza(index + at)))
    }
    expect(await held(played)).toEqual(before)
    expect(played.bot.size).toBe(1)
    expect(played.told()).toEqual([])
  })

  test('their presence is not kept, and raises nothing but a count (ME1)', async () => {
    const { bot, roster, hear, told } = await withContacts({})
    await hear(presence(`${ROMEO}/phone`), unavailable(`${ROMEO}/phone`), presence(ROMEO, BOT, 'error'))
    expect([bot.presence(ROMEO).available, told()]).toEqual([false, []])
    expect(roster.counters['strangers']).toBe(1)
  })

  test('unavailable after a removal brings nobody back (SM12, DB4, promise 8)', async () => {
    const { bot, storage, hear } = await withContacts({ [ROMEO]: 'both' })
    await hear(presence(`${ROMEO}/phone`))
    expect(await bot.remove(ROMEO)).toBe(true)
    await hear(unavailable(`${ROMEO}/phone`), unsubscribed(ROMEO), unsubscribe(ROMEO), subscribed(ROMEO))
    expect([bot.size, bot.state(ROMEO), (await storage.load(BOT))?.items]).toEqual([0, 'none', []])
  })
})

describe('reading creates nothing (ME3, promise 15)', () => {
  test('of a contact: get, has, state, presence and groups leave the roster as it is', async () => {
    const played = await withContacts({})
    const before = await held(played)
    const { bot, roster } = played
    expect(bot.get(ROMEO)).toBeUndefined()
    expect([bot.has(ROMEO), bot.state(ROMEO), bot.presence(ROMEO)]).toEqual([
      false,
      'none',
      { available: false, best: undefined, resources: new Map() },
    ])
    expect([bot.groups().size, bot.requests().length]).toEqual([0, 0])
    expect([roster.get('nobody@bots.example'), roster.has('nobody@bots.example')]).toEqual([undefined, false])
    await turn()
    expect(await held(played)).toEqual(before)
  })

  test('directed presence makes nobody a contact (ME4)', async () => {
    const played = await withContacts({})
    await played.bot.sendPresence({ show: 'chat' }, { to: 'room@chat.example/bot' })
    expect(played.said()).toEqual(['bot > room@chat.example/bot: chat'])
    expect([played.bot.size, (await played.storage.load(BOT))?.items]).toEqual([0, []])
  })

  test('a removed or unknown contact is no error and no item', async () => {
    const { bot, said, told } = await withContacts({})
    expect([await bot.remove(ROMEO), await bot.unauthorize(ROMEO), await bot.authorize(ROMEO)]).toEqual([
      false,
      false,
      false,
    ])
    expect([bot.size, said(), told()]).toEqual([0, [], []])
  })
})

describe('which owners there are (promise 15)', () => {
  test('without owners, a request to an unknown one is neither stored nor answered', async () => {
    const played = await stage({ autoAuthorize: true })
    await played.hear(subscribe(ROMEO, 'new@bots.example'))
    expect([await owners(played), played.said(), played.told()]).toEqual([[], [], []])
    expect(played.roster.counters['owners.unknown']).toBe(1)
  })

  test('a list is opened at once, and announces itself', async () => {
    const played = await stage({ owners: ['A@Bots.Example', 'b@bots.example'], online: false, presence: {} })
    expect(await owners(played)).toEqual(['a@bots.example', 'b@bots.example'])
    expect(played.roster.get('a@bots.example')?.loaded).toBe(true)
  })

  test.each([
    ['at once', (owner: string) => owner.startsWith('yes')],
    ['late', async (owner: string) => owner.startsWith('yes')],
  ])('a predicate that answers %s admits those whom it says', async (_when, predicate) => {
    const played = await stage({ autoAuthorize: true, autoSubscribe: false, owners: predicate })
    await played.hear(subscribe(ROMEO, 'yes@bots.example'), subscribe(ROMEO, 'no@bots.example'))
    await turn()
    expect(await owners(played)).toEqual(['yes@bots.example'])
    expect(played.said()).toEqual(['yes > romeo: subscribed'])
  })

  test('a predicate is asked with the canonical owner, once for what comes at once', async () => {
    const asked: string[] = []
    const played = await stage({
      owners: async (owner) => {
        asked.push(owner)
        return true
      },
    })
    await played.hear(subscribe(ROMEO, 'New@Bots.Example/x'), subscribe('juliet@home.example', 'new@bots.example'))
    await turn()
    expect(asked).toEqual(['new@bots.example'])
    expect(played.roster.get('new@bots.example')?.requests().length).toBe(2)
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('no database')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
  ])('a predicate that %s admits nobody, and the application hears of it', async (_how, predicate) => {
    const played = await stage({ autoAuthorize: true, owners: predicate })
    await played.hear(subscribe(ROMEO, 'new@bots.example'))
    await turn()
    expect([await owners(played), played.said()]).toEqual([[], []])
    expect(played.log.of('error')).toMatchObject([{ code: 'LISTENER_FAILED', owner: 'new@bots.example' }])
  })

  test('a predicate is not asked for presences and probes: those create nobody', async () => {
    const asked: string[] = []
    const played = await stage({ owners: (owner) => asked.push(owner) > 0 })
    await played.hear(presence(`${ROMEO}/x`, 'new@bots.example'), probe(ROMEO, 'new@bots.example'))
    expect([asked, played.roster.has('new@bots.example'), await owners(played)]).toEqual([[], false, []])
  })

  test('whoever is admitted, but never had anything stored, does not exist after it', async () => {
    const played = await stage({ owners: () => true, autoAuthorize: () => 'ignore' })
    await played.hear(...Array.from({ length: 100 }, (_, at) => subscribe(ROMEO, `o${at}@bots.example`)))
    await turn()
    expect(await owners(played)).toEqual([])
  })

  test('an owner that storage has is known without being opened', async () => {
    const storage = new MemoryStorage()
    await store(storage, {}, 'stored@bots.example')
    const played = await stage({ storage, autoAuthorize: true, autoSubscribe: false })
    await played.hear(subscribe(ROMEO, 'stored@bots.example'))
    await turn()
    expect(played.said()).toEqual(['stored > romeo: subscribed'])
    expect((await storage.load('stored@bots.example'))?.items).toMatchObject([{ jid: ROMEO, state: 'from' }])
  })

  test('an owner of another domain cannot be opened', async () => {
    const { roster } = await stage()
    await expect(roster.open('bot@else.example')).rejects.toMatchObject({ code: 'JID_MALFORMED' })
  })
})
