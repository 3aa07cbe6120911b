import type { ComponentDesk } from './component-desk.js'

/** Owners that are looked at for each one that comes, when some have to leave memory. */
const LOOKS = 100

/** Owners in memory that nobody has opened, the least recently used first; at most `limit` stay. */
export class Spare {
  readonly #desks = new Map<string, ComponentDesk>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  add(jid: string, desk: ComponentDesk): void {
    this.#desks.set(jid, desk)
  }

  delete(jid: string): boolean {
    return this.#desks.delete(jid)
  }

  /** The owner was used; while there is room enough, nobody looks who was used when. */
  use(jid: string, desk: ComponentDesk): void {
    if (this.#desks.size > this.#limit / 2 && this.#desks.delete(jid)) this.#desks.set(jid, desk)
  }

  /** Whether there are more than should be. */
  get isFull(): boolean {
    return this.#desks.size > this.#limit
  }

  /**
   * Takes out those that are too many and can be spared, and hands them on. It looks at so many, and next time at the next ones:
   * when hardly anybody can be spared, looking at all for each that comes would take longer the more there are.
   */
  evict(
    canLeave: (jid: string, desk: ComponentDesk) => boolean,
    looks: number = LOOKS,
  ): ReadonlyMap<string, ComponentDesk> {
    const evicted = new Map<string, ComponentDesk>()
    let left = Math.min(looks, this.#desks.size)
    for (const [jid, desk] of this.#desks) {
      if (!this.isFull || left === 0) break
      left -= 1
      this.#desks.delete(jid)
      if (canLeave(jid, desk)) evicted.set(jid, desk)
      else this.#desks.set(jid, desk)
    }
    return evicted
  }
}
