import { createClient } from 'redis'
import { afterAll, describe, test } from 'vitest'
import { RedisStorage, redisListen } from '../../../src/redis.js'
import { storageContract } from '../../../src/testing/contract/contract.js'
import { describeDatabase } from '../../databases/describe.js'

describeDatabase('redis', 'RedisStorage through node-redis', (server) => {
  const connect = () => createClient({ url: server().url }).connect()
  let connections: Promise<Awaited<ReturnType<typeof connect>>[]> | undefined
  afterAll(async () => {
    for (const connection of (await connections) ?? []) connection.destroy()
  })
  storageContract({ describe, test }, async (prefix) => {
    connections ??= Promise.all([connect(), connect()])
    const [client, subscriber] = await connections
    return new RedisStorage({ client: client!, prefix, listen: redisListen(subscriber) })
  })
})
