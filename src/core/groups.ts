/**
 * Lists of groups, each once: most contacts of a roster are in the same few. Made for one roster that comes as a whole; what
 * it remembers goes with it.
 */
export class GroupLists {
  readonly #known = new Map<string, readonly string[]>()

  /** A frozen list with these groups, the same for all who ask. */
  share(groups: readonly string[]): readonly string[] {
    const key = JSON.stringify(groups)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const list = Object.freeze([...groups])
    this.#known.set(key, list)
    return list
  }
}
