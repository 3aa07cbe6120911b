import type { Clock } from '../core/clock.js'
import type { RosterError } from '../core/errors.js'
import type { CallOptions } from '../roster/options.js'

/** How far long work has come. */
export interface BulkProgress {
  /** Changes that were made so far, and those that had been made already. */
  readonly done: number
  /** How many there will be; `undefined` where that is not known yet. */
  readonly total: number | undefined
  /** Changes that failed so far, and rosters that could not be read. */
  readonly failed: number
  /** Bare JID. */
  readonly owner: string
  /** Bare JID; `undefined` when it is about the owner's roster as a whole. */
  readonly contact: string | undefined
  /** Why the last one failed. */
  readonly error: RosterError | undefined
}

/** Long work: stoppable (`signal`), paced, watched. */
export interface BulkOptions extends CallOptions {
  /**
   * Changes per second at the most, one after the other at equal distances; what is there already is no change. Default: as
   * fast as the place takes them.
   */
  readonly rate?: number
  /** Told after each change, made or failed. What it throws ends the work, and the call rejects with it. */
  readonly onProgress?: (progress: BulkProgress) => void
  /** Time for `rate`, for tests. Default: the real one. */
  readonly clock?: Clock
}

/** What has become of long work. It goes on after a failure; it does not throw for one. */
export interface BulkSummary {
  /** Changes that were made, and those that had been made already. */
  readonly done: number
  /** Changes that failed, and rosters that could not be read. */
  readonly failed: number
  /**
   * `signal` ended it before everything was tried. A change that was under way then counts as neither done nor failed: it
   * may still happen.
   */
  readonly stopped: boolean
  /** Why, in the order in which it happened: as many as `failed`. */
  readonly errors: readonly {
    /** Bare JID. */
    readonly owner: string
    /** Bare JID; `undefined` when it is about the owner's roster as a whole. */
    readonly contact: string | undefined
    /** Its code says what has and has not happened. */
    readonly error: RosterError
  }[]
}
