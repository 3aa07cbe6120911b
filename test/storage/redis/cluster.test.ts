import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { afterAll, describe, test } from 'vitest'
import { RedisStorage, redisListen } from '../../../src/redis.js'
import { storageContract } from '../../../src/testing/contract/contract.js'
import { describeRedisCluster } from '../../databases/describe.js'

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
})
