import { Redis } from 'ioredis'
import { afterAll, describe, test } from 'vitest'
import { RedisStorage, redisListen } from '../../../src/redis.js'
import { storageContract } from '../../../src/testing/contract/contract.js'
import { describeDatabase } from '../../databases/describe.js'

describeDatabase('redis', 'RedisStorage through ioredis', (server) => {
  let connections: readonly [Redis, Redis] | undefined
  afterAll(() => {
    for (const connection of connections ?? []) connection.disconnect()
  })
  storageContract({ describe, test }, async (prefix) => {
    connections ??= [new Redis(server().url), new Redis(server().url)]
    const [client, subscriber] = connections
    return new RedisStorage({ client, prefix, listen: redisListen(subscriber) })
  })
})
