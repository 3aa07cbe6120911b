import { expect, test } from 'vitest'
import { clear } from '../../src/admin.js'
import { manualClock } from '../../src/testing.js'
import { MemoryAdmin } from './support/memory-admin.js'

const OWNER = 'a@example.com'
const five = (): MemoryAdmin => new MemoryAdmin({ a: { b: 'to', c: 'to', d: 'to', e: 'to', f: 'to' } })

test('rate: changes come one after the other at equal distances, and none saved up is made up for', async () => {
  const clock = manualClock()
  const admin = five()
  const at: number[] = []
  const slow = new Map([[2, 500]])
  admin.before = async (call) => {
    if (!call.startsWith('remove')) return
    at.push(clock.now())
    const ms = slow.get(at.length)
    if (ms !== undefined) await new Promise<void>((resolve) => void clock.after(ms, resolve))
  }
  const clearing = clear(admin, { owner: OWNER, rate: 10, clock })
  await clock.advance(2_000)
  expect(await clearing).toMatchObject({ done: 5, stopped: false })
  // The second took 500 ms: the third follows at once, the fourth a tenth of a second later.
  expect(at).toEqual([0, 100, 600, 700, 800])
})

test('a clock that was set back makes no longer pause: changes go on at the same distances', async () => {
  const clock = manualClock(3_600_000)
  let back = 0
  const at: number[] = []
  const admin = five()
  admin.before = (call) => {
    if (!call.startsWith('remove')) return
    at.push(clock.now() - 3_600_000)
    if (at.length === 2) back = 3_600_000
  }
  const setBack = { now: () => clock.now() - back, after: clock.after }
  const clearing = clear(admin, { owner: OWNER, rate: 10, clock: setBack })
  await clock.advance(1_000)
  expect(at).toEqual([0, 100, 200, 300, 400])
  expect(await clearing).toMatchObject({ done: 5 })
})

test('without a rate nobody waits', async () => {
  const clock = manualClock()
  expect(await clear(five(), { owner: OWNER, clock })).toMatchObject({ done: 5 })
  expect(clock.now()).toBe(0)
})

test('an abort ends the wait between two changes, and leaves no timer', async () => {
  const clock = manualClock()
  const leaving = new AbortController()
  const clearing = clear(five(), { owner: OWNER, rate: 0.001, clock, signal: leaving.signal })
  await clock.advance(1_000)
  expect(clock.waiting).toBe(1)
  leaving.abort()
  expect(await clearing).toMatchObject({ done: 1, failed: 0, stopped: true })
  expect(clock.waiting).toBe(0)
})

test('counting alone is not paced', async () => {
  const clock = manualClock()
  expect(await clear(five(), { owner: OWNER, rate: 1, clock, dryRun: true })).toMatchObject({ done: 5 })
})

test('what onProgress throws ends the work, and the call rejects with it', async () => {
  const admin = five()
  const onProgress = (): void => {
    throw new RangeError('full')
  }
  await expect(clear(admin, { owner: OWNER, onProgress })).rejects.toThrow('full')
  expect(admin.writes).toEqual(['remove a b'])
})
