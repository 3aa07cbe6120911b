import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Runs a program of Node's with the output of a failure in its error, where an assertion shows it. */
export async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd, maxBuffer: 2 ** 24 })
    return stdout
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error })
  }
}

const npm = (args: readonly string[], cwd: string): Promise<string> =>
  run('npm', [...args, '--no-audit', '--no-fund'], cwd)

/** A fresh build, packed as it would be published; away from the repository, whose own `dist` somebody may be using. */
export async function packInto(folder: string): Promise<string> {
  const stage = join(folder, 'stage')
  await mkdir(stage)
  for (const name of await readdir(ROOT)) {
    if (/^(package\.json|[A-Z]+(\.md)?)$/.test(name)) await cp(join(ROOT, name), join(stage, name))
  }
  await run(
    process.execPath,
    [join(ROOT, 'node_modules/tsup/dist/cli-default.js'), '--out-dir', join(stage, 'dist')],
    ROOT,
  )
  await npm(['pack', '--ignore-scripts', '--pack-destination', folder], stage)
  const packed = (await readdir(folder)).find((name) => name.endsWith('.tgz'))
  if (packed === undefined) throw new Error('npm pack left no tarball')
  return join(folder, packed)
}

/** An empty project in which the tarball is installed, and nothing but what it brings along. */
export async function installInto(folder: string, tarball: string): Promise<void> {
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  await npm(['install', '--prefer-offline', tarball], folder)
}

/** Packages of the registry, in the versions that this repository has. */
export async function addPackages(folder: string, names: readonly string[]): Promise<void> {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>
  }
  const wanted = names.map((name) => `${name}@${manifest.devDependencies[name] ?? 'latest'}`)
  await npm(['install', '--prefer-offline', ...wanted], folder)
}

/** The types of Node are those of this repository: no second download. */
export async function addNodeTypes(folder: string): Promise<void> {
  for (const name of ['@types/node', 'undici-types']) {
    await cp(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true })
  }
}

export const typescript = (folder: string, config: string): Promise<string> =>
  run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', config], folder)
