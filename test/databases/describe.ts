import { afterAll, beforeAll, describe, test } from 'vitest'
import { hasMariaDb, startMariaDb } from './mariadb.js'
import { hasPostgres, startPostgres } from './postgres.js'
import { hasRedis, type RedisCluster, startRedis, startRedisCluster } from './redis.js'
import type { DatabaseServer } from './server.js'

const HOOK_MS = 240_000
const TEST_MS = 240_000

interface Kind<Server> {
  /** Name of the Debian package. */
  readonly debian: string
  installed(): boolean
  start(): Promise<Server>
}

const KINDS = {
  postgres: { debian: 'postgresql-15', installed: hasPostgres, start: startPostgres },
  mariadb: { debian: 'mariadb-server', installed: hasMariaDb, start: startMariaDb },
  redis: { debian: 'redis-server', installed: hasRedis, start: () => startRedis() },
  /** Each write is in its file before it is acknowledged. */
  durableRedis: { debian: 'redis-server', installed: hasRedis, start: () => startRedis({ appendonly: true }) },
} as const satisfies Readonly<Record<string, Kind<DatabaseServer>>>

const REDIS_CLUSTER: Kind<RedisCluster> = { ...KINDS.redis, start: startRedisCluster }

/** In CI a server that is missing fails the suite: skipped tests would look like passed ones there. */
function withoutServer(title: string, message: string): void {
  if (process.env['CI']) {
    describe(title, () => {
      test('has its server', () => {
        throw new Error(message)
      })
    })
    return
  }
  console.warn(`!!! SKIPPED: ${title}: ${message}`)
  describe.skip(title, () => test('needs its server', () => undefined))
}

/**
 * A suite with a database server of its own, started before it and stopped after it; `server` gives it to tests and
 * hooks. A server that is not installed fails the suite where CI is set, and is skipped elsewhere.
 */
export function describeDatabase(
  kind: keyof typeof KINDS,
  title: string,
  body: (server: () => DatabaseServer) => void,
): void {
  describeKind(KINDS[kind], title, body)
}

/** As `describeDatabase`, with six servers of Redis that are one Cluster. */
export const describeRedisCluster = (title: string, body: (cluster: () => RedisCluster) => void): void =>
  describeKind(REDIS_CLUSTER, title, body)

function describeKind<Server extends { stop(): Promise<void> }>(
  { debian, installed, start }: Kind<Server>,
  title: string,
  body: (server: () => Server) => void,
): void {
  if (!installed()) {
    withoutServer(title, `its server is not installed: install the Debian package "${debian}"`)
    return
  }
  describe(title, { timeout: TEST_MS }, () => {
    let running: Server | undefined
    beforeAll(async () => {
      running = await start()
    }, HOOK_MS)
    afterAll(async () => running?.stop(), HOOK_MS)
    body(() => {
      if (running === undefined) throw new Error('The server runs only during tests and their hooks')
      return running
    })
  })
}
