import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONSUMER, CONTRACT, PROGRAM, TESTS } from './support/consumer.js'
import { addNodeTypes, installInto, packInto, run, typescript } from './support/tarball.js'

// A build with declarations, npm and a dozen compilations: minutes on a machine that is busy with other things.
const GUARD = 240_000

const folder = mkdtempSync(join(tmpdir(), 'xmpp-roster-package-'))
const project = join(folder, 'project')
const dist = join(project, 'node_modules/xmpp-roster/dist')

beforeAll(async () => {
  await installInto(project, await packInto(folder))
  await writeFile(join(project, 'consumer.ts'), CONSUMER)
  await writeFile(join(project, 'consumer.tests.ts'), TESTS)
}, GUARD)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const RESOLUTIONS = {
  NodeNext: { module: 'NodeNext', moduleResolution: 'NodeNext' },
  Bundler: { module: 'ESNext', moduleResolution: 'Bundler' },
}

async function compile(resolution: keyof typeof RESOLUTIONS, more: object): Promise<void> {
  const name = `tsconfig.${resolution}.json`
  const compilerOptions = {
    ...{ target: 'ES2022', strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false },
    ...RESOLUTIONS[resolution],
    ...more,
  }
  await writeFile(join(project, name), JSON.stringify({ compilerOptions, files: ['consumer.ts', 'consumer.tests.ts'] }))
  await typescript(project, name)
}

describe.each(Object.keys(RESOLUTIONS) as (keyof typeof RESOLUTIONS)[])('a TypeScript project (%s)', (resolution) => {
  test('compiles without the types of Node', () => compile(resolution, { types: [] }), GUARD)
})

describe('in JavaScript', () => {
  test('the package can be imported', async () => {
    await writeFile(join(project, 'program.js'), PROGRAM)
    expect(await run(process.execPath, ['program.js'], project)).toBe('CLOSED\n')
  })

  test('an adapter is tested by a few lines, with a conflict that is known as one', async () => {
    await writeFile(join(project, 'contract.js'), CONTRACT)
    const report = await run(process.execPath, ['--test', '--test-reporter=tap', 'contract.js'], project)
    expect(report).toMatch(/^# pass [1-9]\d+$/m)
    expect(report).toMatch(/^# fail 0$/m)
  })

  test('the package can be required', async () => {
    await writeFile(join(project, 'program.cjs'), `console.log(typeof require('xmpp-roster').RosterError)`)
    expect(await run(process.execPath, ['--no-warnings', 'program.cjs'], project)).toBe('function\n')
  })
})

describe('the command', () => {
  const command = join(project, 'node_modules/.bin/xmpp-roster')

  test('is there, with what it needs to connect', async () => {
    const manifest = JSON.parse(readFileSync(join(project, 'node_modules/xmpp-roster/package.json'), 'utf8')) as {
      readonly version: string
    }
    expect(await run(command, ['--version'], project)).toBe(`${manifest.version}\n`)
    expect(existsSync(join(project, 'node_modules/@xmpp/client'))).toBe(true)
  })
})

describe('the tarball', () => {
  test('holds what is built, its licence, its manual and its changes, and nothing else', () => {
    const files = readdirSync(join(project, 'node_modules/xmpp-roster'))
    expect(files.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json'])
  })

  test('names the library of disposables at the top of every declaration file', () => {
    const declarations = readdirSync(dist).filter((name) => name.endsWith('.d.ts'))
    expect(declarations).toContain('index.d.ts')
    for (const name of declarations) {
      expect(readFileSync(join(dist, name), 'utf8')).toMatch(/^\/\/\/ <reference lib="esnext\.disposable" \/>\n/)
    }
  })
})

// Last: from here on the types of Node are there.
describe.each(Object.keys(RESOLUTIONS) as (keyof typeof RESOLUTIONS)[])('a TypeScript project (%s)', (resolution) => {
  beforeAll(() => addNodeTypes(project), GUARD)

  test('compiles with the types of Node, and those of a browser', () => compile(resolution, { types: ['node'] }), GUARD)

  test(
    'compiles with the types of Node, without those of a browser',
    async () => {
      await compile(resolution, { types: ['node'], lib: ['ES2022'] })
    },
    GUARD,
  )
})
