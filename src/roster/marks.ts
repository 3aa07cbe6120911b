import type { PushMark } from '../core/client-step.js'
import type { Clock } from '../core/clock.js'

/** How long a push and the stanza that explains it may lie apart, in milliseconds. */
const APART = 30_000

/** Pushes that told of a change before its stanza came, and changes that need no stanza. */
export class Marks {
  readonly #clock: Clock
  readonly #left = new Map<string, { readonly at: number; readonly mark: PushMark }>()
  readonly #expected = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The owner's own doing: what a push then changes needs no explanation by a stanza. */
  expect(contact: string, types: readonly PushMark['type'][]): void {
    for (const type of types) this.#expected.set(`${type} ${contact}`, this.#clock.now())
  }

  leave(contact: string, mark: PushMark): void {
    const key = `${mark.type} ${contact}`
    const expectedAt = this.#expected.get(key)
    this.#expected.delete(key)
    const now = this.#clock.now()
    if (expectedAt === undefined || now - expectedAt > APART) this.#left.set(key, { at: now, mark })
  }

  take(type: PushMark['type'], contact: string): PushMark | undefined {
    const key = `${type} ${contact}`
    const left = this.#left.get(key)
    this.#left.delete(key)
    return left !== undefined && this.#clock.now() - left.at <= APART ? left.mark : undefined
  }

  clear(): void {
    this.#left.clear()
    this.#expected.clear()
  }
}
