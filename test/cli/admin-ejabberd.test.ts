import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type Answering,
  before2402,
  type Call,
  done,
  type FakeApi,
  fakeApi,
  json,
  type Reply,
  since2402,
} from '../admin/ejabberd/support/fake-api.js'
import { makeCertificate } from '../servers/support/certificate.js'
import { freshHome, type Result, type RunOptions, run } from './support/command.js'

const SECRET = 'pr1vate'
const ACCOUNT = { XMPP_JID: 'admin@example.com', XMPP_PASSWORD: SECRET }

/** `admin ejabberd` with the address of a server. */
const admin = (api: { readonly url: string }, words: readonly string[], options: RunOptions = {}): Promise<Result> =>
  run(['admin', 'ejabberd', ...words], { ...options, env: { XMPP_ADMIN_URL: api.url, ...options.env } })

type Rosters = Readonly<Record<string, Record<string, string>>>

/** An ejabberd 24.02 whose rosters are owner → contact → subscription; `wrong` may answer instead of it. */
const ejabberd = async (
  rosters: Rosters,
  wrong: (call: Call) => Reply | undefined = () => undefined,
): Promise<FakeApi> => {
  const kept = structuredClone(rosters) as Record<string, Record<string, string>>
  const answering: Answering = (call) => {
    const { localuser, localhost, user, host, subs } = call.args
    const owner = `${localuser ?? user}@${localhost ?? host}`
    switch (call.path) {
      case 'process_rosteritems':
        return json(
          Object.entries(kept).flatMap(([one, items]) => Object.keys(items).map((contact) => ({ user: one, contact }))),
        )
      case 'get_roster':
        return json(
          Object.entries(kept[owner] ?? {}).map(([jid, subscription]) => ({
            ...{ jid, nick: '', subscription, pending: 'none', groups: [] },
          })),
        )
      case 'add_rosteritem':
        kept[owner] = { ...kept[owner], [`${user}@${host}`]: String(subs) }
        return done
      case 'delete_rosteritem':
        delete kept[owner]?.[`${user}@${host}`]
        return done
      default:
        return done
    }
  }
  return fakeApi(since2402((call) => wrong(call) ?? answering(call)))
}

const A = 'a@example.com'
const B = 'b@example.com'
const MUTUAL = { [A]: { [B]: 'both', 'c@example.com': 'both' }, [B]: { [A]: 'both' }, 'c@example.com': { [A]: 'to' } }

