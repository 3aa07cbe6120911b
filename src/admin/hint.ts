import type { CallOptions } from '../roster/options.js'
import type { AdminItem } from './port.js'

/** What long work knows of the roster that it changes item by item. */
export interface Hint {
  /** What the place's own `list` gave a moment ago, as it gave it: the place need not read the roster again. */
  readonly listed?: readonly AdminItem[]
  /** `put` is to change an item and to make none: `PLAN_REFUSED` where there is none. */
  readonly mustExist?: boolean
}

const HINT = Symbol('hint')

interface HintedOptions extends CallOptions {
  readonly [HINT]?: Hint
}

/**
 * Options of a call that carry a hint. It goes with the options, because then it passes unseen through an admin that stands
 * around another one, and a place that knows nothing of hints does what it always does.
 */
export function hinted(call: CallOptions, hint: Hint): CallOptions {
  const options: HintedOptions = { ...call, [HINT]: hint }
  return options
}

export const hintOf = (options: HintedOptions): Hint => options[HINT] ?? {}

/** What a place has made each of its lists from, as long as somebody has the list. */
export class Sources<T> {
  readonly #all = new WeakMap<readonly AdminItem[], T>()

  /** Returns the list. */
  keep(list: readonly AdminItem[], source: T): readonly AdminItem[] {
    this.#all.set(list, source)
    return list
  }

  /** Of the list that the caller says is of a moment ago; `undefined`: it says none, or one of another place. */
  hinted(options: CallOptions): T | undefined {
    const { listed } = hintOf(options)
    return listed === undefined ? undefined : this.#all.get(listed)
  }
}
