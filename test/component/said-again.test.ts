import { describe, expect, test } from 'vitest'
import { ROMEO, turn, withContacts } from './stage.js'

describe('presence that is withdrawn while it is said again after a reconnect', () => {
  const reconnecting = async () => {
    const played = await withContacts({ [ROMEO]: 'from' })
    for (const resource of ['a', 'b']) await played.bot.sendPresence({ resource })
    for (const room of ['one', 'two']) await played.bot.sendPresence({}, { to: `${room}@rooms.example` })
    played.fake.cut()
    played.fake.fill()
    played.fake.online()
    await turn()
    return played
  }
  const lastTo = (words: readonly string[], who: string) => words.filter((word) => word.startsWith(who)).at(-1)

  test('by the application is not said any more', async () => {
    const { bot, fake, said } = await reconnecting()
    const withdrawing = bot.sendPresence({ type: 'unavailable', resource: 'b' })
    const leaving = bot.sendPresence({ type: 'unavailable' }, { to: 'two@rooms.example' })
    fake.drain()
    await Promise.all([withdrawing, leaving])
    await turn()
    const words = said()
    expect(lastTo(words, 'bot/b > romeo')).toBe('bot/b > romeo: unavailable')
    expect(lastTo(words, 'bot > two@rooms.example')).toBe('bot > two@rooms.example: unavailable')
    expect(lastTo(words, 'bot > one@rooms.example')).toBe('bot > one@rooms.example: available')
  })

  test('by release() is not said any more', async () => {
    const { bot, fake, said } = await reconnecting()
    const releasing = bot.release()
    await turn()
    fake.drain()
    await releasing
    await turn()
    expect(said().slice(-2)).toEqual(['bot > one@rooms.example: unavailable', 'bot > two@rooms.example: unavailable'])
  })
})
