import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'
import { main } from '../../../src/cli/main.js'
import type { Sink } from '../../../src/cli/world.js'
import { wakefulClock } from '../../../src/core/clock.js'
import { ROOT } from '../../repository/support/source.js'

/** What a command has left behind. */
export interface Result {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A folder of its own, unless several commands share one. */
  readonly home?: string
  /** Both what is read and what is written to are terminals, this wide. */
  readonly columns?: number
  /** What is typed there. Without it the input is at its end, as that of /dev/null. */
  readonly typed?: string
  /** What comes through a pipe. */
  readonly piped?: string
  readonly signal?: AbortSignal
  /** Told of everything that is written to the output. */
  readonly onOut?: (text: string) => void
  /** Told of everything that is written to the error output. */
  readonly onErr?: (text: string) => void
}

/** An empty home folder that goes with the test. */
export const freshHome = (): string => {
  const home = mkdtempSync(join(tmpdir(), 'xmpp-roster-home-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

const sink = (columns: number | undefined, onText: (text: string) => void): Sink => {
  const stream = new Writable({
    decodeStrings: false,
    write(text, _encoding, done) {
      onText(String(text))
      done()
    },
  })
  return Object.assign(stream, columns === undefined ? {} : { isTTY: true, columns, rows: 24 })
}

const input = (typed: string | undefined, isTTY: boolean, piped: string | undefined): PassThrough => {
  const stream = Object.assign(new PassThrough(), { isTTY })
  if (typed === undefined) stream.end(piped)
  else stream.write(typed)
  return stream
}

/** Runs one command line in this process. */
export async function run(words: readonly string[], options: RunOptions = {}): Promise<Result> {
  const {
    env = {},
    columns,
    typed,
    piped,
    onOut,
    onErr,
    home = freshHome(),
    signal = new AbortController().signal,
  } = options
  const written = { out: '', err: '' }
  const isTTY = columns !== undefined
  const code = await main(words, {
    ...{ env, home, signal, clock: wakefulClock, uid: process.getuid?.() },
    stdin: input(typed, isTTY, piped),
    stdout: sink(columns, (text) => {
      written.out += text
      onOut?.(text)
    }),
    stderr: sink(columns, (text) => {
      written.err += text
      onErr?.(text)
    }),
    manifest: pathToFileURL(join(ROOT, 'package.json')),
  })
  return { code, ...written }
}
