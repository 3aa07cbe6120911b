import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { configure, JULIET } from './support/accounts.js'
import { freshHome, type RunOptions, run } from './support/command.js'
import { type Town, town } from './support/town.js'

/** With a configuration and nothing else. */
const asConfigured = async (content: unknown, mode?: number, ...words: string[]) => {
  const home = freshHome()
  const path = configure(home, content, mode)
  return { path, ...(await run(words.length === 0 ? ['get'] : words, { home })) }
}

/** A server, and juliet in a configuration. */
const withJuliet = async (entry: object, content: object = {}): Promise<{ home: string; verona: Town }> => {
  const verona = await town(['juliet', 'romeo'])
  const home = freshHome()
  configure(home, { accounts: { work: { service: verona.c2s, ...entry } }, ...content })
  return { home, verona }
}

describe('without an account', () => {
  test('the command says so and ends: nothing hangs, as Libervia does without a profile', async () => {
    const { code, err } = await run(['get'])
    expect(code).toBe(2)
    expect(err).toBe(
      'xmpp-roster: CONFIG_INVALID: There is no account yet: "xmpp-roster login JID" makes one; or set XMPP_JID and XMPP_PASSWORD.\n',
    )
  })

  test('of that name it says which there are', async () => {
    const { code, err, path } = await asConfigured(
      { accounts: { work: JULIET, home: JULIET } },
      0o600,
      'get',
      '-a',
      'x',
    )
    expect([code, err]).toEqual([
      2,
      `xmpp-roster: CONFIG_INVALID: There is no account "x" in ${path}; there are work, home.\n`,
    ])
  })

  test('of the name of something that every object has, too', async () => {
    expect((await asConfigured({ accounts: { work: JULIET } }, 0o600, 'get', '-a', 'constructor')).code).toBe(2)
  })

  test('that is the default one of several it asks for a name', async () => {
    const { code, err } = await asConfigured({ accounts: { work: JULIET, home: JULIET } })
    expect(code).toBe(2)
    expect(err).toContain('Which account? Name one with --account; there are work, home; or set "default"')
  })

  test("'s password, and a terminal, it says so and ends", async () => {
    const { code, err } = await run(['get'], {
      env: { XMPP_JID: 'juliet@localhost', XMPP_SERVICE: 'xmpp://127.0.0.1:1' },
    })
    expect(code).toBe(2)
    expect(err).toContain('There is no password for juliet@localhost, and no terminal to ask on')
  })
})

describe('a configuration', () => {
  test('with the mark that some editors put before UTF-8 is read', async () => {
    const { code, err, path } = await asConfigured('\ufeff{"accounts": {}}', 0o600, 'get', '-a', 'x')
    expect([code, err]).toEqual([2, `xmpp-roster: CONFIG_INVALID: There is no account "x" in ${path}.\n`])
  })

  test.each([0o640, 0o604, 0o622, 0o666])('that others may read or write (%o) is refused', async (mode) => {
    const { code, err, path } = await asConfigured({ accounts: { work: JULIET } }, mode)
    expect([code, err]).toEqual([
      2,
      `xmpp-roster: CONFIG_INVALID: ${path} holds passwords, but others may read or write it. "chmod 600 ${path}" mends that.\n`,
    ])
  })

  test.each<[what: string, content: unknown, complaint: string]>([
    ['that is cut off', '{"accounts": {"work": {"password": "hunter2"', 'is no JSON.'],
    ['that is a list', [], 'expected {"accounts": {…}}.'],
    ['with something unknown', { acounts: {}, accounts: {} }, '"acounts" is not known'],
    [
      'with a misspelt field',
      { accounts: { work: { ...JULIET, pasword: 'x' } } },
      '"pasword" of the account "work" is not known',
    ],
    [
      'with a password that is a number',
      { accounts: { work: { ...JULIET, password: 1 } } },
      '"password" of the account "work"',
    ],
    [
      'with a command that is a text',
      { accounts: { work: { jid: 'a@b', passwordCommand: 'pass show x' } } },
      '"passwordCommand"',
    ],
    [
      'with both',
      { accounts: { work: { ...JULIET, passwordCommand: ['pass'] } } },
      'both a "password" and a "passwordCommand"',
    ],
    ['with neither JID nor component', { accounts: { work: { password: 'x' } } }, 'neither a "jid" nor a "component"'],
    ['with a JID that is none', { accounts: { work: { jid: '@' } } }, '"@" is no JID'],
    ['with a domain for an account', { accounts: { work: { jid: 'localhost' } } }, 'is a domain'],
    [
      'with a service that is none',
      { accounts: { work: { ...JULIET, service: 'localhost' } } },
      'the service is a URL',
    ],
    ['with a default that is none', { default: 'x', accounts: { work: JULIET } }, '"default" should name one'],
  ])('%s is refused before anything is sent', async (_what, content, complaint) => {
    const { code, err } = await asConfigured(content)
    expect(code).toBe(2)
    expect(err).toMatch(/^xmpp-roster: CONFIG_INVALID: [^\n]*\n$/)
    expect(err).toContain(complaint)
    expect(err).not.toContain('hunter2')
  })

  test('stands where XDG_CONFIG_HOME says, if that is absolute', async () => {
    const home = freshHome()
    configure(home, { accounts: { work: { jid: '@' } } })
    const codes: RunOptions[] = [
      { home, env: { XDG_CONFIG_HOME: join(home, '.config') } },
      { home, env: { XDG_CONFIG_HOME: 'elsewhere' } },
      { home, env: { XDG_CONFIG_HOME: join(home, 'elsewhere') } },
    ]
    const errors = await Promise.all(codes.map(async (options) => (await run(['get'], options)).err))
    expect(errors.map((err) => err.includes('is no JID'))).toEqual([true, true, false])
  })
})

