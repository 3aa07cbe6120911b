import { inWords, RosterError } from '../core/errors.js'
import type { Context } from './context.js'
import { cancelled, EXIT, errorLine, isCancelled } from './errors.js'
import { PROGRAM } from './program.js'
import { Progress } from './progress.js'
import { plain } from './text.js'
import { isAbort, underWay } from './under-way.js'

/** Work on several contacts, one after the other. */
export interface Each {
  /** For the progress: "Deleting". */
  readonly title: string
  readonly contacts: readonly string[]
  /** Aborted: nothing more is begun. */
  readonly signal: AbortSignal
  /** What is said of a contact when it is done. */
  work(contact: string): Promise<string>
}

/**
 * Does it for each, and says so. After a failure it goes on with the next one; when the connection is lost, or the user wants
 * no more, it stops and says how far it came. Resolves with the exit code: that of the failure when there was but one contact.
 */
export async function forEach(context: Context, { title, contacts, signal, work }: Each): Promise<number> {
  const progress = new Progress(context, title, contacts.length)
  let failed = 0
  for (const [done, contact] of contacts.entries()) {
    try {
      signal.throwIfAborted()
      const said = await underWay(context, () => work(contact))
      progress.end()
      context.out.line(plain(said))
    } catch (cause) {
      progress.end()
      // A call may hear of the end of the connection before its signal does, and in fewer words.
      const error = isLost(cause) && isLost(signal.reason) ? signal.reason : cause
      if (contacts.length === 1) throw error
      const counts = `${done - failed} of ${contacts.length} done, ${failed} failed`
      if (isLost(error)) throw new RosterError('NOT_CONNECTED', `${inWords(error)} (${counts})`, { cause: error })
      if (isCancelled(error) || isAbort(error, context.signal))
        throw cancelled(`Cancelled: ${counts}; what was under way may have happened.`)
      failed += 1
      context.err.line(`${PROGRAM}: ${errorLine(cause)} (${plain(contact)})`)
    }
    progress.at(done + 1)
  }
  progress.end()
  return failed === 0 ? EXIT.ok : EXIT.failed
}

const isLost = (cause: unknown): boolean => cause instanceof RosterError && cause.code === 'NOT_CONNECTED'