describe('admin ejabberd', () => {
  test('lists owners, items and pairs, for people and as JSON', async () => {
    const api = await ejabberd(MUTUAL)
    expect(await admin(api, ['owners'])).toEqual({ code: 0, out: `${A}\n${B}\nc@example.com\n`, err: '' })
    expect(JSON.parse((await admin(api, ['owners', '--json', '--domain', 'example.com'])).out)).toHaveLength(3)
    expect((await admin(api, ['list', B])).out).toBe(
      'JID            NAME  SUBSCRIPTION  PENDING  GROUPS\na@example.com        both\n',
    )
    const all = JSON.parse((await admin(api, ['list', '--all', '--json'])).out)
    expect(all).toHaveLength(4)
    expect(all[3]).toEqual({
      ...{ owner: 'c@example.com', jid: A, name: null, groups: [], subscription: 'to' },
      ...{ pendingOut: false, pendingIn: false },
    })
    // Membership alone is no connection.
    expect((await admin(api, ['pairs'])).out).toBe(`${A}\t${B}\n`)
    expect(JSON.parse((await admin(api, ['pairs', '--json'])).out)).toEqual([[A, B]])
  })

  test.each(['$(touch /tmp/x)', 'Pamela "Pam" O\'Brien', '', 'Ünï 東京', '--force'])(
    'writes the name %j as it stands, with groups, in one call and without a shell',
    async (name) => {
      const api = await ejabberd({})
      const words = ['put', A, B, `--name=${name}`, '-g', 'Two words', '-g', 'a;b', '-s', 'both']
      expect(await admin(api, words)).toEqual({ code: 0, out: `${B} written into the roster of ${A}\n`, err: '' })
      expect(api.args('add_rosteritem/v1')).toMatchObject([{ nick: name, groups: ['Two words', 'a;b'], subs: 'both' }])
    },
  )

  test.each([
    [['put', A, B, '-s', 'BOTH'], '--subscription is one of none, to, from, both.'],
    [['put', A, B, '-g', '', '-g', 'X'], 'A group "" means none: it stands alone.'],
    [['put', `${A}/x`, B], 'An owner has no resource'],
    [['put', A, `${B}/x`], 'A contact has no resource'],
    [['clear', `${A}/x`], 'An owner has no resource'],
    [['connect', A, `${B}/x`], 'An owner has no resource'],
    [['owners', '--domain', A], `--domain is a domain such as example.com, but "${A}" came.`],
    [['clear', '--domain', A], `--domain is a domain such as example.com, but "${A}" came.`],
    [['list'], 'Whose? OWNER, --domain or --all says it.'],
    [['list', A, '--all'], 'Whose? OWNER, --domain or --all says it.'],
    [['clear'], 'Whose? OWNER, --domain or --all says it.'],
    [['clear', A, '--domain', 'example.com'], 'Whose? OWNER, --domain or --all says it.'],
    [['disconnect', A, B, '--keep', 'both'], '--keep is one of to, from, none.'],
    [['presence', `${A}/x`, 'busy'], 'SHOW is online, chat, away, xa, dnd or offline, but "busy" came.'],
    [['presence', `${A}/x`, 'away', '--priority=200'], '--priority is a whole number from -128 to 127.'],
    [['presence', `${A}/x`, 'away', '--status', '\u0001'], '--status is text that XML can carry.'],
    [['message', A, B, ''], 'TEXT is empty: there is nothing to send.'],
    [['message', A, B, 'Hi\u0007'], 'TEXT is text that XML can carry.'],
    [['owners', '--url', 'ftp://x'], '--url is the http(s) address of the API'],
    [['owners', '--url', `https://u:${SECRET}@x/api`], '--url has no password in it'],
  ])('refuses %j before anything is asked: one line, exit code 2', async (words, message) => {
    const api = await ejabberd({})
    const { code, out, err } = await admin(api, words)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^xmpp-roster: USAGE: [^\n]*\n$/)
    expect(err).toContain(message)
    expect(err).not.toContain(SECRET)
    expect(api.calls).toEqual([])
  })

  test('connects and disconnects two, and says when they were not connected', async () => {
    const api = await ejabberd({})
    const connected = await admin(api, ['connect', A, B, '--name-b', 'Bé', '--group-a', 'X'])
    expect([connected.code, connected.out]).toEqual([0, `${A} and ${B} connected\n`])
    expect(api.args('add_rosteritem/v1')).toMatchObject([
      { localuser: 'a', user: 'b', nick: 'Bé', groups: [], subs: 'both' },
      { localuser: 'b', user: 'a', nick: '', groups: ['X'], subs: 'both' },
    ])
    expect((await admin(api, ['disconnect', A, B])).code).toBe(20)
    expect((await admin(api, ['disconnect', '-f', '--keep', 'to', A, B])).code).toBe(0)
    expect((await admin(api, ['list', A])).out).toContain('to')
    expect(await admin(api, ['disconnect', '-f', A, B])).toEqual({
      code: 16,
      out: '',
      err: `xmpp-roster: NOT_FOUND: ${A} and ${B} are not connected; nothing was written.\n`,
    })
  })

  test('removes after a question; an item that is not there is exit code 16', async () => {
    const api = await ejabberd(MUTUAL)
    const asked = await admin(api, ['remove', A, B], { columns: 80, typed: 'y\n' })
    expect(asked.err).toContain(`Remove ${B} from the roster of ${A}? (y/N) `)
    expect([asked.code, asked.out]).toEqual([0, `${B} removed from the roster of ${A}\n`])
    const again = await admin(api, ['remove', '-f', A, B])
    expect([again.code, again.err]).toEqual([16, `xmpp-roster: NOT_FOUND: ${B} is not in the roster of ${A}.\n`])
  })

  test('announces presence and sends messages, each in one call', async () => {
    const api = await ejabberd({}, ({ path }) => (path === 'user_resources' ? json(['balcony']) : undefined))
    const words = ['presence', `${A}/balcony`, 'away', '--status', 'At "sea"', '--priority=-5']
    expect((await admin(api, words)).out).toBe(`${A}/balcony is away\n`)
    expect(api.args('set_presence/v1')).toMatchObject([{ show: 'away', status: 'At "sea"', priority: -5 }])
    expect((await admin(api, ['presence', `${A}/away`, 'online'])).code).toBe(16)
    expect((await admin(api, ['message', 'admin@example.com', A, '$(date) & co'])).out).toBe(`Sent to ${A}\n`)
    expect(api.args('send_message/v1')).toMatchObject([{ from: 'admin@example.com', to: A, body: '$(date) & co' }])
  })
})

