import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { Result } from '../../cli/support/command.js'
import { openTerminal, type Terminal } from '../../cli/support/pty.js'
import {
  connectClient,
  type FreshUser,
  freshUser,
  type RosterEntry,
  type ServerFixture,
  stopEntity,
  xml,
} from '../support/index.js'

const NS_ROSTER = 'jabber:iq:roster'

export type Values = Readonly<Record<string, string>>
type Env = Readonly<Record<string, string>>

/** What is typed into a shell, and where. */
export interface Typing {
  readonly env: Env
  readonly cwd: string
}

/** What the rows of one server are tried with. */
export interface Stage {
  readonly server: ServerFixture
  /** Somebody with an account, and with these items in its roster. */
  somebody(name: string, items?: Readonly<Record<string, RosterEntry>>): Promise<Somebody>
  /** Who calls the API of ejabberd; the component that may manage rosters; nobody. */
  readonly operator: () => Typing
  readonly component: () => Typing
  readonly nobody: () => Typing
}

export interface Somebody extends FreshUser, Typing {
  /** What the server has, as another client of the account sees it: `romeo@localhost both "Romeo" [Friends]`. */
  roster(): Promise<readonly string[]>
  /** A file in the folder where she types. */
  file(name: string, content: unknown): string
}

/** Types the very text of the page, its capitals replaced, into a shell. */
export type Typed = ((typing: Typing, values?: Values) => Promise<Result>) & {
  /** The same where a person sits. */
  readonly onTerminal: (typing: Typing, values?: Values) => Terminal
  /** What is to be typed. */
  readonly line: (values?: Values) => string
}

/** What shows that a row is true. */
export type Scenario = (stage: Stage, typed: Typed) => Promise<void>

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'xmpp-roster-operators-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** `get -v JID`: words in capitals that have a value, and no word in capitals without one. */
const filled = (text: string, values: Values): string =>
  text.replace(/(?<![\w$-])[A-Z][A-Z0-9]*(?![\w(])/g, (name) => {
    const value = values[name]
    if (value === undefined) throw new Error(`What does ${name} stand for in "${text}"?`)
    return quoted(value)
  })

const ended = (text: string, { env, cwd }: Typing): Promise<Result> =>
  new Promise((resolve, reject) => {
    const child = spawn('sh', ['-ec', text], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const written = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (part) => (written.out += part))
    child.stderr.setEncoding('utf8').on('data', (part) => (written.err += part))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, ...written }))
  })

/** Something of the page, to be typed as it stands there. */
export const typedOf = (text: string, onUse: () => void = () => undefined): Typed => {
  const line = (values: Values = {}): string => {
    onUse()
    return filled(text, values)
  }
  return Object.assign((typing: Typing, values?: Values) => ended(line(values), typing), {
    line,
    onTerminal: (typing: Typing, values?: Values) => openTerminal(['sh', '-ec', line(values)], typing),
  })
}

/** A whole program, without words to replace. */
export const typedProgram = (program: string, onUse: () => void): Typed => {
  const line = (): string => {
    onUse()
    return program
  }
  return Object.assign((typing: Typing) => ended(line(), typing), {
    line,
    onTerminal: (typing: Typing) => openTerminal(['sh', '-ec', line()], typing),
  })
}

/** A folder with the command in it, as `npm install --global` makes one. */
const install = ([node, script]: readonly string[]): string => {
  const bin = folder()
  const path = join(bin, 'xmpp-roster')
  writeFileSync(path, `#!/bin/sh\nexec ${quoted(node ?? '')} ${quoted(script ?? '')} "$@"\n`)
  chmodSync(path, 0o755)
  return bin
}

const rosterOf = async (server: ServerFixture, { username }: FreshUser): Promise<readonly string[]> => {
  const client = await connectClient(server, { username, reconnect: false })
  const result = await client.iqCaller.request(xml('iq', { type: 'get' }, xml('query', { xmlns: NS_ROSTER })))
  await stopEntity(client)
  const items = result.getChild('query', NS_ROSTER)?.getChildren('item') ?? []
  return items
    .map((item) => {
      const { jid, name = '', subscription, ask } = item.attrs
      const groups = item.getChildren('group').map((group) => `[${group.getText()}]`)
      const state = ask === undefined ? subscription : `${subscription}+out`
      return [jid, state, ...(name === '' ? [] : [`"${name}"`]), ...groups.sort()].join(' ')
    })
    .sort()
}

/** Everything that a row needs, on this server. */
export const stageOf = (server: ServerFixture, command: () => readonly string[]): Stage => {
  const typing = (env: Env): Typing => {
    const home = folder()
    const path = `${install(command())}${delimiter}${process.env['PATH'] ?? ''}`
    return { cwd: home, env: { PATH: path, HOME: home, TERM: 'xterm-256color', ...env } }
  }
  return {
    server,
    nobody: () => typing({}),
    operator: () => typing({ XMPP_ADMIN_URL: server.api ?? '' }),
    component: () =>
      typing({ XMPP_SERVICE: server.component, XMPP_PASSWORD: server.components[server.componentDomain] ?? '' }),
    async somebody(name, items = {}) {
      const user = await freshUser(server, name)
      for (const [contact, entry] of Object.entries(items)) await server.setRosterItem(user.jid, contact, entry)
      const { env, cwd } = typing({ XMPP_SERVICE: server.c2s, XMPP_JID: user.jid, XMPP_PASSWORD: user.password })
      const file = (file: string, content: unknown): string => {
        const path = join(cwd, file)
        writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
        return path
      }
      return { ...user, env, cwd, file, roster: () => rosterOf(server, user) }
    },
  }
}

/** Accounts in the configuration; the variables name none any more. */
export const withAccounts = ({ env, cwd }: Typing, accounts: object): Typing => {
  const { XMPP_JID: _, XMPP_PASSWORD: __, XMPP_SERVICE: ___, ...rest } = env
  const config = join(cwd, '.config/xmpp-roster')
  mkdirSync(config, { recursive: true })
  writeFileSync(join(config, 'accounts.json'), JSON.stringify({ accounts }), { mode: 0o600 })
  return { cwd, env: rest }
}

/** How far long work has come is no error. */
const PROGRESS = /^[A-Z][a-z]+: \d+ of \d+\n/gm

/** It ended well, and wrote nothing that is an error. */
export const expectDone = ({ code, err, out }: Result): string => {
  expect({ code, err: err.replaceAll(PROGRESS, '') }).toEqual({ code: 0, err: '' })
  return out
}

/** The cells of a table that it has printed. */
export const cellsOf = (out: string): readonly (readonly string[])[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd().split(/ {2,}/))
