import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Options } from 'tsup'
import { afterAll, beforeAll } from 'vitest'
import config from '../../../tsup.config.js'
import { ROOT } from '../../repository/support/source.js'

const GUARD = 120_000

/**
 * Builds the command as it is published, once for a test file, and removes it afterwards. What it returns gives the words that
 * run it: only in tests and hooks.
 */
export function builtCommand(): () => readonly [string, ...string[]] {
  let folder: string | undefined
  beforeAll(async () => {
    // Within the repository, or the packages that it needs would not be found.
    folder = await mkdtemp(join(ROOT, 'node_modules', '.command-'))
    await copyFile(join(ROOT, 'package.json'), join(folder, 'package.json'))
    const options = { ...(config as Options), config: false as const, dts: false as const, silent: true }
    await build({ ...options, entry: { cli: 'src/cli.ts' }, outDir: join(folder, 'dist'), sourcemap: false })
  }, GUARD)
  afterAll(() => (folder === undefined ? undefined : rm(folder, { recursive: true, force: true })))
  return () => {
    if (folder === undefined) throw new Error('The command is there only during tests and their hooks')
    return [process.execPath, join(folder, 'dist/cli.js')]
  }
}
