import { spawn } from 'node:child_process'
import { until } from './record.js'

/** A program of a user's, running in a process of its own. */
export interface Program {
  /** What it has printed so far, errors included. */
  output(): string
  /** Waits until it has printed this, and resolves with all output. */
  printed(text: string): Promise<string>
  /** Types a line on its terminal. */
  type(line: string): void
  /** Waits until it has ended by itself, and resolves with its exit code. */
  ended(): Promise<number | null>
  /** Asks it to end, and resolves with its exit code. Default: SIGTERM. */
  stop(signal?: 'SIGINT' | 'SIGTERM'): Promise<number | null>
}

const running = new Set<() => void>()

/** Ends what a failed test has left behind. */
export const killPrograms = (): void => {
  for (const kill of running) kill()
}

const quietly = (act: () => void): void => {
  try {
    act()
  } catch {
    // It is gone: all that was wanted.
  }
}

/** Starts a program in a folder, with these variables besides those of this process. */
export const startProgram = (
  [command = '', ...args]: readonly string[],
  cwd: string,
  variables: Readonly<Record<string, string>>,
): Program => {
  // A group of its own, so that nothing it starts is left behind.
  const child = spawn(command, args, { cwd, env: { ...process.env, ...variables }, detached: true, stdio: 'pipe' })
  const { pid } = child
  const signal = (name: NodeJS.Signals): void => {
    if (pid !== undefined) quietly(() => process.kill(-pid, name))
  }
  const kill = (): void => signal('SIGKILL')
  running.add(kill)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)))
  let ended: { readonly code: number | null } | undefined
  child.on('close', (code) => {
    ended = { code }
    running.delete(kill)
  })
  const end = async (): Promise<number | null> => (await until(() => ended, 'the program to end')).code
  return {
    output: () => output,
    async printed(text) {
      await until(() => {
        if (ended !== undefined && !output.includes(text)) throw new Error(`It ended too early:\n${output}`)
        return output.includes(text)
      }, `"${text}" to be printed`).catch((error: Error) => {
        throw new Error(`${error.message}\nIt printed:\n${output}`, { cause: error })
      })
      return output
    },
    type: (line) => void child.stdin.write(`${line}\n`),
    ended: end,
    stop(name = 'SIGTERM') {
      signal(name)
      return end()
    },
  }
}
