import { EventEmitter } from 'eventemitter3'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { RosterError, type RosterErrorCode } from '../../../src/core/errors.js'
import { rosterItem } from '../../../src/core/item.js'
import { Bus } from '../../../src/roster/bus.js'
import type { RosterEvents } from '../../../src/roster/events.js'
import { EventStream } from '../../../src/roster/stream.js'
import { type ManualClock, manualClock } from '../../../src/testing/clock.js'

const owner = 'romeo@example.net'
const added = { owner, item: rosterItem({ jid: 'juliet@example.com', state: 'none' }) }

function stage(): { emitter: EventEmitter<RosterEvents>; bus: Bus; clock: ManualClock; errors: RosterError[] } {
  const emitter = new EventEmitter<RosterEvents>()
  const clock = manualClock()
  const errors: RosterError[] = []
  return { emitter, bus: new Bus(emitter, clock), clock, errors }
}

/** The same, and somebody hears of errors. */
function heard(): ReturnType<typeof stage> {
  const all = stage()
  all.emitter.on('error', (error) => void all.errors.push(error))
  return all
}

const trouble = (code: RosterErrorCode = 'STORAGE_FAILED'): RosterError => new RosterError(code, 'The disk is full')

const refuse = (bus: Bus, code: RosterErrorCode = 'PUSH_REJECTED'): void =>
  bus.rejected(code, 'Forged', owner, 'mallory@example.org', undefined)

afterEach(() => void vi.restoreAllMocks())

describe('A listener', () => {
  test('that throws stops nobody, and is told of as LISTENER_FAILED (promise 26)', () => {
    const { emitter, bus, errors } = heard()
    const broken = new Error('A slip')
    const calls: string[] = []
    emitter.on('added', () => void calls.push('first'))
    emitter.on('added', () => {
      throw broken
    })
    emitter.on('added', () => void calls.push('last'))

    bus.emit('added', added)

    expect(calls).toEqual(['first', 'last'])
    expect(errors).toMatchObject([{ code: 'LISTENER_FAILED', cause: broken }])
    expect(bus.counters).toEqual({ 'errors.LISTENER_FAILED': 1 })
  })

  test('that rejects later is told of in the same way: no unhandled rejection (promise 26)', async () => {
    const { emitter, bus, clock, errors } = heard()
    const broken = new Error('The database is gone')
    emitter.on('added', () => Promise.reject(broken) as never)

    bus.emit('added', added)
    expect(errors).toEqual([])
    await clock.advance(0)

    expect(errors).toMatchObject([{ code: 'LISTENER_FAILED', cause: broken }])
  })

  test('that throws what cannot even become text harms nobody (promise 26)', () => {
    const { emitter, bus, errors } = heard()
    const wordless: unknown = Object.create(null)
    emitter.on('added', () => {
      throw wordless
    })

    bus.emit('added', added)

    expect(errors).toMatchObject([{ code: 'LISTENER_FAILED', cause: wordless }])
  })

  test('that throws something that is no error is told of as well', () => {
    const { emitter, bus, errors } = heard()
    emitter.on('added', () => {
      throw 'a text'
    })

    bus.emit('added', added)

    expect(errors).toMatchObject([{ code: 'LISTENER_FAILED', cause: 'a text' }])
    expect(errors[0]?.message).toContain('"added"')
  })

  test('for once is called once, even if it throws, even if the event comes again from within', () => {
    const { emitter, bus } = heard()
    let calls = 0
    emitter.once('added', () => {
      calls += 1
      bus.emit('added', added)
      throw new Error('A slip')
    })

    bus.emit('added', added)
    bus.emit('added', added)

    expect(calls).toBe(1)
    expect(emitter.listenerCount('added')).toBe(0)
  })

  test('for once leaves alone the same function that listens for ever', () => {
    const { emitter, bus } = stage()
    const listener = vi.fn()
    emitter.on('added', listener)
    emitter.once('added', listener)

    bus.emit('added', added)
    bus.emit('added', added)

    expect(listener).toHaveBeenCalledTimes(3)
  })

  test('is called with its context, or with the roster as with any emitter', () => {
    const { emitter, bus } = stage()
    const context = { name: 'the application' }
    const seen: unknown[] = []
    function listener(this: unknown): void {
      seen.push(this)
    }
    emitter.on('added', listener, context)
    emitter.on('added', listener)

    bus.emit('added', added)

    expect(seen).toEqual([context, emitter])
  })

  test('is given the event and nothing else', () => {
    const { emitter, bus } = stage()
    const listener = vi.fn()
    emitter.on('added', listener)

    bus.emit('added', added)

    expect(listener.mock.calls).toEqual([[added]])
  })

  test('that is taken away or added while an event is told changes only what follows', () => {
    const { emitter, bus } = stage()
    const calls: string[] = []
    const second = (): void => void calls.push('second')
    const third = (): void => void calls.push('third')
    emitter.on('added', () => {
      calls.push('first')
      emitter.off('added', second)
      emitter.on('added', third)
    })
    emitter.on('added', second)

    bus.emit('added', added)
    expect(calls).toEqual(['first', 'second'])
    bus.emit('added', added)
    expect(calls).toEqual(['first', 'second', 'first', 'third'])
  })

  test('Without any the event goes nowhere, and nobody needs to make it', () => {
    const { emitter, bus } = stage()

    expect(bus.hears('added')).toBe(false)
    expect(() => bus.emit('added', added)).not.toThrow()
    emitter.on('added', () => undefined)
    expect(bus.hears('added')).toBe(true)
    expect(bus.hears('removed')).toBe(false)
  })

  test('A stream that reads along hears everything', () => {
    const { bus } = stage()
    const tap = vi.fn(() => true)
    bus.taps.add(tap)

    bus.emit('added', added)

    expect(bus.hears('removed')).toBe(true)
    expect(tap.mock.calls).toEqual([['added', added]])
  })
})

