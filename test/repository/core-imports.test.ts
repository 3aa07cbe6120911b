import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, type Options } from 'tsup'
import { afterAll, beforeAll, expect, test } from 'vitest'
import config from '../../tsup.config.js'
import { packagesAtOnce, packagesBehind, textBehind } from './support/graph.js'
import { ROOT } from './support/source.js'

const options = config as Options
const folder = mkdtempSync(join(tmpdir(), 'xmpp-roster-build-'))
const dist = join(folder, 'dist')

beforeAll(async () => {
  await build({ ...options, config: false, outDir: dist, dts: false, sourcemap: false, silent: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('importing the main entry loads eventemitter3 and ltx (its CommonJS half, as xmpp.js does) and nothing else', () => {
  const allowed = ['eventemitter3', 'ltx/lib/ltx.js']
  expect(packagesBehind(join(dist, 'index.js')).filter((name) => !allowed.includes(name))).toEqual([])
})

test('importing the clients loads ltx and nothing else: it runs in a browser', () => {
  expect(packagesBehind(join(dist, 'clients.js'))).toEqual(['ltx/lib/ltx.js'])
})

test('the command loads nothing but Node.js at once: xmpp.js, SQLite and the rest when a command needs them', () => {
  const command = join(dist, 'cli.js')
  expect(packagesAtOnce(command).filter((name) => !name.startsWith('node:'))).toEqual([])
  expect(packagesBehind(command)).toEqual(expect.arrayContaining(['@xmpp/client', '@xmpp/component', 'libsql']))
})

test('importing the main entry loads nothing of the tools for tests', () => {
  const tools = ['storageContract', 'faultyStorage', 'manualClock', 'TestServer']
  const holds = (entry: string) => {
    const text = textBehind(join(dist, entry))
    return tools.filter((name) => text.includes(name))
  }
  expect(holds('testing.js')).toEqual(tools)
  expect(holds('index.js')).toEqual([])
})

test('every entry that is built is an export or the command, and every export is built', () => {
  const { bin, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    bin: Record<string, string>
    exports: Record<string, unknown>
  }
  const programs = Object.values(bin)
  const built = Object.keys(options.entry ?? {}).filter((name) => !programs.includes(`dist/${name}.js`))
  expect(programs).toEqual(['dist/cli.js'])
  const exported = built.map((name) => [
    name === 'index' ? '.' : `./${name}`,
    { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
  ])
  expect(exports).toEqual({ ...Object.fromEntries(exported), './package.json': './package.json' })
})

test('the look at what is loaded finds packages behind other files, static and dynamic', () => {
  writeFileSync(join(folder, 'a.js'), `import './b.js'\nexport * from 'one'\n`)
  writeFileSync(join(folder, 'b.js'), `import './a.js'\nexport const load = () => import('node:net')\n`)
  expect(packagesBehind(join(folder, 'a.js'))).toEqual(['node:net', 'one'])
  expect(packagesAtOnce(join(folder, 'a.js'))).toEqual(['one'])
})
