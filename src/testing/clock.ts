import type { Clock } from '../core/clock.js'

/** Time that moves when it is told to: {@link manualClock}. */
export interface ManualClock extends Clock {
  /**
   * Lets `ms` milliseconds pass. What falls due runs in its order, each at its own time, and what it sets going may settle
   * before the next one; what falls due by that runs as well. `advance(0)` runs what is due now. It resolves when the time
   * is reached; calls that overlap wait for each other. What a timer throws, it rejects with: the time stands where it
   * happened.
   */
  advance(ms: number): Promise<void>
  /** How many timers are still to run. */
  readonly waiting: number
}

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** A turn of the event loop: every promise that can settle by then has settled. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * A clock for tests: it begins at `start` (milliseconds since the epoch) and moves by {@link ManualClock.advance} alone.
 * Everything that a `Roster` does by time takes it from `RosterOptions.clock`: how long it waits for answers and
 * policies, `rateLimit`, repeated requests, pacing.
 *
 * ```ts
 * import { Roster, type XmppEntity } from 'xmpp-roster'
 * import { manualClock } from 'xmpp-roster/testing'
 *
 * export async function givesUp(entity: XmppEntity): Promise<void> {
 *   const clock = manualClock(Date.UTC(2026, 0, 1))
 *   const roster = new Roster(entity, { clock })
 *   const waiting = roster.ready({ timeout: 30_000 })
 *   await clock.advance(30_000)
 *   await waiting.catch((error) => console.log(error.code)) // TIMED_OUT, and nobody has waited
 * }
 * ```
 */
export function manualClock(start = 0): ManualClock {
  const timers = new Set<Timer>()
  let now = start
  /** The first that is due by then; of those that are due at once, the one that was set first. */
  const nextUntil = (end: number): Timer | undefined => {
    let next: Timer | undefined
    for (const timer of timers) if (next === undefined ? timer.at <= end : timer.at < next.at) next = timer
    return next
  }
  const pass = async (ms: number): Promise<void> => {
    const end = now + Math.max(0, ms)
    await turn()
    for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
      timers.delete(timer)
      now = Math.max(now, timer.at)
      timer.run()
      await turn()
    }
    now = end
  }
  let last: Promise<void> = Promise.resolve()
  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + Math.max(0, ms), run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance(ms) {
      const passed = last.then(() => pass(ms))
      last = passed.catch(() => undefined)
      return passed
    },
    get waiting() {
      return timers.size
    },
  }
}
