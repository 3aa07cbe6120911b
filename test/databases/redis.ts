import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePorts } from '../servers/support/ports.js'
import { programNamed, runBy } from './programs.js'
import { type DatabaseKind, type DatabaseServer, startDatabase } from './server.js'

export interface RedisOptions {
  /** Whether each write is in the file (`appendfsync always`) before it is acknowledged. Default `false`: it lives in memory only. */
  readonly appendonly?: boolean
}

/** REDIS_SERVER names another program to try, such as a valkey-server. */
const program = (): string | undefined => process.env['REDIS_SERVER'] ?? programNamed('redis-server')

export const hasRedis = (): boolean => program() !== undefined

/** A Redis of its own, empty. Resolves once it answers. What was written goes with it unless it has `appendonly`. */
export const startRedis = (options: RedisOptions = {}): Promise<DatabaseServer> => startDatabase(kindOf(options, []))

const kindOf = ({ appendonly = false }: RedisOptions, more: readonly string[]): DatabaseKind => ({
  name: 'redis',
  account: 'root',
  create: async () => undefined,
  command: (folder, port, account) =>
    runBy(account, {
      file: program() ?? 'redis-server',
      args: [
        ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', ''],
        ...['--appendonly', appendonly ? 'yes' : 'no', '--appendfsync', 'always', '--no-appendfsync-on-rewrite', 'no'],
        ...['--pidfile', join(folder, 'pid'), '--daemonize', 'no', ...more],
      ],
    }),
  url: (port) => `redis://127.0.0.1:${port}`,
  ping: (url) => once(url, async (redis) => void (await redis.ping())),
  signals: { shutDown: 'SIGTERM', kill: 'SIGKILL' },
})

/** A connection for one thing: what fails is not tried again. */
async function once<T>(url: string, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    return await ask(redis)
  } finally {
    redis.disconnect()
  }
}

/** One server as an administrator talks to it. */
export const administer = (server: DatabaseServer, ...command: readonly string[]): Promise<unknown> => {
  const [name = '', ...args] = command
  return once(server.url, (redis) => redis.call(name, ...args))
}

/** Three masters that share the slots, with a replica each. */
export interface RedisCluster {
  readonly masters: readonly DatabaseServer[]
  /** In the order of their masters, as long as nobody failed over. */
  readonly replicas: readonly DatabaseServer[]
  stop(): Promise<void>
}

const SLOTS = 16_384
const TRIES = 3
const PATIENCE_MS = 60_000

/** Resolves once every node sees every other one, and all slots are served. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes: DatabaseServer[] = []
  const stop = async (): Promise<void> => void (await Promise.all(nodes.map((node) => node.stop())))
  try {
    nodes.push(...(await Promise.all(Array.from({ length: 6 }, startNode))))
    const [masters, replicas] = [nodes.slice(0, 3), nodes.slice(3)]
    await unite(masters, replicas)
    return { masters, replicas, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The second port, over which the nodes talk to each other, is chosen here; somebody else may take it first. */
async function startNode(): Promise<DatabaseServer> {
  for (let left = TRIES; ; left--) {
    const [bus = 0] = await freePorts(1)
    const flags = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-port', String(bus)]
    try {
      return await startDatabase(
        kindOf({}, [...flags, '--cluster-node-timeout', '5000', '--repl-diskless-sync-delay', '0']),
      )
    } catch (error) {
      if (left === 1) throw error
    }
  }
}

async function unite(masters: readonly DatabaseServer[], replicas: readonly DatabaseServer[]): Promise<void> {
  const nodes = [...masters, ...replicas]
  const share = Math.ceil(SLOTS / masters.length)
  for (const [index, node] of nodes.entries()) await administer(node, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
  for (const [index, master] of masters.entries()) {
    const last = Math.min((index + 1) * share, SLOTS) - 1
    await administer(master, 'CLUSTER', 'ADDSLOTSRANGE', String(index * share), String(last))
  }
  for (const node of nodes.slice(1)) await meet(nodes[0]!, node)
  await everywhere(
    nodes,
    'CLUSTER NODES',
    (text) => text.trim().split('\n').length === nodes.length && !/handshake|noaddr/.test(text),
  )
  for (const [index, replica] of replicas.entries()) {
    const id = await administer(masters[index]!, 'CLUSTER', 'MYID')
    await administer(replica, 'CLUSTER', 'REPLICATE', String(id))
  }
  await everywhere(nodes, 'CLUSTER INFO', (text) => text.includes('cluster_state:ok'))
  await knowingReplicas(nodes, replicas.length)
  await everywhere(replicas, 'INFO replication', (text) => text.includes('master_link_status:up'))
}

/** A master that does not know its replica yet would not hand over to it. */
const knowingReplicas = (nodes: readonly DatabaseServer[], count: number): Promise<void> =>
  everywhere(nodes, 'CLUSTER NODES', (text) => (text.match(/\bslave\b/g) ?? []).length === count)

/** An orderly failover: the replica takes its master's place once it has all that the master has. */
export async function failOver({ masters, replicas }: RedisCluster, heir: DatabaseServer): Promise<void> {
  await knowingReplicas([...masters, ...replicas], replicas.length)
  await everywhere([heir], 'INFO replication', (text) => text.includes('master_link_status:up'))
  const timeouts = (): number => heir.logs().split('Manual failover timed out').length
  let asked = -1
  await everywhere(
    [heir],
    'INFO replication',
    (text) => text.includes('role:master'),
    async () => {
      // A busy cluster may let the time for it pass.
      if (asked === timeouts()) return
      asked = timeouts()
      await administer(heir, 'CLUSTER', 'FAILOVER')
    },
  )
}

async function meet(one: DatabaseServer, other: DatabaseServer): Promise<void> {
  const found = String(await administer(other, 'CONFIG', 'GET', 'cluster-port')).split(',')
  await administer(one, 'CLUSTER', 'MEET', '127.0.0.1', String(other.port), found[1] ?? '')
}

/** Asks again and again until all say so. */
async function everywhere(
  nodes: readonly DatabaseServer[],
  question: string,
  agrees: (answer: string) => boolean,
  otherwise: () => Promise<void> = async () => undefined,
): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  for (const node of nodes) {
    for (;;) {
      const answer = String(await administer(node, ...question.split(' ')))
      if (agrees(answer)) break
      if (Date.now() > end) throw new Error(`${question} of port ${node.port} is still:\n${answer}`)
      await otherwise()
      await delay(50)
    }
  }
}
