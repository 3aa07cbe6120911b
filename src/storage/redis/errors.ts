import { inWords, RosterError } from '../../core/errors.js'
import { LAYOUT } from './keys.js'

/** Who an error is about when it is about no owner in particular. */
export const ALL = 'all owners'

/** Redis did nothing because it is busy, or because the slot is just moving: to be tried again. */
const LATER = /^(BUSY|TRYAGAIN)\b/

/** Something else lives under the key. Before Redis 7 the word stands inside the sentence. */
const FOREIGN = /\bWRONGTYPE\b/

/** What the client said when it read: never a conflict. */
export function readFailed(owner: string, cause: unknown): RosterError {
  if (cause instanceof RosterError) return cause
  const words = inWords(cause)
  const context = { owner: owner === ALL ? undefined : owner, cause }
  if (FOREIGN.test(words)) {
    const message = `What Redis holds for ${owner} is of another type, so somebody else wrote it: ${words}`
    return new RosterError('STORAGE_CORRUPT', message, context)
  }
  return new RosterError('STORAGE_FAILED', `Redis failed for ${owner}: ${words}`, context)
}

/** What the client said when it wrote. */
export function commitFailed(owner: string, cause: unknown): RosterError {
  if (cause instanceof RosterError) return cause
  const words = inWords(cause)
  if (!LATER.test(words)) return readFailed(owner, cause)
  const message = `Redis is busy, nothing was written for ${owner}: ${words}`
  return new RosterError('STORAGE_CONFLICT', message, { owner, cause })
}

export function conflict(owner: string): RosterError {
  const message = `The roster of ${owner} is not at the revision that this change was made from; nothing was written.`
  return new RosterError('STORAGE_CONFLICT', message, { owner })
}

export function otherLayout(owner: string, layout: unknown): RosterError {
  const message = `The roster of ${owner} is stored in layout ${String(layout)}, and only layout ${LAYOUT} is known here: another version of xmpp-roster wrote it. It was left as it is.`
  return new RosterError('UNSUPPORTED', message, { owner })
}

export function damaged(owner: string, what: string, cause?: unknown): RosterError {
  return new RosterError('STORAGE_CORRUPT', `The stored roster of ${owner} is damaged: ${what}.`, { owner, cause })
}

/** The client was told to map replies to something else than text, or is none. */
export function noText(owner: string, came: unknown): RosterError {
  const message = `Expected text from Redis for ${owner}, but ${came === null ? 'null' : typeof came} came: the client must not map replies to anything else.`
  return new RosterError('STORAGE_FAILED', message, { owner })
}
