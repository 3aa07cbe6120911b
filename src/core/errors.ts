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
  /** The stanza error condition (RFC 6120 §8.3.3), when a server refused. */
  readonly condition?: string | undefined
  /** Bare JID. */
  readonly owner?: string | undefined
  /** Bare JID. */
  readonly contact?: string | undefined
  /** What went wrong first. */
  readonly cause?: unknown
}

/**
 * Every error of this library: a `code` for the program, a sentence for the person, and the original error as `cause`.
 *
 * The codes are listed in the README with what has and has not happened when each of them is thrown.
 */
export class RosterError extends Error {
  /** What a program tells errors apart by. */
  readonly code: RosterErrorCode
  /** The stanza error condition (RFC 6120 §8.3.3), when a server refused (`REFUSED`). */
  readonly condition: string | undefined
  /** Whose roster it is about, as a bare JID; `undefined` when it is about none. */
  readonly owner: string | undefined
  /** Whom it is about, as a bare JID; `undefined` when it is about nobody. */
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

/** What was thrown, in words. Anything can be thrown, also what cannot become text: saying so must not throw in turn. */
export function inWords(cause: unknown): string {
  try {
    return cause instanceof Error ? cause.message : String(cause)
  } catch {
    return 'something that has no words'
  }
}
