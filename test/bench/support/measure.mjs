/**
 * Nanoseconds for one call of `run`: the best of several rounds, since other programs can only make it slower.
 * @param {(at: number) => unknown} run gets a number that grows by one with each call
 * @param {{ readonly calls?: number, readonly rounds?: number }} [options]
 */
export function nanoseconds(run, { calls = 200_000, rounds = 8 } = {}) {
  let best = Number.POSITIVE_INFINITY
  let at = 0
  for (let round = 0; round < rounds; round++) {
    globalThis.gc?.()
    const start = process.hrtime.bigint()
    for (let call = 0; call < calls; call++) run(at++)
    best = Math.min(best, Number(process.hrtime.bigint() - start) / calls)
  }
  return best
}

/** Bytes of heap that live on in what `make` returns. Needs `--expose-gc`. */
export function heapOf(make) {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const kept = make()
  globalThis.gc?.()
  return { bytes: process.memoryUsage().heapUsed - before, kept }
}

/** One line of a report. */
export const report = (what, value, unit) =>
  console.log(`  ${what.padEnd(56)} ${value.toFixed(1).padStart(10)} ${unit}`)
