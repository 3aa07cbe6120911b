import { type ChildProcess, spawn } from 'node:child_process'
import { describe, expect, onTestFinished, test } from 'vitest'
import { builtCommand } from './support/build.js'
import { freshHome } from './support/command.js'
import { describeWith, openTerminal } from './support/pty.js'
import { type Town, town } from './support/town.js'

const command = builtCommand()

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

type Streams = 'closed' | 'ignore' | 'pipe' | 'full disk'

/** What Node.js has no words for: a descriptor that is closed, and a disk without any space left. */
const BY_SHELL: Readonly<Partial<Record<Streams, string>>> = { closed: '0<&-', 'full disk': '>/dev/full' }

/** The built command in a process of its own. */
const start = (words: readonly string[], env: Readonly<Record<string, string>>, streams: Streams): ChildProcess => {
  const [node, ...rest] = command()
  const redirection = BY_SHELL[streams]
  const line =
    redirection === undefined ? [node, ...rest] : ['sh', '-c', `exec "$@" ${redirection}`, 'sh', node, ...rest]
  const [program = '', ...args] = [...line, ...words]
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], HOME: freshHome(), ...env },
    stdio: [streams === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const ended = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve) => {
    const written = { out: '', err: '' }
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      written.out += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      written.err += text
    })
    child.on('close', (code) => resolve({ code, ...written }))
  })

const run = (words: readonly string[], env: Readonly<Record<string, string>> = {}, streams: Streams = 'ignore') =>
  ended(start(words, env, streams))

const household = async (): Promise<Town> => {
  const verona = await town(['juliet'])
  await verona.as('juliet', 'add', 'romeo@localhost', '-n', '羅密歐')
  return verona
}

describe('the program', () => {
  test('tells its version and help, and ends', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' })
    expect((await run(['get', '--help'])).out).toContain('Usage: xmpp-roster get')
    expect((await run(['frobnicate'])).code).toBe(2)
  })

  test('says nothing besides what it was asked for: no warning of Node.js, nothing of its libraries', async () => {
    const verona = await household()
    const { code, out, err } = await run(['get'], verona.envOf('juliet'))
    // Without a driver for SQLite there is one line about the cache.
    expect([code, out]).toEqual([0, 'JID              NAME    SUBSCRIPTION\nromeo@localhost  羅密歐  none\n'])
    expect(err).toMatch(/^(xmpp-roster: warning: the roster is not kept [^\n]*\n)?$/)
  })

  test.each<Streams>(['closed', 'ignore', 'pipe'])(
    'does not hang where it would ask and its input is %s, as Libervia does: 20',
    async (stdin) => {
      const verona = await household()
      const { code, err } = await run(['delete', 'romeo@localhost', '--no-cache'], verona.envOf('juliet'), stdin)
      expect([code, err]).toEqual([20, expect.stringMatching(/^xmpp-roster: CANCELLED: [^\n]*\n$/)])
    },
  )

  test('does not hang without an account, nor with one that is unknown: 2', async () => {
    for (const words of [['get'], ['get', '--account', 'nobody']])
      expect(await run(words, {}, 'closed')).toEqual({
        code: 2,
        out: '',
        err: expect.stringMatching(/^xmpp-roster: CONFIG_INVALID: [^\n]*\n$/),
      })
  })

  test('passes on what Node.js warns of, where it concerns the user: certificates that are not checked', async () => {
    const env = { XMPP_JID: 'juliet@localhost', XMPP_PASSWORD: 'x', XMPP_SERVICE: 'xmpps://127.0.0.1:1' }
    const { code, err } = await run(['get', '--no-cache'], { ...env, NODE_TLS_REJECT_UNAUTHORIZED: '0' })
    expect(code).toBe(5)
    expect(err).toMatch(
      /^xmpp-roster: warning: [^\n]*certificate verification\.\nxmpp-roster: NOT_CONNECTED: [^\n]*\n$/,
    )
  })

  test('lets a reader go that has enough', async () => {
    const verona = await household()
    const child = start(['get', '--no-cache'], verona.envOf('juliet'), 'ignore')
    const end = ended(child)
    child.stdout?.destroy()
    expect(await end).toEqual({ code: 0, out: '', err: '' })
  })

  test.each([[['get', '--json']], [['export']], [['completion', 'bash']]])(
    'takes a full disk for no reader that has enough: %j',
    async (words) => {
      const verona = await household()
      expect(await run([...words, '--no-cache'], verona.envOf('juliet'), 'full disk')).toEqual({
        code: 1,
        out: '',
        err: 'xmpp-roster: FAILED: The output could not be written: ENOSPC: no space left on device, write\n',
      })
    },
  )

  test.each(['SIGINT', 'SIGTERM'] as const)('ends with 20 on %s, and logs out', async (signal) => {
    const verona = await household()
    // Nobody is online: presence is waited for.
    const words = ['get', '--online', '--wait', '600', '--no-cache', '--debug']
    const child = start(words, verona.envOf('juliet'), 'ignore')
    let isTold = false
    child.stderr?.on('data', (text: Buffer) => {
      // It also comes back, and whoever is told twice does not log out any more.
      if (isTold || !String(text).includes('<priority>')) return
      isTold = true
      child.kill(signal)
    })
    const { code, err } = await ended(child)
    expect(code).toBe(20)
    expect(err).toMatch(/xmpp-roster: CANCELLED: Cancelled\.\n$/)
  })
})

