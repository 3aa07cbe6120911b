import { describe, expect, test } from 'vitest'
import { builtCommand } from './support/build.js'
import { describeWith, openTerminal, type Terminal } from './support/pty.js'
import { befriend, type Town, town } from './support/town.js'

/** Watches as Juliet until `until` was written, and then as Ctrl-C ends it; `react` is told of everything that is written. */
async function watched(at: Town, words: readonly string[], react: (text: string, stop: () => void) => void) {
  const ctrlC = new AbortController()
  const onOut = (text: string): void => react(text, () => ctrlC.abort())
  return at.asWith('juliet', { signal: ctrlC.signal, onOut }, 'watch', ...words)
}

describe('watch', () => {
  test('writes a line for everything that happens, each with its time, where no terminal is', async () => {
    const at = await town(['juliet', 'romeo', 'tybalt'])
    await befriend(at, 'juliet', 'romeo')
    const { code, out, err } = await watched(at, [], (text, stop) => {
      if (text.includes('has 1 contact')) void at.as('romeo', 'get', '--online', '--wait', '0')
      if (text.includes('offline')) void at.as('tybalt', 'subscribe', 'juliet@localhost')
      if (text.includes('asks')) void at.as('juliet', 'set', 'romeo@localhost', '-n', 'R', '-g', 'G')
      if (text.includes('changed')) stop()
    })
    expect([code, err]).toEqual([0, ''])
    const lines = out.trimEnd().split('\n')
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /)
    const told = lines.map((line) => line.replace(/^\S+ /, '').replace(/\/\S+/, '/…'))
    expect(told.filter((line) => !line.startsWith('juliet@localhost/'))).toEqual([
      'juliet@localhost has 1 contact',
      'romeo@localhost/… xa',
      'romeo@localhost/… offline',
      'tybalt@localhost asks to see your presence',
      'romeo@localhost changed: "R" [G] both',
    ])
  })

  test('writes JSON lines with --json; it announces itself with a negative priority, so that no messages come (RFC 6121 §8.5.2.1.1)', async () => {
    const at = await town(['juliet', 'romeo'])
    await befriend(at, 'juliet', 'romeo')
    const { code, out } = await watched(at, ['--json'], (text, stop) => {
      if (text.includes('"started"')) void at.as('romeo', 'get', '--online', '--wait', '0')
      if (text.includes('"available":false')) stop()
    })
    expect(code).toBe(0)
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events).toMatchObject([
      { event: 'started', jid: 'juliet@localhost', contacts: 1 },
      { event: 'presence', jid: 'romeo@localhost', available: true, show: 'xa', status: null, priority: -1 },
      { event: 'presence', jid: 'romeo@localhost', available: false, show: null },
    ])
    const said = at.sent('juliet').filter((xml) => xml.startsWith('<presence') && !xml.includes('type='))
    expect(said.at(-1)).toContain('<priority>-1</priority>')
  })

  test('ends with 5 when the connection is lost, and nobody is said to have left by that', async () => {
    const at = await town(['juliet', 'romeo'])
    await befriend(at, 'juliet', 'romeo')
    const { code, out, err } = await watched(at, [], (text) => {
      if (text.includes('has 1 contact')) void at.server.close()
    })
    expect(code).toBe(5)
    expect(err).toMatch(/^xmpp-roster: NOT_CONNECTED: [^\n]*\n$/)
    expect(out).not.toContain('offline')
  })

  test('is for accounts', async () => {
    const at = await town([])
    const { code, err } = await at.asWith(
      '',
      { env: { XMPP_SERVICE: at.component } },
      'watch',
      '--component',
      'bots.localhost',
    )
    expect([code, err]).toEqual([
      2,
      'xmpp-roster: USAGE: "watch" is for accounts: a component hears of presence while it runs.\n',
    ])
  })
})

const ENTERED = '\u001b[?1049h\u001b[?25l'
const LEFT = '\u001b[?25h\u001b[?1049l'

