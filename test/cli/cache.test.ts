import { chmodSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Town, town } from './support/town.js'

const dataOf = (people: Town): string => join(people.homeOf('juliet'), '.local/share/xmpp-roster')
const cacheOf = (people: Town): string => join(dataOf(people), 'cache.sqlite')

/** Answers to roster gets: whether each was the whole roster. */
const answers = (people: Town): readonly boolean[] =>
  people.received('juliet').flatMap((xml) => {
    if (!xml.startsWith('<iq type="result"') || !/id="xr-/.test(xml)) return []
    return [xml.includes('<item')]
  })

const household = async (): Promise<Town> => {
  const verona = await town(['juliet'])
  await verona.as('juliet', 'add', 'romeo@localhost', '-n', 'Romeo')
  verona.received('juliet')
  return verona
}
const WARNING = /^xmpp-roster: warning: the roster is not kept for the next call: [^\n]*\n$/

describe('the cache of the roster', () => {
  test('makes the next get an empty result (RFC 6121 §2.6.3)', async () => {
    const verona = await household()
    const [first, second] = [await verona.as('juliet', 'get'), await verona.as('juliet', 'get')]
    expect(first.out).toContain('Romeo')
    expect(second).toEqual(first)
    expect(answers(verona)).toEqual([false, false])
  })

  test('knows what another client has changed since', async () => {
    const verona = await household()
    await verona.as('juliet', 'get')
    await verona.asWith('juliet', { home: verona.homeOf('another') }, 'add', 'nurse@localhost')
    expect((await verona.as('juliet', 'get')).out).toContain('nurse@localhost')
  })

  test("is its owner's alone", async () => {
    const verona = await household()
    chmodSync(dataOf(verona), 0o755)
    await verona.as('juliet', 'get')
    expect(statSync(dataOf(verona)).mode & 0o777).toBe(0o700)
    expect(statSync(cacheOf(verona)).mode & 0o777).toBe(0o600)
  })

  test('stands where XDG_DATA_HOME says', async () => {
    const verona = await town(['juliet'])
    const folder = join(verona.homeOf('juliet'), 'data')
    await verona.asWith('juliet', { env: { XDG_DATA_HOME: folder } }, 'get')
    expect(existsSync(join(folder, 'xmpp-roster/cache.sqlite'))).toBe(true)
  })

  test.each<[what: string, spoil: (people: Town) => void]>([
    ['is no database', (people) => writeFileSync(cacheOf(people), 'x'.repeat(10_000))],
    [
      'is a folder',
      (people) => {
        rmSync(cacheOf(people))
        mkdirSync(cacheOf(people))
      },
    ],
    [
      'has no room',
      (people) => {
        rmSync(dataOf(people), { recursive: true })
        writeFileSync(dataOf(people), '')
      },
    ],
  ])('that %s is done without, with one line of warning', async (_what, spoil) => {
    const verona = await household()
    spoil(verona)
    const { code, out, err } = await verona.as('juliet', 'get')
    expect([code, out.includes('Romeo')]).toEqual([0, true])
    expect(err).toMatch(WARNING)
    expect((await verona.as('juliet', 'set', 'romeo@localhost', '-n', 'R')).code).toBe(0)
  })

  test('is neither read nor written with --no-cache', async () => {
    const verona = await town(['juliet'])
    expect(await verona.as('juliet', 'get', '--no-cache')).toEqual({ code: 0, out: '', err: '' })
    expect(existsSync(dataOf(verona))).toBe(false)
  })
})

describe('resync', () => {
  test('fetches the whole roster, whatever is cached', async () => {
    const verona = await household()
    await verona.as('juliet', 'get')
    verona.received('juliet')
    expect(await verona.as('juliet', 'resync')).toEqual({ code: 0, out: '1 contact\n', err: '' })
    expect(answers(verona)).toEqual([false, true])
  })

  test('removes nothing: Libervia deletes every contact without a subscription from the server', async () => {
    const verona = await household()
    verona.sent('juliet')
    await verona.as('juliet', 'resync')
    await verona.as('juliet', 'resync', '--no-cache')
    expect(verona.sent('juliet').filter((xml) => xml.includes('type="set"') && xml.includes('roster'))).toEqual([])
    expect((await verona.as('juliet', 'get')).out).toContain('Romeo')
  })
})
