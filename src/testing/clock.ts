import type { Clock } from '../core/clock.js'

/** Time that moves when it is told to. */
export interface ManualClock extends Clock {
  /** Lets time pass: what falls due runs in its order, and what it set going may settle in between. */
  advance(ms: number): Promise<void>
  /** How many are still to run. */
  readonly waiting: number
}

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** A turn of the event loop: every promise that can settle by then has settled. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export function manualClock(start = 0): ManualClock {
  const timers = new Set<Timer>()
  let now = start
  const nextUntil = (end: number): Timer | undefined =>
    [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + Math.max(0, ms), run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async advance(ms) {
      const end = now + ms
      await turn()
      for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.run()
        await turn()
      }
      now = end
    },
    get waiting() {
      return timers.size
    },
  }
}
