import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const GRACE_MS = 5000

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** A server process that does not outlive us. */
export interface Daemon {
  readonly pid: number
  readonly running: boolean
  /** SIGTERM, and SIGKILL if that did not help within 5 s. Resolves when the process is gone. */
  stop(): Promise<void>
}

/**
 * A shell that kills the process and removes its folder as soon as our end of the pipe closes. A handler of
 * process.on('exit') would not do: Vitest ends workers that hang with a signal, and then no handler runs.
 */
const leash = (pid: number, folder: string): ChildProcess => {
  const script = 'cat >/dev/null; kill -9 "$1" 2>/dev/null; rm -rf "$2"'
  const shell = spawn('/bin/sh', ['-c', script, 'leash', String(pid), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.on('error', () => undefined)
  shell.unref()
  const { stdin } = shell
  if (stdin !== null && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  return shell
}

const terminate = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  const force = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  child.kill('SIGTERM')
  await gone
  clearTimeout(force)
}

/** Starts a server in its folder and hands everything that it prints to `log`. */
export const launch = (command: Command, folder: string, log: (text: string) => void): Daemon => {
  const child = spawn(command.file, command.args, {
    cwd: folder,
    env: { ...process.env, ...command.env, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let running = true
  const { pid = 0 } = child
  const rope = pid === 0 ? undefined : leash(pid, folder)
  child.stdout.setEncoding('utf8').on('data', log)
  child.stderr.setEncoding('utf8').on('data', log)
  child.on('error', (error) => {
    running = false
    log(`${error.message}\n`)
  })
  child.on('exit', (code, signal) => {
    running = false
    // The process id may now be given to somebody else.
    rope?.kill('SIGKILL')
    log(`[process ${pid} ended: ${signal ?? code}]\n`)
  })
  return {
    pid,
    get running() {
      return running
    },
    stop: () => terminate(child),
  }
}
