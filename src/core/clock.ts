/** Where the library takes its time from: {@link RosterOptions.clock}. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs once after `ms`; returns how to call it off. Must not keep the process alive. */
  after(ms: number, run: () => void): () => void
}

/** A day is the longest wait in the library; a longer one would overflow the timers of some runtimes. */
const LONGEST = 2_147_483_647

/** A browser's timer is a number; Node's keeps the process alive unless told otherwise. */
function letGo(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}

const realTime = (started: (timer: unknown) => void): Clock => ({
  now: () => Date.now(),
  after(ms, run) {
    const timer: unknown = setTimeout(run, Math.min(ms, LONGEST))
    started(timer)
    return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0])
  },
})

/** The real time. */
export const systemClock: Clock = realTime(letGo)

/** The real time for a wait that somebody's call depends on and that ends soon: it keeps the process alive. */
export const wakefulClock: Clock = realTime(() => undefined)
