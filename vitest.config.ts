import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const src = fileURLToPath(new URL('src/', import.meta.url))

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
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Some suites start servers: more workers than this only make them wait for each other.
    maxWorkers: 2,
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text', 'html'] },
  },
})
