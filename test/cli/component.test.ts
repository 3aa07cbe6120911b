import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { component } from '@xmpp/component'
import { describe, expect, onTestFinished, test } from 'vitest'
import { wakefulClock } from '../../src/core/clock.js'
import { Roster } from '../../src/index.js'
import { SqliteStorage } from '../../src/sqlite.js'
import { freshHome, type Result, run } from './support/command.js'
import { type Town, town } from './support/town.js'

const DESK = 'desk@bots.localhost'
const JULIET = 'juliet@localhost'

interface Bots extends Town {
  /** Runs a command on the roster of the desk; connected, or in the storage alone. */
  desk(how: 'connected' | 'alone', ...words: readonly string[]): Promise<Result>
  readonly file: string
}

const bots = async (): Promise<Bots> => {
  const verona = await town(['juliet'])
  const home = freshHome()
  const desk: Bots['desk'] = (how, ...words) => {
    const env = { XMPP_PASSWORD: 'secret', ...(how === 'connected' ? { XMPP_SERVICE: verona.component } : {}) }
    return run([...words, '--component', 'bots.localhost', '--owner', DESK], { home, env })
  }
  return { ...verona, desk, file: join(home, '.local/share/xmpp-roster/bots.localhost.sqlite') }
}

const statesIn = async ({ desk }: Bots): Promise<readonly string[]> =>
  (JSON.parse((await desk('alone', 'get', '--json')).out) as { jid: string; state: string }[]).map(
    ({ jid, state }) => `${jid} ${state}`,
  )

