import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bundle } from './support/bundle.js'
import type { Report } from './support/full-disk.child.js'

const PROGRAM = fileURLToPath(new URL('./support/full-disk.child.ts', import.meta.url))
/** A file system of two megabytes that only this process and its children see. */
const ON_A_SMALL_DISK = 'mount -t tmpfs -o size=2m none "$1" && shift && exec "$@"'
const OWN_MOUNTS = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount']

const smallDisk = (folder: string, ...command: readonly string[]): readonly string[] => [
  ...OWN_MOUNTS,
  'sh',
  '-c',
  ON_A_SMALL_DISK,
  'sh',
  folder,
  ...command,
]

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'xmpp-roster-full-'))
}

/** Where nobody may mount anything there is no small disk; that is not for installing. */
const mayMount = ((): boolean => {
  const folder = temporaryFolder()
  try {
    execFileSync('unshare', smallDisk(folder, 'true'), { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})()

if (!mayMount)
  console.warn('!!! SKIPPED: SQLite on a full disk: this machine does not let us mount a small file system')

describe.skipIf(!mayMount)('SQLite on a disk that is full', () => {
  test('refuses with STORAGE_FAILED, keeps all that it has acknowledged, and goes on when there is room', async () => {
    const folder = temporaryFolder()
    const program = await bundle(PROGRAM)
    onTestFinished(async () => {
      await program.remove()
      rmSync(folder, { recursive: true, force: true })
    })
    const command = smallDisk(folder, process.execPath, program.path, folder)
    const { stdout } = await promisify(execFile)('unshare', command)
    const { failure, acknowledged, seen } = JSON.parse(stdout) as Report

    expect(failure).toMatchObject({ code: 'STORAGE_FAILED', message: expect.stringMatching(/full/) })
    expect(acknowledged.length).toBeGreaterThan(20)
    const withZoe = [...acknowledged, 'zoe@example.net']
    expect(seen).toEqual([acknowledged, withZoe, withZoe])
  })
})
