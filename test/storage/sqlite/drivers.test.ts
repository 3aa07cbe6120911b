import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { missingNewerNode, onNewerNode } from './support/newer-node.js'

// Fetching Node.js over a slow line takes a while, once.
const GUARD = 300_000
const CHILD = fileURLToPath(new URL('./support/driver.child.ts', import.meta.url))

/** As many as the contract and the faults have together; fewer would be a child that did not try everything. */
const LEAST = 80

const missing = await missingNewerNode()
// In CI a suite that is left out would look like one that passed.
if (missing !== undefined && !process.env['CI']) console.warn(`!!! SKIPPED: node:sqlite and better-sqlite3: ${missing}`)

describe.skipIf(missing !== undefined && !process.env['CI'])('on a newer Node.js', { timeout: GUARD }, () => {
  test('there is one', () => expect(missing).toBeUndefined())

  test.concurrent.each(['node:sqlite', 'better-sqlite3'])('%s keeps every promise', async (driver) => {
    const report = await onNewerNode('--import', 'tsx', '--test-reporter=tap', CHILD, driver).then(
      ({ stdout }) => stdout,
      (failed: { readonly stdout?: string; readonly message: string }) => failed.stdout || failed.message,
    )
    expect(report.split('\n').filter((line) => /^ *not ok/.test(line))).toEqual([])
    const [, passed] = /^# pass (\d+)$/m.exec(report) ?? expect.fail(report)
    expect(Number(passed)).toBeGreaterThan(LEAST)
  })
})
