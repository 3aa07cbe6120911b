import { wakefulClock } from '../../core/clock.js'
import { failureOf } from './failure.js'

/** Milliseconds that somebody else may hold the database before it counts as busy. */
const PATIENCE = 5_000

/** Milliseconds between two attempts, at the most. */
const LONGEST_PAUSE = 50

/**
 * Tries until the database is not busy, or patience ends: then the last failure comes through. The drivers answer at once,
 * so waiting inside of SQLite would stop the whole process; between two attempts here everything else goes on.
 */
export async function patiently<T>(attempt: () => T): Promise<T> {
  // Counted by what was waited, not by the time of day: that can be set back.
  let waited = 0
  for (let pause = 1; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      return attempt()
    } catch (cause) {
      if (failureOf(cause) !== 'busy' || waited >= PATIENCE) throw cause
    }
    // Not the same for all who wait, or they would meet again.
    const wait = pause * (0.5 + Math.random() / 2)
    await pauseFor(wait)
    waited += wait
  }
}

/** Somebody waits for this write, and it ends soon. */
export const pauseFor = (ms: number): Promise<void> => new Promise((resolve) => void wakefulClock.after(ms, resolve))
