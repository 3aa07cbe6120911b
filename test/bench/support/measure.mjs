/** Leaves no rubbish of one measurement to the next. Needs `--expose-gc`. */
const collect = () => globalThis.gc?.()

const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

/** Nanoseconds of processor time: what other programs do meanwhile does not count. A round that is done elsewhere says itself how long. */
async function timed(run) {
  collect()
  const start = process.cpuUsage()
  const elsewhere = await run()
  const { user, system } = process.cpuUsage(start)
  return typeof elsewhere === 'number' ? elsewhere : (user + system) * 1_000
}

/**
 * How many times as long `ours` takes as `theirs`. Each round measures both, one right after the other and in turn first,
 * so that whatever else the machine does slows both; the ratio is the middle one of the rounds.
 * @param {() => unknown} ours one round; may be asynchronous, and may return its own time in nanoseconds
 * @param {() => unknown} theirs the same work without us
 * @param {{ readonly rounds?: number, readonly warmups?: number }} [options]
 * @returns {Promise<{ readonly ratio: number, readonly ours: number, readonly theirs: number }>} times in nanoseconds
 */
export async function compare(ours, theirs, { rounds = 15, warmups = 5 } = {}) {
  const pairs = []
  for (let round = -warmups; round < rounds; round++) {
    const first = round % 2 === 0 ? await timed(ours) : undefined
    const other = await timed(theirs)
    const pair = { ours: first ?? (await timed(ours)), theirs: other }
    if (round >= 0) pairs.push(pair)
  }
  return {
    ratio: middle(pairs.map((pair) => pair.ours / pair.theirs)),
    ours: middle(pairs.map((pair) => pair.ours)),
    theirs: middle(pairs.map((pair) => pair.theirs)),
  }
}

/**
 * How many times as long twice the work takes: 2 is linear, 4 quadratic.
 * @param {(size: number) => Promise<() => unknown>} prepare what stands ready before the clock runs; it returns the work
 */
export async function doubling(prepare, size, { rounds = 3 } = {}) {
  const once = async (count) => timed(await prepare(count))
  const pairs = []
  for (let round = -1; round < rounds; round++) {
    const pair = { single: await once(size), double: await once(2 * size) }
    if (round >= 0) pairs.push(pair)
  }
  return {
    ratio: middle(pairs.map((pair) => pair.double / pair.single)),
    single: middle(pairs.map((pair) => pair.single)),
  }
}

/** Bytes of heap that live on in what `make` returns. Needs `--expose-gc`. */
export async function heapOf(make) {
  const settled = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    collect()
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = await settled()
  const kept = await make()
  return { bytes: (await settled()) - before, kept }
}
