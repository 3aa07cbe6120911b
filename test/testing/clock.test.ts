import { describe, expect, test } from 'vitest'
import { manualClock } from '../../src/testing.js'

describe('A manual clock', () => {
  test('stands still until it is told to move', async () => {
    const clock = manualClock(1_000)
    expect(clock.now()).toBe(1_000)
    await new Promise((resolve) => setImmediate(resolve))
    expect(clock.now()).toBe(1_000)
    await clock.advance(250)
    expect(clock.now()).toBe(1_250)
  })

  test('begins at 0 when nothing else is said', () => {
    expect(manualClock().now()).toBe(0)
  })

  test('runs what falls due in the order of its times, each at its own time', async () => {
    const clock = manualClock()
    const ran: (readonly [string, number])[] = []
    const note = (what: string) => () => void ran.push([what, clock.now()])
    clock.after(30, note('third'))
    clock.after(10, note('first'))
    clock.after(20, note('second'))
    clock.after(41, note('not yet'))
    await clock.advance(40)

    expect(ran).toEqual([
      ['first', 10],
      ['second', 20],
      ['third', 30],
    ])
    expect([clock.now(), clock.waiting]).toEqual([40, 1])
  })

  test('runs what falls due at the same time in the order in which it was set', async () => {
    const clock = manualClock()
    const ran: string[] = []
    clock.after(10, () => ran.push('a'))
    clock.after(5, () => clock.after(5, () => ran.push('c')))
    clock.after(10, () => ran.push('b'))
    await clock.advance(10)

    expect(ran).toEqual(['a', 'b', 'c'])
  })

  test('runs nothing that was called off, also when that was done at the same time', async () => {
    const clock = manualClock()
    const ran: string[] = []
    const cancelEarly = clock.after(10, () => ran.push('early'))
    cancelEarly()
    clock.after(10, () => cancelLate())
    const cancelLate = clock.after(10, () => ran.push('late'))
    await clock.advance(20)

    expect([ran, clock.waiting]).toEqual([[], 0])
  })

  test('takes no notice of what is called off twice, or after it ran', async () => {
    const clock = manualClock()
    let runs = 0
    const cancel = clock.after(1, () => runs++)
    await clock.advance(1)
    cancel()
    cancel()
    await clock.advance(10)

    expect(runs).toBe(1)
  })

  test('runs timers that timers set, at their own times, as far as it moves', async () => {
    const clock = manualClock()
    const ticks: number[] = []
    const tick = (): void => {
      ticks.push(clock.now())
      clock.after(10, tick)
    }
    clock.after(10, tick)
    await clock.advance(35)

    expect(ticks).toEqual([10, 20, 30])
    expect(clock.waiting).toBe(1)
  })

  test('advance(0) runs what is due now, and nothing else', async () => {
    const clock = manualClock(5)
    const ran: string[] = []
    clock.after(0, () => ran.push('now'))
    clock.after(-10, () => ran.push('overdue'))
    clock.after(1, () => ran.push('later'))
    expect(ran).toEqual([])
    await clock.advance(0)

    expect([ran, clock.now()]).toEqual([['now', 'overdue'], 5])
  })

  test('lets settle what a timer sets going before the next one runs', async () => {
    const clock = manualClock()
    const seen: string[] = []
    const settle = async (): Promise<void> => {
      for (let step = 0; step < 20; step++) await Promise.resolve()
      seen.push('settled')
    }
    clock.after(1, () => void settle())
    clock.after(2, () => seen.push('next'))
    await clock.advance(2)

    expect(seen).toEqual(['settled', 'next'])
  })

  test('lets settle what is under way before it moves', async () => {
    const clock = manualClock()
    let ran = false
    void Promise.resolve().then(() => clock.after(10, () => (ran = true)))
    await clock.advance(10)

    expect(ran).toBe(true)
  })

  test('never goes back: calls that overlap come one after the other', async () => {
    const clock = manualClock()
    const times: number[] = []
    for (const at of [10, 20, 30, 40]) clock.after(at, () => times.push(clock.now()))
    await Promise.all([clock.advance(30), clock.advance(10), clock.advance(-5)])

    expect(times).toEqual([10, 20, 30, 40])
    expect(clock.now()).toBe(40)
  })

  test('rejects with what a timer throws, stands where that happened, and goes on afterwards', async () => {
    const clock = manualClock()
    const trouble = new Error('a timer of the test')
    let ran = false
    clock.after(10, () => {
      throw trouble
    })
    clock.after(20, () => (ran = true))
    await expect(clock.advance(100)).rejects.toBe(trouble)
    expect([clock.now(), ran]).toEqual([10, false])

    await clock.advance(10)
    expect([clock.now(), ran]).toEqual([20, true])
  })
})
