import type { BulkOptions, BulkSummary } from '../admin.js'
import { inWords, RosterError } from '../core/errors.js'
import { timeoutOf } from './connection.js'
import type { Context } from './context.js'
import { cancelled, EXIT, errorLine } from './errors.js'
import { PROGRAM } from './program.js'
import { Progress } from './progress.js'
import { plain } from './text.js'

/** Long work of the library, and how it is shown. */
export interface Bulk {
  /** For the progress: "Applying". */
  readonly title: string
  readonly total: number
  /** Aborted: nothing more is begun. */
  readonly signal: AbortSignal
  readonly rate: number | undefined
  work(options: BulkOptions): Promise<BulkSummary>
}

/**
 * Shows how far it comes, and each failure; says in the end what was done. Resolves with the exit code.
 *
 * @throws {CommandError} `CANCELLED`, {@link RosterError} `NOT_CONNECTED` when it was stopped, with what was done by then
 */
export async function showBulk(context: Context, bulk: Bulk): Promise<number> {
  const { title, total, signal, rate } = bulk
  const progress = new Progress(context, title, total)
  let latest: { readonly done: number; readonly failed: number } = { done: 0, failed: 0 }
  const { clock } = context.world
  const summary = await bulk
    .work({
      ...{ signal, clock, timeout: timeoutOf(context) },
      ...(rate === undefined ? {} : { rate }),
      onProgress: ({ done, failed, contact, owner, error }) => {
        const isNew = failed > latest.failed
        latest = { done, failed }
        if (isNew) progress.say(`${PROGRAM}: ${errorLine(error)} (${plain(contact ?? owner)})`)
        progress.at(done + failed)
      },
    })
    .finally(() => progress.end())
  const { done, failed, stopped } = summary
  const counts = `${done} of ${total} done${failed === 0 ? '' : `, ${failed} failed`}`
  if (stopped) throw ended(context, signal, counts)
  context.out.line(`${counts}.`)
  return failed === 0 ? EXIT.ok : EXIT.failed
}

function ended(context: Context, signal: AbortSignal, counts: string): Error {
  const rest =
    'what was under way may have happened, the rest did not; the same command goes on where this one stopped.'
  if (context.signal.aborted) return cancelled(`Cancelled: ${counts}; ${rest}`)
  return new RosterError('NOT_CONNECTED', `${inWords(signal.reason)} ${counts}; ${rest}`, { cause: signal.reason })
}
