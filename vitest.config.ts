import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const src = fileURLToPath(new URL('src/', import.meta.url))

/** Those that wait for servers and processes come first: a long one that is left to the end has the machine to itself. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification): number => Number(/test\/(durability|servers)\//.test(moduleId))
    return sorted.sort((a, b) => isLong(b) - isLong(a))
  }
}

export default defineConfig({
  // As in tsconfig.json: the examples import the package by its name; here that is the source, built or not.
  resolve: {
    alias: [
      { find: /^xmpp-roster$/, replacement: `${src}index.ts` },
      { find: /^xmpp-roster\/([a-z]+)$/, replacement: `${src}$1.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // Guards against a test that hangs; no test measures time with them.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    // Most of the time is spent on waiting for servers and processes; more workers than this would wait for each other.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text', 'html'] },
  },
})
