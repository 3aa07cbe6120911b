/** One after the other for each owner: what is read and then written must not be written by another call in between. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  /** Runs when those before it have ended, however. */
  run<T>(owner: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(owner) ?? Promise.resolve()).then(task)
    const ended = turn.then(
      () => undefined,
      () => undefined,
    )
    this.#last.set(owner, ended)
    void ended.then(() => {
      if (this.#last.get(owner) === ended) this.#last.delete(owner)
    })
    return turn
  }
}
