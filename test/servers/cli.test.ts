import { spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { builtCommand } from '../cli/support/build.js'
import { freshHome, type Result, run } from '../cli/support/command.js'
import { human } from './support/human.js'
import { describeServers, type FreshUser, freshUser, settled, type TestedServer, until, xml } from './support/index.js'

const REAL = ['prosody', 'ejabberd'] as const

interface Person extends FreshUser {
  /** Runs a command as her, with a home of her own. */
  does(...words: readonly string[]): Promise<Result>
  /** The roster as the command tells it: `romeo both`. */
  roster(): Promise<readonly string[]>
}

const person = async (server: TestedServer, base: string): Promise<Person> => {
  const user = await freshUser(server, base)
  const home = freshHome()
  const env = { XMPP_SERVICE: server.c2s, XMPP_JID: user.jid, XMPP_PASSWORD: user.password }
  const does = (...words: readonly string[]): Promise<Result> => run(words, { home, env })
  const roster = async (): Promise<readonly string[]> => {
    const { out } = await does('get', '--json')
    return (JSON.parse(out) as { jid: string; state: string }[]).map(({ jid, state }) => `${jid} ${state}`)
  }
  return { ...user, does, roster }
}

const fine = (out: string): Result => ({ code: 0, out, err: '' })

describeServers('the command', { only: REAL }, (server) => {
  test('adds, changes and deletes a contact', async () => {
    const juliet = await person(server, 'juliet')
    const romeo = 'romeo@elsewhere.example'
    expect(await juliet.does('add', romeo, '-n', `R "$(id)" O'Brien 羅`, '-g', 'Friends', '-g', 'Verona')).toEqual(
      fine(`${romeo} added\n`),
    )
    expect(await juliet.does('set', romeo, '--ungroup', 'Verona')).toEqual(fine(`${romeo} changed\n`))
    expect(await juliet.does('set', romeo, '-g', 'Friends')).toEqual(fine(`${romeo} unchanged\n`))
    expect(JSON.parse((await juliet.does('get', '--json')).out)).toMatchObject([
      { jid: romeo, name: `R "$(id)" O'Brien 羅`, groups: ['Friends'] },
    ])
    expect((await juliet.does('set', romeo, '-n', '')).code).toBe(0)
    expect(JSON.parse((await juliet.does('get', '--json')).out)).toMatchObject([{ name: null }])
    expect((await juliet.does('groups', 'rename', 'Friends', 'Foes')).out).toBe(`${romeo} moved to Foes\n`)
    expect((await juliet.does('groups')).out).toContain('Foes')
    expect((await juliet.does('delete', romeo)).code).toBe(20)
    expect(await juliet.does('delete', '-f', romeo)).toEqual(fine(`${romeo} deleted\n`))
    expect((await juliet.does('delete', '-f', romeo)).code).toBe(16)
    expect((await juliet.does('set', romeo, '-n', 'R')).code).toBe(16)
    expect(await juliet.roster()).toEqual([])
  })

  test('two people find each other with nothing else, and part again', async () => {
    const [juliet, romeo] = [await person(server, 'juliet'), await person(server, 'romeo')]
    expect(await juliet.does('subscribe', romeo.jid, '--status', 'It is me')).toEqual(fine(`${romeo.jid} asked\n`))
    expect(await juliet.roster()).toEqual([`${romeo.jid} none+out`])
    const [request] = JSON.parse((await romeo.does('requests', '--json')).out)
    expect(request).toMatchObject({ jid: juliet.jid })
    expect((await romeo.does('authorize', juliet.jid, 'nobody@localhost')).code).toBe(16)
    expect(await romeo.does('authorize', juliet.jid, '--subscribe')).toEqual(fine(`${juliet.jid} authorized\n`))
    expect((await romeo.does('authorize', juliet.jid)).code).toBe(16)
    expect(await juliet.roster()).toEqual([`${romeo.jid} to`])
    expect(await juliet.does('authorize', romeo.jid)).toEqual(fine(`${romeo.jid} authorized\n`))
    expect(await juliet.roster()).toEqual([`${romeo.jid} both`])
    expect(await romeo.roster()).toEqual([`${juliet.jid} both`])

    expect((await juliet.does('unsubscribe', romeo.jid)).code).toBe(0)
    expect(await juliet.roster()).toEqual([`${romeo.jid} from`])
    expect((await juliet.does('deny', romeo.jid)).code).toBe(0)
    expect(await juliet.roster()).toEqual([`${romeo.jid} none`])
    expect((await juliet.does('deny', romeo.jid)).code).toBe(16)
    expect((await juliet.does('purge', '-f')).out).toContain(`${romeo.jid} deleted`)
    expect(await juliet.roster()).toEqual([])
  })

  test('a request is denied', async () => {
    const [juliet, romeo] = [await person(server, 'juliet'), await person(server, 'romeo')]
    await juliet.does('subscribe', romeo.jid)
    expect(await romeo.does('deny', juliet.jid)).toEqual(fine(`${juliet.jid} denied\n`))
    expect((await romeo.does('requests')).out).toBe('')
    expect(await juliet.roster()).toEqual([`${romeo.jid} none`])
  })

  test('get does not show the account to anybody, and --online shows who is there', async () => {
    const juliet = await person(server, 'juliet')
    const romeo = await human(server, await freshUser(server, 'romeo'))
    await server.setRosterItem(juliet.jid, romeo.jid)
    await server.setRosterItem(romeo.jid, juliet.jid)
    await juliet.does('get')
    await juliet.does('stats')
    expect(romeo.hears(juliet.jid)).toEqual([])
    const { code, out } = await juliet.does('get', '--online', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject([{ jid: romeo.jid, available: true }])
    await until(() => romeo.hears(juliet.jid).includes('unavailable'), 'juliet to be gone again')
    expect(romeo.hears(juliet.jid)).toContain('xa')
  })

  test('the next get is an empty result, and resync takes nothing away', async () => {
    const juliet = await person(server, 'juliet')
    for (const name of ['romeo', 'nurse']) await juliet.does('add', `${name}@elsewhere.example`)
    await juliet.does('get')
    const { err } = await juliet.does('get', '--debug')
    expect(err).toMatch(/> <iq type="get"[^>]*><query xmlns="jabber:iq:roster" ver="[^"]+"\/><\/iq>/)
    expect(err).not.toContain('<item')
    expect(await juliet.does('resync')).toEqual(fine('2 contacts\n'))
    expect(await juliet.roster()).toHaveLength(2)
  })

  test('purge leaves who waits, and both', async () => {
    const juliet = await person(server, 'juliet')
    const [both, none] = ['both@localhost', 'none@localhost']
    await server.setRosterItem(juliet.jid, both, { subscription: 'both' })
    await server.setRosterItem(juliet.jid, none, { subscription: 'none' })
    await juliet.does('subscribe', (await freshUser(server, 'waits')).jid)
    expect((await juliet.does('purge', '-f')).out).toContain(`${none} deleted`)
    expect(await juliet.roster()).toHaveLength(2)
    expect((await juliet.does('purge')).out).toBe('Nothing to do.\n')
  })

  test('a wrong password is 4, and clients that the server does not tell of are 4', async () => {
    const juliet = await person(server, 'juliet')
    const env = { XMPP_SERVICE: server.c2s, XMPP_JID: juliet.jid, XMPP_PASSWORD: 'wrong' }
    const refused = await run(['get'], { env })
    expect([refused.code, refused.err]).toEqual([
      4,
      expect.stringMatching(/^xmpp-roster: REFUSED: [^\n]*not-authorized[^\n]*\n$/),
    ])
    expect((await juliet.does('clients')).code).toBe(4)
  })

  test('a component asks and is granted', async () => {
    const juliet = await person(server, 'juliet')
    const owner = `desk@${server.componentDomain}`
    const env = { XMPP_SERVICE: server.component, XMPP_PASSWORD: server.components[server.componentDomain] ?? '' }
    const home = freshHome()
    const does = (...words: string[]) =>
      run([...words, '--component', server.componentDomain, '--owner', owner], { home, env })
    expect(await does('subscribe', juliet.jid)).toEqual(fine(`${juliet.jid} asked\n`))
    await until(async () => (await juliet.does('requests')).out.includes(owner), 'the request')
    expect((await does('get', '-v')).out).toMatch(/none +out/)
  })
})

const KEEPING = {
  only: REAL,
  ejabberd: { append_host_config: { localhost: { modules: { mod_offline: {} } } } },
  prosodyModules: ['offline'],
}

describeServers('the command where the server keeps messages', KEEPING, (server) => {
  test('lists and answers requests, and leaves the messages where they are', async () => {
    const juliet = await person(server, 'juliet')
    const romeo = await human(server, await freshUser(server, 'romeo'))
    await romeo.client.send(xml('message', { to: juliet.jid, type: 'chat' }, xml('body', {}, 'Art thou not?')))
    await romeo.says('subscribe', juliet.jid)
    await settled(romeo.client)
    expect((await juliet.does('requests')).out).toContain(romeo.jid)
    expect((await juliet.does('authorize', romeo.jid)).code).toBe(0)
    await romeo.hearing(juliet.jid, 'subscribed')
    await juliet.does('get', '--online', '--wait', '0')

    const her = await human(server, juliet)
    const bodies = (): readonly (string | null)[] =>
      her.log.incoming('message').map((message) => message.getChildText('body'))
    await until(() => bodies().length > 0, 'the message')
    expect(bodies()).toEqual(['Art thou not?'])
    expect(romeo.log.incoming('message')).toEqual([])
  })
})

describeServers('the command over TLS', { only: REAL, tls: true }, (server) => {
  const command = builtCommand()

  test('logs in where the certificate is trusted', async () => {
    const juliet = await person(server, 'juliet')
    expect(await juliet.does('add', 'romeo@elsewhere.example')).toEqual(fine('romeo@elsewhere.example added\n'))
    expect(await juliet.roster()).toEqual(['romeo@elsewhere.example none'])
  })

  describe('where it is not', () => {
    test('sends no password, and says so: 5', async () => {
      const { jid, password } = await freshUser(server, 'juliet')
      const [node, ...words] = command()
      const env = {
        PATH: process.env['PATH'],
        HOME: freshHome(),
        XMPP_SERVICE: server.c2s,
        XMPP_JID: jid,
        XMPP_PASSWORD: password,
      }
      const child = spawn(node, [...words, 'get', '--no-cache', '--debug'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      let err = ''
      child.stderr.on('data', (text: Buffer) => {
        err += String(text)
      })
      const code = await new Promise((resolve) => child.on('close', resolve))
      expect(code).toBe(5)
      expect(err).toMatch(
        /\nxmpp-roster: NOT_CONNECTED: The certificate of the server of \S+ cannot be trusted [^\n]*; no password was sent\.\n$/,
      )
      expect(err).not.toContain('<auth')
    })
  })
})
