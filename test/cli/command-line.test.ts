import { describe, expect, test } from 'vitest'
import type { Command } from '../../src/cli/command.js'
import { EXIT, EXIT_CODES, errorLine, exitCodeOf } from '../../src/cli/errors.js'
import { helpOf } from '../../src/cli/help.js'
import { nameOf, parseCommandLine } from '../../src/cli/parse.js'
import { ROOT } from '../../src/cli/root.js'
import { RosterError } from '../../src/index.js'
import { run } from './support/command.js'

/** All paths to a command. */
const pathsIn = (path: readonly Command[]): readonly (readonly Command[])[] => [
  path,
  ...(path[path.length - 1]?.commands ?? []).flatMap((next) => pathsIn([...path, next])),
]
const PATHS = pathsIn([ROOT])
const runnable = PATHS.filter((path) => path[path.length - 1]?.run !== undefined)
const titled = (paths: typeof PATHS) => paths.map((path) => [nameOf(path), path] as const)

/** As a shell splits it; quotes keep words together. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')

const parsed = (...words: readonly string[]) => {
  const invocation = parseCommandLine(words, ROOT)
  if (invocation.kind !== 'run') throw new Error(`It asks for ${invocation.kind}`)
  return { ...invocation, name: nameOf(invocation.path) }
}

describe.each(titled(PATHS))('%s', (name, path) => {
  const command = path[path.length - 1] as Command

  test('is explained by --help, with an example and all of its options', async () => {
    const words = [...path.slice(1).map((one) => one.name), '--help']
    const { code, out, err } = await run(words)
    expect([code, err]).toEqual([0, ''])
    expect(out).toBe(`${helpOf(path)}\n`)
    expect(out).toContain(`Usage: ${name}`)
    expect(out).toContain(`xmpp-roster ${command.examples[0]}`)
    for (const option of Object.keys(command.options ?? {})) expect(out).toContain(`--${option}`)
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(140)
  })

  test('has examples that are command lines', () => {
    for (const example of command.examples) {
      // What a shell connects: parts that are this program's must all be right, and one of them is about the command.
      const parts = `xmpp-roster ${example}`.split(/ (?:\||&&) /).filter((part) => part.startsWith('xmpp-roster '))
      const called = parts.map((part) => parsed(...wordsOf(part.replace(/ [<>].*/, '')).slice(1)).name)
      expect(called.some((one) => one.startsWith(name))).toBe(true)
    }
  })

  test('has a summary of one line without a full stop, and so have its options and arguments', () => {
    const options = Object.values(command.options ?? {})
    const texts = [command, ...options, ...(command.arguments ?? [])].map((one) =>
      'summary' in one ? one.summary : one.description,
    )
    for (const text of texts) expect(text).toMatch(/^[A-Z].*[^.]$/)
  })

  test('has no letter twice', () => {
    const table = { ...command.options }
    const letters = Object.values(table).flatMap(({ short }) => short ?? [])
    expect(new Set([...letters, 'a', 'h']).size).toBe(letters.length + 2)
  })
})

test.each(titled(runnable))(
  '%s refuses an option that it does not know, before anything is done',
  async (_name, path) => {
    const { code, out, err } = await run([...path.slice(1).map(({ name }) => name), '--no-such-option'])
    expect([code, out]).toEqual([EXIT.usage, ''])
    expect(err).toMatch(/^xmpp-roster: USAGE: Unknown option '--no-such-option'\. See "xmpp-roster .*--help"\.\n$/)
  },
)

