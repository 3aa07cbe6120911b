import type { Clock } from '../core/clock.js'

/** A stream that is written to: those of the process, or a test's. */
export interface Sink {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string, done?: (error?: Error | null) => void): boolean
  on(event: 'error' | 'resize', listener: (error: Error) => void): unknown
}

/** Everything around the command that is not its arguments. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown }
  readonly stdout: Sink
  readonly stderr: Sink
  /** The `package.json` of this package. */
  readonly manifest: URL
  /** The home folder. */
  readonly home: string
  /** The user; `undefined` where files belong to nobody in particular. */
  readonly uid: number | undefined
  readonly clock: Clock
  /** Aborted when the user wants no more of it (Ctrl-C). */
  readonly signal: AbortSignal
}
