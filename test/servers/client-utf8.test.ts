import { expect, test } from 'vitest'
import { type Bot, login } from './support/client-bot.js'
import { describeServers, stopEntity } from './support/index.js'

const ITEMS = 60
/** Characters of one to four bytes, so that no length of packet is a multiple of theirs. */
const SCRIPT = 'a é 漢字 かな 🎉 Ω א 👩‍👩‍👧 '

const jidAt = (index: number): string => `contact${index}@localhost`
const nameAt = (index: number): string => `${index} ${'x'.repeat(index % 7)}${SCRIPT.repeat(64)}`

const names = (bot: Bot): readonly (string | undefined)[] =>
  Array.from({ length: ITEMS }, (_, index) => bot.own.get(jidAt(index))?.name)

describeServers('a roster of many packets', (server) => {
  test('characters that lie across two packets arrive whole: by pushes, and as a result (promise 13)', async () => {
    const first = await login(server, 'alice', { resource: 'desk' })
    const beside = await login(server, 'alice', { user: first.user, resource: 'phone' })
    const expected = Array.from({ length: ITEMS }, (_, index) => nameAt(index))
    await Promise.all(expected.map((name, index) => first.own.update(jidAt(index), { name, groups: ['群れ🎈'] })))
    await expect.poll(() => beside.own.size).toBe(ITEMS)
    await stopEntity(first.client)
    const second = await login(server, 'alice', { user: first.user, resource: 'tablet' })
    for (const bot of [first, beside, second]) {
      expect(names(bot)).toEqual(expected)
      expect([...bot.own.groups().keys()]).toEqual(['群れ🎈'])
      expect(bot.told('error', 'rejected')).toEqual([])
    }
    // More than one read of a socket can hold.
    const [result] = second.log.incoming('iq', 'result').slice(-1)
    expect(Buffer.byteLength(String(result))).toBeGreaterThan(2 * 65_536)
    expect([beside, second].some(({ log }) => log.all.some(({ text }) => text.includes('\uFFFD')))).toBe(false)
  })
})
