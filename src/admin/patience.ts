import type { CallOptions } from '../roster/options.js'

/** Milliseconds. */
const TIMEOUT = 30_000

/** How long a caller waits, with the default where it says nothing: that an option is `undefined` says nothing. */
export const patienceOf = ({ signal, timeout = TIMEOUT }: CallOptions): CallOptions =>
  signal === undefined ? { timeout } : { signal, timeout }
