import { inWords, RosterError } from '../../core/errors.js'
import { shorten } from '../../core/text.js'

/** How the storage looks at what SQLite says (https://www.sqlite.org/rescode.html). */
type Failure = 'busy' | 'damaged' | 'other'

const BY_NUMBER: Readonly<Record<number, Failure>> = { 5: 'busy', 6: 'busy', 11: 'damaged', 26: 'damaged' }
const BY_NAME = /^SQLITE_(?:(BUSY|LOCKED)|(CORRUPT|NOTADB))/

/** node:sqlite has the extended number, libsql the primary one and its name, better-sqlite3 the extended name. */
export function failureOf(cause: unknown): Failure {
  if (typeof cause !== 'object' || cause === null) return 'other'
  const { errcode, rawCode, code } = cause as { errcode?: unknown; rawCode?: unknown; code?: unknown }
  const number = errcode ?? rawCode
  // The low byte of an extended result code is the primary one.
  if (typeof number === 'number') return BY_NUMBER[number & 0xff] ?? 'other'
  const [, busy, damaged] = BY_NAME.exec(typeof code === 'string' ? code : '') ?? []
  if (busy) return 'busy'
  return damaged ? 'damaged' : 'other'
}

/** What the storage was asked to do, for the sentence and for the code of a busy database. */
export interface Task {
  readonly owner?: string
  /** A busy database is a conflict for a commit: the library loads and decides again. */
  readonly commits?: boolean
}

/** Whatever a driver throws is one of ours from here on. */
export function asRosterError(cause: unknown, { owner, commits = false }: Task): RosterError {
  if (cause instanceof RosterError) return owner === cause.owner ? cause : withOwner(cause, owner)
  const about = owner === undefined ? 'The database' : `The database of ${shorten(owner)}`
  const why = inWords(cause)
  const context = { owner, cause }
  switch (failureOf(cause)) {
    case 'busy':
      return new RosterError(
        commits ? 'STORAGE_CONFLICT' : 'STORAGE_FAILED',
        `${about} should be free within seconds, but others kept it busy; nothing was written: ${why}`,
        context,
      )
    case 'damaged':
      return damaged(`${about} should be a sound SQLite file, but it is damaged: ${why}`, context)
    default:
      return new RosterError('STORAGE_FAILED', `${about} failed, nothing was written: ${why}`, context)
  }
}

/** The same for one owner. */
const withOwner = (cause: RosterError, owner: string | undefined): RosterError =>
  new RosterError(cause.code, cause.message, { owner, cause })

/** The file is damaged. Nothing more is written to it: that could only make it worse. */
export function damaged(message: string, context: { owner?: string | undefined; cause?: unknown } = {}): RosterError {
  return new RosterError('STORAGE_CORRUPT', `${message}. The file was left as it is; restore a copy of it.`, context)
}
