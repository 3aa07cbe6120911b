import { describe, expect, test } from 'vitest'
import { MemoryStorage, type RosterChange } from '../../src/index.js'
import { BOT, JULIET, openBot, ROMEO, type Stage, stage, store, subscribe, turn } from './stage.js'

const GRACE = 30_000

/** A storage whose commits can be made to fail. */
class Shaky extends MemoryStorage {
  isDown = false

  override async commit(owner: string, change: RosterChange): Promise<void> {
    if (this.isDown) throw new Error('no connection')
    return super.commit(owner, change)
  }
}

/** A process has granted a request, and dies before it could send a word. */
async function leftBehind(storage = new Shaky()): Promise<Shaky> {
  await store(storage, { [ROMEO]: 'none+in', [JULIET]: 'to' })
  const dying = await stage({ storage, online: false })
  await (await openBot(dying)).authorize(ROMEO)
  dying.kill()
  return storage
}

const toRomeo = (played: Stage): readonly string[] => played.said().filter((word) => word.includes('romeo'))
const owedIn = async (storage: MemoryStorage): Promise<number | undefined> => (await storage.load(BOT))?.owed.length

describe('What a process that died has left (promise 20)', () => {
  test('is sent by one of those that go on, once, whether or not they have the owner in memory', async () => {
    const storage = new Shaky()
    await store(storage, { [ROMEO]: 'none+in' })
    const dying = await stage({ storage, online: false })
    const bot = await openBot(dying)
    const others = [await stage({ storage }), await stage({ storage }), await stage({ storage })] as const
    await openBot(others[0])
    await bot.authorize(ROMEO)
    dying.kill()

    for (const other of others) await other.clock.advance(GRACE - 1_000)
    expect(others.flatMap(toRomeo)).toEqual([])
    for (const other of others) await other.clock.advance(2 * GRACE)
    expect(others.flatMap(toRomeo)).toEqual(['bot > romeo: subscribed'])
    expect(await owedIn(storage)).toBe(0)
  })

  test('goes with the presence that stands now, though it was announced before (RFC 6121 §3.1.5)', async () => {
    const next = await stage({ storage: await leftBehind(), presence: { status: 'back' } })
    await openBot(next)
    await next.clock.advance(GRACE)
    expect(toRomeo(next)).toEqual(['bot > romeo: subscribed', 'bot > romeo: available "back"'])
  })

  test('is written down as taken up before it goes: one that dies in between leaves it to the next', async () => {
    const storage = await leftBehind()
    const taking = await stage({ storage })
    const words: string[] = []
    taking.fake.entity.on(
      'send',
      () => void storage.load(BOT).then((stored) => words.push(String(stored?.owed[0]?.at))),
    )
    await openBot(taking)
    await taking.clock.advance(GRACE)
    await turn()
    // Owed from the moment of taking it up, so that others give this process its own time of grace.
    expect(words).toContain(String(taking.clock.now()))
  })

  test('is not sent while it cannot be written down, and is once it can', async () => {
    const storage = await leftBehind()
    const next = await stage({ storage })
    await openBot(next)
    storage.isDown = true
    await next.clock.advance(2 * GRACE)
    expect([toRomeo(next), next.told().includes('error STORAGE_FAILED')]).toEqual([[], true])
    storage.isDown = false
    await next.clock.advance(GRACE)
    expect(toRomeo(next)).toEqual(['bot > romeo: subscribed'])
    await next.clock.advance(1_000)
    expect(await owedIn(storage)).toBe(0)
  })

  test('and was taken back meanwhile is settled without a word', async () => {
    const storage = await leftBehind()
    const next = await stage({ storage })
    const bot = await openBot(next)
    await bot.unauthorize(ROMEO)
    await next.clock.advance(2 * GRACE)
    expect(toRomeo(next)).toEqual(['bot > romeo: unavailable', 'bot > romeo: unsubscribed'])
    expect(await owedIn(storage)).toBe(0)
  })
})

test('Owners that others work on stay out of memory here: only what nobody sends brings one in (promise 24)', async () => {
  const storage = new MemoryStorage()
  await store(storage, {})
  const busy = await stage({ storage, autoAuthorize: true })
  const idle = await stage({ storage })
  for (let round = 0; round < 5; round++) {
    await busy.hear(subscribe(`p${round}@home.example`))
    await idle.clock.advance(5_000)
    await busy.clock.advance(5_000)
  }
  await idle.clock.advance(2 * GRACE)
  expect([busy.roster.has(BOT), idle.roster.has(BOT)]).toEqual([true, false])
})

test('One that cannot be read keeps nobody else from being sent what is left for him', async () => {
  const storage = new Shaky()
  const spoilt = 'aaa@bots.example'
  const owe = [{ id: 'x', at: 1, xml: '<presence/>' }]
  const put = [{ jid: ROMEO, state: 'in' as 'to', groups: [] }]
  await storage.commit(spoilt, { base: undefined, revision: 'r', put, owe })
  await leftBehind(storage)
  const next = await stage({ storage, online: false })
  next.fake.online()
  await next.clock.advance(3 * GRACE)
  expect(toRomeo(next)).toEqual(['bot > romeo: subscribed'])
  expect(next.told()).toContain('error STORAGE_CORRUPT')
})

test.each([
  ['found when a process comes online', true],
  ['found while one is online', false],
])(
  'An owner of a domain below the component’s is as much its own: what it owes is %s; another component’s is left alone',
  async (_, isStored) => {
    const storage = new MemoryStorage()
    const [below, beside] = [`lobby@rooms.${BOT.split('@')[1]}`, 'lobby@otherbots.example']
    const xml = (owner: string) => `<presence from="${owner}" to="${ROMEO}" type="subscribed" id="x"/>`
    const leave = async (): Promise<void> => {
      for (const owner of [below, beside]) {
        const put = [{ jid: ROMEO, state: 'from' as const, groups: [] }]
        const owe = [{ id: 'x', at: 1, xml: xml(owner) }]
        await storage.commit(owner, { base: undefined, revision: `r ${owner}`, put, owe })
      }
    }
    if (isStored) await leave()
    const next = await stage({ storage })
    if (!isStored) await leave()
    await next.clock.advance(2 * GRACE)
    expect(next.fake.written.map(({ attrs }) => `${attrs['from']} ${attrs['type']}`)).toEqual([`${below} subscribed`])
    expect((await storage.load(beside))?.owed).toHaveLength(1)
  },
)
