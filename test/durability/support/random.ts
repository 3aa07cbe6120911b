/** A linear congruential generator: a seed is all that a failing run needs to be run again. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** One of them. */
export function oneOf<T>(random: (below: number) => number, all: readonly T[]): T {
  const one = all[random(all.length)]
  if (one === undefined) throw new Error('There is nothing to choose from')
  return one
}
