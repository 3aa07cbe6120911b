import { RosterError } from '../../core/errors.js'

/**
 * The part of a client that is used: of ioredis a `Redis` or a `Cluster`, of node-redis a client, a pool of them or a
 * cluster. The application makes, configures, connects and closes it. Its replies must be text, which is the default.
 */
export type RedisClient = IoredisClient | NodeRedisClient | NodeRedisCluster

/** ioredis, and what is made after it. */
export interface IoredisClient {
  /** Sends one command, by name. */
  call(command: string, ...args: string[]): Promise<unknown>
}

/** A client or a pool of node-redis. */
export interface NodeRedisClient {
  /** Sends one command: its name, then its arguments. */
  sendCommand(args: string[]): Promise<unknown>
}

/** A cluster of node-redis: it is told the key that decides about the node. */
export interface NodeRedisCluster {
  /** Sends one command to the node that has `firstKey`. */
  sendCommand(firstKey: string | undefined, isReadonly: boolean | undefined, args: string[]): Promise<unknown>
  /** What only a cluster has. */
  nodeClient(node: never): unknown
}

/** Sends one command, which the client may keep, to where `key` lives. */
export type Send = (key: string, command: string[]) => Promise<unknown>

/** Spreading more arguments than some hundred thousand overflows the stack. */
const MOST_SPREAD = 10_000

/**
 * One way to send for all clients.
 *
 * @throws {RosterError} `UNSUPPORTED`: it is none of them
 */
export function senderOf(client: RedisClient): Send {
  // ioredis has both methods, and its sendCommand takes something else.
  if (has(client, 'call')) {
    const ioredis = client as IoredisClient
    return (_key, command) => callIoredis(ioredis, command)
  }
  if (isNodeRedisCluster(client)) {
    const cluster = client as NodeRedisCluster
    return (key, command) => cluster.sendCommand(key, false, command)
  }
  if (has(client, 'sendCommand')) {
    const node = client as NodeRedisClient
    return (_key, command) => node.sendCommand(command)
  }
  throw new RosterError('UNSUPPORTED', 'Expected a client of ioredis or node-redis, but it has no call or sendCommand.')
}

/** Both ioredis and node-redis have pub/sub on a cluster, but neither says when it lost a connection there. */
export const isCluster = (client: unknown): boolean =>
  (client as { isCluster?: unknown } | undefined)?.isCluster === true || isNodeRedisCluster(client)

export const has = (client: unknown, method: string): boolean =>
  typeof client === 'object' && client !== null && typeof Reflect.get(client, method) === 'function'

const isNodeRedisCluster = (client: unknown): boolean => has(client, 'sendCommand') && has(client, 'nodeClient')

function callIoredis(client: IoredisClient, command: string[]): Promise<unknown> {
  if (command.length <= MOST_SPREAD) return client.call(...(command as [string, ...string[]]))
  const [name = '', ...args] = command
  // It flattens what it gets.
  return client.call(name, args as unknown as string)
}
