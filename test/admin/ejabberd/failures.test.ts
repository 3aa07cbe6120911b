import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ejabberdAdmin } from '../../../src/admin.js'
import { RosterError } from '../../../src/index.js'
import { makeCertificate } from '../../servers/support/certificate.js'
import { type Answer, before2402, done, fakeApi, html, json, type Reply, since2402 } from './support/fake-api.js'

const ALICE = 'alice@example.com'
const BOB = 'bob@example.net'
const BOB_AS_TOLD = { name: 'Bob', groups: [], subscription: 'both' } as const

const failureOf = async (work: Promise<unknown>): Promise<RosterError> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof RosterError) return error
  throw new Error(`Expected a RosterError, but ${String(error)} came`)
}

const text = (body: string, status = 200, headers = {}): Answer => ({ status, headers, text: body })

describe('the three ways in which ejabberd says no, and what others say in its place', () => {
  test.each<[what: string, reply: Reply, code: string, condition: string | undefined, says: string]>([
    ['a text', json('Unknown virtual host', 400), 'REFUSED', 'bad-request', '"Unknown virtual host"'],
    ['a text of a crash', json('internal_error', 500), 'REFUSED', 'internal-server-error', '"internal_error"'],
    [
      'an object',
      json({ status: 'error', code: 32, message: 'AccessRules: no right' }, 403),
      'REFUSED',
      'forbidden',
      '"AccessRules: no right"',
    ],
    [
      'an object with a status of success',
      json({ status: 'error', code: 31, message: 'Not you' }),
      'REFUSED',
      'bad-request',
      '"Not you"',
    ],
    ['a code of failure with a status of success', json(1), 'REFUSED', 'undefined-condition', 'has failed'],
    [
      'a wrong password',
      json({ status: 'error', code: 10, message: 'You are not authorized' }, 401),
      'REFUSED',
      'not-authorized',
      'You are not authorized',
    ],
    ['a conflict', json({ status: 'error', code: 10090, message: 'x' }, 409), 'REFUSED', 'conflict', 'HTTP 409'],
    ['a command that there is not', json({ code: 40, message: 'x' }, 404), 'UNSUPPORTED', undefined, 'mod_admin_extra'],
    ['another that there is not', json({ code: 44, message: 'x' }, 404), 'UNSUPPORTED', undefined, 'add_rosteritem'],
    ['something that is not found', json('not_found', 404), 'REFUSED', 'item-not-found', '"not_found"'],
    ['a page that says 404', html(404), 'UNSUPPORTED', undefined, 'request_handlers'],
    ['a page that says 403', html(403), 'REFUSED', 'forbidden', 'text/html'],
    ['a page of a proxy that got no answer', html(502), 'NOT_CONNECTED', undefined, 'HTTP 502.*is not known'],
    ['a page of a proxy that waited too long', html(504), 'TIMED_OUT', undefined, 'HTTP 504.*is not known'],
    ['another word for that', text('', 524), 'TIMED_OUT', undefined, 'HTTP 524.*is not known'],
    ['a proxy that has nobody behind it', html(503), 'REFUSED', 'service-unavailable', 'HTTP 503'],
    ['a status that nobody knows', text('', 599), 'NOT_CONNECTED', undefined, 'with nothing; whether'],
    ['a crash of somebody else', html(500), 'REFUSED', 'undefined-condition', 'HTTP 500'],
    ['a page that says that all is well', html(200), 'STANZA_INVALID', undefined, 'text/html'],
    ['nothing', text(''), 'STANZA_INVALID', undefined, 'nothing'],
    ['half an answer', text('{"res"'), 'STANZA_INVALID', undefined, '6 characters'],
    ['a list where a code belongs', json([]), 'STANZA_INVALID', undefined, '0'],
    ['a text where a code belongs', json('0'), 'STANZA_INVALID', undefined, '0'],
    ['a redirect', text('', 302, { location: '/elsewhere?secret' }), 'STANZA_INVALID', undefined, 'redirect'],
    ['a redirect that keeps the method', text('', 308, { location: '/x' }), 'STANZA_INVALID', undefined, 'redirect'],
    ['half an answer, and the connection breaks', 'cut', 'NOT_CONNECTED', undefined, 'No answer'],
  ])('%s', async (_what, reply, code, condition, says) => {
    for (const release of [before2402, since2402]) {
      const api = await fakeApi(release(() => reply))
      const error = await failureOf(ejabberdAdmin(api).put(ALICE, BOB, BOB_AS_TOLD))
      expect(error).toMatchObject({ code, condition, owner: ALICE, contact: BOB })
      expect(error.message).toMatch(new RegExp(says))
      expect(error.message).toMatch(/^[^\n]+[.?]$/)
    }
  })

  test.each<[what: string, rows: unknown]>([
    ['no list', { contacts: [] }],
    ['rows that are no objects', ['bob@example.net', null]],
    ['a row without a JID', [{ nick: 'Bob', subscription: 'both' }]],
    ['a JID that is no text', [{ jid: 1 }]],
    ['groups that are no texts', [{ jid: BOB, groups: [1] }]],
    ['a group that is no text', [{ jid: BOB, group: { name: 'A' } }]],
  ])('a roster with %s makes no sense, and is not half read', async (_what, rows) => {
    const api = await fakeApi(since2402(() => json(rows)))
    expect(await failureOf(ejabberdAdmin(api).list(ALICE))).toMatchObject({ code: 'STANZA_INVALID' })
  })
})

