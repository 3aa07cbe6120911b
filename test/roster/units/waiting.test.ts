import { describe, expect, test, vi } from 'vitest'
import { Waiters, waitFor } from '../../../src/roster/waiting.js'
import { manualClock } from '../../../src/testing/clock.js'

const never = (): Promise<never> => new Promise(() => undefined)

describe('A caller waits', () => {
  test('as long as it takes when it says nothing', async () => {
    const clock = manualClock()

    expect(await waitFor(Promise.resolve('done'), {}, clock, 'The load')).toBe('done')
    expect(clock.waiting).toBe(0)
  })

  test('no longer than its timeout: TIMED_OUT says what took so long', async () => {
    const clock = manualClock()
    const waiting = expect(waitFor(never(), { timeout: 1_000 }, clock, 'The load')).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: 'The load took longer than 1000 ms.',
    })
    await clock.advance(1_000)

    await waiting
  })

  test('until its timeout, not a moment less', async () => {
    const clock = manualClock()
    let settle: (value: string) => void = () => undefined
    const slow = new Promise<string>((resolve) => {
      settle = resolve
    })
    const waiting = waitFor(slow, { timeout: 1_000 }, clock, 'The load')
    await clock.advance(999)
    settle('just in time')

    expect(await waiting).toBe('just in time')
    expect(clock.waiting).toBe(0)
  })

  test('until its signal: with the reason of the signal', async () => {
    const abort = new AbortController()
    const clock = manualClock()
    const waiting = expect(waitFor(never(), { signal: abort.signal, timeout: 1_000 }, clock, 'The load')).rejects.toBe(
      'changed my mind',
    )
    abort.abort('changed my mind')

    await waiting
    expect(clock.waiting).toBe(0)
  })

  test('not at all when its signal was aborted before', async () => {
    const clock = manualClock()

    await expect(
      waitFor(Promise.resolve('done'), { signal: AbortSignal.abort('too late') }, clock, 'The load'),
    ).rejects.toBe('too late')
  })

  test('and hears of what went wrong', async () => {
    const broken = new Error('The storage is gone')
    const clock = manualClock()

    await expect(waitFor(Promise.reject(broken), { timeout: 1_000 }, clock, 'The load')).rejects.toBe(broken)
    expect(clock.waiting).toBe(0)
  })

  test('What fails after nobody waits any more is no unhandled rejection (promise 26)', async () => {
    const clock = manualClock()
    let fail: (reason: unknown) => void = () => undefined
    const slow = new Promise<never>((_, reject) => {
      fail = reject
    })
    const waiting = expect(waitFor(slow, { timeout: 1 }, clock, 'The load')).rejects.toMatchObject({
      code: 'TIMED_OUT',
    })
    await clock.advance(1)
    fail(new Error('Too late to tell anybody'))

    await waiting
    await clock.advance(0)
  })

  test('A signal that lives on keeps no listener', async () => {
    const abort = new AbortController()
    const add = vi.spyOn(abort.signal, 'addEventListener')
    const remove = vi.spyOn(abort.signal, 'removeEventListener')
    await waitFor(Promise.resolve(), { signal: abort.signal }, manualClock(), 'The load')

    expect(add).toHaveBeenCalledTimes(1)
    expect(remove.mock.calls[0]?.slice(0, 2)).toEqual(add.mock.calls[0]?.slice(0, 2))
  })
})

describe('Many wait for one thing', () => {
  test('that happens: all of them go on', async () => {
    const waiters = new Waiters<string>()
    const waiting = [waiters.wait(), waiters.wait()]
    waiters.resolve('loaded')

    expect(await Promise.all(waiting)).toEqual(['loaded', 'loaded'])
  })

  test('that fails: all of them hear of it', async () => {
    const waiters = new Waiters<string>()
    const waiting = Promise.allSettled([waiters.wait(), waiters.wait()])
    waiters.reject('closed')

    expect(await waiting).toEqual([
      { status: 'rejected', reason: 'closed' },
      { status: 'rejected', reason: 'closed' },
    ])
  })

  test('Whoever comes afterwards waits for the next time', async () => {
    const waiters = new Waiters<number>()
    waiters.resolve(1)
    const waiting = waiters.wait()
    waiters.resolve(2)

    expect(await waiting).toBe(2)
  })

  test('Nobody waits: nothing happens', () => {
    expect(() => new Waiters<void>().reject('closed')).not.toThrow()
  })
})
