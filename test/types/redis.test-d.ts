import type { Cluster, Redis } from 'ioredis'
import type { createClient, createClientPool, createCluster } from 'redis'
import { expectTypeOf, test } from 'vitest'
import { type RedisClient, RedisStorage, redisListen } from '../../src/redis.js'

test('clients of ioredis and node-redis are taken as they are (promise 27)', () => {
  expectTypeOf<Redis>().toExtend<RedisClient>()
  expectTypeOf<Cluster>().toExtend<RedisClient>()
  expectTypeOf<ReturnType<typeof createClient>>().toExtend<RedisClient>()
  expectTypeOf<ReturnType<typeof createClientPool>>().toExtend<RedisClient>()
  expectTypeOf<ReturnType<typeof createCluster>>().toExtend<RedisClient>()
  expectTypeOf(RedisStorage).toBeConstructibleWith({ client: {} as Redis, listen: redisListen({} as Redis) })
})

test('what is no client is none', () => {
  expectTypeOf<{ readonly get: () => void }>().not.toExtend<RedisClient>()
  // @ts-expect-error: a storage needs a client
  expectTypeOf(RedisStorage).toBeConstructibleWith({})
})
