import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bareJid } from '../../src/core/jid.js'
import { SqliteStorage } from '../../src/sqlite.js'
import { builtCommand } from './support/build.js'
import { run } from './support/command.js'
import { describeWith, openTerminal, type Terminal } from './support/pty.js'

const command = builtCommand()

/** Each tab starts the command, on a machine that may be busy. */
const TIMEOUT = 120_000

const FRIENDS = ['Old friends', 'Others']
const JULIET = 'juliet@example.com'

let home = ''

/** A home with an account, what a call has left in the cache, and the command in the path. */
beforeAll(async () => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'xmpp-roster-shell-')))
  const file = (path: string, text: string, mode = 0o600): void => {
    mkdirSync(join(home, path, '..'), { recursive: true })
    writeFileSync(join(home, path), text, { mode })
  }
  const [node, program = ''] = command()
  file('bin/xmpp-roster', `#!/bin/sh\nexec '${node}' '${program}' "$@"\n`, 0o755)
  const accounts = { work: { jid: JULIET }, rest: { jid: 'nurse@example.com' } }
  file('.config/xmpp-roster/accounts.json', JSON.stringify({ default: 'work', accounts }))
  file('contacts.jsonl', '')
  file('.bashrc', `PS1='> '; bind 'set bell-style none'; source <(xmpp-roster completion bash)\n`)
  file('.zshrc', `PS1='> '; autoload -Uz compinit; compinit -D -u; source <(xmpp-roster completion zsh)\n`)
  // As the help has it for all shells: a file of its own.
  file('installed/.zshrc', `fpath=(~/.zfunc $fpath); PS1='> '; autoload -Uz compinit; compinit -D -u\n`)
  file('.zfunc/_xmpp-roster', (await run(['completion', 'zsh'], { home })).out)
  mkdirSync(join(home, '.local/share/xmpp-roster'), { recursive: true })
  await fillCache(join(home, '.local/share/xmpp-roster/cache.sqlite'))
}, TIMEOUT)
afterAll(() => rmSync(home, { recursive: true, force: true }))

async function fillCache(path: string): Promise<void> {
  const storage = await SqliteStorage.open(path)
  const contacts = ['romeo@example.net', 'nurse@example.com', '$(date)@example.net'].map((jid) => bareJid(jid))
  const put = contacts.map(
    (jid, at) => ({ jid, name: `Name ${at}`, groups: FRIENDS.slice(0, at + 1), state: 'both' }) as const,
  )
  await storage.commit(JULIET, { base: undefined, revision: 'r1', put, version: '1' })
  await storage.close()
  chmodSync(path, 0o600)
}

/** An interactive shell that has read the completion; for all tests that follow. */
function shell(words: readonly [string, ...string[]], settings = ''): () => Terminal {
  let terminal: Terminal | undefined
  let end = (): Promise<void> => Promise.resolve()
  beforeAll(async () => {
    const env = {
      ...{ HOME: home, ZDOTDIR: join(home, settings), TERM: 'xterm', LANG: 'C.UTF-8', HISTFILE: '' },
      PATH: `${join(home, 'bin')}:${process.env['PATH']}`,
    }
    const onOpen = (stop: typeof end): void => {
      end = stop
    }
    terminal = openTerminal(words, { env, cwd: home, columns: 200, rows: 50, onOpen })
    await terminal.shows('> ')
  }, TIMEOUT)
  afterAll(() => end())
  return () => {
    if (terminal === undefined) throw new Error('The shell is there only during tests')
    return terminal
  }
}

/** What becomes of a line by the tab key, pressed so many times. */
async function completed(terminal: Terminal, typed: string, tabs = 1): Promise<string> {
  const before = terminal.picture().lines.length
  // Whatever the last test has left.
  terminal.press('ctrl-u')
  terminal.type(typed + '\t'.repeat(tabs))
  // A shell reads on when it has completed.
  terminal.type('#')
  await terminal.shows('#')
  const lines = terminal.picture().lines
  return lines
    .slice(before - 1)
    .join('\n')
    .replace(/^> /, '')
}

