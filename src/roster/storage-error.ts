import { RosterError } from '../core/errors.js'

export const isConflict = (cause: unknown): boolean => cause instanceof RosterError && cause.code === 'STORAGE_CONFLICT'

/** Whatever a storage throws is one of ours from here on. */
export function asStorageError(owner: string, cause: unknown): RosterError {
  if (cause instanceof RosterError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  return new RosterError('STORAGE_FAILED', `The storage failed for ${owner}: ${message}`, { owner, cause })
}