describe('An error that no caller can be told', () => {
  test('goes to the listeners of error and is counted', () => {
    const { bus, errors } = heard()
    const error = trouble()

    bus.error(error)

    expect(errors).toEqual([error])
    expect(bus.counters).toEqual({ 'errors.STORAGE_FAILED': 1 })
  })

  test('without a listener is printed once a minute per code, by the clock; each is counted (promise 26)', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { bus, clock } = stage()
    const [first, other] = [trouble(), trouble('POLICY_FAILED')]

    bus.error(first)
    bus.error(trouble())
    bus.error(other)
    expect(print.mock.calls).toEqual([[first], [other]])

    await clock.advance(59_999)
    bus.error(trouble())
    expect(print).toHaveBeenCalledTimes(2)

    await clock.advance(1)
    bus.error(trouble())
    expect(print).toHaveBeenCalledTimes(3)
    expect(bus.counters).toEqual({ 'errors.STORAGE_FAILED': 4, 'errors.POLICY_FAILED': 1 })
  })

  test('is heard by a stream that reads errors, and printed when the only stream reads something else', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { bus } = stage()
    const added = new EventStream(bus, { types: ['added'] }, () => undefined)
    bus.error(trouble())
    expect(print).toHaveBeenCalledTimes(1)

    const errors = new EventStream(bus, { types: ['error'] }, () => undefined)
    bus.error(trouble('POLICY_FAILED'))
    expect(print).toHaveBeenCalledTimes(1)
    expect(await errors.next()).toMatchObject({ value: { type: 'error', event: { code: 'POLICY_FAILED' } } })
    added.end()
  })

  test('A listener of error that throws is printed, and not told of itself', () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { emitter, bus } = stage()
    const listener = vi.fn(() => {
      throw new Error('A slip')
    })
    emitter.on('error', listener)

    expect(() => bus.error(trouble())).not.toThrow()

    expect(listener).toHaveBeenCalledTimes(1)
    expect(print.mock.calls).toMatchObject([[{ code: 'LISTENER_FAILED' }]])
  })

  test('is printed although the clock was set back', () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const times = [1_000_000, 5_000]
    const bus = new Bus(new EventEmitter(), { now: () => times.shift() ?? 0, after: () => () => undefined })

    bus.error(trouble())
    bus.error(trouble())

    expect(print).toHaveBeenCalledTimes(2)
  })
})

describe('What is refused', () => {
  test('is told at most once a second per code; the rest is counted', async () => {
    const { emitter, bus, clock } = stage()
    const told: string[] = []
    emitter.on('rejected', ({ error, from }) => void told.push(`${error.code} ${from}`))

    for (let n = 0; n < 1_000; n++) refuse(bus)
    refuse(bus, 'STANZA_INVALID')
    await clock.advance(999)
    refuse(bus)
    expect(told).toEqual(['PUSH_REJECTED mallory@example.org', 'STANZA_INVALID mallory@example.org'])

    await clock.advance(1)
    refuse(bus)
    expect(told).toHaveLength(3)
    expect(bus.counters).toEqual({ 'rejected.PUSH_REJECTED': 1_002, 'rejected.STANZA_INVALID': 1 })
  })

  test('is printed nowhere: a stranger cannot fill a log', () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { bus } = stage()

    refuse(bus)

    expect(print).not.toHaveBeenCalled()
    expect(bus.counters).toEqual({ 'rejected.PUSH_REJECTED': 1 })
  })

  test('before anybody listened is not held against the first that is told', () => {
    const { emitter, bus } = stage()
    refuse(bus)
    const listener = vi.fn()
    emitter.on('rejected', listener)

    refuse(bus)

    expect(listener).toHaveBeenCalledTimes(1)
  })
})
