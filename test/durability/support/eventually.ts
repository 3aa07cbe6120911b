import { setTimeout as delay } from 'node:timers/promises'

const LIMIT_MS = 120_000
const POLL_MS = 4

/** Asks until it is so. A guard against a test that hangs: `describe` says what there is instead. */
export async function eventually(
  isSo: () => boolean | Promise<boolean>,
  describe: () => string | Promise<string>,
): Promise<void> {
  const end = Date.now() + LIMIT_MS
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`Waited in vain: ${await describe()}`)
    await delay(POLL_MS)
  }
}
