import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { onTestFinished } from 'vitest'
import { type RedisClient, RedisStorage } from '../../../src/redis.js'
import type { RosterStorage } from '../../../src/storage/port.js'
import { Keys } from '../../../src/storage/redis/keys.js'
import { inTime } from '../../../src/testing/contract/assertions.js'
import { newRevision } from '../../../src/testing/contract/subject.js'
import { turn } from '../../support/fake-component.js'

/** A connection that is closed with the test. Its errors are seen by whoever waits for an answer. */
export function ioredis(url: string, tries = 20): Redis {
  const retryStrategy = () => (tries === 0 ? null : 20)
  const client = new Redis(url, { retryStrategy, maxRetriesPerRequest: tries })
  client.on('error', () => undefined)
  onTestFinished(() => client.disconnect())
  return client
}

export async function nodeRedis(url: string) {
  const client = createClient({ url, socket: { reconnectStrategy: () => 20 } })
  client.on('error', () => undefined)
  onTestFinished(() => client.destroy())
  return client.connect()
}

let count = 0

/** A prefix that no other test has. */
export const newPrefix = (): string => `test_${++count}`

/** A storage of its own, with what is needed to look behind it. */
export function opened(client: Redis, seenThrough: RedisClient = client) {
  const prefix = newPrefix()
  const keysOf = (owner: string): readonly string[] => {
    const { items, owed, asks, log, indexes } = new Keys(prefix).of(owner)
    return [items, owed, asks, log, ...Object.values(indexes)]
  }
  return { prefix, client, storage: new RedisStorage({ client: seenThrough, prefix }), keysOf }
}

/** What the keys hold, whatever type they are of, in an order to compare by. */
export const contents = (client: Redis, keys: readonly string[]): Promise<readonly unknown[]> =>
  Promise.all(keys.map(async (key) => contentOf(client, key, await client.type(key))))

async function contentOf(client: Redis, key: string, type: string): Promise<unknown> {
  if (type === 'hash') return client.hgetall(key)
  if (type === 'set') return (await client.smembers(key)).sort()
  if (type === 'list') return client.lrange(key, 0, -1)
  if (type === 'zset') return client.zrange(key, '0', '-1')
  return type === 'string' ? client.get(key) : type
}

/** A writer that counts in the version of one owner, as the library would: what is unknown, the revision tells. */
export class Counting {
  readonly owner: string
  acknowledged = 0
  readonly #storage: RosterStorage
  #base: string | undefined

  constructor(storage: RosterStorage, owner: string) {
    this.#storage = storage
    this.owner = owner
  }

  /** Counts until `enough` says so, through whatever trouble. */
  async until(enough: () => boolean): Promise<void> {
    while (!enough()) await this.#next()
  }

  async #next(): Promise<void> {
    const revision = newRevision()
    const change = { base: this.#base, revision, version: String(this.acknowledged + 1) }
    try {
      await this.#storage.commit(this.owner, change)
    } catch {
      if ((await this.#now()) !== revision) return
    }
    this.#base = revision
    this.acknowledged += 1
  }

  /** The revision, as soon as it can be asked for. A client without a connection may reject at once: it needs its turns. */
  async #now(): Promise<string | undefined> {
    for (;;) {
      try {
        return (await this.#storage.load(this.owner))?.revision
      } catch {
        await turn()
      }
    }
  }
}

export const counters = (storage: RosterStorage, owners: number): readonly Counting[] =>
  Array.from({ length: owners }, (_, index) => new Counting(storage, `owner${index}@example.net`))

/** All of them count, before, while and after something happens: at least 200 times before and after. */
export async function whileCounting(all: readonly Counting[], happen: () => Promise<void>): Promise<void> {
  const total = (): number => all.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  let last = Number.POSITIVE_INFINITY
  const counting = Promise.all(all.map((one) => one.until(() => total() >= last)))
  try {
    await eventually('200 are acknowledged', async () => total() >= 200)
    await happen()
  } finally {
    last = total() + 200
    await counting
  }
}

/** Asks again and again until it is so. */
export const eventually = (what: string, isSo: () => Promise<boolean>): Promise<void> =>
  inTime(
    what,
    (async () => {
      while (!(await isSo())) await turn()
    })(),
  )
