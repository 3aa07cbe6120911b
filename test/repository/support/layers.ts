import { posix } from 'node:path'
import { importsOf, type Source } from './source.js'

/** What the files of a layer may import. A name that ends in a slash is a folder, any other one a file or a package. */
interface Layer {
  /** Anything that one of these names. */
  readonly any: readonly string[]
  /** Only as `import type`. */
  readonly types: readonly string[]
}

const layer = (any: readonly string[], types: readonly string[] = []): Layer => ({ any, types })

/** Entry points that are tools: any package, any module of Node, the layers below, but never one another. */
const TOOLS = ['src/admin/', 'src/clients/', 'src/testing/', 'src/cli/']
/** What the command is for a user of the package: it stands on the entry points, and brings its own connection. */
const COMMAND = 'src/cli/'
const BELOW_COMMAND = [
  'src/index.ts',
  'src/admin.ts',
  'src/clients.ts',
  'src/sqlite.ts',
  '@xmpp/client',
  '@xmpp/component',
]
/** The one file of it that opens storages by address, and the drivers that a user may have installed for that. */
const DATABASES = 'src/cli/admin/database.ts'
const DATABASE_DRIVERS = ['src/redis.ts', 'src/sql.ts', 'redis', 'pg', 'kysely']
const BELOW_TOOLS = ['src/core/', 'src/storage/', 'src/roster/', 'src/xmpp/']

/** Adapters, and what each of them may load besides `core` and the port. */
const DRIVERS: Readonly<Record<string, readonly string[]>> = {
  'src/storage/sqlite': ['node:sqlite', 'better-sqlite3', 'libsql'],
  'src/storage/sql': ['kysely'],
  'src/storage/redis': [],
  'src/storage/indexeddb': [],
}

const LAYERS: Readonly<Record<string, Layer>> = {
  'src/core/': layer(['src/core/'], ['ltx', 'eventemitter3']),
  'src/storage/': layer(['src/storage/', 'src/core/']),
  'src/roster/': layer(
    [
      'src/roster/',
      'src/core/',
      'src/storage/port.ts',
      'src/storage/record.ts',
      'src/storage/memory.ts',
      'eventemitter3',
    ],
    ['ltx'],
  ),
  'src/xmpp/': layer(['src/xmpp/', 'src/core/', 'src/roster/', 'src/storage/port.ts', 'ltx/lib/ltx.js'], ['ltx']),
}

/** What each file may not import, one sentence for each. */
export function breaches(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const rule = layerOf(source.path)
    if (rule === undefined) return [`${source.path} belongs to no layer`]
    return importsOf(source)
      .map((found) => ({ ...found, target: targetOf(source.path, found.specifier) }))
      .filter(({ target, type }) => !allows(rule, target, type))
      .map(({ target, type, line }) => `${source.path}:${line} imports ${type ? 'types of ' : ''}${target}`)
  })
}

/** Folders below `src` that load each other, or files that do: `a → b → a`, each circle once. */
export function cycles(sources: readonly Source[], nodeOf: (path: string) => string): string[] {
  const edges = new Map<string, Set<string>>()
  for (const source of sources) {
    const from = nodeOf(source.path)
    for (const { specifier, type } of importsOf(source)) {
      if (type || !specifier.startsWith('.')) continue
      const to = nodeOf(targetOf(source.path, specifier))
      if (to !== from) edges.set(from, (edges.get(from) ?? new Set()).add(to))
    }
  }
  return circlesIn(edges)
}

/** The folder of a file directly below `src`; an entry point stands for itself. */
export const folderOf = (path: string): string => path.split('/').slice(0, 2).join('/')

function layerOf(path: string): Layer | undefined {
  if (path === 'src/cli.ts') return layer([COMMAND, 'src/core/', 'node:'])
  if (/^src\/[^/]+\.ts$/.test(path)) return layer(['src/'])
  const tool = TOOLS.find((folder) => path.startsWith(folder))
  if (tool) {
    const more = [...(tool === COMMAND ? BELOW_COMMAND : []), ...(path === DATABASES ? DATABASE_DRIVERS : [])]
    return layer([tool, ...BELOW_TOOLS, ...more, 'ltx/lib/ltx.js', 'eventemitter3', 'node:'], ['ltx'])
  }
  const adapter = Object.keys(DRIVERS).find((name) => path === `${name}.ts` || path.startsWith(`${name}/`))
  if (adapter) return layer(['src/storage/', 'src/core/', ...(DRIVERS[adapter] ?? [])])
  const folder = Object.keys(LAYERS).find((name) => path.startsWith(name))
  return folder === undefined ? undefined : LAYERS[folder]
}

function allows(rule: Layer, target: string, type: boolean): boolean {
  const named = (names: readonly string[]): boolean =>
    names.some((name) => (/[/:]$/.test(name) ? target.startsWith(name) : target === name))
  return named(rule.any) || (type && named(rule.types))
}

/** `../core/state.js` in `src/roster/` is `src/core/state.ts`; a package is itself. */
function targetOf(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts')
}

function circlesIn(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const found: string[] = []
  const finished = new Set<string>()
  const visit = (node: string, trail: readonly string[]): void => {
    const start = trail.indexOf(node)
    if (start !== -1) found.push([...trail.slice(start), node].join(' → '))
    if (start !== -1 || finished.has(node)) return
    for (const next of edges.get(node) ?? []) visit(next, [...trail, node])
    finished.add(node)
  }
  for (const node of edges.keys()) visit(node, [])
  return found
}
