import type { Context } from './context.js'
import { cancelled } from './errors.js'

/** Whether an error says that the user wanted no more, and nothing else. */
export const isAbort = (cause: unknown, { aborted, reason }: AbortSignal): boolean =>
  // Node.js makes an error of its own of what it was told to break off.
  aborted && (cause === reason || (cause instanceof Error && cause.name === 'AbortError'))

/**
 * Makes one change. Whoever breaks it off is told that it may have happened; what else goes wrong is told as it is, for it may
 * say what was half done.
 */
export async function underWay<T>({ signal }: Pick<Context, 'signal'>, change: () => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  try {
    return await change()
  } catch (cause) {
    throw isAbort(cause, signal) ? cancelled('Cancelled; what was under way may have happened.') : cause
  }
}
