import { RosterError } from '../../core/errors.js'
import type { Listen } from '../listen.js'
import { has, isCluster } from './client.js'

type Told = (...args: unknown[]) => void

/** What ioredis and node-redis have in common as subscribers. */
interface Subscriber {
  subscribe(channel: string, listener?: Told): Promise<unknown>
  unsubscribe(channel: string, listener?: Told): Promise<unknown>
  on(event: string, listener: Told): unknown
  off(event: string, listener: Told): unknown
  listenerCount(event: string): number
}

/** How one kind of client is heard; resolves with how to stop. */
type Hear = (channel: string, onMessage: (text: string) => void, onBack: () => void) => Promise<() => Promise<void>>

/**
 * `listen` over pub/sub on a connection of its own, made with the same library as the storage's client: a subscribed
 * connection takes no other commands. The application opens it (node-redis: `connect()`) and closes it, and one
 * `redisListen` of it can serve any number of storages.
 *
 * In a Cluster it is a plain connection to any node: each hears all. After it was lost and is there again, and subscribed
 * again, every watcher is told of the gap.
 *
 * @throws {RosterError} `UNSUPPORTED`: not a connection of ioredis or node-redis, or a whole cluster
 */
export function redisListen(subscriber: unknown): Listen {
  if (!isSubscriber(subscriber) || isCluster(subscriber)) {
    throw new RosterError(
      'UNSUPPORTED',
      'Expected a connection of ioredis or node-redis to one server: a cluster client does not say when it has missed something.',
    )
  }
  const hear = has(subscriber, 'call') ? ioredis(subscriber) : nodeRedis(subscriber)
  return async (channel, onMessage, onGap) => {
    const stop = await hear(channel, onMessage, onGap)
    let stopping: Promise<void> | undefined
    return () => {
      stopping ??= stop()
      return stopping
    }
  }
}

const isSubscriber = (value: unknown): value is Subscriber =>
  ['subscribe', 'unsubscribe', 'on', 'off', 'listenerCount'].every((method) => has(value, method))

/** All who listen share the connection's one list of channels: the last one who stops leaves the channel. */
const ioredis =
  (subscriber: Subscriber): Hear =>
  async (channel, onMessage, onBack) => {
    const told: Told = (on, text) => {
      if (on === channel && typeof text === 'string') onMessage(text)
    }
    const back = (): void => {
      // It has subscribed again by itself, or is about to. When this is answered it certainly has; when this fails, the
      // connection was lost once more, and its next return comes here too.
      void subscriber.subscribe(channel).then(onBack, () => undefined)
    }
    subscriber.on('message', told)
    try {
      await subscriber.subscribe(channel)
    } catch (cause) {
      subscriber.off('message', told)
      throw cause
    }
    subscriber.on('ready', back)
    return async () => {
      subscriber.off('message', told)
      subscriber.off('ready', back)
      if (subscriber.listenerCount('message') === 0) await leave(subscriber, channel)
    }
  }

/** node-redis calls each listener for itself, and is `ready` only after it has subscribed again. */
const nodeRedis =
  (subscriber: Subscriber): Hear =>
  async (channel, onMessage, onBack) => {
    const told: Told = (text) => {
      if (typeof text === 'string') onMessage(text)
    }
    await subscriber.subscribe(channel, told)
    subscriber.on('ready', onBack)
    return async () => {
      subscriber.off('ready', onBack)
      await leave(subscriber, channel, told)
    }
  }

/** A connection that is closed already hears nothing more. */
async function leave(subscriber: Subscriber, channel: string, told?: Told): Promise<void> {
  try {
    await (told === undefined ? subscriber.unsubscribe(channel) : subscriber.unsubscribe(channel, told))
  } catch {
    return
  }
}
