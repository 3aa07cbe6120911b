import { createServer, type Socket } from 'node:net'
import { createElement } from 'ltx/lib/ltx.js'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ClientAccount } from '../../src/cli/account.js'
import { checkPrivacy, type Link } from '../../src/cli/privacy.js'
import type { RosterError } from '../../src/index.js'
import { run } from './support/command.js'
import { town } from './support/town.js'

const ONE_LINE = /^xmpp-roster: [A-Z_]+: [^\n]*\n$/

/** A server that says nothing but this. */
const stubborn = async (greet: (socket: Socket) => void): Promise<string> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    greet(socket)
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `xmpp://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}
const NS_SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'

const as = (service: string) => ({ XMPP_SERVICE: service, XMPP_JID: 'juliet@localhost', XMPP_PASSWORD: 'hunter2' })

describe('when something is wrong with the connection, one line says so', () => {
  test('nobody listens: 5', async () => {
    const service = await stubborn(() => undefined)
    const { code, err } = await run(['get'], { env: as(service.replace(/\d+$/, '1')) })
    expect(code).toBe(5)
    expect(err).toBe(
      'xmpp-roster: NOT_CONNECTED: No connection to the server of juliet@localhost: connect ECONNREFUSED 127.0.0.1:1\n',
    )
  })

  test('the server says nothing: 5, after --timeout', async () => {
    const service = await stubborn(() => undefined)
    const { code, err } = await run(['get', '--timeout', '1'], { env: as(service) })
    expect([code, err]).toEqual([5, expect.stringMatching(/^xmpp-roster: TIMED_OUT: /)])
    expect(err).toMatch(ONE_LINE)
  })

  test.each([
    ['no XML', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['something else', '<html><body>Hello</body></html>'],
    [
      'half a stream',
      '<stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams"><stream:fea',
    ],
  ])('the server speaks %s, and hangs up: not 0, and no hanging', async (_what, text) => {
    const service = await stubborn((socket) => socket.end(text))
    const { code, err } = await run(['get', '--timeout', '2'], { env: as(service) })
    expect(code).toBe(5)
    expect(err).toMatch(ONE_LINE)
  })

  test('the password is wrong: 4', async () => {
    const verona = await town(['juliet'])
    const { code, err } = await verona.asWith('juliet', { env: { XMPP_PASSWORD: 'hunter2' } }, 'get')
    expect([code, err]).toEqual([
      4,
      'xmpp-roster: REFUSED: The server refused the login of juliet@localhost: not-authorized.\n',
    ])
  })

  test.each([
    ['Wrong password.', 'not-authorized - Wrong password.'],
    ['Wrong password', 'not-authorized - Wrong password.'],
    ['Wrong password?', 'not-authorized - Wrong password?'],
  ])('the server refuses the password in words of its own, "%s": one full stop', async (words, said) => {
    const service = await stubborn((socket) => {
      socket.write(
        '<stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams" id="1" from="localhost" version="1.0">' +
          `<stream:features><mechanisms xmlns="${NS_SASL}"><mechanism>PLAIN</mechanism></mechanisms></stream:features>`,
      )
      socket.on('data', (data) => {
        if (String(data).includes('<auth'))
          socket.write(`<failure xmlns="${NS_SASL}"><not-authorized/><text>${words}</text></failure>`)
      })
    })
    expect(await run(['get', '--timeout', '5'], { env: as(service) })).toEqual({
      code: 4,
      out: '',
      err: `xmpp-roster: REFUSED: The server refused the login of juliet@localhost: ${said}\n`,
    })
  })

  test('the domain is another one: 4 or 5', async () => {
    const verona = await town(['juliet'])
    const { code, err } = await verona.asWith('juliet', { env: { XMPP_JID: 'juliet@mantua.example' } }, 'get')
    expect([4, 5]).toContain(code)
    expect(err).toMatch(ONE_LINE)
  })

  test('it is lost in the midst: 5, and what was done is said', async () => {
    const verona = await town(['juliet'])
    await verona.as('juliet', 'add', 'romeo@localhost', '-g', 'A')
    await verona.as('juliet', 'add', 'nurse@localhost', '-g', 'A')
    // The second change is never answered: the connection goes when the first line of progress is there.
    const onErr = (text: string): void => {
      if (text.startsWith('Renaming: 1')) verona.server.cut('juliet@localhost')
    }
    const { code, out, err } = await verona.asWith('juliet', { onErr }, 'groups', 'rename', 'A', 'B')
    expect([code, out]).toEqual([5, 'nurse@localhost moved to B\n'])
    expect(err).toMatch(/xmpp-roster: NOT_CONNECTED: [^\n]* \(1 of 2 done, 0 failed\)\n$/)
  })
})

describe('the password', () => {
  const ACCOUNT = { kind: 'client', jid: 'juliet@example.com', secret: { kind: 'none' }, insecure: false } as const
  const certificateOf = (name: string) => ({ subject: { CN: name }, subjectaltname: `DNS:${name}` }) as never
  const refusal = (link: Partial<Link>, account: Partial<ClientAccount> = {}): string => {
    try {
      const plain = { isEncrypted: false, remoteAddress: '192.0.2.7', certificate: undefined }
      checkPrivacy({ ...plain, ...link }, { ...ACCOUNT, service: undefined, ...account })
      return ''
    } catch (error) {
      return (error as RosterError).message
    }
  }

  test.each([undefined, '192.0.2.7', '2001:db8::1', '::ffff:192.0.2.7', '128.0.0.1'])(
    'does not go to %s without encryption',
    (remoteAddress) => {
      expect(refusal({ remoteAddress })).toMatch(/offers no encryption; no password was sent/)
      expect(refusal({ remoteAddress }, { insecure: true })).toBe('')
      expect(refusal({ remoteAddress, isEncrypted: true })).toBe('')
    },
  )

  test.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])(
    'goes to %s: nobody listens there',
    (remoteAddress) => {
      expect(refusal({ remoteAddress })).toBe('')
    },
  )

  test('goes to a host that DNS named only if its certificate is one of the domain (RFC 6120 §13.7.2.1)', () => {
    const link = { isEncrypted: true, certificate: certificateOf('xmpp.evil.example') }
    expect(refusal(link)).toMatch(/not one of example\.com; no password was sent/)
    expect(refusal({ ...link, certificate: certificateOf('example.com') })).toBe('')
    // Who names the host means it.
    expect(refusal(link, { service: 'xmpps://xmpp.evil.example' })).toBe('')
  })
})

test.each(['ws', 'wss'])('a service of %s:// needs a newer Node.js, and says so', async (scheme) => {
  vi.stubGlobal('WebSocket', undefined)
  onTestFinished(() => void vi.unstubAllGlobals())
  const { code, err } = await run(['get', '--no-cache'], { env: as(`${scheme}://127.0.0.1:1/xmpp`) })
  expect([code, err]).toEqual([
    4,
    `xmpp-roster: UNSUPPORTED: ${scheme}:// needs Node.js 22 or later, and this is ${process.version}: an xmpp:// or xmpps:// service works.\n`,
  ])
})

