import { describe, expect, test } from 'vitest'
import { type IoredisClient, type RedisClient, RedisStorage, redisListen } from '../../../src/redis.js'
import { bucketOf } from '../../../src/storage/redis/keys.js'
import { ownersOf, read } from '../../../src/testing/contract/assertions.js'
import {
  asking,
  commit,
  create,
  item,
  JULIET,
  NURSE,
  newRevision,
  OWNER,
  owed,
} from '../../../src/testing/contract/subject.js'
import { describeDatabase } from '../../databases/describe.js'
import { contents, eventually, ioredis, newPrefix, opened } from './support.js'

/** A client that sends each command twice, as one does that lost the connection before the first answer came. */
const repeating = (client: IoredisClient, meanwhile: () => Promise<unknown> = async () => undefined): RedisClient => ({
  async call(command, ...args) {
    await client.call(command, ...args).catch(() => undefined)
    await meanwhile()
    return client.call(command, ...args)
  },
})

describeDatabase('redis', 'RedisStorage', (server) => {
  const open = () => opened(ioredis(server().url))

  describe('the script cache', () => {
    test('may be emptied at any time: the script is sent again', async () => {
      const { storage, client } = open()
      const base = await create(storage, OWNER)
      await client.script('FLUSH')
      const next = await commit(storage, OWNER, base, { put: [item(JULIET)] })
      await client.script('FLUSH')
      expect(await read(storage, OWNER)).toEqual({ items: [item(JULIET)], owed: [], revision: next })
      await client.script('FLUSH')
      expect(await ownersOf(storage)).toEqual([OWNER])
    })

    test('is not needed by fifty commits that are on their way together', async () => {
      const { storage, client } = open()
      const names = Array.from({ length: 50 }, (_, index) => `user${index}@example.net`)
      const commits = names.map((owner) => create(storage, owner))
      const flushed = client.script('FLUSH')
      await Promise.all([...commits, flushed, ...names.map((owner) => storage.load(owner))])
      expect(await storage.loadMany(names)).toHaveProperty('size', 50)
    })
  })

  describe('a command that the client repeats because it has not seen the answer', () => {
    test('has happened once, and says so', async () => {
      const { storage: plain, client, prefix } = open()
      const storage = new RedisStorage({ client: repeating(client), prefix })
      const base = await create(storage, OWNER, { owe: [owed('a')] })
      const next = await commit(storage, OWNER, base, { put: [asking(JULIET)], owe: [owed('b')] })
      expect(await read(plain, OWNER)).toEqual({
        items: [asking(JULIET)],
        owed: [owed('a'), owed('b')],
        revision: next,
      })
      await commit(storage, OWNER, next, { erase: true })
      expect(await plain.load(OWNER)).toBeUndefined()
    })

    test('has happened also when others have gone on from there', async () => {
      const { storage: plain, client, prefix } = open()
      const base = await create(plain, OWNER)
      const revision = newRevision()
      const goOn = () => commit(plain, OWNER, revision, { put: [item(NURSE)] }).catch(() => undefined)
      const storage = new RedisStorage({ client: repeating(client, goOn), prefix })
      await storage.commit(OWNER, { base, revision, put: [item(JULIET)] })
      expect((await read(plain, OWNER))?.items).toEqual([item(JULIET), item(NURSE)])
    })

    test('conflicts as often as it is sent when it comes from an old revision', async () => {
      const { storage: plain, client, prefix } = open()
      await create(plain, OWNER)
      const storage = new RedisStorage({ client: repeating(client), prefix })
      await expect(commit(storage, OWNER, newRevision())).rejects.toMatchObject({ code: 'STORAGE_CONFLICT' })
    })
  })

  describe('what somebody else wrote under these keys', () => {
    const full = { put: [asking(JULIET), item(NURSE)], owe: [owed('a')] }
    const PLACES = ['the items', 'what is owed', 'the requests', 'the log', 'the owners', 'who owes', 'who is asked']

    test.each(PLACES.map((what, place) => [what, place] as const))(
      'in place of %s makes a commit reject with STORAGE_CORRUPT, and nothing is written',
      async (what, place) => {
        const { storage, client, keysOf } = open()
        const base = await create(storage, OWNER, full)
        const keys = keysOf(OWNER)
        await client.set(keys[place]!, 'something else')
        const before = await contents(client, keys)
        const write = { put: [asking(NURSE)], remove: [JULIET], settle: ['a'], owe: [owed('b')] }
        // Who has a roster already is in the index of owners: only leaving it is written.
        const edit = what === 'the owners' ? { erase: true } : write
        await expect(commit(storage, OWNER, base, edit)).rejects.toMatchObject({
          code: 'STORAGE_CORRUPT',
          owner: OWNER,
        })
        expect(await contents(client, keys)).toEqual(before)
      },
    )

    test('of another type makes reading reject with STORAGE_CORRUPT', async () => {
      const { storage, client, keysOf } = open()
      const base = await create(storage, OWNER, full)
      await client.set(keysOf(OWNER)[1]!, 'something else')
      const corrupt = { code: 'STORAGE_CORRUPT', owner: OWNER }
      await expect(storage.load(OWNER)).rejects.toMatchObject(corrupt)
      await expect(storage.loadMany([OWNER])).rejects.toMatchObject(corrupt)
      await expect(storage.changes(OWNER, base)).rejects.toMatchObject(corrupt)
    })

    test.each([
      ['an item that is no JSON', 0, `:${JULIET}`, '{'],
      ['an item that is no object', 0, `:${JULIET}`, 'null'],
      ['an owed stanza that is no JSON', 1, 'a', '1 <presence/>'],
      ['an owed stanza without a number', 1, 'a', ''],
    ])('%s makes loading reject with STORAGE_CORRUPT', async (_what, place, field, value) => {
      const { storage, client, keysOf } = open()
      await create(storage, OWNER, full)
      await client.hset(keysOf(OWNER)[place]!, field, value)
      await expect(storage.load(OWNER)).rejects.toMatchObject({ code: 'STORAGE_CORRUPT', owner: OWNER })
    })

    test.each(['revision', 'layout'])('a roster without its %s is damaged', async (field) => {
      const { storage, client, keysOf } = open()
      await create(storage, OWNER, full)
      await client.hdel(keysOf(OWNER)[0]!, field)
      await expect(storage.load(OWNER)).rejects.toMatchObject({ code: 'STORAGE_CORRUPT', owner: OWNER })
    })

    test('a newer layout is refused and left as it is', async () => {
      const { storage, client, keysOf } = open()
      const base = await create(storage, OWNER, full)
      await client.hset(keysOf(OWNER)[0]!, 'layout', '2')
      const before = await contents(client, keysOf(OWNER))
      const refused = { code: 'UNSUPPORTED', owner: OWNER }
      await expect(storage.load(OWNER)).rejects.toMatchObject(refused)
      await expect(storage.loadMany([OWNER])).rejects.toMatchObject(refused)
      await expect(storage.changes(OWNER, base)).rejects.toMatchObject(refused)
      await expect(commit(storage, OWNER, base, { put: [item(JULIET)] })).rejects.toMatchObject(refused)
      await expect(commit(storage, OWNER, base, { erase: true })).rejects.toMatchObject(refused)
      expect(await contents(client, keysOf(OWNER))).toEqual(before)
    })
  })

  describe('a server that cannot', () => {
    const failed = { code: 'STORAGE_FAILED', owner: OWNER }

    test.each([
      ['is out of memory', ['maxmemory', '1'], ['maxmemory', '0']],
      ['wants replicas that are not there', ['min-replicas-to-write', '1'], ['min-replicas-to-write', '0']],
    ])('because it %s makes commits reject with STORAGE_FAILED, and nothing is written', async (_why, set, reset) => {
      const { storage, client } = open()
      const base = await create(storage, OWNER, { put: [item(JULIET)] })
      await client.call('CONFIG', 'SET', ...set)
      try {
        await expect(commit(storage, OWNER, base, { put: [item(NURSE)] })).rejects.toMatchObject(failed)
      } finally {
        await client.call('CONFIG', 'SET', ...reset)
      }
      expect(await read(storage, OWNER)).toEqual({ items: [item(JULIET)], owed: [], revision: base })
    })

    test.each([
      ['notify', 'resetchannels'],
      ['let the log go', '-expire'],
      ['mark an owner', '-zadd'],
      ['write an item', '-hset'],
    ])(
      'because its user may not %s makes commits reject with STORAGE_FAILED, and nothing is written',
      async (_what, rule) => {
        const { storage, prefix, client, keysOf } = open()
        const base = await create(storage, OWNER, { put: [item(JULIET)] })
        await client.call('ACL', 'SETUSER', 'limited', 'reset', 'on', 'nopass', `~{${prefix}:*`, '+@all', '&*', rule)
        const limited = ioredis(server().url.replace('redis://', 'redis://limited:any@'))
        const listen = async () => async () => undefined
        const refused = new RedisStorage({ client: limited, prefix, listen })
        const before = await contents(client, [...keysOf(OWNER), ...keysOf(NURSE)])
        await expect(commit(refused, OWNER, base, { put: [item(NURSE)], owe: [owed('a')] })).rejects.toMatchObject(
          failed,
        )
        await expect(create(refused, NURSE)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
        await expect(commit(refused, OWNER, base, { erase: true })).rejects.toMatchObject(failed)
        expect(await contents(client, [...keysOf(OWNER), ...keysOf(NURSE)])).toEqual(before)
        await client.call('ACL', 'SETUSER', 'limited', '+@all', 'allchannels')
        await commit(refused, OWNER, base, { put: [item(NURSE)], owe: [owed('a')] })
      },
    )

    test('because a script keeps it busy makes commits conflict and reading fail', async () => {
      const { storage, client } = open()
      const base = await create(storage, OWNER)
      await client.call('CONFIG', 'SET', 'lua-time-limit', '1')
      const endless = ioredis(server().url).call('EVAL', 'while true do end', '0')
      const killed = expect(endless).rejects.toThrow('killed')
      try {
        await eventually('Redis is busy', async () => (await outcome(storage.load(OWNER))) === 'STORAGE_FAILED')
        expect(await outcome(commit(storage, OWNER, base))).toBe('STORAGE_CONFLICT')
      } finally {
        await client.call('SCRIPT', 'KILL')
        await killed
      }
      expect((await storage.load(OWNER))?.revision).toBe(base)
    })

    test('because it is not there makes everything reject with STORAGE_FAILED', async () => {
      const client = ioredis('redis://127.0.0.1:1', 0)
      const storage = new RedisStorage({ client, listen: redisListen(client) })
      const calls = [
        storage.load(OWNER),
        storage.loadMany([OWNER]),
        storage.changes(OWNER, 'r1'),
        create(storage, OWNER),
        ownersOf(storage),
        storage.watch({ changed: () => undefined, gap: () => undefined }),
      ]
      expect(await Promise.all(calls.map(outcome))).toEqual(calls.map(() => 'STORAGE_FAILED'))
    })
  })

  describe('changes', () => {
    test('know the last 32 commits at least, and 64 at the most', async () => {
      const { storage, client, keysOf } = open()
      const revisions = [await create(storage, OWNER)]
      for (let step = 0; step < 130; step++) {
        revisions.push(await commit(storage, OWNER, revisions.at(-1), { put: [item(`contact${step}@example.com`)] }))
        expect(await client.llen(keysOf(OWNER)[3]!)).toBeLessThanOrEqual(64)
        const known = Math.min(step + 1, 32)
        expect((await storage.changes(OWNER, revisions.at(-1 - known)!))?.put).toHaveLength(known)
      }
      expect(await storage.changes(OWNER, revisions.at(-66)!)).toBeUndefined()
    })

    test('cannot look beyond a commit of hundreds of items, which are as quickly loaded', async () => {
      const { storage } = open()
      const first = await create(storage, OWNER)
      const put = Array.from({ length: 300 }, (_, index) => item(`contact${index}@example.com`))
      const second = await commit(storage, OWNER, first, { put })
      await commit(storage, OWNER, second, { remove: [put[0]!.jid] })
      expect(await storage.changes(OWNER, first)).toBeUndefined()
      expect((await storage.changes(OWNER, second))?.remove).toEqual([put[0]!.jid])
    })

    test('are kept in a log that goes by itself; without it the whole is loaded', async () => {
      const { storage, client, keysOf } = open()
      const first = await create(storage, OWNER)
      const second = await commit(storage, OWNER, first, { put: [item(JULIET)] })
      const log = keysOf(OWNER)[3]!
      expect(await client.ttl(log)).toBeGreaterThan(0)
      await client.del(log)
      expect(await storage.changes(OWNER, first)).toBeUndefined()
      expect((await storage.changes(OWNER, second))?.put).toEqual([])
      await commit(storage, OWNER, second, { put: [item(NURSE)] })
      expect((await storage.changes(OWNER, second))?.put).toEqual([item(NURSE)])
    })
  })

  describe('owners', () => {
    test('come page by page when a bucket has more than one page of them', async () => {
      const { storage } = open()
      const names = Array.from({ length: 400_000 }, (_, index) => `user${index}@example.net`)
      const crowd = names.filter((owner) => bucketOf(owner) === 7).slice(0, 1_234)
      expect(crowd).toHaveLength(1_234)
      await Promise.all(crowd.map((owner) => create(storage, owner)))
      expect(await ownersOf(storage)).toEqual([...crowd].sort())
      expect(await ownersOf(storage, { domain: 'example.net' })).toHaveLength(1_234)
      expect(await ownersOf(storage, { domain: 'example.ne' })).toEqual([])
    })
  })

  describe('loadMany', () => {
    const names = Array.from({ length: 200 }, (_, index) => `user${index}@example.net`)

    test('asks one server by a few scripts, and a Cluster by those that stay in a slot', async () => {
      const { storage: plain, client, prefix } = open()
      await Promise.all(names.map((owner) => create(plain, owner)))
      // As a server of a Cluster, or a proxy before one, refuses.
      let refused = 0
      const slots: RedisClient = {
        async call(command, ...args) {
          const tags = new Set(args.slice(2, 2 + Number(args[1])).map((key) => key.slice(0, key.indexOf('}'))))
          if (tags.size > 1) refused += 1
          if (tags.size > 1) throw new Error("CROSSSLOT Keys in request don't hash to the same slot")
          return client.call(command, ...args)
        },
      }
      const storage = new RedisStorage({ client: slots, prefix })
      for (let round = 0; round < 2; round++) expect((await storage.loadMany(names)).size).toBe(200)
      expect(refused).toBe(Math.ceil(200 / 64))
      const before = Number(/cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1])
      expect((await plain.loadMany(names)).size).toBe(200)
      const after = Number(/cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1])
      expect(after - before).toBe(Math.ceil(200 / 64))
    })
  })

  describe('erasing', () => {
    test('leaves nothing but a log, which goes by itself', async () => {
      const { storage, client, keysOf } = open()
      const base = await create(storage, OWNER, { put: [asking(JULIET)], owe: [owed('a')], version: '1' })
      await commit(storage, OWNER, base, { erase: true })
      const left = await Promise.all(keysOf(OWNER).map((key) => client.exists(key)))
      expect(left).toEqual([0, 0, 0, 1, 0, 0, 0])
      expect(await client.lrange(keysOf(OWNER)[3]!, 0, -1)).toEqual([expect.stringMatching(/^[0-9a-f]{44}$/)])
      expect(await client.ttl(keysOf(OWNER)[3]!)).toBeGreaterThan(0)
    })
  })

  describe('without listen', () => {
    test('nothing is published and watching tells nothing', async () => {
      const { storage: silent, client, prefix } = open()
      const loud = new RedisStorage({ client, prefix, listen: redisListen(ioredis(server().url)) })
      const heard: (string | undefined)[] = []
      const changed = (_owner: string, revision: string | undefined) => void heard.push(revision)
      const stop = await silent.watch({ changed: () => heard.push('told without listen'), gap: () => undefined })
      await loud.watch({ changed, gap: () => undefined })
      const first = await create(silent, OWNER)
      const second = await commit(loud, OWNER, first)
      await eventually('it is told', async () => heard.length > 0)
      expect(heard).toEqual([second])
      await stop()
      await loud.close()
    })
  })

  describe('close', () => {
    test('makes every other call reject with CLOSED, and leaves the client open', async () => {
      const { storage, client } = open()
      await storage.close()
      await storage.close()
      const calls = [
        storage.load(OWNER),
        storage.loadMany([OWNER]),
        storage.changes(OWNER, 'r1'),
        create(storage, OWNER),
        ownersOf(storage),
        storage.watch({ changed: () => undefined, gap: () => undefined }),
      ]
      expect(await Promise.all(calls.map(outcome))).toEqual(calls.map(() => 'CLOSED'))
      expect(await client.ping()).toBe('PONG')
    })

    test('ends a walk over the owners', async () => {
      const { storage } = open()
      await create(storage, OWNER)
      await create(storage, NURSE)
      const walk = storage.owners()
      await walk.next()
      await storage.close()
      await expect(walk.next()).rejects.toMatchObject({ code: 'CLOSED' })
    })

    test('stops what watches: nobody listens on the server any more', async () => {
      const { client, prefix } = open()
      const storage = new RedisStorage({ client, prefix, listen: redisListen(ioredis(server().url)) })
      await storage.watch({ changed: () => undefined, gap: () => undefined })
      const listeners = async () => (await client.pubsub('NUMSUB', `${prefix}:changed`))[1]
      expect(await listeners()).toBe(1)
      await storage.close()
      await eventually('nobody listens', async () => (await listeners()) === 0)
    })
  })

  test('a commit that is no change rejects, and nothing is written', async () => {
    const { storage } = open()
    const base = await create(storage, OWNER)
    const broken = { put: [item(NURSE), null as never] }
    await expect(commit(storage, OWNER, base, broken)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(await read(storage, OWNER)).toEqual({ items: [], owed: [], revision: base })
  })

  test('of an item that is put twice in a change the last word counts', async () => {
    const { storage } = open()
    await create(storage, OWNER, { put: [asking(JULIET), item(JULIET)] })
    expect((await read(storage, OWNER))?.items).toEqual([item(JULIET)])
    expect(await ownersOf(storage, { with: 'request' })).toEqual([])
  })

  test('a client that maps replies to buffers is told so', async () => {
    const { client } = open()
    const binary: RedisClient = { call: async (...command) => client.callBuffer(...(command as [string])) }
    const storage = new RedisStorage({ client: binary, prefix: newPrefix() })
    await expect(create(storage, OWNER)).rejects.toThrow('Expected text from Redis')
  })

  test('keys of one owner share a hash tag, whatever the owner is made of', async () => {
    const { keysOf } = open()
    for (const owner of [OWNER, '{x}', '}{', '{}', '{{a}}@{b}', `o'{"brien"}@example.com`]) {
      const tags = new Set(keysOf(owner).map((key) => /\{([^}]*)\}/.exec(key)?.[1]))
      expect(tags.size).toBe(1)
    }
  })
})

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: { code?: unknown }) => error.code,
  )