describeWith('python3', 'watch on a terminal', () => {
  const command = builtCommand()

  interface Stage {
    readonly at: Town
    readonly terminal: Terminal
    /** Something changes, so that the table is drawn again. */
    change(name: string): Promise<void>
  }

  /** Juliet looks at a table with Romeo, who is there, and three who are not. */
  const stage = async (
    size: { columns?: number; rows?: number; env?: Record<string, string> } = {},
  ): Promise<Stage> => {
    const at = await town(['juliet', 'romeo'])
    await befriend(at, 'juliet', 'romeo')
    await at.as('juliet', 'set', 'romeo@localhost', '-n', '羅密歐')
    for (const name of ['benvolio', 'mercutio', 'nurse'])
      await at.as('juliet', 'add', `${name}@localhost`, '-n', `${name} \u202e with a very long name`)
    const { env = {}, ...window } = size
    const { PATH = '' } = process.env
    const terminal = openTerminal([...command(), 'watch'], {
      ...window,
      env: { PATH, HOME: at.homeOf('juliet'), TERM: 'xterm-256color', ...at.envOf('juliet'), ...env },
    })
    await terminal.shows('of 4 online')
    const change = async (name: string): Promise<void> => {
      expect((await at.as('juliet', 'set', 'nurse@localhost', '-n', name)).code).toBe(0)
      await terminal.shows(name)
      // The rest of the frame comes with it.
      await terminal.shows('\u001b[J')
    }
    return { at, terminal, change }
  }

  test('draws a table whose wide characters are aligned, and gives the terminal back', async () => {
    const { terminal, change } = await stage()
    await change('Angela')
    const { lines, wraps } = terminal.picture()
    expect(wraps).toBe(0)
    expect(lines[0]).toBe('0 of 4 online: juliet@localhost. q ends.')
    expect(lines[1]).toMatch(/^JID +NAME +SHOW +STATUS$/)
    expect(lines).toHaveLength(6)
    const at = lines[1]!.indexOf('NAME')
    expect(lines.find((line) => line.startsWith('nurse'))?.slice(at)).toBe('Angela')
    expect(lines.find((line) => line.startsWith('romeo'))?.slice(at)).toBe('羅密歐')
    terminal.press('ctrl-c')
    expect(await terminal.ended()).toBe(0)
    expect(terminal.output().startsWith(ENTERED)).toBe(true)
    expect(terminal.output().endsWith(LEFT)).toBe(true)
  })

  test('says who comes and goes', async () => {
    const { at, terminal } = await stage()
    void at.as('romeo', 'get', '--online', '--wait', '1')
    await terminal.shows('1 of 4 online')
    await terminal.shows('\u001b[J')
    expect(terminal.picture().lines[2]).toMatch(/^romeo@localhost +羅密歐 +xa$/)
    await terminal.shows('0 of 4 online')
    terminal.type('q')
    expect(await terminal.ended()).toBe(0)
  })

  test('fits in a narrow and low window, and in another one when it changes', async () => {
    const { terminal, change } = await stage({ columns: 30, rows: 5 })
    await change('Angela')
    const narrow = terminal.picture()
    expect(narrow.wraps).toBe(0)
    expect(narrow.lines).toHaveLength(4)
    expect(narrow.lines.at(-1)).toBe('… and 3 more')
    terminal.resize(100, 20)
    await terminal.shows('nurse@localhost')
    await terminal.shows('\u001b[J')
    terminal.type('q')
    expect(await terminal.ended()).toBe(0)
    expect(terminal.output()).not.toContain('\u202e')
  })

  test('has no colours with NO_COLOR', async () => {
    const { terminal, change } = await stage({ env: { NO_COLOR: '1' } })
    await change('Angela')
    terminal.press('ctrl-c')
    expect(await terminal.ended()).toBe(0)
    expect(terminal.output().replaceAll('\u001b', 'ESC')).not.toMatch(/ESC\[\d*m/)
  })

  test('gives the terminal back when the connection is lost, with one line', async () => {
    const { at, terminal } = await stage()
    await at.server.close()
    expect(await terminal.ended()).toBe(5)
    const behind = terminal.output().split(LEFT)
    expect(behind).toEqual([expect.anything(), expect.stringMatching(/^xmpp-roster: NOT_CONNECTED: [^\r\n]*\r\n$/)])
  })
})