describe("a component's roster", () => {
  test('is made by the first change, and read without a connection', async () => {
    const verona = await bots()
    expect((await verona.desk('alone', 'add', JULIET, '-n', 'Juliet', '-g', 'Guests')).out).toBe(`${JULIET} added\n`)
    expect((await verona.desk('connected', 'get', '-v')).out).toContain('Juliet')
    expect((await verona.desk('alone', 'groups')).out).toContain('Guests')
    expect((await verona.desk('alone', 'stats')).out).toContain('Contacts: 1')
    expect((await verona.desk('alone', 'delete', '-f', JULIET)).out).toBe(`${JULIET} deleted\n`)
    expect((await verona.desk('alone', 'get')).out).toBe('')
    expect(verona.server.log).toEqual([])
  })

  test('that is not there is 16, and reading makes none', async () => {
    const verona = await bots()
    expect((await verona.desk('alone', 'get')).code).toBe(16)
    expect(existsSync(verona.file)).toBe(false)
    await verona.desk('alone', 'add', JULIET)
    const env = { XMPP_PASSWORD: 'secret' }
    const words = ['get', '--component', 'bots.localhost', '--owner', 'lobby@bots.localhost', '--storage', verona.file]
    const { code, err } = await run(words, { env })
    expect([code, err]).toEqual([16, `xmpp-roster: NOT_FOUND: ${verona.file} has no roster of lobby@bots.localhost.\n`])
  })

  test('asks and grants over a connection of its own', async () => {
    const verona = await bots()
    expect((await verona.desk('connected', 'subscribe', JULIET)).out).toBe(`${JULIET} asked\n`)
    expect((await verona.as('juliet', 'requests')).out).toContain(DESK)
    expect(await statesIn(verona)).toEqual([`${JULIET} none+out`])
  })

  test('without a service stores what it owes; the component sends it when it runs', async () => {
    const verona = await bots()
    expect((await verona.desk('alone', 'subscribe', JULIET)).out).toBe(`${JULIET} asked\n`)
    expect(verona.server.log).toEqual([])
    const storage = await SqliteStorage.open(verona.file)
    const entity = component({ service: verona.component, domain: 'bots.localhost', password: 'secret' })
    entity.on('error', () => undefined)
    // A minute later: what another process owes is sent when it has had its time to do so itself.
    const clock = { ...wakefulClock, now: () => wakefulClock.now() + 60_000 }
    const roster = new Roster(entity, { storage, clock })
    onTestFinished(async () => {
      await roster.close()
      await entity.stop()
      await storage.close()
    })
    await roster.open(DESK)
    await entity.start()
    await roster.ready()
    const isAsked = (): boolean => verona.server.log.some(({ xml }) => xml.includes('type="subscribe"'))
    await expect.poll(isAsked, { timeout: 60_000 }).toBe(true)
  })

  test('has its requests in the storage: they are listed, granted and denied without a connection', async () => {
    const verona = await bots()
    const storage = await SqliteStorage.open(await made(verona))
    const entity = component({ service: verona.component, domain: 'bots.localhost', password: 'secret' })
    entity.on('error', () => undefined)
    const roster = new Roster(entity, { storage, owners: [DESK] })
    const asked = new Promise<void>((resolve) => roster.on('subscribe', () => resolve()))
    await entity.start()
    await verona.as('juliet', 'subscribe', DESK)
    await asked
    await roster.close()
    await entity.stop()
    await storage.close()
    expect((await verona.desk('alone', 'requests')).out).toContain(JULIET)
    expect((await verona.desk('alone', 'authorize', JULIET)).out).toBe(`${JULIET} authorized\n`)
    expect(await statesIn(verona)).toEqual([`${JULIET} from`])
    expect((await verona.desk('alone', 'requests')).out).toBe('')
    expect((await verona.desk('alone', 'deny', JULIET)).out).toBe(`${JULIET} denied\n`)
    expect(await statesIn(verona)).toEqual([`${JULIET} none`])
  })

  test.each<[what: string, words: readonly string[], complaint: string]>([
    [
      'without an owner',
      ['get', '--component', 'bots.localhost'],
      'Whose roster? --owner JID names one of bots.localhost.',
    ],
    [
      'with an owner elsewhere',
      ['get', '--component', 'bots.localhost', '--owner', 'a@b'],
      'a@b is not one of bots.localhost.',
    ],
  ])('%s is a wrong command line', async (_what, words, complaint) => {
    expect(await run(words, { env: { XMPP_PASSWORD: 'x' } })).toEqual({
      code: 2,
      out: '',
      err: `xmpp-roster: USAGE: ${complaint}\n`,
    })
  })

  test('is for nobody else to read when a command makes it', async () => {
    const verona = await bots()
    await verona.desk('alone', 'add', JULIET)
    expect(statSync(verona.file).mode & 0o777).toBe(0o600)
  })

  test('whose file was named and is not there, or has none in it, is made by no command: nothing is, by a slip', async () => {
    const verona = await bots()
    const typo = join(freshHome(), 'typo.sqlite')
    const empty = join(freshHome(), 'notes.txt')
    writeFileSync(empty, '')
    for (const words of [['add', JULIET], ['get'], ['subscribe', JULIET]]) {
      const { code, err } = await verona.desk('alone', ...words, '--storage', typo)
      expect([code, err]).toEqual([16, `xmpp-roster: NOT_FOUND: ${typo} is not there; nothing was made.\n`])
      const other = await verona.desk('alone', ...words, '--storage', empty)
      expect([other.code, other.err]).toEqual([
        2,
        `xmpp-roster: FILE_INVALID: ${empty} should hold rosters of xmpp-roster, but holds none; it was left as it is.\n`,
      ])
    }
    expect([existsSync(typo), readFileSync(empty, 'utf8')]).toEqual([false, ''])
  })

  test.each([[['get', '--online']], [['watch']], [['watch', '--json']]])(
    'is refused for %j before anything is made or connected to',
    async (words) => {
      const verona = await bots()
      const { code, err } = await verona.desk('connected', ...words)
      expect([code, err]).toEqual([
        2,
        expect.stringContaining('is for accounts: a component hears of presence while it'),
      ])
      expect(existsSync(join(verona.file, '..'))).toBe(false)
      expect(verona.server.log).toEqual([])
    },
  )

  test('has no presence to show, and no clients', async () => {
    const verona = await bots()
    await verona.desk('alone', 'add', JULIET)
    for (const words of [['get', '--online'], ['clients']])
      expect((await verona.desk('connected', ...words)).code).toBe(2)
  })

  test('whose file is damaged is an error, not a roster in memory', async () => {
    const verona = await bots()
    await verona.desk('alone', 'add', JULIET)
    writeFileSync(verona.file, 'x'.repeat(10_000))
    const { code, err } = await verona.desk('alone', 'get')
    expect([code, err]).toEqual([1, expect.stringMatching(/^xmpp-roster: STORAGE_\w+: [^\n]*\n$/)])
  })
})

test('an option for components is refused for an account', async () => {
  const verona = await town(['juliet'])
  const { code, err } = await verona.as('juliet', 'get', '--owner', 'a@b')
  expect([code, err]).toEqual([2, 'xmpp-roster: USAGE: --owner is for components; juliet@localhost is an account.\n'])
})

/** The file, made by a command. */
async function made(verona: Bots): Promise<string> {
  await verona.desk('alone', 'add', JULIET)
  await verona.desk('alone', 'delete', '-f', JULIET)
  return verona.file
}
