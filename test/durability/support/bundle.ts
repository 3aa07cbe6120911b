import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'tsup'
import { ROOT } from '../../repository/support/source.js'

/** A program of the tests as plain JavaScript in one file: it starts in a fraction of the time. */
export interface Program {
  readonly path: string
  remove(): Promise<void>
}

/** Within the repository, or what stays outside of the bundle would not be found. */
const FOLDER = join(ROOT, 'node_modules')

export async function bundle(source: string): Promise<Program> {
  const folder = await mkdtemp(join(FOLDER, '.durability-'))
  await build({
    config: false,
    entry: { program: source },
    format: ['cjs'],
    target: 'node20.19',
    outDir: folder,
    silent: true,
    dts: false,
    outExtension: () => ({ js: '.cjs' }),
    tsconfig: join(ROOT, 'tsconfig.json'),
    // What brings binaries of its own cannot be bundled.
    external: ['libsql', 'better-sqlite3', 'pg-native'],
    noExternal: [/^(?!libsql|better-sqlite3|pg-native)/],
    removeNodeProtocol: false,
  })
  return { path: join(folder, 'program.cjs'), remove: () => rm(folder, { recursive: true, force: true }) }
}
