/** Work that was begun and has not ended. */
export class UnderWay {
  readonly #works = new Set<Promise<unknown>>()

  /** It is waited for. */
  add<T>(work: Promise<T>): Promise<T> {
    const done = (): void => void this.#works.delete(work)
    this.#works.add(work)
    work.then(done, done)
    return work
  }

  /** Resolves when all that is under way now has ended, in whatever way. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#works)
  }
}
