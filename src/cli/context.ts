import type { Globals } from './globals.js'
import type { Output } from './output.js'
import { PROGRAM } from './program.js'
import { plain } from './text.js'
import type { World } from './world.js'

/** What a command works with. */
export interface Context {
  readonly world: World
  readonly globals: Globals
  /** Results: for people, and for other programs. */
  readonly out: Output
  /** Errors, questions, progress: for people. */
  readonly err: Output
  /** Aborted when the user wants no more of it. */
  readonly signal: AbortSignal
}

/** One line that does not stop the work. */
export function warn({ err }: Context, message: string): void {
  err.line(`${PROGRAM}: warning: ${plain(message.replace(/\s*\n\s*/g, ' '))}`)
}