describe('Ctrl-C', () => {
  test('ends a command that waits for the server: 20, one line', async () => {
    const stopped = new AbortController()
    const service = await stubborn(() => stopped.abort())
    const { code, err } = await run(['get'], { env: as(service), signal: stopped.signal })
    expect([code, err]).toEqual([20, 'xmpp-roster: CANCELLED: Cancelled.\n'])
  })

  test('in the midst of several changes says what was done', async () => {
    const verona = await town(['juliet'])
    for (const jid of ['romeo@localhost', 'nurse@localhost']) await verona.as('juliet', 'add', jid, '-g', 'A')
    const stopped = new AbortController()
    const onErr = (text: string): void => {
      if (text.startsWith('Renaming: 1')) stopped.abort()
    }
    const options = { onErr, signal: stopped.signal }
    const { code, err } = await verona.asWith('juliet', options, 'groups', 'rename', 'A', 'B')
    expect(code).toBe(20)
    expect(err).toContain(
      'xmpp-roster: CANCELLED: Cancelled: 1 of 2 done, 0 failed; what was under way may have happened.\n',
    )
  })
})

describe('Ctrl-C while a change is under way', () => {
  const IN_THE_MIDST = 'xmpp-roster: CANCELLED: Cancelled; what was under way may have happened.\n'

  test.each([
    [['set', 'romeo@localhost', '-n', 'R.']],
    [['add', 'nurse@localhost']],
    [['delete', '-f', 'romeo@localhost']],
    [['groups', 'delete', '-f', 'A']],
  ])('%j: it was sent and not answered, so nobody knows', async (words) => {
    const verona = await town(['juliet'])
    await verona.as('juliet', 'add', 'romeo@localhost', '-g', 'A')
    const stopped = new AbortController()
    const onErr = (text: string): void => {
      if (text.startsWith('> <iq') && text.includes('type="set"') && text.includes('jabber:iq:roster')) stopped.abort()
    }
    const { code, err } = await verona.asWith('juliet', { onErr, signal: stopped.signal }, ...words, '--debug')
    expect([code, err.slice(err.lastIndexOf('xmpp-roster: '))]).toEqual([20, IN_THE_MIDST])
  })
})

