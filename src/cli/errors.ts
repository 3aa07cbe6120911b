import { inWords, RosterError, type RosterErrorCode } from '../core/errors.js'
import { plain } from './text.js'

/** What the command can say besides the codes of the library. */
export type CommandErrorCode =
  | 'USAGE'
  | 'CONFIG_INVALID'
  | 'FILE_INVALID'
  | 'PASSWORD_FAILED'
  | 'CANCELLED'
  | 'NOT_FOUND'
  | 'FAILED'

/** An error of the command line itself. */
export class CommandError extends Error {
  readonly code: CommandErrorCode

  constructor(code: CommandErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CommandError'
    this.code = code
  }
}

/** What the shell is told. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 4,
  notConnected: 5,
  notFound: 16,
  cancelled: 20,
} as const

/** In the order of the numbers, for the help. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.ok, 'it is done'],
  [EXIT.failed, 'it failed, or some of it did; a line on the error output says what'],
  [EXIT.usage, 'the command line, the environment, the configuration or a file is wrong: nothing was sent'],
  [EXIT.refused, 'the server refused it, or has no such thing'],
  [EXIT.notConnected, 'there is no connection, or the server did not answer in time'],
  [EXIT.notFound, 'there is no such contact, group, request, owner or client'],
  [EXIT.cancelled, 'it was cancelled: at the question, by Ctrl-C, or since there is no terminal to ask on'],
]

const EXIT_OF: Readonly<Record<RosterErrorCode | CommandErrorCode, number>> = {
  JID_MALFORMED: EXIT.usage,
  ITEM_INVALID: EXIT.usage,
  NOT_CONNECTED: EXIT.notConnected,
  TIMED_OUT: EXIT.notConnected,
  REFUSED: EXIT.refused,
  UNSUPPORTED: EXIT.refused,
  STORAGE_CONFLICT: EXIT.failed,
  STORAGE_FAILED: EXIT.failed,
  STORAGE_CORRUPT: EXIT.failed,
  POLICY_FAILED: EXIT.failed,
  LISTENER_FAILED: EXIT.failed,
  PUSH_REJECTED: EXIT.failed,
  STANZA_INVALID: EXIT.failed,
  PLAN_REFUSED: EXIT.failed,
  CLOSED: EXIT.failed,
  USAGE: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  FILE_INVALID: EXIT.usage,
  PASSWORD_FAILED: EXIT.failed,
  CANCELLED: EXIT.cancelled,
  NOT_FOUND: EXIT.notFound,
  FAILED: EXIT.failed,
}

export const usage = (message: string): CommandError => new CommandError('USAGE', message)
/** A file that is given, and is not what it should be. */
export const fileInvalid = (message: string, cause?: unknown): CommandError =>
  new CommandError('FILE_INVALID', message, cause)
export const notFound = (message: string): CommandError => new CommandError('NOT_FOUND', message)
export const cancelled = (message = 'Cancelled.'): CommandError => new CommandError('CANCELLED', message)

/** Whether it says already that the user wanted no more, and what was done by then. */
export const isCancelled = (cause: unknown): boolean => cause instanceof CommandError && cause.code === 'CANCELLED'

/** Anything that was thrown, as an error with a code. */
function toCoded(cause: unknown): CommandError | RosterError {
  if (cause instanceof CommandError || cause instanceof RosterError) return cause
  return new CommandError('FAILED', inWords(cause), cause)
}

/** What the shell is told of an error. */
export function exitCodeOf(cause: unknown): number {
  const error = toCoded(cause)
  if (error instanceof RosterError && error.condition === 'item-not-found') return EXIT.notFound
  return EXIT_OF[error.code]
}

/** An error in one line, without the name of the program: `REFUSED: …`. What others wrote cannot move the cursor in it. */
export function errorLine(cause: unknown): string {
  const error = toCoded(cause)
  return `${error.code}: ${plain(error.message.replace(/\s*\n\s*/g, ' '))}`
}