describe('when no answer comes', () => {
  test('nobody listens there', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { readonly port: number }
    server.close()
    await once(server, 'close')
    const error = await failureOf(ejabberdAdmin({ url: `http://127.0.0.1:${port}/api` }).list(ALICE))
    expect(error.code).toBe('NOT_CONNECTED')
    expect(error.message).toMatch(/^No answer came from http:\/\/127\.0\.0\.1:\d+\/api: .*ECONNREFUSED.*\.$/)
    expect(error.cause).toBeInstanceOf(Error)
  })

  test('somebody listens who does not speak HTTP', async () => {
    const server = createServer((socket) => void socket.end('<stream:stream>\n')).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as { readonly port: number }
    const error = await failureOf(ejabberdAdmin({ url: `http://127.0.0.1:${port}` }).connected())
    expect(error.code).toBe('NOT_CONNECTED')
    expect(error.message).not.toContain('\n')
  })

  test('the certificate is not one that is trusted; with a fetch that trusts it, it is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'roster-tls-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const { certFile, keyFile } = await makeCertificate(folder)
    const tls = { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') }
    const api = await fakeApi(
      since2402(() => done),
      tls,
    )
    const error = await failureOf(ejabberdAdmin({ ...api, token: 'secret-token' }).put(ALICE, BOB, BOB_AS_TOLD))
    expect(error.code).toBe('NOT_CONNECTED')
    expect(error.message).toContain('certificate')
    expect(api.calls).toEqual([])
  })

  test('the server takes too long: the call is given up and its connection ended', async () => {
    let ended = (): void => undefined
    const isEnded = new Promise<void>((resolve) => {
      ended = resolve
    })
    const api = await fakeApi(since2402(({ path }) => (path === 'get_roster' ? json([]) : 'silence')))
    const admin = ejabberdAdmin({
      ...api,
      fetch: (input, init) => {
        if (String(input).includes('add_rosteritem')) init?.signal?.addEventListener('abort', ended)
        return fetch(input, init)
      },
    })
    await admin.list(ALICE)
    const error = await failureOf(admin.put(ALICE, BOB, BOB_AS_TOLD, { timeout: 50 }))
    expect(error).toMatchObject({ code: 'TIMED_OUT', owner: ALICE, contact: BOB })
    await isEnded
  })

  test('the caller gives up: the call rejects with the reason, also one of ours', async () => {
    const api = await fakeApi(since2402(() => 'silence'))
    const admin = ejabberdAdmin(api)
    const reason = new RosterError('CLOSED', 'No more.')
    const stop = new AbortController()
    const listing = admin.list(ALICE, { signal: stop.signal })
    stop.abort(reason)
    await expect(listing).rejects.toBe(reason)
    for (const work of [
      admin.list(ALICE, { signal: stop.signal }),
      admin.put(ALICE, BOB, {}, { signal: stop.signal }),
      admin.remove(ALICE, BOB, { signal: stop.signal }),
      admin.owners({ signal: stop.signal }).next(),
      admin.connected({ signal: stop.signal }),
      admin.setPresence(`${ALICE}/x`, {}, { signal: stop.signal }),
      admin.sendMessage(ALICE, BOB, 'Hi', { signal: stop.signal }),
      admin.kick(`${ALICE}/x`, { signal: stop.signal }),
    ])
      await expect(work).rejects.toBe(reason)
  })
})

describe('secrets', () => {
  test('what the server repeats of them is not in the message', async () => {
    const password = 'p4ssw0rd-ünï'
    const api = await fakeApi(
      since2402(({ headers }) => json(`Who is ${headers.authorization}, with ${password}?`, 400)),
    )
    const admin = ejabberdAdmin({ ...api, username: 'admin@example.com', password })
    const error = await failureOf(admin.put(ALICE, BOB, BOB_AS_TOLD))
    expect(error.message).toContain('"Who is Basic …, with …?"')
  })

  test('nor what another fetch says of them', async () => {
    const admin = ejabberdAdmin({
      url: 'http://127.0.0.1:1/api',
      token: 'secret-token',
      fetch: () => Promise.reject(new TypeError('Bearer secret-token is no header')),
    })
    const error = await failureOf(admin.list(ALICE))
    expect(error.message).toBe('No answer came from http://127.0.0.1:1/api: Bearer … is no header.')
  })

  test('the login goes out as it was given: a JID and its password in UTF-8, a token, or none', async () => {
    const api = await fakeApi(since2402(() => json([])))
    await ejabberdAdmin({ ...api, username: 'admin@example.com', password: 'pä:ss' }).list(ALICE)
    await ejabberdAdmin({ ...api, token: 'aB3-._~+/==' }).list(ALICE)
    await ejabberdAdmin(api).list(ALICE)
    const basic = `Basic ${Buffer.from('admin@example.com:pä:ss', 'utf8').toString('base64')}`
    const sent = api.calls.map(({ headers }) => headers.authorization)
    expect(sent).toEqual([basic, basic, 'Bearer aB3-._~+/==', 'Bearer aB3-._~+/==', undefined, undefined])
  })

  test.each<[what: string, options: object]>([
    ['no address', { url: 'ejabberd' }],
    ['another protocol', { url: 'ftp://example.com/api' }],
    ['a password in the address', { url: 'https://admin:hidden@example.com/api' }],
    ['a question in the address', { url: 'https://example.com/api?key=hidden' }],
    ['a name without a password', { username: 'admin' }],
    ['a password without a name', { password: 'hidden' }],
    ['a name with a colon', { username: 'ad:min', password: 'hidden' }],
    ['a token and a name', { username: 'admin', password: 'hidden', token: 'hidden' }],
    ['a token that would end the header', { token: 'hidden\r\nx-more: 1' }],
    ['an empty token', { token: '' }],
  ])('%s is refused at once, and not shown', (_what, options) => {
    const make = () => ejabberdAdmin({ url: 'https://example.com/api', ...options })
    expect(make).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }))
    expect(make).not.toThrow('hidden')
  })
})
