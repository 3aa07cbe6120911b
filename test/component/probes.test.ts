import { describe, expect, test } from 'vitest'
import type { RosterStorage, SubscriptionState } from '../../src/index.js'
import { MemoryStorage } from '../../src/index.js'
import { BOT, openBot, probe, ROMEO, stage, store, withContacts } from './stage.js'

const answers: readonly { readonly state: SubscriptionState; readonly announced: string; readonly silent: string }[] = [
  { state: 'none', announced: 'unsubscribed', silent: 'unsubscribed' },
  { state: 'none+out', announced: 'unsubscribed', silent: 'unsubscribed' },
  { state: 'none+in', announced: '', silent: '' },
  { state: 'none+out+in', announced: '', silent: '' },
  { state: 'to', announced: 'unsubscribed', silent: 'unsubscribed' },
  { state: 'to+in', announced: '', silent: '' },
  { state: 'from', announced: 'chat', silent: 'unavailable' },
  { state: 'from+out', announced: 'chat', silent: 'unavailable' },
  { state: 'both', announced: 'chat', silent: 'unavailable' },
]

const says = (what: string, to = 'romeo/orchard'): readonly string[] =>
  what === '' ? [] : [`bot > ${what === 'unsubscribed' ? 'romeo' : to}: ${what}`]

describe('a probe (RFC 6121 §4.3.2, promise 16)', () => {
  test.each(answers)(
    'of somebody in state $state hears "$announced" of an owner that is announced (SM16)',
    async ({ state, announced }) => {
      const { bot, hear, said } = await withContacts({ [ROMEO]: state })
      await bot.sendPresence({ show: 'chat' })
      said()
      await hear(probe(`${ROMEO}/orchard`))
      expect(said()).toEqual(says(announced))
      expect(bot.state(ROMEO)).toBe(state)
    },
  )

  test.each(answers)(
    'of somebody in state $state hears "$silent" of an owner that has not announced itself (SM16)',
    async ({ state, silent }) => {
      const { hear, said } = await withContacts({ [ROMEO]: state })
      await hear(probe(`${ROMEO}/orchard`))
      expect(said()).toEqual(says(silent))
    },
  )

  test('of an owner that nobody has opened, but storage has: unavailable to a subscriber', async () => {
    const storage = new MemoryStorage()
    await store(storage, { [ROMEO]: 'both' })
    const { hear, said } = await stage({ storage, presence: {} })
    await hear(probe(ROMEO))
    expect(said()).toContain('bot > romeo: unavailable')
  })

  test('of an owner that does not exist is answered exactly as a stranger of one that does: nobody can tell them apart', async () => {
    const { hear, fake } = await withContacts({})
    fake.sent()
    await hear(probe(ROMEO))
    await hear(probe(ROMEO, 'ghost@bots.example'))
    const [real, made, ...more] = fake.sent().map((stanza) =>
      stanza
        .toString()
        .replace(/ id="[^"]*"/u, '')
        .replace(/bot@|ghost@/u, ''),
    )
    expect(more).toEqual([])
    expect(made).toBe(real)
    expect(real).toContain('unsubscribed')
  })

  test('is answered by each resource that the owner speaks from', async () => {
    const { bot, hear, said } = await withContacts({ [ROMEO]: 'from' })
    await bot.sendPresence({ resource: 'a', show: 'chat' })
    await bot.sendPresence({ resource: 'b', show: 'dnd' })
    said()
    await hear(probe(ROMEO))
    expect(said()).toEqual(['bot/a > romeo: chat', 'bot/b > romeo: dnd'])
  })

  test('of somebody who got directed presence is answered with that, until it is taken back (RFC 6121 §4.6)', async () => {
    const { bot, hear, said } = await withContacts({})
    await bot.sendPresence({ show: 'away' }, { to: ROMEO })
    said()
    await hear(probe(ROMEO))
    expect(said()).toEqual(['bot > romeo: away'])
    await bot.sendPresence({ type: 'unavailable' }, { to: ROMEO })
    said()
    await hear(probe(ROMEO))
    expect(said()).toEqual(['bot > romeo: unsubscribed'])
  })

  test('is not answered at all while storage is down: a wrong answer would end a subscription', async () => {
    const storage = new MemoryStorage()
    await store(storage, { [ROMEO]: 'both' })
    let isDown = false
    const failing: RosterStorage = {
      commit: (owner, change) => storage.commit(owner, change),
      owners: (options) => storage.owners(options),
      load: (owner) => (isDown ? Promise.reject(new Error('down')) : storage.load(owner)),
    }
    const { hear, said, log } = await stage({ storage: failing })
    isDown = true
    await hear(probe(ROMEO))
    expect([said(), log.of('error').map(({ code }) => code)]).toEqual([[], ['STORAGE_FAILED']])
    isDown = false
    await hear(probe(ROMEO))
    expect(said()).toContain('bot > romeo: unavailable')
  })

  test('that follows a request in one packet does not end it', async () => {
    const { bot, hear, said } = await withContacts({})
    await hear(`<presence from="${ROMEO}" to="${BOT}" type="subscribe"/>`, probe(ROMEO))
    expect([bot.requests().length, said()]).toEqual([1, []])
  })

  test('of an owner that is gone for good is answered unsubscribed', async () => {
    const played = await stage()
    await openBot(played)
    await played.roster.forget(BOT)
    played.said()
    await played.hear(probe(ROMEO))
    expect(played.said()).toEqual(['bot > romeo: unsubscribed'])
  })
})
