import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { changeAccounts } from '../../src/cli/accounts-file.js'
import type { World } from '../../src/cli/world.js'
import type { Clock } from '../../src/core/clock.js'
import { configure, fileIn, JULIET } from './support/accounts.js'
import { freshHome, run } from './support/command.js'
import { town } from './support/town.js'

describe('login', () => {
  test('tries the account, and writes it for its owner alone', async () => {
    const verona = await town(['juliet'])
    const home = verona.homeOf('juliet')
    const { code, out } = await verona.as('juliet', 'login', 'Juliet@localhost')
    expect([code, out]).toEqual([0, `juliet@localhost is written to ${fileIn(home)}\n`])
    expect(statSync(fileIn(home)).mode & 0o777).toBe(0o600)
    expect(statSync(join(fileIn(home), '..')).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(fileIn(home), '..'))).toEqual(['accounts.json'])
    expect(JSON.parse(readFileSync(fileIn(home), 'utf8'))).toEqual({
      default: 'juliet@localhost',
      accounts: { 'juliet@localhost': { jid: 'juliet@localhost', service: verona.c2s, password: 'secret' } },
    })
    expect((await run(['get'], { home })).code).toBe(0)
  })

  test('writes nothing when the server refuses', async () => {
    const verona = await town(['juliet'])
    const { code, err } = await verona.asWith(
      'juliet',
      { env: { XMPP_PASSWORD: 'wrong' } },
      'login',
      'juliet@localhost',
    )
    expect([code, err]).toEqual([
      4,
      'xmpp-roster: REFUSED: The server refused the login of juliet@localhost: not-authorized.\n',
    ])
    expect(readdirSync(verona.homeOf('juliet'))).toEqual([])
  })

  test('writes the command for the password, not what it prints; the others stay', async () => {
    const verona = await town(['juliet'])
    const home = verona.homeOf('juliet')
    configure(home, { default: 'work', accounts: { work: JULIET } })
    const program = [process.execPath, '-p', '"secret"']
    const { code } = await verona.as('juliet', 'login', 'juliet@localhost', '--account', 'home', '--', ...program)
    expect(code).toBe(0)
    expect(JSON.parse(readFileSync(fileIn(home), 'utf8'))).toEqual({
      default: 'work',
      accounts: { work: JULIET, home: { jid: 'juliet@localhost', service: verona.c2s, passwordCommand: program } },
    })
  })

  test('asks before it writes over an account; without a terminal it does not', async () => {
    const verona = await town(['juliet'])
    const home = verona.homeOf('juliet')
    configure(home, { accounts: { 'juliet@localhost': JULIET } })
    const words = ['login', 'juliet@localhost']
    expect((await verona.as('juliet', ...words)).code).toBe(20)
    expect((await verona.asWith('juliet', { columns: 80, typed: 'n\n' }, ...words)).code).toBe(20)
    expect(JSON.parse(readFileSync(fileIn(home), 'utf8'))).toEqual({ accounts: { 'juliet@localhost': JULIET } })
    expect((await verona.asWith('juliet', { columns: 80, typed: 'y\n' }, ...words)).code).toBe(0)
    expect((await verona.as('juliet', ...words, '-f')).code).toBe(0)
  })

  test('refuses a configuration that others may read, and leaves it as it is', async () => {
    const verona = await town(['juliet'])
    const home = verona.homeOf('juliet')
    const path = configure(home, { accounts: {} }, 0o644)
    expect((await verona.as('juliet', 'login', 'juliet@localhost')).code).toBe(2)
    expect(readFileSync(path, 'utf8')).toBe('{"accounts":{}}')
  })

  test('of four at once loses none', async () => {
    const names = ['juliet', 'romeo', 'nurse', 'paris']
    const verona = await town(names)
    const home = freshHome()
    const codes = await Promise.all(
      names.map(async (name) => (await run(['login', `${name}@localhost`], { home, env: verona.envOf(name) })).code),
    )
    expect(codes).toEqual([0, 0, 0, 0])
    const { accounts } = JSON.parse(readFileSync(fileIn(home), 'utf8'))
    expect(Object.keys(accounts).sort()).toEqual(names.map((name) => `${name}@localhost`).sort())
    expect(readdirSync(join(fileIn(home), '..'))).toEqual(['accounts.json'])
  })

  test('that finds a lock which nobody takes away says so in the end, and writes nothing', async () => {
    const home = freshHome()
    const path = configure(home, { accounts: { work: JULIET } })
    writeFileSync(`${path}.lock`, '')
    let waits = 0
    const clock: Clock = {
      now: () => 0,
      after: (_ms, again) => {
        waits += 1
        queueMicrotask(again)
        return () => undefined
      },
    }
    const { signal } = new AbortController()
    const world = { env: {}, home, uid: process.getuid?.(), clock, signal } as World
    const change = changeAccounts(world, () => ({ accounts: {} }))
    await expect(change).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`${path}.lock is there`),
    })
    expect(waits).toBeGreaterThan(10)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ accounts: { work: JULIET } })
  })

  test('does not write over an account that came while it was tried', async () => {
    const verona = await town(['juliet'])
    const home = verona.homeOf('juliet')
    const onErr = (text: string): void => {
      if (text.includes('jabber:client') || text.includes('<success>'))
        configure(home, { accounts: { 'juliet@localhost': JULIET } })
    }
    const { code, err } = await verona.asWith('juliet', { onErr }, 'login', 'juliet@localhost', '--debug')
    expect([code, err]).toEqual([20, expect.stringContaining('There is an account "juliet@localhost" by now')])
    expect(JSON.parse(readFileSync(fileIn(home), 'utf8'))).toEqual({ accounts: { 'juliet@localhost': JULIET } })
  })

  test('writes through a link', async () => {
    const verona = await town(['juliet'])
    const home = verona.homeOf('juliet')
    const kept = join(home, 'kept.json')
    writeFileSync(kept, JSON.stringify({ accounts: { work: JULIET } }), { mode: 0o600 })
    mkdirSync(join(fileIn(home), '..'), { recursive: true })
    symlinkSync(kept, fileIn(home))
    expect((await verona.as('juliet', 'login', 'juliet@localhost')).code).toBe(0)
    expect(lstatSync(fileIn(home)).isSymbolicLink()).toBe(true)
    expect(Object.keys(JSON.parse(readFileSync(kept, 'utf8')).accounts)).toEqual(['work', 'juliet@localhost'])
  })

  test.each<[what: string, words: readonly string[], complaint: string]>([
    [
      'an owner of another domain',
      ['a@other.localhost', '--component', 'bots.localhost'],
      'a@other.localhost is not one of bots.localhost.',
    ],
    ['an owner besides', ['a@bots.localhost', '--owner', 'a@bots.localhost'], '--owner'],
    [
      'a component without encryption',
      ['a@bots.localhost', '--component', 'bots.localhost', '--insecure'],
      '--insecure',
    ],
  ])('refuses %s', async (_what, words, complaint) => {
    const verona = await town([])
    const home = freshHome()
    const env = { XMPP_PASSWORD: 'secret', XMPP_SERVICE: verona.component }
    const { code, err } = await run(['login', ...words], { home, env })
    expect([code, err]).toEqual([2, expect.stringMatching(/^xmpp-roster: USAGE: [^\n]*\n$/)])
    expect(err).toContain(complaint)
    expect(existsSync(fileIn(home))).toBe(false)
    expect(verona.server.log).toEqual([])
  })

  test('takes the program of XMPP_PASSWORD_COMMAND, which the configuration has then', async () => {
    const verona = await town(['juliet'])
    const home = verona.homeOf('juliet')
    const program = [process.execPath, '-p', '"secret"']
    const env = { XMPP_PASSWORD: '', XMPP_PASSWORD_COMMAND: JSON.stringify(program) }
    expect((await verona.asWith('juliet', { env }, 'login', 'juliet@localhost')).code).toBe(0)
    expect(JSON.parse(readFileSync(fileIn(home), 'utf8')).accounts['juliet@localhost']).toEqual({
      ...{ jid: 'juliet@localhost', service: verona.c2s, passwordCommand: program },
    })
  })

  test('writes a component and an owner of it', async () => {
    const verona = await town([])
    const home = freshHome()
    const words = ['login', 'desk@bots.localhost', '--component', 'bots.localhost', '--service', verona.component]
    expect((await run(words, { home, env: { XMPP_PASSWORD: 'secret' } })).code).toBe(0)
    expect(JSON.parse(readFileSync(fileIn(home), 'utf8'))).toMatchObject({
      accounts: { 'desk@bots.localhost': { component: 'bots.localhost', owner: 'desk@bots.localhost' } },
    })
    const refused = await run(words, { home: freshHome(), env: { XMPP_PASSWORD: 'wrong' } })
    expect([refused.code, refused.err]).toEqual([4, expect.stringContaining('not-authorized')])
  })

  test('of a component knows it however its name is written', async () => {
    const verona = await town([])
    const home = freshHome()
    const env = { XMPP_PASSWORD: 'secret' }
    const words = ['login', 'desk@bots.localhost', '--component', 'Bots.Localhost', '--service', verona.component]
    expect((await run(words, { home, env })).code).toBe(0)
    for (const component of ['BOTS.localhost', 'bots.localhost']) {
      const added = await run(['add', 'juliet@localhost', '--component', component], { home, env: {} })
      expect([added.code, added.err]).toEqual([0, ''])
    }
    expect((await run(['get', '--component', 'BOTS.localhost', '-a', 'desk@bots.localhost'], { home })).code).toBe(0)
    const other = await run(['get', '--component', 'x.localhost', '-a', 'desk@bots.localhost'], { home })
    expect([other.code, other.err]).toEqual([
      2,
      'xmpp-roster: USAGE: --component is x.localhost, but the account "desk@bots.localhost" is another one.\n',
    ])
  })
})
