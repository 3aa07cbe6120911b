import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ROOT } from '../../../repository/support/source.js'

/** node:sqlite and better-sqlite3 13 need a newer Node.js than the oldest one that the library runs on. */
const PACKAGES = ['node@22.23.3', 'better-sqlite3@13.2.0']

const run = promisify(execFile)

/** Runs a program under that Node.js, which npm fetches when it is not there yet, with better-sqlite3 beside it. */
export async function onNewerNode(...args: readonly string[]): Promise<{ readonly stdout: string }> {
  const packages = PACKAGES.flatMap((name) => ['--package', name])
  // The test runner of the child must not take itself for a part of this one.
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env
  return run('npx', ['--yes', ...packages, 'node', '--no-warnings', ...args], { cwd: ROOT, env, maxBuffer: 2 ** 26 })
}

/** Why there is none; `undefined` when there is. */
export async function missingNewerNode(): Promise<string | undefined> {
  try {
    const { stdout } = await onNewerNode('--print', 'process.version')
    return stdout.startsWith('v22.') ? undefined : `npx gave Node.js ${stdout}`
  } catch (cause) {
    return `npx could not fetch ${PACKAGES.join(' and ')}: ${cause instanceof Error ? cause.message : cause}`
  }
}
