import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { afterAll, describe, expect, test } from 'vitest'
import { RedisStorage, redisListen } from '../../../src/redis.js'
import { storageContract } from '../../../src/testing/contract/contract.js'
import { describeRedisCluster } from '../../databases/describe.js'
import { failOver } from '../../databases/redis.js'
import { counters, newPrefix, whileCounting } from './support.js'

describeRedisCluster('RedisStorage on a Cluster', (cluster) => {
  const closing: (() => void)[] = []
  afterAll(() => {
    for (const close of closing.splice(0)) close()
  })

  const openIoredis = () => {
    const client = new Cluster(cluster().masters.map(({ port }) => ({ host: '127.0.0.1', port })))
    // Each node hears all, so any will do: not the one where most is written.
    const subscriber = new Redis(cluster().masters[2]!.url)
    closing.push(
      () => client.disconnect(),
      () => subscriber.disconnect(),
    )
    return { client, listen: redisListen(subscriber) }
  }

  const openNodeRedis = async () => {
    const client = createCluster({ rootNodes: cluster().masters.map(({ url }) => ({ url })) })
    const subscriber = createClient({ url: cluster().masters[0]!.url })
    await Promise.all([client.connect(), subscriber.connect()])
    closing.push(
      () => client.destroy(),
      () => subscriber.destroy(),
    )
    return { client, listen: redisListen(subscriber) }
  }

  describe('through ioredis', () => {
    let opened: ReturnType<typeof openIoredis> | undefined
    storageContract({ describe, test }, async (prefix) => {
      opened ??= openIoredis()
      return new RedisStorage({ ...opened, prefix })
    })
  })

  describe('through node-redis', () => {
    let opened: ReturnType<typeof openNodeRedis> | undefined
    storageContract({ describe, test }, async (name) => {
      opened ??= openNodeRedis()
      return new RedisStorage({ ...(await opened), prefix: `node_${name}` })
    })
  })

  describe('an orderly failover under load', () => {
    test.each([
      ['ioredis', openIoredis, 'replicas'],
      ['node-redis', openNodeRedis, 'masters'],
    ] as const)('loses nothing that was acknowledged through %s', async (_name, open, heirs) => {
      const { client } = await open()
      const storage = new RedisStorage({ client, prefix: newPrefix() })
      const all = counters(storage, 24)
      await whileCounting(all, () => failOver(cluster(), cluster()[heirs][0]!))
      for (const { owner, acknowledged } of all)
        expect(await storage.load(owner)).toMatchObject({ version: String(acknowledged) })
    })
  })
})
