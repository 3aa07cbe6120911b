export type { Listen } from './storage/listen.js'
export type { IoredisClient, NodeRedisClient, NodeRedisCluster, RedisClient } from './storage/redis/client.js'
export { redisListen } from './storage/redis/listen.js'
export { RedisStorage, type RedisStorageOptions } from './storage/redis/storage.js'
