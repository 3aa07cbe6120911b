import { execFile, execFileSync } from 'node:child_process'
import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import type { Command } from '../servers/support/daemon.js'

const run = promisify(execFile)

/** Who runs a server: database servers refuse to be run by root. `uid` is missing where nobody has to be asked. */
export interface Account {
  readonly uid: number | undefined
  readonly gid: number | undefined
}

const idOf = (flag: '-u' | '-g', name: string): number =>
  Number(execFileSync('id', [flag, name], { encoding: 'utf8' }).trim())

/** The account of that name if the tests run as root, else whoever runs them. */
export function accountOf(name: string): Account {
  if (process.getuid?.() !== 0) return { uid: undefined, gid: undefined }
  return { uid: idOf('-u', name), gid: idOf('-g', name) }
}

/** The same command, run by the account: it becomes that program, so the process id stays. */
export function runBy({ uid, gid }: Account, { file, args }: Command): Command {
  if (uid === undefined) return { file, args }
  return { file: 'setpriv', args: [`--reuid=${uid}`, `--regid=${gid ?? uid}`, '--clear-groups', file, ...args] }
}

/** Runs a program to its end; what it printed is in the error if it failed. */
export async function toItsEnd(command: Command, cwd: string): Promise<void> {
  await run(command.file, [...command.args], { cwd, timeout: 120_000, env: { ...process.env, HOME: cwd } })
}

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Where Debian puts programs that are not for everybody's PATH, the newest version first. */
const folders = (): readonly string[] => {
  const root = '/usr/lib/postgresql'
  const versions = isProgram(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : []
  const path = (process.env['PATH'] ?? '').split(delimiter)
  return [...path, '/usr/sbin', '/usr/local/sbin', ...versions.map((version) => join(root, version, 'bin'))]
}

/** The full path of a program; `undefined` when it is not installed. */
export const programNamed = (name: string): string | undefined =>
  folders()
    .map((folder) => join(folder, name))
    .find(isProgram)

export function requiredProgram(name: string): string {
  const path = programNamed(name)
  if (path === undefined) throw new Error(`${name} is not installed`)
  return path
}
