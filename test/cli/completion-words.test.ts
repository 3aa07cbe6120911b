import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Command } from '../../src/cli/command.js'
import { splitLine, writtenFor } from '../../src/cli/completion/bash.js'
import { offerFor } from '../../src/cli/completion/offer.js'
import { GLOBAL_OPTIONS } from '../../src/cli/globals.js'
import { ROOT } from '../../src/cli/root.js'
import { freshHome, run } from './support/command.js'
import { town } from './support/town.js'

/** What bash breaks words at unless it is told otherwise. */
const BREAKS = ' \t\n"\'@><=;|&(:'

const PEOPLE: Command = {
  name: 'people',
  summary: 'People',
  examples: ['people'],
  commands: [
    {
      name: 'call',
      summary: 'Call somebody',
      examples: ['call'],
      arguments: [
        { name: 'JID', description: 'Whom', completes: 'contact' },
        { name: 'FILE', description: 'What to play', completes: 'file', many: true },
      ],
      options: {
        loud: { type: 'flag', short: 'l', description: 'Loud' },
        very: { type: 'count', short: 'v', description: 'Very' },
        group: { type: 'texts', short: 'g', value: 'GROUP', completes: 'group', description: 'Group' },
        at: { type: 'choice', values: ['noon', 'night'], description: 'When' },
        note: { type: 'text', value: 'TEXT', description: 'Note' },
      },
      run: async () => undefined,
    },
    { name: 'hide', summary: 'Hide', examples: ['hide'], options: {}, run: async () => undefined },
  ],
}

const offered = (line: string) => {
  const words = line.split(' ')
  return offerFor(words.slice(0, -1), words.at(-1) ?? '', PEOPLE)
}
const textsOf = (line: string): readonly string[] => offered(line).words.map(({ text }) => text)

const GLOBAL = Object.keys(GLOBAL_OPTIONS).map((name) => `--${name}`)
const CALL = [...GLOBAL, '--loud', '--very', '--group', '--at', '--note']
const without = (names: readonly string[], ...left: readonly string[]) => names.filter((name) => !left.includes(name))

describe('What is offered', () => {
  test.for<[line: string, words: readonly string[]]>([
    ['', ['call', 'hide']],
    ['-', GLOBAL],
    ['--account juliet ', ['call', 'hide']],
    ['call -', CALL],
    ['call romeo@example.net -', CALL],
    ['call --loud --at=noon -g Friends -v -', without(CALL, '--loud', '--at')],
    ['call -lvg Friends -', without(CALL, '--loud')],
    ['call -lgFriends -', without(CALL, '--loud')],
    ['call --at ', ['noon', 'night']],
    ['call --at=', ['noon', 'night']],
    ['call --note ', []],
    ['call --toString ', []],
    ['call --constructor=', []],
    // There is nothing else to be said.
    ['hide ', GLOBAL],
    ['hide x', []],
    ['call -- -', []],
  ])('behind "%s" are the words %j', ([line, words]) => {
    expect(textsOf(line)).toEqual(words)
  })

  test.for<[line: string, kind: string, before: string]>([
    ['call ', 'contact', ''],
    ['call r', 'contact', ''],
    ['call -l ', 'contact', ''],
    ['call -g Friends ', 'contact', ''],
    ['call --group ', 'group', ''],
    ['call -g ', 'group', ''],
    ['call -lg ', 'group', ''],
    ['call --group=Fr', 'group', '--group='],
    ['call romeo@example.net ', 'file', ''],
    ['call romeo@example.net a b c ', 'file', ''],
    ['call -- ', 'contact', ''],
    ['call -- -x ', 'file', ''],
    ['--account ', 'account', ''],
    ['-a ', 'account', ''],
    ['call --account=ju', 'account', '--account='],
  ])('behind "%s" is a %s', ([line, kind, before]) => {
    expect(offered(line)).toMatchObject({ kind, before, words: [] })
  })

  test('are explained by the words of the help', () => {
    expect(offered('').words[0]).toEqual({ text: 'call', description: 'Call somebody' })
    expect(offered('call --lo').words.find(({ text }) => text === '--loud')?.description).toBe('Loud')
  })

  test('is for the account that the line names', () => {
    expect(offered('--account=a -a juliet call --group ').values).toEqual(new Map([['account', 'juliet']]))
  })

  test('is every command and every option of the program itself', () => {
    const visit = (command: Command, path: readonly string[]): void => {
      const options = offerFor(path, '-', ROOT).words.map(({ text }) => text)
      expect(options).toEqual(expect.arrayContaining(Object.keys(command.options ?? {}).map((name) => `--${name}`)))
      const commands = command.commands ?? []
      if (commands.length > 0)
        expect(offerFor(path, '', ROOT).words.map(({ text }) => text)).toEqual(commands.map(({ name }) => name))
      for (const next of commands) visit(next, [...path, next.name])
    }
    visit(ROOT, [])
  })
})

