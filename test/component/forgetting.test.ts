import { describe, expect, test } from 'vitest'
import { MemoryStorage } from '../../src/index.js'
import { BOT, openBot, ROMEO, stage, store, subscribe, turn, withContacts } from './stage.js'

describe('forget()', () => {
  test('ends every subscription, answers what waits, and erases the roster', async () => {
    const { roster, storage, said } = await withContacts({
      'none@x.example': 'none',
      'out@x.example': 'none+out',
      'in@x.example': 'none+in',
      'to@x.example': 'to',
      'both@x.example': 'both',
    })
    expect(await roster.forget(BOT)).toBe(true)
    expect(said()).toEqual([
      'bot > out@x.example: unsubscribe',
      'bot > in@x.example: unsubscribed',
      'bot > to@x.example: unsubscribe',
      'bot > both@x.example: unsubscribe',
      'bot > both@x.example: unavailable',
      'bot > both@x.example: unsubscribed',
    ])
    expect([await storage.load(BOT), roster.has(BOT)]).toEqual([undefined, false])
    expect(await roster.forget(BOT)).toBe(false)
  })

  test('of an owner that is not there is false, and creates nobody', async () => {
    const { roster, storage } = await stage()
    expect([await roster.forget('ghost@bots.example'), await storage.load('ghost@bots.example')]).toEqual([
      false,
      undefined,
    ])
  })

  test('while disconnected: the end is stored, and the roster erased when its stanzas were sent', async () => {
    const played = await withContacts({ [ROMEO]: 'both' })
    played.fake.cut()
    expect(await played.roster.forget(BOT)).toBe(true)
    expect((await played.storage.load(BOT))?.items).toEqual([])
    played.fake.online()
    await turn()
    expect(played.said()).toEqual(['bot > romeo: unsubscribe', 'bot > romeo: unavailable', 'bot > romeo: unsubscribed'])
    expect(await played.storage.load(BOT)).toBeUndefined()
  })

  test('an owner that is made again begins empty', async () => {
    const played = await withContacts({ [ROMEO]: 'both' })
    await played.roster.forget(BOT)
    const bot = await openBot(played)
    expect([bot.size, bot.loaded]).toEqual([0, true])
    await played.hear(subscribe(ROMEO))
    expect(bot.requests()).toHaveLength(1)
  })

  test('owners() names those in storage, by domain', async () => {
    const storage = new MemoryStorage()
    await store(storage, {}, 'a@bots.example')
    await store(storage, {}, 'b@sub.bots.example')
    const { roster } = await stage({ storage })
    const all: string[] = []
    for await (const owner of roster.owners()) all.push(owner)
    const some: string[] = []
    for await (const owner of roster.owners({ domain: 'sub.bots.example' })) some.push(owner)
    expect([all, some]).toEqual([['a@bots.example', 'b@sub.bots.example'], ['b@sub.bots.example']])
  })
})
