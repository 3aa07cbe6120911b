/** Stable names of everything that can go wrong; they change only with a major version. */
export type RosterErrorCode =
  | 'JID_MALFORMED'
  | 'ITEM_INVALID'
  | 'NOT_CONNECTED'
  | 'TIMED_OUT'
  | 'REFUSED'
  | 'UNSUPPORTED'
  | 'STORAGE_CONFLICT'
  | 'STORAGE_FAILED'
  | 'STORAGE_CORRUPT'
  | 'POLICY_FAILED'
  | 'LISTENER_FAILED'
  | 'PUSH_REJECTED'
  | 'STANZA_INVALID'
  | 'PLAN_REFUSED'
  | 'CLOSED'

/** What a {@link RosterError} knows besides its code and its sentence. */
export interface RosterErrorContext {
  readonly condition?: string | undefined
  readonly owner?: string | undefined
  readonly contact?: string | undefined
  readonly cause?: unknown
}

/**
 * Every error of this library: a `code` for the program, a sentence for the person, and the original error as `cause`.
 *
 * The codes are listed in the README with what has and has not happened when each of them is thrown.
 */
export class RosterError extends Error {
  readonly code: RosterErrorCode
  /** The stanza error condition (RFC 6120 §8.3.3), when a server refused (`REFUSED`). */
  readonly condition: string | undefined
  readonly owner: string | undefined
  readonly contact: string | undefined

  constructor(code: RosterErrorCode, message: string, context: RosterErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause })
    this.name = 'RosterError'
    this.code = code
    this.condition = context.condition
    this.owner = context.owner
    this.contact = context.contact
  }
}
