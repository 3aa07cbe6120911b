import type { Element } from 'ltx'
import { describe, expect, test } from 'vitest'
import { type IoredisClient, type RedisClient, RedisStorage } from '../../../src/redis.js'
import type { RosterStorage } from '../../../src/storage/port.js'
import { describeDatabase } from '../../databases/describe.js'
import { administer } from '../../databases/redis.js'
import { BOT, type Process, start } from './stage.js'
import { counters, eventually, ioredis, newPrefix, nodeRedis, whileCounting } from './support.js'

const KINDS = [
  ['ioredis', async (url: string) => ioredis(url)],
  ['node-redis', async (url: string) => nodeRedis(url)],
] as const

const GUESTS = Array.from({ length: 60 }, (_, index) => `guest${index}@home.example`)

const requestsTo = (written: readonly Element[]): readonly string[] =>
  written.filter(({ attrs }) => attrs['type'] === 'subscribe').map(({ attrs }) => String(attrs['to']))

/** Each guest was asked exactly once, on the wire and in storage, and nothing is owed any more. */
async function expectAskedOnce(storage: RosterStorage, { fake, roster }: Process): Promise<void> {
  expect(requestsTo(fake.written)).toEqual(GUESTS)
  await roster.close()
  const stored = await storage.load(BOT)
  expect(stored?.owed).toEqual([])
  expect(stored?.items.map(({ jid, state }) => `${jid} ${state}`).sort()).toEqual(
    GUESTS.map((jid) => `${jid} none+out`).sort(),
  )
}

describeDatabase('durableRedis', 'a RedisStorage in trouble', (server) => {
  describe('a connection that is killed', () => {
    test.each(KINDS)(
      'right after a commit was sent through %s doubles nothing (promise 21)',
      async (_name, connect) => {
        const client: RedisClient = await connect(server().url)
        const storage = new RedisStorage({ client, prefix: newPrefix() })
        const played = await start(storage)
        for (const [index, guest] of GUESTS.entries()) {
          const asking = played.bot.subscribe(guest)
          if (index % 3 === 0) await administer(server(), 'CLIENT', 'KILL', 'TYPE', 'normal')
          await asking
        }
        await expectAskedOnce(storage, played)
      },
    )

    test('before the answer came leaves a commit whose revision tells that it happened (promise 21)', async () => {
      const client = ioredis(server().url)
      let count = 0
      const deaf: IoredisClient = {
        async call(command, ...args) {
          const answer = await client.call(command, ...args)
          if (answer === 'done' && ++count % 2 === 0) throw new Error('Connection is closed.')
          return answer
        },
      }
      const storage = new RedisStorage({ client: deaf, prefix: newPrefix() })
      const played = await start(storage)
      for (const guest of GUESTS) await played.bot.subscribe(guest)
      expect(count).toBeGreaterThan(GUESTS.length)
      expect(played.roster.counters['conflicts']).toBeUndefined()
      await expectAskedOnce(storage, played)
    })
  })

  describe('a server that goes and comes back under load', () => {
    test.each([
      ['ioredis', 'is shut down', 'shutDown', KINDS[0][1]],
      ['ioredis', 'is killed', 'kill', KINDS[0][1]],
      ['node-redis', 'is killed', 'kill', KINDS[1][1]],
    ] as const)('keeps all that it acknowledged through %s when it %s', async (_name, _how, end, connect) => {
      const client: RedisClient = await connect(server().url)
      const storage = new RedisStorage({ client, prefix: newPrefix() })
      const all = counters(storage, 16)
      await whileCounting(all, async () => {
        await server()[end]()
        await server().restart()
      })
      for (const { owner, acknowledged } of all)
        expect(await storage.load(owner)).toMatchObject({ version: String(acknowledged) })
    })

    test('makes commands reject with STORAGE_FAILED while it is away, and is used again when it is back', async () => {
      const storage = new RedisStorage({ client: ioredis(server().url, 1), prefix: newPrefix() })
      const played = await start(storage)
      await server().shutDown()
      await expect(played.bot.update(GUESTS[0]!)).rejects.toMatchObject({ code: 'STORAGE_FAILED', owner: BOT })
      expect(played.bot.size).toBe(0)
      await server().restart()
      const isStored = () =>
        played.bot.update(GUESTS[0]!).then(
          () => true,
          () => false,
        )
      await eventually('it is used again', isStored)
      expect((await storage.load(BOT))?.items).toHaveLength(1)
    })
  })
})