describe('A line of bash', () => {
  test.for<[line: string, texts: readonly string[], candidate: string, written: string | undefined]>([
    ['x ', ['x', ''], 'get', 'get'],
    ['x', ['x'], 'xy', 'xy'],
    ['x  a\tb', ['x', 'a', 'b'], 'b c', 'b\\ c'],
    ['x rom', ['x', 'rom'], 'romeo@example.net', 'romeo@example.net'],
    ['x romeo@ex', ['x', 'romeo@ex'], 'romeo@example.net', '@example.net'],
    ['x romeo@', ['x', 'romeo@'], 'romeo@example.net', '@example.net'],
    ['x --account=ju', ['x', '--account=ju'], '--account=juliet', 'juliet'],
    ['x romeo\\@ex', ['x', 'romeo@ex'], 'romeo@example.net', 'romeo@example.net'],
    ['x Old\\ fr', ['x', 'Old fr'], 'Old friends', 'Old\\ friends'],
    ['x "Old fr', ['x', 'Old fr'], 'Old friends', 'Old friends'],
    ["x 'Old fr", ['x', 'Old fr'], 'Old friends', 'Old friends'],
    ['x "Old fr"', ['x', 'Old fr'], 'Old friends', 'Old\\ friends'],
    ['x --group="Old fr', ['x', '--group=Old fr'], '--group=Old friends', 'Old friends'],
    ['x "a\\"b', ['x', 'a"b'], 'a"b$c', 'a\\"b\\$c'],
    ['x "a\\b', ['x', 'a\\b'], 'a\\bc', 'a\\\\bc'],
    ["x 'a", ['x', 'a'], "a'b", undefined],
    ['x "a', ['x', 'a'], 'a!b', undefined],
    ['x ', ['x', ''], '$(reboot)@example.net', '\\$\\(reboot\\)@example.net'],
    ['x ', ['x', ''], '~', '\\~'],
    ['x Ῥω', ['x', 'Ῥω'], 'Ῥωμαῖος', 'Ῥωμαῖος'],
  ])('"%s" is %j, and %j there is written %j', ([line, texts, candidate, written]) => {
    const words = splitLine(line, BREAKS)
    expect(words.map(({ text }) => text)).toEqual(texts)
    const last = words.at(-1)
    expect(last === undefined ? last : writtenFor(last, candidate)).toBe(written)
  })

  test('with other breaks is kept as far as those', () => {
    const last = splitLine('x romeo@ex', ' \t\n').at(-1)
    expect(last === undefined ? last : writtenFor(last, 'romeo@example.net')).toBe('romeo@example.net')
  })
})

describe('completion words', () => {
  /** What zsh asks with these words. */
  const asked = async (home: string, env: Record<string, string>, ...words: readonly string[]) => {
    const { code, out, err } = await run(['completion', 'words', '--', ...words], { home, env })
    expect([code, err]).toEqual([0, ''])
    return out.split('\n').slice(0, -1)
  }

  test('knows contacts and groups of the last call, and asks no server', async () => {
    const people = await town(['juliet'])
    const home = people.homeOf('juliet')
    const env = people.envOf('juliet')
    await people.as('juliet', 'add', 'romeo@localhost', '-n', 'Romeo: "R"', '-g', 'Old friends', '-g', 'a:b')
    await people.as('juliet', 'add', 'nurse@localhost', '-g', 'Old friends')
    await people.as('juliet', 'get')
    people.sent('juliet')
    expect(await asked(home, env, 'delete', '')).toEqual(['words', 'nurse@localhost', 'romeo@localhost:Romeo: "R"'])
    expect(await asked(home, env, 'delete', 'nurse@localhost', '')).toEqual(['words', 'romeo@localhost:Romeo: "R"'])
    expect(await asked(home, env, 'delete', 'n')).toEqual(['words', 'nurse@localhost'])
    expect(await asked(home, env, 'get', '--group=Ol')).toEqual(['words', 'Old friends:2 contacts'])
    expect(await asked(home, env, 'get', '-g', '')).toEqual(['words', 'Old friends:2 contacts', 'a\\:b:1 contact'])
    expect(people.sent('juliet')).toEqual([])
  })

  test('makes nothing where there is nothing', async () => {
    const home = freshHome()
    expect(await asked(home, { XMPP_JID: 'juliet@localhost' }, 'delete', '')).toEqual(['words'])
    expect(readdirSync(home)).toEqual([])
  })

  test('knows the accounts of the configuration', async () => {
    const home = freshHome()
    const accounts = { work: { jid: 'juliet@work.example' }, home: { jid: 'juliet@example.com', password: 'secret' } }
    mkdirSync(join(home, '.config/xmpp-roster'), { recursive: true })
    writeFileSync(join(home, '.config/xmpp-roster/accounts.json'), JSON.stringify({ accounts }), { mode: 0o600 })
    expect(await asked(home, {}, '-a', '')).toEqual(['words', 'work:juliet@work.example', 'home:juliet@example.com'])
  })

  test('offers help and the version where nothing was said yet', async () => {
    expect(await asked(freshHome(), {}, 'he')).toEqual(['words', expect.stringMatching(/^help:/)])
    expect(await asked(freshHome(), {}, '--ver')).toEqual(['words', expect.stringMatching(/^--version:/)])
    expect(await asked(freshHome(), {}, 'login', '--ver')).toEqual(['words'])
  })

  test('leaves files to the shell', async () => {
    expect(await asked(freshHome(), {}, 'import', '')).toEqual(['files'])
    expect(await asked(freshHome(), {}, '--storage=/tm')).toEqual(['files'])
  })

  test.for(['\u009b2J', 'two\nlines', '\u202egnp.exe'])('does not offer the group %j', async (group) => {
    const people = await town(['juliet'])
    await people.as('juliet', 'add', 'romeo@localhost', '-g', group, '-g', 'Fine')
    await people.as('juliet', 'get')
    const words = await asked(people.homeOf('juliet'), people.envOf('juliet'), 'get', '-g', '')
    expect(words).toEqual(['words', 'Fine:1 contact'])
  })

  test('says on the error output what is in its way', async () => {
    const { code, err } = await run(['completion', 'words', '--', 'delete', ''])
    expect([code, err]).toEqual([2, expect.stringContaining('CONFIG_INVALID')])
  })
})
