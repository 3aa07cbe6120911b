import { rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { SqliteStorage } from '../../src/sqlite.js'
import { type Result, type RunOptions, run } from '../cli/support/command.js'
import { connectBots } from './support/bots.js'
import { freshHuman } from './support/human.js'
import { describeServers, freshUser, type ServerFixture, type SuiteOptions } from './support/index.js'

const NAME = '$(touch x) "q" O\'Brien 東京'
const GROUP = 'Old friends & co'

type Admin = (...words: readonly string[]) => Promise<Result>

const freshFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'xmpp-roster-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A word of the table behind another one, as `list` prints it. */
const lineOf = (out: string, jid: string): string => out.split('\n').find((line) => line.startsWith(jid)) ?? ''

/** What an operator does with three people, the same in every place. */
const operate = async (admin: Admin, people: readonly string[]): Promise<void> => {
  const [a = '', b = '', c = ''] = people
  const put = await admin('put', a, b, '-n', NAME, '-g', GROUP, '-g', 'X', '-s', 'to')
  expect(put).toEqual({ code: 0, out: `${b} written into the roster of ${a}\n`, err: '' })
  const [item] = JSON.parse((await admin('list', a, '--json')).out)
  expect(item).toMatchObject({ owner: a, jid: b, name: NAME, subscription: 'to' })
  expect(new Set(item.groups)).toEqual(new Set([GROUP, 'X']))

  // In a roster, and not connected.
  expect((await admin('disconnect', '-f', a, b)).code).toBe(16)
  for (const [one, other] of [
    [a, b],
    [b, c],
    [a, c],
  ] as const)
    expect((await admin('connect', one, other)).out).toBe(`${one} and ${other} connected\n`)
  expect(lineOf((await admin('list', a)).out, b)).toContain(NAME)
  const pairs = (await admin('pairs')).out.trimEnd().split('\n')
  const ours = pairs.filter((line) => line.split('\t').every((jid) => people.includes(jid)))
  expect(ours).toHaveLength(3)

  expect((await admin('disconnect', '-f', '--keep', 'to', a, b)).code).toBe(0)
  expect(lineOf((await admin('list', a)).out, b)).toMatch(/ to /)
  expect((await admin('remove', '-f', a, b)).out).toBe(`${b} removed from the roster of ${a}\n`)
  expect((await admin('remove', '-f', a, b)).code).toBe(16)

  expect((await admin('clear', c, '--dry-run')).out).toBe('2 items of 1 owner would be removed.\n')
  expect((await admin('clear', c)).code).toBe(20)
  expect((await admin('clear', c, '-f')).out).toBe('2 of 2 done.\n')
  expect((await admin('list', c)).out).toBe('')
  expect((await admin('clear', c, '-f')).out).toBe('Nothing to do.\n')
}

const three = async (server: ServerFixture): Promise<readonly string[]> => {
  const users = [await freshUser(server, 'a'), await freshUser(server, 'b'), await freshUser(server, 'c')]
  return users.map(({ jid }) => jid)
}

const ofEjabberd =
  (server: ServerFixture, options: RunOptions = {}): Admin =>
  (...words) =>
    run(['admin', 'ejabberd', '--url', server.api ?? '', ...words], options)

const throughItsApi = (server: ServerFixture): void => {
  test('people are operated on', async () => {
    const people = await three(server)
    const admin = ofEjabberd(server)
    await operate(admin, people)
    expect((await admin('owners', '--domain', 'localhost')).out.split('\n')).toContain(people[1])
  })

  test('somebody’s presence is announced, and messages are sent', async () => {
    const [alice, bob] = [await freshHuman(server, 'alice'), await freshHuman(server, 'bob')]
    const admin = ofEjabberd(server)
    await admin('connect', alice.jid, bob.jid)
    const session = `${alice.client.jid}`
    const said = await admin('presence', session, 'dnd', '--status', NAME, '--priority=-3')
    expect(said).toEqual({ code: 0, out: `${session} is dnd\n`, err: '' })
    await bob.hearing(alice.jid, `dnd "${NAME}"`)
    expect((await admin('presence', `${alice.jid}/nowhere`, 'away')).code).toBe(16)
    expect((await admin('message', alice.jid, bob.jid, NAME)).out).toBe(`Sent to ${bob.jid}\n`)
  })

  test('who is refused is told in one line', async () => {
    const env = { XMPP_JID: 'alice@localhost', XMPP_PASSWORD: 'wr0ng' }
    const { code, out, err } = await ofEjabberd(server, { env })('owners')
    expect([code, out]).toEqual([4, ''])
    expect(err).toMatch(/^xmpp-roster: REFUSED: [^\n]*\n$/)
    expect(err).not.toContain('wr0ng')
    const elsewhere = await run(['admin', 'ejabberd', 'owners', '--url', (server.api ?? '').replace('/api', '/x')])
    expect(elsewhere.code).toBe(4)
    expect(elsewhere.err).toMatch(/^xmpp-roster: UNSUPPORTED: [^\n]*\n$/)
  })
}

describeServers('admin ejabberd', { only: ['ejabberd'] }, throughItsApi)
describeServers('admin ejabberd', { only: ['ejabberd'], release: 'newer' }, throughItsApi)

/** `admin privileged` as the server's component, which knows these owners. */
const asComponent = async (server: ServerFixture, owners: readonly string[]): Promise<Admin> => {
  const file = join(await freshFolder(), 'owners')
  writeFileSync(file, owners.map((owner) => `${owner}\n`).join(''))
  const env = { XMPP_SERVICE: server.component, XMPP_PASSWORD: server.components[server.componentDomain] }
  return (...words) =>
    run(['admin', 'privileged', '--component', server.componentDomain, '--owners', file, ...words], { env })
}

const prosody: SuiteOptions = { only: ['prosody'], privilege: 'both' }

const asPrivileged = (server: ServerFixture): void => {
  test('people are operated on', async () => {
    const people = await three(server)
    const admin = await asComponent(server, people)
    expect((await admin('owners')).out).toBe(people.map((jid) => `${jid}\n`).join(''))
    await operate(admin, people)
  })

  test('presence is not its business', async () => {
    const admin = await asComponent(server, [])
    expect((await admin('presence', 'alice@localhost/x', 'away')).code).toBe(4)
  })

  test('a wrong secret is refused in one line, and so is whoever names no owners', async () => {
    const words = ['admin', 'privileged', '--component', server.componentDomain]
    const env = { XMPP_SERVICE: server.component, XMPP_PASSWORD: 'wr0ng' }
    const wrong = await run([...words, 'list', 'alice@localhost'], { env })
    expect([wrong.code, wrong.out]).toEqual([4, ''])
    expect(wrong.err).toMatch(/^xmpp-roster: REFUSED: [^\n]*\n$/)
    const right = { ...env, XMPP_PASSWORD: server.components[server.componentDomain] }
    expect(await run([...words, 'pairs'], { env: right })).toEqual({
      code: 2,
      out: '',
      err: 'xmpp-roster: USAGE: Whose rosters are there? Servers do not tell: --owners FILE names them.\n',
    })
  })
}

describeServers('admin privileged', prosody, asPrivileged)
describeServers('admin privileged', { ...prosody, release: 'newer' }, asPrivileged)

describeServers('admin privileged without the permission', { only: ['prosody'] }, (server) => {
  test('is told what the server should be told, in one line', async () => {
    const admin = await asComponent(server, [])
    const { code, err } = await admin('list', 'alice@localhost')
    expect([code, err]).toEqual([4, expect.stringMatching(/^xmpp-roster: UNSUPPORTED: [^\n]*\n$/)])
  })
})

describeServers('admin storage', { only: ['prosody', 'ejabberd'] }, (server) => {
  test('writes beside the component that runs on the same file: nothing of either is lost', async () => {
    const path = join(await freshFolder(), 'rosters.sqlite')
    const storage = await SqliteStorage.open(path)
    onTestFinished(() => storage.close())
    const { roster } = await connectBots(server, { storage })
    const bot = `bot@${server.componentDomain}`
    const own = await roster.open(bot)
    await own.update('alice@localhost', { name: 'Alice' })
    const admin: Admin = (...words) => run(['admin', 'storage', '--storage', path, ...words])
    expect((await admin('owners')).out).toBe(`${bot}\n`)
    expect((await admin('put', bot, 'bob@localhost', '-n', NAME, '-g', GROUP)).code).toBe(0)
    await own.update('alice@localhost', { groups: ['Friends'] })
    expect(own.get('bob@localhost')).toMatchObject({ name: NAME, groups: [GROUP] })
    const listed = JSON.parse((await admin('list', bot, '--json')).out)
    expect(listed).toMatchObject([{ jid: 'alice@localhost', name: 'Alice', groups: ['Friends'] }, { name: NAME }])
    const people = ['x', 'y', 'z'].map((name) => `${name}@${server.componentDomain}`)
    await operate(admin, people)
  })
})
