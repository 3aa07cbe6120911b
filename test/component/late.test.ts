import { describe, expect, test } from 'vitest'
import { BOT, presence, ROMEO, stage, subscribe, turn, withContacts } from './stage.js'

/** A bot whose policy thinks until it is told what to answer. */
async function thinking() {
  let answer: (decision: boolean) => void = () => undefined
  const played = await withContacts(
    {},
    {
      autoSubscribe: false,
      autoAuthorize: () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    },
  )
  await played.hear(subscribe(ROMEO))
  return { ...played, answer: (decision: boolean): void => answer(decision) }
}

describe('a policy that answers late', () => {
  test('after close() changes and sends nothing: the next process asks again (promise 7)', async () => {
    const { roster, storage, said, told, answer } = await thinking()
    await roster.close()
    told()
    const before = await storage.load(BOT)
    answer(true)
    await turn()
    expect([said(), told(), await storage.load(BOT)]).toEqual([[], [], before])
    expect(before?.items[0]?.request?.deferred).toBe(false)
  })

  test('after release() is carried out all the same', async () => {
    const { bot, storage, said, answer } = await thinking()
    await bot.release()
    answer(true)
    await turn()
    await turn()
    expect(said()).toEqual(['bot > romeo: subscribed'])
    expect((await storage.load(BOT))?.items).toMatchObject([{ jid: ROMEO, state: 'from' }])
  })

  test('keeps its owner in memory until then (promise 24)', async () => {
    let asked = 0
    let answer: (decision: boolean) => void = () => undefined
    const played = await stage({
      maxLoaded: 1,
      owners: () => true,
      autoSubscribe: false,
      autoAuthorize: (ask) => {
        if (ask.owner !== BOT) return false
        asked += 1
        return new Promise((resolve) => {
          answer = resolve
        })
      },
    })
    await played.hear(subscribe(ROMEO))
    for (const name of ['a', 'b', 'c']) await played.hear(subscribe(ROMEO, `${name}@bots.example`))
    played.said()
    answer(true)
    await turn()
    expect([asked, played.said()]).toEqual([1, ['bot > romeo: subscribed']])
    await played.clock.advance(60_000)
    await played.hear(subscribe(ROMEO, 'd@bots.example'))
    expect(played.roster.has(BOT)).toBe(false)
  })

  test('while disconnected is stored, and sent afterwards (promise 19)', async () => {
    const { bot, fake, said, answer } = await thinking()
    fake.cut()
    answer(true)
    await turn()
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['from', []])
    fake.online()
    await turn()
    expect(said()).toEqual(['bot > romeo: subscribed'])
  })

  test('for a contact that was accepted meanwhile by hand changes nothing', async () => {
    const { bot, said, answer } = await thinking()
    expect(await bot.authorize(ROMEO)).toBe(true)
    said()
    answer(false)
    await turn()
    expect([bot.get(ROMEO)?.state, said()]).toEqual(['from', []])
  })
})

describe('what comes while an owner is on its way from storage', () => {
  test('is heard in its order, once it is there', async () => {
    const first = await withContacts({ [ROMEO]: 'both' })
    first.kill()
    const played = await stage({ storage: first.storage })
    const opening = played.roster.open(BOT)
    played.fake.receive(presence(`${ROMEO}/x`), presence(`${ROMEO}/x`, BOT, undefined, '<show>away</show>'))
    const bot = await opening
    await turn()
    expect(bot.presence(ROMEO).best?.show).toBe('away')
    expect(played.told()).toEqual([
      'loaded 1 items',
      'online romeo',
      'presence romeo/x available',
      'presence romeo/x away',
    ])
  })

  test('is forgotten with the session in which it came', async () => {
    const { bot, fake, hear } = await withContacts({ [ROMEO]: 'both' })
    fake.receive(subscribe('eve@x.example'), presence(`${ROMEO}/x`))
    fake.cut()
    await turn()
    expect(bot.presence(ROMEO).available).toBe(false)
    fake.online()
    await hear(presence(`${ROMEO}/y`))
    expect(bot.presence(ROMEO).best?.resource).toBe('y')
  })
})
