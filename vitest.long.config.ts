import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config.js'

/** Tests that take minutes and both processors: `npm run test:long`. */
export default defineConfig({
  ...base,
  test: mergeConfig({ include: ['test/**/*.long.ts'] }, { maxWorkers: 1, testTimeout: 900_000, hookTimeout: 60_000 }),
})
