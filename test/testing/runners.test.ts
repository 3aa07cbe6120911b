import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { storageContract } from '../../src/testing.js'
import { compile } from '../package/support/compile.js'
import { ROOT } from '../repository/support/source.js'
import { open } from './runners/open.js'

// Programs that start, and a compilation: a minute on a machine that is busy with other things.
const GUARD = 120_000

const RUNNERS = join(ROOT, 'test/testing/runners')
const module = (path: string): string => join(ROOT, 'node_modules', path)
const contract = (name: string): string => join(RUNNERS, `${name}.contract`)

interface Runner {
  /** How Node.js is called. */
  readonly args: readonly string[]
  /** How many tests it says that it ran. */
  readonly ran: (output: string) => number
  /** The titles of those that it says have failed. */
  readonly failed: (output: string) => readonly string[]
}

/** Lines of TAP, in which quotes and signs are escaped; tape has the title in the line before. */
const notOk = (output: string, pattern: RegExp): readonly string[] =>
  [...output.matchAll(pattern)].map(([, title = '']) => title)

const tap = (output: string): number => Number(/^# tests (\d+)$/m.exec(output)?.[1])

const parsed = <T>(output: string): T => JSON.parse(output) as T

interface MochaReport {
  readonly stats: { readonly tests: number }
  readonly failures: readonly { readonly title: string }[]
}
interface VitestReport {
  readonly numTotalTests: number
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[]
  }[]
}

const ALL: Readonly<Record<string, Runner>> = {
  vitest: {
    args: [module('vitest/vitest.mjs'), 'run', '--root', RUNNERS, '--reporter=json'],
    ran: (output) => parsed<VitestReport>(output).numTotalTests,
    failed: (output) =>
      parsed<VitestReport>(output)
        .testResults.flatMap(({ assertionResults }) => assertionResults)
        .filter(({ status }) => status === 'failed')
        .map(({ title }) => title),
  },
  'node:test': {
    args: ['--import', 'tsx', '--test', '--test-reporter=tap', `${contract('node')}.ts`],
    ran: tap,
    // The suites that hold it have failed as well; it stands deepest.
    failed: (output) => notOk(output, /^ {8,}not ok \d+ - (.*)$/gm),
  },
  mocha: {
    args: ['--import', 'tsx', module('mocha/bin/mocha.js'), '--reporter', 'json', `${contract('mocha')}.mjs`],
    ran: (output) => parsed<MochaReport>(output).stats.tests,
    failed: (output) => parsed<MochaReport>(output).failures.map(({ title }) => title),
  },
  tape: {
    args: ['--import', 'tsx', module('tape/bin/tape'), `${contract('tape')}.ts`],
    ran: tap,
    failed: (output) => notOk(output, /^# (.*)\nnot ok /gm),
  },
}

/** The environment without what the runner of this test says to its own children. */
const environment = (more: Readonly<Record<string, string>>): NodeJS.ProcessEnv => {
  const ours = Object.keys(process.env).filter((name) =>
    /^(VITEST|NODE_OPTIONS$|NODE_TEST|NODE_ENV$|FORCE_COLOR$)/.test(name),
  )
  return { ...process.env, ...Object.fromEntries(ours.map((name) => [name, undefined])), ...more }
}

const run = (runner: Runner, more: Readonly<Record<string, string>> = {}) =>
  new Promise<{ readonly code: number; readonly output: string }>((resolve) => {
    const options = { cwd: ROOT, env: environment(more), maxBuffer: 2 ** 26 }
    execFile(process.execPath, runner.args, options, (error, output) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : Number(error !== null), output }),
    )
  })

/** The promises as they are registered. */
const titles: string[] = []
storageContract({ describe: (_title, body) => body(), test: (title) => titles.push(title) }, open)

describe.each(Object.entries(ALL))('The contract of a storage, run by %s,', (_name, runner) => {
  test('is kept by the memory: each promise is a test, and all pass', { timeout: GUARD }, async () => {
    const { code, output } = await run(runner)

    expect([code, runner.ran(output), runner.failed(output)], output).toEqual([0, titles.length, []])
  })

  test('reports the promise that a broken storage breaks by its title, and fails', { timeout: GUARD }, async () => {
    const { code, output } = await run(runner, { BROKEN: 'yes' })

    expect(code).not.toBe(0)
    expect(runner.ran(output)).toBe(titles.length)
    expect(runner.failed(output)).toEqual(['with and domain together name whom both name'])
    expect(output).toContain('owners({')
    expect(output).toContain('names others')
  })
})

describe('The type of a runner', () => {
  const program = (imported: string, runner: string): string => `
    ${imported}
    import { MemoryStorage } from 'xmpp-roster'
    import { storageContract } from 'xmpp-roster/testing'
    storageContract(${runner}, async () => new MemoryStorage())`

  test('takes the functions of vitest, node:test and mocha as they are, and no less', { timeout: GUARD }, () => {
    const programs = new Map([
      ['with-vitest', program(`import { describe, test } from 'vitest'`, '{ describe, test }')],
      ['with-node', program(`import { describe, test } from 'node:test'`, '{ describe, test }')],
      ['with-node-it', program(`import { describe, it } from 'node:test'`, '{ describe, test: it }')],
      ['with-mocha', program(`import { describe, it } from 'mocha'`, '{ describe, test: it }')],
      ['without-describe', program(`import { test } from 'node:test'`, '{ test }')],
    ])
    expect(compile(programs)).toEqual([expect.stringMatching(/^without-describe[\s\S]*'describe' is missing/)])
  })
})
