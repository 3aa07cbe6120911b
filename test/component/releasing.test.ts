import { describe, expect, test } from 'vitest'
import { MemoryStorage } from '../../src/index.js'
import { faultyStorage } from '../../src/testing.js'
import { BOT, JULIET, openBot, presence, ROMEO, stage, store, subscribe, turn, withContacts } from './stage.js'

describe('release()', () => {
  test('says unavailable, lets the roster go from memory, not from storage; the object then rejects', async () => {
    const { bot, roster, storage, hear, said, told } = await withContacts({ [ROMEO]: 'both' })
    await bot.sendPresence({})
    await hear(presence(`${ROMEO}/x`))
    said()
    told()
    await bot.release()
    expect(said()).toEqual(['bot > romeo: unavailable'])
    expect(told()).toEqual(['presence romeo/x left', 'offline romeo'])
    expect([roster.has(BOT), bot.loaded, bot.size, (await storage.load(BOT))?.items.length]).toEqual([
      false,
      false,
      0,
      1,
    ])
    await expect(bot.update(ROMEO, {})).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(bot.release()).rejects.toMatchObject({ code: 'CLOSED' })

    const again = await roster.open(BOT)
    expect([again === bot, again.get(ROMEO)?.state]).toEqual([false, 'both'])
  })

  test('what is owed is still sent', async () => {
    const played = await withContacts({ [ROMEO]: 'none+in' })
    played.fake.cut()
    await played.bot.authorize(ROMEO)
    await played.bot.release()
    played.fake.online()
    await turn()
    await played.clock.advance(31_000)
    expect(played.said()).toEqual(['bot > romeo: subscribed'])
  })

  test('what was sent is written down first, so that nobody sends it again', async () => {
    const { bot, clock, said, storage } = await withContacts({ [ROMEO]: 'none+in' })
    await bot.authorize(ROMEO)
    await bot.release()
    expect((await storage.load(BOT))?.owed).toEqual([])
    await clock.advance(120_000)
    expect(said()).toEqual(['bot > romeo: subscribed'])
  })

  test('what is being written is waited for, as long as there is a connection', async () => {
    const { bot, fake, storage } = await withContacts({ [ROMEO]: 'none+in' })
    fake.fill()
    await bot.authorize(ROMEO)
    const releasing = bot.release()
    await turn()
    expect(bot.loaded).toBe(false)
    fake.cut()
    await releasing
    expect((await storage.load(BOT))?.owed).toHaveLength(1)
  })

  test('whoever opens the owner meanwhile gets it anew, and it works', async () => {
    const { bot, roster } = await withContacts({ [ROMEO]: 'both' })
    const releasing = bot.release()
    const again = await roster.open(BOT)
    await releasing
    expect([again === bot, roster.get(BOT) === again, again.loaded]).toEqual([false, true, true])
    expect((await again.update(ROMEO, { name: 'Romeo' })).name).toBe('Romeo')
  })

  test('who is opening it when it is released gets it anew as well', async () => {
    const { bot, roster } = await withContacts({ [ROMEO]: 'both' })
    const opening = roster.open(BOT)
    await bot.release()
    const again = await opening
    expect((await again.update(ROMEO, { name: 'Romeo' })).name).toBe('Romeo')
    expect(roster.get(BOT)).toBe(again)
  })

  test('who asks while what was sent is written down is granted once, by the one that comes after it', async () => {
    const memory = new MemoryStorage()
    await store(memory, { [ROMEO]: 'from' })
    let onCommit: (() => void) | undefined
    const storage = faultyStorage(memory, ({ method }) => {
      if (method === 'commit') onCommit?.()
      return undefined
    })
    const played = await stage({ storage, autoAuthorize: true, autoSubscribe: false })
    const bot = await openBot(played)
    await bot.subscribe(ROMEO)
    onCommit = () => {
      onCommit = undefined
      played.fake.receive(subscribe(JULIET))
    }
    await bot.release()
    await turn()
    await played.clock.advance(120_000)
    expect(played.said()).toEqual(['bot > romeo: subscribe', 'bot > juliet: subscribed'])
  })

  test('the own roster stays', async () => {
    const { roster } = await stage()
    await roster.ready()
    await expect(roster.own.release()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})
