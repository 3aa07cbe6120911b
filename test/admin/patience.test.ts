import { expect, onTestFinished, test, vi } from 'vitest'
import { ejabberdAdmin, type RosterAdmin, storageAdmin } from '../../src/admin.js'
import { MemoryStorage, type RosterStorage } from '../../src/index.js'

const never = new Promise<never>(() => undefined)
const silent: RosterStorage = { load: () => never, commit: () => never, owners: () => new MemoryStorage().owners() }

test.each<[string, RosterAdmin]>([
  ['storageAdmin', storageAdmin(silent)],
  ['ejabberdAdmin', ejabberdAdmin({ url: 'http://127.0.0.1:1', fetch: () => never })],
])('%s waits 30 seconds where no timeout is given, also when that is said with `undefined`', async (_, admin) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  for (const options of [{}, { timeout: undefined as unknown as number }]) {
    let code = 'waiting'
    admin.list('a@example.com', options).catch((error: { code: string }) => {
      code = error.code
    })
    await vi.advanceTimersByTimeAsync(29_999)
    expect(code).toBe('waiting')
    await vi.advanceTimersByTimeAsync(1)
    expect(code).toBe('TIMED_OUT')
  }
})
