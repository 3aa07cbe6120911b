import { expect, test } from 'vitest'
import { JULIET, openBot, ROMEO, stage, turn, withContacts } from './stage.js'

test('directed presence goes out when the connection comes back, and again after each cut (RFC 6121 §4.6)', async () => {
  // Given a bot that tells a stranger who it is, while there is no connection
  const played = await stage({ online: false })
  const bot = await openBot(played)
  await bot.sendPresence({ show: 'chat' }, { to: JULIET })
  expect(played.said()).toEqual([])

  // When the connection comes, goes and comes
  played.fake.online()
  await turn()
  expect(played.said()).toEqual(['bot > juliet: chat'])
  played.fake.cut()
  played.fake.online()
  await turn()

  // Then the stranger is told each time
  expect(played.said()).toEqual(['bot > juliet: chat'])
})

test('what was said while disconnected is what subscribers hear at first (promise 19)', async () => {
  const played = await withContacts({ [ROMEO]: 'from' }, { online: false, presence: { status: 'by itself' } })
  await played.bot.sendPresence({ show: 'dnd' })
  played.fake.online()
  await turn()
  expect(played.said()).toEqual(['bot > romeo: dnd'])
})
