import { execFileSync, spawn, spawnSync } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, onTestFinished, test } from 'vitest'

const LIMIT_MS = 60_000

const scriptOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Keys that send something else than what stands on them. */
const KEYS = {
  enter: '\r',
  tab: '\t',
  escape: '\u001b',
  backspace: '\u007f',
  up: '\u001b[A',
  down: '\u001b[B',
  'ctrl-c': '\u0003',
  'ctrl-d': '\u0004',
  'ctrl-u': '\u0015',
} as const

export interface TerminalOptions {
  /** Default: 80. */
  readonly columns?: number
  /** Default: 24. */
  readonly rows?: number
  /** All of the variables; default: those of this process, with `TERM=xterm-256color` and without `NO_COLOR`. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Told how to end it; resolves when it is gone. Default: the end of the test does. */
  readonly onOpen?: (end: () => Promise<void>) => void
}

/** What is seen of a terminal. */
export interface Picture {
  /** From the first line ever shown to the last one that is not empty, without spaces at the end. */
  readonly lines: readonly string[]
  /** Line and column. */
  readonly cursor: readonly [number, number]
  /** How many lines were longer than the window is wide. */
  readonly wraps: number
}

/** A program that believes to run in the window of a terminal. */
export interface Terminal {
  /** Everything that it has written so far, escape sequences and all. */
  output(): string
  /** What is to be seen now. */
  picture(): Picture
  /** Waits until this is written, behind what the last call has found; resolves with what was written up to its end. */
  shows(what: string | RegExp): Promise<string>
  type(text: string): void
  press(...keys: readonly (keyof typeof KEYS)[]): void
  resize(columns: number, rows: number): void
  /** Waits until it has ended by itself; resolves with its exit code (130: by SIGINT). */
  ended(): Promise<number>
}

const environment = (): Record<string, string> => {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env
  return { ...(env as Record<string, string>), TERM: 'xterm-256color' }
}

/** The picture of what was written to a terminal of this size. */
export function pictureOf(output: string, columns = 80, rows = 24): Picture {
  const args = [scriptOf('screen.py'), String(columns), String(rows)]
  return JSON.parse(execFileSync('python3', args, { input: output, encoding: 'utf8' })) as Picture
}

interface Waiting {
  readonly isOver: () => boolean
  readonly finish: (error?: Error) => void
}

/** Waits for what a program does; each of its outputs, and its end, are a reason to look again. */
class Watch {
  #waiting: Waiting[] = []

  look(): void {
    for (const { isOver, finish } of [...this.#waiting]) if (isOver()) finish()
  }

  until(isOver: () => boolean, describeFailure: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Error): void => {
        clearTimeout(limit)
        this.#waiting = this.#waiting.filter((one) => one !== waiting)
        if (error === undefined) resolve()
        else reject(error)
      }
      const limit = setTimeout(() => finish(new Error(describeFailure())), LIMIT_MS)
      const waiting = { isOver, finish }
      this.#waiting.push(waiting)
      this.look()
    })
  }
}

/** Runs a program on a pseudo-terminal. It is ended with the test, if it has not ended by then, unless `onOpen` sees to it. */
export function openTerminal(command: readonly [string, ...string[]], options: TerminalOptions = {}): Terminal {
  const { columns = 80, rows = 24, env = environment(), cwd = process.cwd() } = options
  const args = [scriptOf('terminal.py'), String(columns), String(rows), ...command]
  const child = spawn('python3', args, { cwd, env, stdio: ['pipe', 'pipe', 'inherit', 'pipe'] })
  const [keyboard, screen, , sizes] = child.stdio as unknown as [Writable, Readable, null, Writable]
  // It may have ended while something is typed: whoever waits for more is told.
  for (const stream of [keyboard, sizes]) stream.on('error', () => undefined)
  const watch = new Watch()
  let size = { columns, rows }
  let output = ''
  let code: number | undefined
  let seen = 0
  screen.setEncoding('utf8').on('data', (text: string) => {
    output += text
    watch.look()
  })
  child.on('close', (status) => {
    code = status ?? -1
    watch.look()
  })
  const { onOpen = onTestFinished } = options
  const gone = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  onOpen(() => {
    // The end of what is typed ends the program.
    keyboard.end()
    return gone
  })

  const find = (what: string | RegExp): number | undefined => {
    const rest = output.slice(seen)
    if (typeof what === 'string') return rest.includes(what) ? rest.indexOf(what) + what.length : undefined
    const match = what.exec(rest)
    return match === null ? undefined : match.index + match[0].length
  }
  return {
    output: () => output,
    picture: () => pictureOf(output, size.columns, size.rows),
    async shows(what) {
      const failure = (): string =>
        `Waited in vain for ${what} (exit code ${code}) in:\n${JSON.stringify(output.slice(seen))}`
      await watch.until(() => find(what) !== undefined || code !== undefined, failure)
      const end = find(what)
      if (end === undefined) throw new Error(failure())
      const shown = output.slice(seen, seen + end)
      seen += end
      return shown
    },
    type: (text) => void keyboard.write(text),
    press: (...keys) => void keyboard.write(keys.map((key) => KEYS[key]).join('')),
    resize: (wide, high) => {
      size = { columns: wide, rows: high }
      sizes.write(`${wide} ${high}\n`)
    },
    async ended() {
      await watch.until(
        () => code !== undefined,
        () => `Waited in vain for the end of:\n${JSON.stringify(output)}`,
      )
      return code ?? -1
    },
  }
}

const isThere = (program: string): boolean => spawnSync(program, ['--version']).error === undefined

/**
 * A suite that needs a program of the machine. Without it the suite fails where CI is set, unless it is `optional`, and is
 * skipped elsewhere, with a line that says so.
 */
export function describeWith(
  program: string,
  title: string,
  body: () => void,
  { optional = false }: { readonly optional?: boolean } = {},
): void {
  if (isThere(program)) describe(title, body)
  else if (process.env['CI'] && !optional)
    describe(title, () => {
      test(`has ${program}`, () => {
        throw new Error(`${program} is not installed`)
      })
    })
  else {
    console.warn(`!!! SKIPPED: ${title}: ${program} is not installed`)
    describe.skip(title, () => test(`needs ${program}`, () => undefined))
  }
}