const ROWS: readonly (readonly [what: string, typed: string, line: string])[] = [
  ['a command', 'xmpp-roster reque', 'xmpp-roster requests #'],
  ['a command below one', 'xmpp-roster groups ren', 'xmpp-roster groups rename #'],
  ['an option', 'xmpp-roster get --subs', 'xmpp-roster get --subscription #'],
  ['an option before the command', 'xmpp-roster --acc', 'xmpp-roster --account #'],
  ['one of several values', 'xmpp-roster get --subscription bo', 'xmpp-roster get --subscription both #'],
  ['a value behind =', 'xmpp-roster get --subscription=bo', 'xmpp-roster get --subscription=both #'],
  ['an account', 'xmpp-roster -a wo', 'xmpp-roster -a work #'],
  ['a contact', 'xmpp-roster set ro', 'xmpp-roster set romeo@example.net #'],
  ['a contact, from the @ on', 'xmpp-roster set romeo@', 'xmpp-roster set romeo@example.net #'],
  ['a contact, from within the domain on', 'xmpp-roster set romeo@exa', 'xmpp-roster set romeo@example.net #'],
  [
    'the contact that is left',
    'xmpp-roster delete nurse@example.com romeo@example.net ',
    String.raw`xmpp-roster delete nurse@example.com romeo@example.net \$\(date\)@example.net #`,
  ],
  ['a group with a space', 'xmpp-roster get -g Ol', String.raw`xmpp-roster get -g Old\ friends #`],
  [
    'a group that was begun with a backslash',
    String.raw`xmpp-roster get -g Old\ f`,
    String.raw`xmpp-roster get -g Old\ friends #`,
  ],
  ['a group in quotation marks', 'xmpp-roster get -g "Old f', 'xmpp-roster get -g "Old friends" #'],
  ['a group in single quotation marks', "xmpp-roster get -g 'Old f", "xmpp-roster get -g 'Old friends' #"],
  ['a group behind =', 'xmpp-roster get --group=Ol', String.raw`xmpp-roster get --group=Old\ friends #`],
  ['a file', 'xmpp-roster import cont', 'xmpp-roster import contacts.jsonl #'],
  ['a file behind =', 'xmpp-roster --storage=cont', 'xmpp-roster --storage=contacts.jsonl #'],
  ['nothing that is no file where a contact is wanted', 'xmpp-roster set cont', 'xmpp-roster set cont#'],
  ['nothing of an account that nothing is known of', 'xmpp-roster -a rest set ro', 'xmpp-roster -a rest set ro#'],
  ['nothing behind an unknown option', 'xmpp-roster get --nonsense=x', 'xmpp-roster get --nonsense=x#'],
]

/** What both shells do alike. */
function completes(words: readonly [string, ...string[]]): void {
  const terminal = shell(words)

  describe.each(ROWS)('completes %s', (_what, typed, line) => {
    test(`${typed}⇥`, { timeout: TIMEOUT }, async () => {
      expect(await completed(terminal(), typed)).toBe(line)
    })
  })

  test('shows what there is to choose from', { timeout: TIMEOUT }, async () => {
    const shown = await completed(terminal(), 'xmpp-roster get --subscription ', 2)
    for (const value of ['none', 'to', 'from', 'both']) expect(shown).toMatch(new RegExp(`\\b${value}\\b`))
  })

  test('a line that was completed means what was chosen', { timeout: TIMEOUT }, async () => {
    terminal().press('ctrl-u')
    terminal().type('xmpp-roster() { printf "<%s>" "$@"; }')
    terminal().press('enter')
    await terminal().shows('> ')
    terminal().type('xmpp-roster set \\$\t')
    terminal().press('enter')
    await terminal().shows('<set><$(date)@example.net>')
  })
}

describeWith('python3', 'On a terminal', () => {
  describeWith('bash', 'bash', () => completes(['bash', '--noprofile', '-i']))
  describeWith('zsh', 'zsh', () => completes(['zsh', '-i']), { optional: true })
  describeWith(
    'zsh',
    'zsh with the completion in a file of its own',
    () => {
      const terminal = shell(['zsh', '-i'], 'installed')

      test('finds it the first time and again', { timeout: TIMEOUT }, async () => {
        expect(await completed(terminal(), 'xmpp-roster set ro')).toBe('xmpp-roster set romeo@example.net #')
        expect(await completed(terminal(), 'xmpp-roster reque')).toBe('xmpp-roster requests #')
      })
    },
    { optional: true },
  )
})