describe('a command line', () => {
  test('has options of every command before and behind the command', () => {
    for (const words of [
      ['--account', 'work', 'get', '-v'],
      ['get', '-v', '-a', 'work'],
    ]) {
      const { name, globals, input } = parsed(...words)
      expect([name, globals.account, input.options['verbose']]).toEqual(['xmpp-roster get', 'work', 1])
    }
  })

  test('counts -vv, collects -g, and keeps empty values', () => {
    expect(parsed('get', '-vv').input.options).toMatchObject({ verbose: 2, group: [], json: false, sort: undefined })
    expect(parsed('set', 'a@b', '-g', 'A', '-gB', '--name', '').input).toMatchObject({
      words: ['a@b'],
      options: { group: ['A', 'B'], name: '', replace: false },
    })
  })

  test('finds a command of two words, also behind options', () => {
    expect(parsed('--debug', 'groups', '-a', 'x', 'rename', 'get', 'set')).toMatchObject({
      name: 'xmpp-roster groups rename',
      input: { words: ['get', 'set'] },
    })
    expect(parsed('groups').name).toBe('xmpp-roster groups')
  })

  test('takes a value for no command, and --help as a value for no question', () => {
    expect(parsed('-a', 'get', 'stats')).toMatchObject({ name: 'xmpp-roster stats', globals: { account: 'get' } })
    expect(parsed('set', 'a@b', '--name=--help').input.options['name']).toBe('--help')
  })

  test('has words behind -- that look like options', () => {
    expect(parsed('login', 'a@b', '--', 'pass', '-1').input.words).toEqual(['a@b', 'pass', '-1'])
    expect(parsed('groups', 'rename', '--', '-a', '-b').input.words).toEqual(['-a', '-b'])
  })

  test.each<[words: readonly string[], complaint: string]>([
    [[], 'Which command? See "xmpp-roster --help".'],
    [['--bogus'], `Unknown option '--bogus'. See "xmpp-roster --help".`],
    [['frobnicate'], 'There is no command "frobnicate". See "xmpp-roster --help".'],
    [['get\u001b[2J'], 'There is no command "get\\u{1b}[2J". See "xmpp-roster --help".'],
    [['set'], 'JID is missing. See "xmpp-roster set --help".'],
    [['delete'], 'JID is missing. See "xmpp-roster delete --help".'],
    [['groups', 'rename', 'A'], 'NAME is missing. See "xmpp-roster groups rename --help".'],
    [['groups', 'frobnicate'], '"frobnicate" is one word too many. See "xmpp-roster groups --help".'],
    [['get', 'extra'], '"extra" is one word too many. See "xmpp-roster get --help".'],
    [['get', '--sort', 'size'], '--sort is one of jid, name, host, group, subscription. See "xmpp-roster get --help".'],
    [['get', '--subscription', 'BOTH'], '--subscription is one of none, to, from, both. See "xmpp-roster get --help".'],
    [['get', '--timeout', '0'], '--timeout is a number from 1 to 86400. See "xmpp-roster get --help".'],
    [['get', '--timeout', 'soon'], '--timeout is a number from 1 to 86400. See "xmpp-roster get --help".'],
    [['get', '--timeout', '3000000'], '--timeout is a number from 1 to 86400. See "xmpp-roster get --help".'],
    [['get', '--wait', '1e3'], '--wait is a number from 0 to 86400. See "xmpp-roster get --help".'],
    [['apply', 'x', '--rate', '100000000'], '--rate is a number from 0.01 to 10000. See "xmpp-roster apply --help".'],
    [['help', 'frobnicate'], 'There is no command "frobnicate". See "xmpp-roster --help".'],
    [['help', 'groups', 'frobnicate'], 'There is no command "frobnicate". See "xmpp-roster groups --help".'],
    [['frobnicate', '--version'], 'There is no command "frobnicate". See "xmpp-roster --help".'],
    [['get', '--json', '--csv'], 'Of --json, --jsonl and --csv only one makes sense.'],
    [['set', 'a@b'], 'What should be changed? -n, -g, --ungroup or -R says it.'],
    [['set', 'a@b', '-g', 'A', '--ungroup', 'A'], '-g and --ungroup both name A.'],
    [['set', 'a@b', '-R', '--ungroup', 'A'], 'With -R there is nothing to take a contact out of: leave --ungroup out.'],
    [['delete', 'a@b/home'], 'A contact has no resource: write a@b instead of a@b/home.'],
    [['groups', 'rename', 'A', 'A'], 'That is its name already.'],
    [['groups', 'rename', 'A', ''], 'A group needs a name.'],
  ])('%j is refused', async (words, complaint) => {
    expect(await run(words)).toEqual({ code: EXIT.usage, out: '', err: `xmpp-roster: USAGE: ${complaint}\n` })
  })

  test('with what is no JID is refused', async () => {
    const { code, err } = await run(['delete', '@'])
    expect(code).toBe(EXIT.usage)
    expect(err).toMatch(/^xmpp-roster: JID_MALFORMED: .*\n$/)
  })

  test('can ask for the version, and for help by a word', async () => {
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect((await run(['--debug', '--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect((await run(['help', 'groups', 'rename'])).out).toMatch(/^Usage: xmpp-roster groups rename /)
    expect(await run(['help'])).toEqual(await run(['--help']))
    const { out } = await run(['--help'])
    expect(out).toMatch(/^ {2}help {9}\w/m)
    expect(out).toMatch(/^ {6}--version {2}\w/m)
    expect(out).toContain('XMPP_ROSTER_ACCOUNT')
  })
})

describe('an error', () => {
  test.each([
    [new RosterError('REFUSED', 'No.', { condition: 'forbidden' }), 4],
    [new RosterError('REFUSED', 'No.', { condition: 'item-not-found' }), 16],
    [new RosterError('UNSUPPORTED', 'No.'), 4],
    [new RosterError('NOT_CONNECTED', 'No.'), 5],
    [new RosterError('TIMED_OUT', 'No.'), 5],
    [new RosterError('ITEM_INVALID', 'No.'), 2],
    [new RosterError('STORAGE_FAILED', 'No.'), 1],
    [new TypeError('No.'), 1],
    ['No.', 1],
  ])('%s ends the process with %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code)
    expect(EXIT_CODES.map(([known]) => known)).toContain(code)
  })

  test('is one line, whatever it says', () => {
    const error = new RosterError('REFUSED', 'It said:\n  \u001b[31mno\u2028no')
    expect(errorLine(error)).toBe('REFUSED: It said: \\u{1b}[31mno\\u{2028}no')
  })
})
