import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { postgresListen } from '../../../src/sql.js'
import { manualClock } from '../../../src/testing.js'

/** A client of `pg` that answers when it is told to. */
class FakeClient extends EventEmitter {
  readonly asked: string[] = []
  isEnded = false
  isDeaf = false

  async query(sql: string): Promise<void> {
    this.asked.push(sql)
    if (this.isDeaf) await new Promise(() => undefined)
  }

  async end(): Promise<void> {
    this.isEnded = true
    if (this.isDeaf) await new Promise(() => undefined)
  }
}

/** A watcher with a clock that is turned by hand; each call of `connect` takes what stands next in the list. */
function watching(...offers: readonly (FakeClient | Error | unknown)[]) {
  const clock = manualClock()
  const told: string[] = []
  let calls = 0
  const connect = async (): Promise<unknown> => {
    const offer = offers[calls++]
    if (offer instanceof Error) throw offer
    return offer
  }
  const listening = postgresListen(connect, { clock })(
    'a "channel"',
    (text) => told.push(text),
    () => told.push('gap'),
  )
  return { clock, told, listening, calls: () => calls }
}

describe('postgresListen', () => {
  test('listens to the channel and passes on its messages, not those of others', async () => {
    const client = new FakeClient()
    const { told, listening } = watching(client)
    const stop = await listening
    expect(client.asked).toEqual(['LISTEN "a ""channel"""'])
    client.emit('notification', { channel: 'another', payload: 'no' })
    client.emit('notification', { channel: 'a "channel"', payload: 'yes' })
    client.emit('notification', { channel: 'a "channel"' })
    expect(told).toEqual(['yes', ''])
    await stop()
    client.emit('notification', { channel: 'a "channel"', payload: 'late' })
    expect([told, client.isEnded]).toEqual([['yes', ''], true])
  })

  test('a channel that cannot be heard at the start is told, and nothing is left of it', async () => {
    const { clock, told, listening, calls } = watching(new Error('down'), new FakeClient())
    await expect(listening).rejects.toMatchObject({ code: 'STORAGE_FAILED', message: expect.stringContaining('down') })
    await clock.advance(60_000)
    expect([calls(), told, clock.waiting]).toEqual([1, [], 0])
  })

  test('a server that lets nobody listen is told at the start, and the client is let go', async () => {
    const client = new FakeClient()
    client.query = () => Promise.reject(new Error('permission denied'))
    const { clock, listening, calls } = watching(client, new FakeClient())
    await expect(listening).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect([client.isEnded, calls(), clock.waiting]).toEqual([true, 1, 0])
  })

  test('a connection that is lost before the channel is heard is told at the start', async () => {
    const client = new FakeClient()
    client.isDeaf = true
    const { clock, listening, calls } = watching(client, new FakeClient())
    await clock.advance(0)
    client.emit('end')
    await expect(listening).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect([calls(), clock.waiting]).toEqual([1, 0])
  })

  test('a lost connection that cannot be made again is tried again, each time later, and that is one gap', async () => {
    const down = new Error('down')
    const [first, last] = [new FakeClient(), new FakeClient()]
    const { clock, told, listening, calls } = watching(first, down, down, last)
    await listening
    first.emit('end')
    await clock.advance(50)
    expect(calls()).toBe(2)
    await clock.advance(100)
    expect(calls()).toBe(3)
    await clock.advance(200)
    expect([calls(), told]).toEqual([4, ['gap']])
  })

  test('attempts are at most ten seconds apart', async () => {
    const first = new FakeClient()
    const { clock, listening, calls } = watching(first, ...Array.from({ length: 100 }, () => new Error('down')))
    await listening
    first.emit('end')
    await clock.advance(60_000)
    const before = calls()
    await clock.advance(30_000)
    expect(calls() - before).toBeGreaterThanOrEqual(3)
    expect(calls() - before).toBeLessThanOrEqual(6)
  })

  test.each(['error', 'end'])(
    'after "%s" it comes back once, with one gap, and the old client is let go',
    async (event) => {
      const [first, second] = [new FakeClient(), new FakeClient()]
      const { clock, told, listening, calls } = watching(first, second)
      await listening
      first.emit(event, new Error('lost'))
      first.emit('error', new Error('lost again'))
      first.emit('end')
      await clock.advance(100)
      expect([calls(), told, first.isEnded]).toEqual([2, ['gap'], true])
      first.emit('notification', { channel: 'a "channel"', payload: 'of the dead' })
      second.emit('notification', { channel: 'a "channel"', payload: 'alive' })
      expect(told).toEqual(['gap', 'alive'])
    },
  )

  test('a connection that does not answer any more is given up within a minute', async () => {
    const [first, second] = [new FakeClient(), new FakeClient()]
    const { clock, told, listening, calls } = watching(first, second)
    await listening
    await clock.advance(90_000)
    expect([calls(), told]).toEqual([1, []])
    first.isDeaf = true
    await clock.advance(60_000)
    expect([calls(), told]).toEqual([2, ['gap']])
  })

  test('stopping while a new connection is on its way ends that one, and the waiting', async () => {
    const [first, second] = [new FakeClient(), new FakeClient()]
    const { clock, told, listening, calls } = watching(first, second)
    const stop = await listening
    first.emit('end')
    await stop()
    await clock.advance(60_000)
    expect([calls(), told, clock.waiting]).toEqual([1, [], 0])
  })

  test('stopping does not wait for ever for a connection that is silent', async () => {
    const client = new FakeClient()
    const { clock, listening } = watching(client)
    const stop = await listening
    client.isDeaf = true
    const stopped = stop()
    await clock.advance(10_000)
    await stopped
    expect(clock.waiting).toBe(0)
  })

  test('connect has to give a client', async () => {
    await expect(watching(undefined).listening).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(watching({ query: 1 }).listening).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})
