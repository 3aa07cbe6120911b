import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ROOT } from '../../../repository/support/source.js'

/** A process of its own that works on a database. */
export interface Child {
  /** Every line that it has written. */
  readonly lines: readonly string[]
  /** Resolves when it has written so many lines. */
  wrote(count: number): Promise<void>
  /** Has it go on: a line for it to read. */
  tell(): void
  /** The process is gone at once, whatever it is doing. Resolves when it is, and all that it wrote was read. */
  kill(): Promise<void>
  /** Resolves when it has ended by itself. */
  ended(): Promise<void>
}

const SCRIPT = fileURLToPath(new URL('./writer.child.ts', import.meta.url))
const running = new Set<ChildProcess>()

/** Starts `writer.child.ts`. */
export function startWriter(...args: readonly string[]): Child {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, ...args], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  running.add(child)
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push(line))
  const closed = Promise.all([once(child, 'close'), once(reader, 'close')])
  const end = closed.then(() => running.delete(child))
  return {
    lines,
    async wrote(count) {
      while (lines.length < count)
        await Promise.race([once(reader, 'line'), end.then(() => lines.length >= count || failed(lines, count))])
    },
    tell: () => void child.stdin.write('go\n'),
    async kill() {
      child.kill('SIGKILL')
      await end
    },
    async ended() {
      await end
      if (child.exitCode !== 0) throw new Error(`The writer ended with ${child.exitCode ?? child.signalCode}.`)
    },
  }
}

export function killWriters(): void {
  for (const child of running) child.kill('SIGKILL')
}

function failed(lines: readonly string[], count: number): never {
  throw new Error(`The writer ended after ${lines.length} of ${count} lines: ${lines.join(', ')}`)
}
