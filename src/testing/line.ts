/** After how many jobs the line moves up. */
const MOVED_UP = 10_000

/**
 * What peers send, one thing after the other: the next one waits until everything that the one before has set in motion is
 * done. So an answer to a ping proves that all that was sent before it has been delivered, to whomever.
 */
export class Line {
  #jobs: (() => void)[] = []
  /** How many of them are done: a long line is not moved up for each. */
  #done = 0
  #isWorking = false
  #isSlow = false
  #isClosed = false

  enter(job: () => void): void {
    if (this.#isClosed) return
    this.#jobs.push(job)
    if (!this.#isWorking) this.#work()
  }

  /** As `enter`; resolves when it is done. What it resolves with is awaited: microtasks must be enough for it. */
  run<T>(job: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.enter(() => {
        this.slow()
        new Promise<T>((done) => done(job())).then((value) => setImmediate(resolve, value), reject)
      })
    })
  }

  /** The job at hand has touched rosters: they store in memory, so a turn of the event loop later it is done. */
  slow(): void {
    this.#isSlow = true
  }

  /** What waits is forgotten. */
  close(): void {
    this.#isClosed = true
    this.#jobs = []
    this.#done = 0
  }

  #next(): (() => void) | undefined {
    const job = this.#jobs[this.#done]
    if (job !== undefined) this.#done += 1
    if (job === undefined || this.#done >= MOVED_UP) {
      this.#jobs = this.#jobs.slice(this.#done)
      this.#done = 0
    }
    return job
  }

  #work(): void {
    this.#isWorking = true
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      this.#isSlow = false
      job()
      if (!this.#isSlow) continue
      setImmediate(() => this.#work())
      return
    }
    this.#isWorking = false
  }
}
