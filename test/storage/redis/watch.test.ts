import { expect, test } from 'vitest'
import { RedisStorage, redisListen } from '../../../src/redis.js'
import type { Listen } from '../../../src/storage/listen.js'
import { inTime } from '../../../src/testing/contract/assertions.js'
import { commit, create, OWNER } from '../../../src/testing/contract/subject.js'
import { describeDatabase } from '../../databases/describe.js'
import { administer } from '../../databases/redis.js'
import { ROMEO, start, told } from './stage.js'
import { ioredis, newPrefix, nodeRedis } from './support.js'

const KINDS = [
  ['ioredis', async (url: string) => ioredis(url)],
  ['node-redis', async (url: string) => nodeRedis(url)],
] as const

/** What a watcher hears, one after the other: `next` waits for it. */
function hearing() {
  const heard: string[] = []
  let wake: () => void = () => undefined
  const note = (word: string): void => {
    heard.push(word)
    wake()
  }
  const next = async (): Promise<string | undefined> => {
    if (heard.length === 0) await inTime('something is heard', new Promise<void>((resolve) => (wake = resolve)))
    return heard.shift()
  }
  const listener = {
    changed: (_owner: string, revision: string | undefined) => note(revision ?? 'erased'),
    gap: () => note('gap'),
  }
  return { listener, next, heard }
}

const nothing = (): undefined => undefined

const subscriberLike = Object.fromEntries(
  ['subscribe', 'unsubscribe', 'on', 'off', 'listenerCount'].map((method) => [method, nothing]),
)

describeDatabase('redis', 'watching a RedisStorage', (server) => {
  const killSubscribers = () => administer(server(), 'CLIENT', 'KILL', 'TYPE', 'pubsub')

  test.each(KINDS)(
    'through %s, a subscriber that lost its connection tells of the gap once it hears again',
    async (_name, connect) => {
      const client = ioredis(server().url)
      const storage = new RedisStorage({
        client,
        prefix: newPrefix(),
        listen: redisListen(await connect(server().url)),
      })
      const { listener, next, heard } = hearing()
      const stop = await storage.watch(listener)
      const first = await create(storage, OWNER)
      expect(await next()).toBe(first)
      let base = first
      for (let round = 0; round < 3; round++) {
        await killSubscribers()
        expect(await next()).toBe('gap')
        // From the gap on everything is heard again.
        base = await commit(storage, OWNER, base)
        expect(await next()).toBe(base)
      }
      await stop()
      await commit(storage, OWNER, base)
      await client.ping()
      expect(heard).toEqual([])
    },
  )

  test.each(KINDS)(
    'through %s, one connection serves many, and one that stops leaves the others',
    async (_name, connect) => {
      const subscriber = await connect(server().url)
      const client = ioredis(server().url)
      const prefix = newPrefix()
      const storages = [1, 2].map(() => new RedisStorage({ client, prefix, listen: redisListen(subscriber) }))
      const other = new RedisStorage({ client, prefix: newPrefix(), listen: redisListen(subscriber) })
      const [one, two, three] = [hearing(), hearing(), hearing()]
      const stop = await storages[0]!.watch(one.listener)
      await storages[1]!.watch(two.listener)
      await other.watch(three.listener)
      const first = await create(storages[0]!, OWNER)
      expect([await one.next(), await two.next()]).toEqual([first, first])
      await stop()
      await stop()
      const second = await commit(storages[0]!, OWNER, first)
      expect(await two.next()).toBe(second)
      expect([one.heard, three.heard]).toEqual([[], []])
      await storages[1]!.close()
      await other.close()
    },
  )

  test('two processes see each other’s changes as the same events (promise 22)', async () => {
    const client = ioredis(server().url)
    const prefix = newPrefix()
    const storageOf = () => new RedisStorage({ client, prefix, listen: redisListen(ioredis(server().url)) })
    const one = await start(storageOf())
    const other = await start(storageOf())
    await one.bot.update(ROMEO, { name: 'Ro' })
    expect(await told(other, 1)).toEqual([`added ${ROMEO}`])
    await other.bot.subscribe(ROMEO)
    expect((await told(one, 3)).slice(1)).toEqual([`updated ${ROMEO}`, `${ROMEO} none > none+out by storage`])
    await one.bot.remove(ROMEO)
    expect((await told(other, 4)).slice(-2)).toEqual([`removed ${ROMEO}`, `${ROMEO} none+out > none by storage`])
  })

  test('what happened while nobody could hear is found after the gap', async () => {
    const client = ioredis(server().url)
    const prefix = newPrefix()
    const deaf = await start(new RedisStorage({ client, prefix, listen: redisListen(ioredis(server().url)) }))
    // Nothing of this is published, as if it had been lost.
    const silent = await start(new RedisStorage({ client, prefix }))
    await silent.bot.update(ROMEO, { name: 'Ro' })
    await killSubscribers()
    expect(await told(deaf, 1)).toEqual([`added ${ROMEO}`])
  })

  test('what somebody else says on the channel is no news', async () => {
    const client = ioredis(server().url)
    const prefix = newPrefix()
    const storage = new RedisStorage({ client, prefix, listen: redisListen(ioredis(server().url)) })
    const { listener, next } = hearing()
    await storage.watch(listener)
    for (const text of ['', 'null', '{}', '["a"]', '[1,"r1"]', '["a",7]', 'hello'])
      await client.publish(`${prefix}:changed`, text)
    const first = await create(storage, OWNER)
    expect(await next()).toBe(first)
    await storage.close()
  })

  test('a storage that is closed while it begins to listen hears nothing', async () => {
    const prefix = newPrefix()
    const client = ioredis(server().url)
    const inner = redisListen(ioredis(server().url))
    let close: () => Promise<void> = async () => undefined
    const listen: Listen = async (...args) => {
      const stop = await inner(...args)
      await close()
      return stop
    }
    const storage = new RedisStorage({ client, prefix, listen })
    close = () => storage.close()
    const { listener, heard } = hearing()
    await storage.watch(listener)
    await create(new RedisStorage({ client, prefix, listen: inner }), OWNER)
    expect(await client.pubsub('NUMSUB', `${prefix}:changed`)).toEqual([`${prefix}:changed`, 0])
    expect(heard).toEqual([])
  })

  test.each([
    ['nothing', undefined],
    ['a client that does not listen', { call: nothing }],
    ['a whole cluster of ioredis', { ...subscriberLike, call: nothing, isCluster: true }],
    ['a whole cluster of node-redis', { ...subscriberLike, sendCommand: nothing, nodeClient: nothing }],
  ])('redisListen refuses %s', (_what, subscriber) => {
    expect(() => redisListen(subscriber)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }))
  })

  test.each([[{}], [undefined], [{ get: () => undefined }]])('a storage refuses %j as a client', (client) => {
    expect(() => new RedisStorage({ client: client as never })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    )
  })

  test.each([[''], ['{a}'], ['a}'], [7]])('a storage refuses the prefix %j', (prefix) => {
    const client = { call: async () => undefined }
    expect(() => new RedisStorage({ client, prefix: prefix as string })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    )
  })
})
