import { EventEmitter } from 'eventemitter3'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import { type RosterItem, rosterItem } from '../../../src/core/item.js'
import { Bus } from '../../../src/roster/bus.js'
import type { RosterEvents } from '../../../src/roster/events.js'
import { EventStream, type StreamOptions } from '../../../src/roster/stream.js'
import { manualClock } from '../../../src/testing/clock.js'

const owner = 'romeo@example.net'
const item = (name: string): RosterItem => rosterItem({ jid: 'juliet@example.com', state: 'none', name })

function listen<K extends keyof RosterEvents = keyof RosterEvents>(
  options: StreamOptions<K> = {},
): { bus: Bus; stream: EventStream<K>; ended: ReturnType<typeof vi.fn>; add: (name: string) => void } {
  const bus = new Bus(new EventEmitter<RosterEvents>(), manualClock())
  const ended = vi.fn()
  const stream = new EventStream<K>(bus, options, ended)
  return { bus, stream, ended, add: (name) => bus.emit('added', { owner, item: item(name) }) }
}

const DONE = { done: true, value: undefined }
const named = (name: string): object => ({ done: false, value: { type: 'added', event: { item: { name } } } })

describe('A stream of events', () => {
  test('gives what waited, then what comes, in order', async () => {
    const { stream, add } = listen()
    add('1')
    add('2')
    const results = [stream.next(), stream.next(), stream.next(), stream.next()]
    add('3')
    add('4')

    expect(await Promise.all(results)).toMatchObject(['1', '2', '3', '4'].map(named))
  })

  test('begins now: what was before is not in it', async () => {
    const { bus, stream, add } = listen()
    add('1')
    const late = new EventStream(bus, {}, () => undefined)
    add('2')

    expect(await late.next()).toMatchObject(named('2'))
    expect(await stream.next()).toMatchObject(named('1'))
  })

  test('gives the types that were asked for, and TypeScript knows them', async () => {
    const { bus, stream, add } = listen({ types: ['removed', 'updated'] })
    add('1')
    bus.emit('removed', { owner, item: item('gone') })
    const result = await stream.next()
    if (result.done === true) throw new Error('The stream has ended')
    const { value } = result

    expectTypeOf(value.type).toEqualTypeOf<'removed' | 'updated'>()
    if (value.type === 'updated') expectTypeOf(value.event.previous).toEqualTypeOf<RosterItem>()
    expect(value).toMatchObject({ type: 'removed', event: { item: { name: 'gone' } } })
  })

  test('no types is no event, not every event', () => {
    const { stream, add, ended } = listen({ types: [], limit: 0 })
    add('1')

    expect(ended).not.toHaveBeenCalled()
    stream.end()
  })

  test('two streams do not take from each other', async () => {
    const { bus, stream, add } = listen()
    const other = new EventStream(bus, {}, () => undefined)
    add('1')

    expect(await Promise.all([stream.next(), other.next()])).toMatchObject([named('1'), named('1')])
  })
})

describe('A stream that nobody reads', () => {
  test('holds as many as its limit; one more ends it with an error, since events are lost', async () => {
    const { bus, stream, add, ended } = listen({ limit: 2 })
    add('1')
    add('2')
    expect(ended).not.toHaveBeenCalled()
    add('3')

    expect(ended).toHaveBeenCalledExactlyOnceWith(stream)
    expect(bus.taps.size).toBe(0)
    await expect(stream.next()).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await stream.next()).toEqual(DONE)
  })

  test('holds ten thousand by default', () => {
    const { add, ended } = listen()
    for (let n = 0; n < 10_000; n++) add(`${n}`)
    expect(ended).not.toHaveBeenCalled()
    add('one more')

    expect(ended).toHaveBeenCalledTimes(1)
  })

  test('A reader that waits is not counted', async () => {
    const { stream, add, ended } = listen({ limit: 0 })
    const read = stream.next()
    add('1')

    expect(await read).toMatchObject(named('1'))
    expect(ended).not.toHaveBeenCalled()
  })
})

describe('A stream ends', () => {
  test('by leaving the loop: it listens no more', async () => {
    const { bus, stream, add, ended } = listen()
    add('1')
    add('2')
    const seen: string[] = []
    for await (const { type } of stream) {
      seen.push(type)
      break
    }

    expect(seen).toEqual(['added'])
    expect(bus.taps.size).toBe(0)
    expect(ended).toHaveBeenCalledTimes(1)
    expect(await stream.next()).toEqual(DONE)
  })

  test('when the roster is closed: what waits can still be read', async () => {
    const { stream, add } = listen()
    add('1')
    stream.end()
    add('2')

    expect(await stream.next()).toMatchObject(named('1'))
    expect(await stream.next()).toEqual(DONE)
  })

  test('for everybody who waits for the next event', async () => {
    const { stream } = listen()
    const waiting = [stream.next(), stream.next()]
    stream.end()

    expect(await Promise.all(waiting)).toEqual([DONE, DONE])
  })

  test('by its signal, with the reason of the signal: who waits rejects', async () => {
    const abort = new AbortController()
    const { bus, stream, ended } = listen({ signal: abort.signal })
    const waiting = expect(stream.next()).rejects.toBe('enough')
    abort.abort('enough')

    await waiting
    expect(bus.taps.size).toBe(0)
    expect(ended).toHaveBeenCalledTimes(1)
    expect(await stream.next()).toEqual(DONE)
  })

  test('by its signal after what waits was read', async () => {
    const abort = new AbortController()
    const { stream, add } = listen({ signal: abort.signal })
    add('1')
    abort.abort('enough')

    expect(await stream.next()).toMatchObject(named('1'))
    await expect(stream.next()).rejects.toBe('enough')
  })

  test('before it began when its signal was aborted already', async () => {
    const { bus, stream, ended } = listen({ signal: AbortSignal.abort('too late') })

    expect(bus.taps.size).toBe(0)
    expect(ended).toHaveBeenCalledTimes(1)
    await expect(stream.next()).rejects.toBe('too late')
  })

  test('once: its signal, its end and its reader may all say so', async () => {
    const abort = new AbortController()
    const { stream, ended } = listen({ signal: abort.signal })
    stream.end()
    abort.abort('enough')
    await stream.return()

    expect(ended).toHaveBeenCalledTimes(1)
    expect(await stream.next()).toEqual(DONE)
  })
})