describeWith('python3', 'the program on a terminal', () => {
  const terminalOf = (verona: Town, words: readonly string[], columns = 80) => {
    const env = {
      ...verona.envOf('juliet'),
      HOME: verona.homeOf('juliet'),
      PATH: process.env['PATH'] ?? '',
      TERM: 'xterm',
    }
    return openTerminal([...command(), ...words], { columns, env })
  }

  test('asks, and goes ahead when the answer is yes', async () => {
    const verona = await household()
    const terminal = terminalOf(verona, ['delete', 'romeo@localhost', '--no-cache'])
    await terminal.shows('Delete romeo@localhost from the roster? (y/N) ')
    terminal.type('yes')
    terminal.press('enter')
    await terminal.shows('romeo@localhost deleted')
    expect(await terminal.ended()).toBe(0)
  })

  test.each(['ctrl-c', 'ctrl-d'] as const)('asks, and %s is no: 20, and the terminal is as it was', async (key) => {
    const verona = await household()
    const terminal = terminalOf(verona, ['delete', 'romeo@localhost', '--no-cache'])
    await terminal.shows('(y/N) ')
    terminal.press(key)
    expect(await terminal.ended()).toBe(20)
    expect(terminal.picture().lines).toEqual([
      'Delete romeo@localhost from the roster? (y/N)',
      'xmpp-roster: CANCELLED: Cancelled; nothing was done.',
    ])
    expect((await verona.as('juliet', 'get')).out).toContain('romeo@localhost')
  })

  test('asks for a password without showing it', async () => {
    const verona = await household()
    const env = {
      XMPP_JID: 'juliet@localhost',
      XMPP_SERVICE: verona.c2s,
      HOME: freshHome(),
      PATH: process.env['PATH'] ?? '',
    }
    const terminal = openTerminal([...command(), 'get', '--no-cache'], {
      env: { ...env, TERM: 'xterm', NO_COLOR: '1' },
    })
    await terminal.shows('Password of juliet@localhost: ')
    terminal.type('what was that again?')
    terminal.press('ctrl-u')
    terminal.type('sec\u0001\t')
    terminal.press('up')
    terminal.type('rex')
    terminal.press('backspace')
    terminal.type('t')
    terminal.press('enter')
    await terminal.shows('romeo@localhost')
    expect(await terminal.ended()).toBe(0)
    expect(terminal.output()).not.toContain('secre')
  })

  test('fits its table into the window, with bold titles', async () => {
    const verona = await household()
    await verona.as(
      'juliet',
      'add',
      'somebody.with.a.long.name@localhost',
      '-n',
      '長い名前の人長い名前の人',
      '-g',
      'Friends',
    )
    const terminal = terminalOf(verona, ['get', '-v', '--no-cache'], 60)
    expect(await terminal.ended()).toBe(0)
    const { lines, wraps } = terminal.picture()
    expect(wraps).toBe(0)
    expect(lines).toHaveLength(3)
    expect(terminal.output().startsWith('\u001b[1mJID')).toBe(true)
  })
})
