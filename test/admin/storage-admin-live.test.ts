import { describe, expect, test } from 'vitest'
import { storageAdmin } from '../../src/admin.js'
import { MemoryStorage } from '../../src/index.js'
import { BOT, DOMAIN, JULIET, openBot, presence, ROMEO, stage, store, turn } from '../component/stage.js'

/** A storage on which others cannot be watched. */
class Silent extends MemoryStorage {
  override readonly watch = undefined as never
}

const meet = async (storage = new MemoryStorage()) => {
  await store(storage, { [ROMEO]: 'none+in', [JULIET]: 'to' })
  const played = await stage({ storage, presence: { status: 'here' } })
  const bot = await openBot(played)
  return { ...played, bot, admin: storageAdmin(storage) }
}

describe('A component that is connected while its storage is administered', () => {
  test('tells what was put and removed, and says nothing to anybody (promise 22)', async () => {
    const { admin, bot, told, said, clock } = await meet()
    await admin.put(BOT, 'nurse@home.example', { name: 'Nurse', subscription: 'from' })
    await admin.put(BOT, JULIET, { subscription: 'both' })
    await admin.remove(BOT, ROMEO)
    await turn()
    expect(told()).toEqual([
      'added nurse@home.example'.replace('@home.example', ''),
      'nurse none > from by storage',
      'updated juliet',
      'juliet to > both by storage',
      'removed romeo',
      'romeo none+in > none by storage',
    ])
    expect(bot.get(JULIET)?.state).toBe('both')
    await clock.advance(60_000)
    expect(said()).toEqual([])
  })

  test('does not ask its policy about a request that put has granted, nor sends an answer', async () => {
    const { admin, bot, told, said } = await meet()
    const [request] = bot.requests()
    await admin.put(BOT, ROMEO, { subscription: 'both' })
    await turn()
    expect(told()).toEqual(['updated romeo', 'romeo none+in > both by storage'])
    expect(bot.requests()).toEqual([])
    expect(await request?.authorize()).toBe(false)
    expect(said()).toEqual([])
  })

  test('treats the contact accordingly from then on: its next presence goes there', async () => {
    const { admin, bot, said } = await meet()
    await admin.put(BOT, ROMEO, { subscription: 'from' })
    await turn()
    await bot.sendPresence({ status: 'news' })
    expect(said()).toEqual(['bot > romeo: available "news"'])
  })

  test('and the administrator keep each other’s changes, though nobody is told of them (promise 21)', async () => {
    const { admin, bot, hear } = await meet(new Silent())
    await admin.put(BOT, ROMEO, { name: 'Ro' })
    await Promise.all([
      admin.put(BOT, JULIET, { name: 'Ju' }),
      bot.update(JULIET, { groups: ['friends'] }),
      admin.put(BOT, ROMEO, { groups: ['friends'] }),
      hear(presence(JULIET, BOT, 'unsubscribed')),
    ])
    await bot.resync()
    expect(bot.get(ROMEO)).toMatchObject({ name: 'Ro', groups: ['friends'], state: 'none+in' })
    expect(bot.get(JULIET)).toMatchObject({ name: 'Ju', groups: ['friends'], state: 'none' })
  })

  test('is one of two: both tell', async () => {
    const storage = new MemoryStorage()
    await store(storage, {})
    const [one, other] = [await stage({ storage }), await stage({ storage })]
    await openBot(one)
    await openBot(other)
    await storageAdmin(storage).put(BOT, ROMEO, { subscription: 'to' })
    await turn()
    const words = ['added romeo', 'romeo none > to by storage']
    expect([one.told(), other.told()]).toEqual([words, words])
  })

  test('finds an owner that put has made when it is spoken to', async () => {
    const { admin, hear, said } = await meet()
    const lobby = `lobby@${DOMAIN}`
    await admin.put(lobby, ROMEO, { subscription: 'from' })
    await hear(presence(ROMEO, lobby, 'probe'))
    await turn()
    expect(said()).toEqual(['lobby > romeo: unavailable'])
  })
})