describe('admin ejabberd clear', () => {
  test('counts with --dry-run, asks, and removes item by item', async () => {
    const api = await ejabberd(MUTUAL)
    const dry = await admin(api, ['clear', '--all', '--dry-run'])
    expect(dry).toEqual({ code: 0, out: '4 items of 3 owners would be removed.\n', err: '' })
    expect((await admin(api, ['clear', '--all'])).code).toBe(20)
    expect(api.commands().filter((path) => path.startsWith('delete'))).toEqual([])
    const asked = await admin(api, ['clear', '--domain', 'example.com'], { columns: 80, typed: 'y\n' })
    expect(asked.err).toContain('Remove 4 items of 3 owners? (y/N) ')
    expect([asked.code, asked.out]).toEqual([0, '4 of 4 done.\n'])
    expect(await admin(api, ['clear', '--all'])).toEqual({ code: 0, out: 'Nothing to do.\n', err: '' })
  })

  test('goes on after a failure, says it, and ends with 1', async () => {
    const api = await ejabberd(MUTUAL, ({ path, args }) =>
      path === 'delete_rosteritem' && args['localuser'] === 'b' ? json('internal_error', 500) : undefined,
    )
    const { code, out, err } = await admin(api, ['clear', '--all', '-f'])
    expect([code, out]).toEqual([1, '3 of 4 done, 1 failed.\n'])
    expect(err).toMatch(/^xmpp-roster: REFUSED: ejabberd refused delete_rosteritem \(HTTP 500\).* \(a@example\.com\)$/m)
  })

  test('says which rosters it could not read', async () => {
    const api = await ejabberd(MUTUAL, ({ path, args }) =>
      path === 'get_roster' && args['user'] === 'b' ? json(1) : undefined,
    )
    const { code, out, err } = await admin(api, ['clear', '--all', '--dry-run'])
    expect([code, out]).toEqual([1, '3 items of 2 owners would be removed.\n'])
    expect(err).toMatch(/^xmpp-roster: REFUSED: ejabberd says that get_roster has failed\. \(b@example\.com\)\n$/)
  })

  test.each([
    [['put', A, B, '-s', 'both'], 'add_rosteritem'],
    [['remove', '-f', A, B], 'delete_rosteritem'],
    [['connect', A, B], 'add_rosteritem'],
    [['disconnect', '-f', A, B], 'delete_rosteritem'],
    [['message', A, B, 'Hi'], 'send_message'],
  ] as const)('%j, stopped by Ctrl-C before it is answered, may have happened', async (words, path) => {
    const ctrlC = new AbortController()
    const api = await ejabberd(MUTUAL, (call) => {
      if (call.path !== path) return undefined
      ctrlC.abort()
      return 'silence'
    })
    const { code, err } = await admin(api, words, { signal: ctrlC.signal })
    expect([code, err]).toEqual([20, 'xmpp-roster: CANCELLED: Cancelled; what was under way may have happened.\n'])
  })

  test('half a disconnection is said, whatever the user wanted meanwhile', async () => {
    const ctrlC = new AbortController()
    const api = await ejabberd(MUTUAL, ({ path, args }) => {
      if (path !== 'delete_rosteritem' || args['localuser'] !== 'a') return undefined
      ctrlC.abort()
      return json({ status: 'error', code: 10, message: 'Not now' }, 500)
    })
    const { code, err } = await admin(api, ['disconnect', '-f', A, B], { signal: ctrlC.signal })
    expect(code).toBe(4)
    expect(err).toMatch(
      /^xmpp-roster: REFUSED: a@example\.com is out of the roster of b@example\.com by now\. Disconnecting them again is safe\. But /,
    )
  })

  test('stopped by Ctrl-C says what is gone, and goes on with the rest when it is run again', async () => {
    const api = await ejabberd(MUTUAL)
    const ctrlC = new AbortController()
    const onErr = (text: string): void => {
      if (text.includes('1 of 4')) ctrlC.abort()
    }
    const stopped = await admin(api, ['clear', '--all', '-f', '--rate', '0.01'], { signal: ctrlC.signal, onErr })
    expect(stopped.code).toBe(20)
    expect(stopped.err.trimEnd().split('\n').at(-1)).toMatch(
      /^xmpp-roster: CANCELLED: Cancelled: 1 of 4 done; what was under way may have happened, the rest did not; /,
    )
    expect((await admin(api, ['clear', '--all', '-f'])).out).toBe('3 of 3 done.\n')
  })
})

