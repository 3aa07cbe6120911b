import { expect, test } from 'vitest'
import { MemoryStorage } from '../../src/index.js'
import { BOT, DOMAIN, JULIET, probe, ROMEO, stage, store } from './stage.js'

test.each([0, 1, 2, 3, 4, 5, 6, 7])(
  'A command whose owner leaves memory for another one is carried out all the same: %i steps into the load (promise 24)',
  async (steps) => {
    // Given an owner in memory whom a stranger has asked, and no room for another one
    const storage = new MemoryStorage()
    const request = { xml: '', receivedAt: 1, deferred: true }
    const asked = { jid: ROMEO, groups: [], state: 'none+in', unlisted: true, request } as const
    await storage.commit(BOT, { base: undefined, revision: 'asked', put: [asked] })
    await store(storage, {}, `other@${DOMAIN}`)
    const { fake, hear, roster, said } = await stage({ storage, maxLoaded: 1 })
    await hear(probe(JULIET))
    const bot = roster.get(BOT)
    said()

    // When somebody probes the other one, and the request is answered while that is loaded
    fake.receive(probe(JULIET, `other@${DOMAIN}`))
    for (let step = 0; step < steps; step++) await Promise.resolve()

    // Then it is granted
    expect(await bot?.authorize(ROMEO)).toBe(true)
    expect(said()).toContain('bot > romeo: subscribed')
  },
)