describe('--debug', () => {
  test('shows the stanzas on the error output, and of the login only that there was one', async () => {
    const verona = await town(['juliet'])
    const { code, out, err } = await verona.as('juliet', 'add', 'romeo@localhost', '-n', 'R\u009b2J', '--debug')
    expect([code, out]).toEqual([0, 'romeo@localhost added\n'])
    expect(err).toContain('> <auth>…\n')
    expect(err).toContain('< <challenge>…\n')
    expect(err).toContain('> <response>…\n')
    expect(err).toContain('< <success>…\n')
    expect(err).toContain('jabber:iq:roster')
    expect(err).toContain('R\\u{9b}2J')
    expect(err).not.toMatch(/secret|hunter2/)
    for (const payload of verona.server.log.map(
      ({ xml }) => /<(?:auth|response|challenge|success)[^>]*>([^<]+)</.exec(xml)?.[1],
    ))
      if (payload !== undefined) expect(err).not.toContain(payload)
  })

  test('says nothing of the secret of a component', async () => {
    const verona = await town([])
    const env = { XMPP_SERVICE: verona.component, XMPP_PASSWORD: 'secret' }
    const { code, err } = await run(
      ['add', 'romeo@localhost', '--component', 'bots.localhost', '--owner', 'desk@bots.localhost', '--debug'],
      { env },
    )
    expect(code).toBe(0)
    expect(err).toContain('> <handshake>…\n')
    expect(err).not.toMatch(/[0-9a-f]{40}/)
  })
})

describe('clients', () => {
  const NS = 'xmpp:prosody.im/protocol/manage-clients'
  const management = async () => {
    const verona = await town(['juliet'])
    verona.server.handle(NS, (iq) => {
      const revoke = iq.getChild('revoke', NS)
      if (revoke !== undefined) {
        if (revoke.attrs['id'] === 'grant/1') return createElement('iq', { type: 'result' })
        const condition = createElement('item-not-found', { xmlns: 'urn:ietf:params:xml:ns:xmpp-stanzas' })
        return createElement('error', { type: 'cancel' }, condition)
      }
      const agent = createElement(
        'user-agent',
        {},
        createElement('software', {}, 'Gajim \u202e'),
        createElement('device', {}, 'Laptop'),
      )
      const auth = createElement('auth', {}, createElement('grant', {}))
      const client = createElement('client', { id: 'grant/1', type: 'access', connected: 'false' }, agent, auth)
      return createElement('clients', { xmlns: NS }, client)
    })
    return verona
  }

  test('are listed', async () => {
    const verona = await management()
    const { code, out } = await verona.as('juliet', 'clients')
    expect([code, out.split('\n')]).toEqual([
      0,
      [
        'ID       SOFTWARE        DEVICE  CONNECTED  LAST SEEN  LOGIN',
        'grant/1  Gajim \\u{202e}  Laptop                        grant',
        '',
      ],
    ])
    expect(JSON.parse((await verona.as('juliet', 'clients', 'list', '--json')).out)).toMatchObject([
      { id: 'grant/1', type: 'access', connected: false, auth: ['grant'], device: 'Laptop', uri: null, lastSeen: null },
    ])
  })

  test('are revoked after a question; one that is not there is 16', async () => {
    const verona = await management()
    expect((await verona.as('juliet', 'clients', 'revoke', 'grant/1')).code).toBe(20)
    expect(await verona.as('juliet', 'clients', 'revoke', 'grant/1', '-f')).toMatchObject({
      code: 0,
      out: 'grant/1 revoked\n',
    })
    expect((await verona.as('juliet', 'clients', 'revoke', 'grant/2', '-f')).code).toBe(16)
  })

  test('of a server that has no such thing are 4', async () => {
    const verona = await town(['juliet'])
    const { code, err } = await verona.as('juliet', 'clients')
    expect([code, err]).toEqual([4, expect.stringMatching(/^xmpp-roster: UNSUPPORTED: [^\n]*\n$/)])
  })
})