describe('whoever calls', () => {
  const authorizations = ({ calls }: FakeApi): ReadonlySet<string | undefined> =>
    new Set(calls.map(({ headers }) => headers.authorization))
  const basic = `Basic ${Buffer.from(`admin@example.com:${SECRET}`).toString('base64')}`

  test('is the account of the environment, or who has the token, or nobody in particular', async () => {
    for (const [env, expected] of [
      [ACCOUNT, basic],
      [{ ...ACCOUNT, XMPP_ADMIN_TOKEN: 't0ken' }, 'Bearer t0ken'],
      [{}, undefined],
    ] as const) {
      const api = await ejabberd(MUTUAL)
      expect((await admin(api, ['owners'], { env })).code).toBe(0)
      expect(authorizations(api)).toEqual(new Set([expected]))
    }
  })

  test('is never the default account: its password is for its server', async () => {
    const api = await ejabberd(MUTUAL)
    const home = freshHome()
    const folder = join(home, '.config', 'xmpp-roster')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const work = { jid: 'admin@example.com', password: SECRET }
    const file = JSON.stringify({ default: 'work', accounts: { work } })
    await writeFile(join(folder, 'accounts.json'), file, { mode: 0o600 })
    expect((await admin(api, ['owners'], { home })).code).toBe(0)
    expect(authorizations(api)).toEqual(new Set([undefined]))
    expect((await admin(api, ['owners', '--account', 'work'], { home })).code).toBe(0)
    expect(authorizations(api)).toEqual(new Set([undefined, basic]))
  })

  test('sends no password without encryption to another machine', async () => {
    const { code, err } = await run(['admin', 'ejabberd', 'owners', '--url', 'http://example.com/api'], {
      env: ACCOUNT,
    })
    expect(code).toBe(5)
    expect(err).toMatch(
      /^xmpp-roster: NOT_CONNECTED: http:\/\/example\.com offers no encryption; no password was sent\..*\n$/,
    )
  })

  test('sees what is said with --debug, but no password', async () => {
    const api = await ejabberd(MUTUAL)
    const { code, out, err } = await admin(api, ['list', B, '--debug'], { env: ACCOUNT })
    expect(code).toBe(0)
    expect(err).toContain(`> POST ${api.url}/get_roster/v1 {"user":"b","host":"example.com"}\n< 200 [`)
    for (const text of [out, err]) for (const secret of [SECRET, basic.slice(6)]) expect(text).not.toContain(secret)
  })
})

describe('a server that does not do what it should: one line, the right exit code, no password', () => {
  test.each<[what: string, reply: Reply, code: number, line: RegExp]>([
    [
      'refuses the password',
      json({ status: 'error', code: 10, message: 'No' }, 401),
      4,
      /^REFUSED: ejabberd refused get_roster/,
    ],
    ['forbids it', json({ status: 'error', code: 32, message: 'No' }, 403), 4, /^REFUSED: /],
    [
      'has no such command',
      json({ status: 'error', code: 40, message: 'x' }, 404),
      4,
      /^UNSUPPORTED: .*mod_admin_extra/,
    ],
    ['fails with a status of success', json(1), 4, /^REFUSED: ejabberd says that get_roster has failed/],
    ['crashes', json('internal_error', 500), 4, /^REFUSED: /],
    ['answers with a page', { text: `<html>\n${SECRET}\n</html>` }, 1, /^STANZA_INVALID: /],
    ['answers with what makes no sense', json([{ jid: 7 }]), 1, /^STANZA_INVALID: /],
    ['answers with half a text', { text: '[{"jid":' }, 1, /^STANZA_INVALID: /],
    ['repeats the password', json(`Wrong: ${SECRET}`, 400), 4, /^REFUSED: .*Wrong: …/],
    ['breaks off', 'cut', 5, /^NOT_CONNECTED: /],
    [
      'redirects',
      { status: 302, headers: { location: 'http://127.0.0.1:1/' }, text: '' },
      1,
      /^STANZA_INVALID: .*redirect/,
    ],
    ['sends escapes', json('\u001b[2Jgone', 400), 4, /^REFUSED: .*\\u\{1b\}\[2Jgone/],
    ['says nothing', 'silence', 5, /^TIMED_OUT: /],
  ])('%s', async (_what, reply, expected, line) => {
    const api = await fakeApi(before2402(() => reply))
    const { code, out, err } = await admin(api, ['list', A, '--timeout', '1'], { env: ACCOUNT })
    expect([code, out]).toEqual([expected, ''])
    expect(err).toMatch(/^xmpp-roster: [^\n]*\n$/)
    expect(err.slice('xmpp-roster: '.length)).toMatch(line)
    expect(err).not.toContain(SECRET)
    expect(err).not.toContain('\u001b')
  })

  test('is not there', async () => {
    const api = await ejabberd({})
    const { code, err } = await admin({ url: api.url.replace(/:\d+/, ':9') }, ['owners'])
    expect(code).toBe(5)
    expect(err).toMatch(/^xmpp-roster: NOT_CONNECTED: No answer came from [^\n]*\n$/)
  })

  test('has a certificate that nobody trusts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'xmpp-roster-tls-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const { keyFile, certFile } = await makeCertificate(folder)
    const [key, cert] = await Promise.all([readFile(keyFile, 'utf8'), readFile(certFile, 'utf8')])
    const api = await fakeApi(() => done, { key, cert })
    const { code, out, err } = await admin(api, ['owners'], { env: ACCOUNT })
    expect([code, out]).toEqual([5, ''])
    expect(err).toMatch(/^xmpp-roster: NOT_CONNECTED: [^\n]*self-signed certificate[^\n]*\n$/)
    expect(api.calls).toEqual([])
  })
})