describe('the account', () => {
  test('is the only one of the configuration, the default one, or the one that is named', async () => {
    const verona = await town(['juliet', 'romeo'])
    const home = freshHome()
    const romeo = { jid: 'romeo@localhost', password: 'secret', service: verona.c2s }
    await verona.as('juliet', 'add', 'nurse@localhost')
    configure(home, { accounts: { romeo } })
    expect(await run(['get'], { home })).toMatchObject({ code: 0, out: '' })
    configure(home, { default: 'juliet', accounts: { romeo, juliet: { ...romeo, jid: 'juliet@localhost' } } })
    for (const [words, env] of [
      [['get'], {}],
      [['get', '-a', 'juliet'], { XMPP_ROSTER_ACCOUNT: 'romeo' }],
      [['get'], { XMPP_ROSTER_ACCOUNT: 'juliet' }],
    ] as const)
      expect((await run(words, { home, env })).out).toContain('nurse@localhost')
    expect((await run(['get', '-a', 'romeo'], { home })).out).toBe('')
  })

  test('of the configuration is not sent elsewhere by a variable', async () => {
    const { home } = await withJuliet({ ...JULIET })
    const { code } = await run(['get', '-a', 'work'], {
      home,
      env: { XMPP_SERVICE: 'xmpp://127.0.0.1:1', XMPP_PASSWORD: 'x' },
    })
    expect(code).toBe(0)
  })

  test('gets a password that it lacks from the variable', async () => {
    const { home } = await withJuliet({ jid: 'juliet@localhost' })
    expect((await run(['get'], { home, env: { XMPP_PASSWORD: 'secret' } })).code).toBe(0)
  })
})

describe('a password command', () => {
  const printing = (text: string): readonly string[] => [
    process.execPath,
    '-e',
    `process.stdout.write(${JSON.stringify(text)})`,
  ]

  test.each(['secret\n', 'secret\r\nurl: https://example.com\n', 'secret'])('that prints %j is asked', async (text) => {
    const { home } = await withJuliet({ jid: 'juliet@localhost', passwordCommand: printing(text) })
    expect(await run(['get'], { home })).toEqual({ code: 0, out: '', err: '' })
  })

  test('is run without a shell', async () => {
    const { home } = await withJuliet({
      jid: 'juliet@localhost',
      passwordCommand: [...printing('secret'), '$(exit 1); `false`', '> x'],
    })
    expect((await run(['get'], { home })).code).toBe(0)
  })

  test('may stand in a variable, as a JSON array', async () => {
    const verona = await town(['juliet'])
    const env = { XMPP_PASSWORD: '', XMPP_PASSWORD_COMMAND: JSON.stringify(printing('secret')) }
    expect((await verona.asWith('juliet', { env }, 'get')).code).toBe(0)
    const text = await verona.asWith('juliet', { env: { ...env, XMPP_PASSWORD_COMMAND: 'pass show x' } }, 'get')
    expect([text.code, text.err]).toEqual([2, expect.stringContaining('XMPP_PASSWORD_COMMAND should be a JSON array')])
  })

  test.each<[what: string, command: readonly string[], complaint: string]>([
    ['is not there', ['/no/such/program'], 'could not be started'],
    ['fails', [process.execPath, '-e', 'process.exit(3)'], 'ended with 3'],
    ['prints nothing', [process.execPath, '-e', ''], 'printed nothing'],
  ])('that %s is said, and nobody is connected to', async (_what, passwordCommand, complaint) => {
    const { home, verona } = await withJuliet({ jid: 'juliet@localhost', passwordCommand })
    const { code, err } = await run(['get'], { home })
    expect(code).toBe(1)
    expect(err).toMatch(/^xmpp-roster: PASSWORD_FAILED: [^\n]*\n$/)
    expect(err).toContain(complaint)
    expect(verona.server.log).toEqual([])
  })
})
