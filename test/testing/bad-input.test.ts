import { describe, expect, test } from 'vitest'
import { bindIq, HEADER, plainAuth, SASL, SM, streamError } from './connection/support/raw.js'
import { rosterGet } from './host/stage.js'
import { componentHeader, GATEWAY, handshakeFor, settled } from './support/peers.js'
import { lines, useVerona } from './support/verona.js'

// After each of these tests two friends talk, see each other, and the server closes with no timer left.
const verona = useVerona()

const NURSE_GONE = /<presence type="unavailable" from="nurse@localhost\/home"[^>]*\/>/

describe('who does not know a password', () => {
  test.each([
    ['a wrong password', plainAuth('romeo', 'wrong')],
    ['the password of another', plainAuth('romeo', 'secrets')],
    ['an unknown account', plainAuth('tybalt', 'secret')],
    ['an account that is a name of the language', plainAuth('__proto__', 'secret')],
    ['an account that is a name of an object', plainAuth('constructor', 'secret')],
  ])('%s is answered not-authorized, as any other (RFC 6120 §6.5.10)', async (_what, auth) => {
    const peer = await verona.raw()
    peer.send(HEADER)
    await peer.hears('</stream:features>')
    peer.send(auth)
    expect(await peer.hears('</failure>')).toBe(`<failure xmlns="${SASL.slice(7, -1)}"><not-authorized/></failure>`)
    // The stream goes on: whoever knows better may say so (RFC 6120 §6.4.5).
    peer.send(plainAuth('nurse'))
    await peer.hears(/<success[^>]*>/)
  })

  test('the fifth guess ends the stream: policy-violation (RFC 6120 §6.4.5)', async () => {
    const peer = await verona.raw()
    peer.send(HEADER + plainAuth('romeo', 'wrong').repeat(5) + plainAuth('romeo'))
    const heard = await peer.hearsEnd()
    expect(heard.match(/<not-authorized\/>/g)).toHaveLength(5)
    expect(heard).toMatch(streamError('policy-violation'))
    expect(heard).not.toContain('<success')
  })
})

const BAD: readonly (readonly [what: string, bad: string | Uint8Array, condition: string])[] = [
  ['XML that is not well-formed', '<message><body></message>', 'not-well-formed'],
  ['two equal attributes', "<message to='a' to='b'/>", 'not-well-formed'],
  ['text where stanzas should be', 'hello?', 'bad-format'],
  ['a document type', "<!DOCTYPE a [<!ENTITY b 'c'>]>", 'restricted-xml'],
  [
    'a stanza of 1 MB',
    `<message to='juliet@localhost'><body>${'x'.repeat(1_000_000)}</body></message>`,
    'policy-violation',
  ],
  ['a stanza that never ends', `<iq type='get' id='${'x'.repeat(1_000_000)}`, 'policy-violation'],
  ['a million elements in one', `<message>${'<a/>'.repeat(1_000_000)}</message>`, 'policy-violation'],
  ['100,000 elements, each in the other', '<a>'.repeat(100_000), 'policy-violation'],
  ['bytes that are no UTF-8', Uint8Array.of(0x3c, 0x61, 0xff, 0xfe), 'unsupported-encoding'],
  ['an element that means nothing', "<hello xmlns='urn:example:hello'/>", 'unsupported-stanza-type'],
]

describe.each(BAD)('%s', (_what, bad, condition) => {
  test(`ends a session with ${condition}; its contacts are told that it is gone`, async () => {
    const nurse = await verona.nurse()
    nurse.send(bad)
    expect(await nurse.hearsEnd()).toMatch(streamError(condition))
    await verona.romeo.hears(NURSE_GONE)
    // And she may come back.
    await verona.login('nurse')
    await verona.romeo.hears('<presence from="nurse@localhost/home"')
  })

  test(`ends a session that could be resumed as well: it is over`, async () => {
    const nurse = await verona.nurse()
    const id = await verona.resumable(nurse)
    nurse.send(bad)
    await nurse.hearsEnd()
    await verona.romeo.hears(NURSE_GONE)
    const again = await verona.raw()
    again.send(`${HEADER}${plainAuth('nurse')}${HEADER}<resume ${SM} previd='${id}' h='0'/>`)
    expect(await again.hears('</failed>')).toContain('<item-not-found ')
  })

  test(`ends a stream before authentication with ${condition}`, async () => {
    const peer = await verona.raw()
    peer.send(HEADER)
    peer.send(bad)
    expect(await peer.hearsEnd()).toMatch(streamError(condition))
  })
})

test.each(['<presence/>', "<message to='juliet@localhost'/>", rosterGet('r'), bindIq('home')])(
  'a stanza before authentication ends the stream and reaches nobody: not-authorized (RFC 6120 §4.9.3.12): %s',
  async (stanza) => {
    const peer = await verona.raw()
    peer.send(HEADER + stanza)
    expect(await peer.hearsEnd()).toMatch(streamError('not-authorized'))
    expect(lines(await settled(verona.juliet))).toEqual([])
  },
)

describe('a component', () => {
  test('that comes second is told conflict; the first one goes on', async () => {
    const first = await verona.gateway()
    const second = await verona.raw(verona.component)
    second.send(componentHeader())
    second.send(handshakeFor(await second.hears(/<stream:stream [^>]*>/)))
    expect(await second.hearsEnd()).toMatch(streamError('conflict'))
    verona.romeo.send(`<message to='bot@${GATEWAY}' id='still'/>`)
    await first.hears(/<message [^>]*id="still"[^>]*>/)
    first.vanish()
    await first.hearsEnd()
  })

  test.each([
    ['with a wrong secret', componentHeader(), (header: string) => handshakeFor(header, 'guess'), 'not-authorized'],
    ['that is unknown', componentHeader('other.localhost'), handshakeFor, 'host-unknown'],
    ['called by a name of the language', componentHeader('__proto__'), handshakeFor, 'host-unknown'],
    ['called by a name of an object', componentHeader('constructor'), handshakeFor, 'host-unknown'],
    ['that is the server', componentHeader('localhost'), handshakeFor, 'host-unknown'],
    ['that speaks too early', componentHeader(), () => `<presence from='bot@${GATEWAY}'/>`, 'not-authorized'],
  ])('%s is refused', async (_what, header, next, condition) => {
    const peer = await verona.raw(verona.component)
    peer.send(header)
    peer.send(next(await peer.hears(/<stream:stream [^>]*>/)))
    expect(await peer.hearsEnd()).toMatch(streamError(condition))
    await verona.gateway()
  })

  test('that speaks for others is told invalid-from, and its stanza reaches nobody', async () => {
    const peer = await verona.gateway()
    peer.send("<message from='juliet@localhost' to='romeo@localhost'/>")
    expect(await peer.hearsEnd()).toMatch(streamError('invalid-from'))
    expect(lines(await settled(verona.romeo))).toEqual([])
  })
})

describe('a connection that stops half-way', () => {
  test.each([
    ['silent', ''],
    ['in the header', HEADER.slice(0, 50)],
    ['before authentication', HEADER],
    ['in a stanza', `${HEADER}<auth mechanism='PL`],
    ['before binding', HEADER + plainAuth('nurse') + HEADER],
  ])('%s: after a minute it ends with connection-timeout', async (_where, said) => {
    const peer = await verona.raw()
    peer.send(said)
    await verona.talk()
    await verona.clock.advance(60_000)
    expect(await peer.hearsEnd()).toMatch(streamError('connection-timeout'))
  })

  test('in a session, without a word: its contacts are told', async () => {
    const nurse = await verona.nurse()
    nurse.send("<message to='romeo@localhost'><body>I was about to")
    nurse.socket.end()
    await verona.romeo.hears(NURSE_GONE)
  })

  test('in a session that can be resumed: it waits, and its contacts are told when nobody came', async () => {
    const nurse = await verona.nurse()
    await verona.resumable(nurse)
    nurse.vanish()
    await nurse.hearsEnd()
    expect(await verona.talk()).not.toMatch(NURSE_GONE)
    await verona.clock.advance(300_000)
    await verona.romeo.hears(NURSE_GONE)
  })

  test('without reading: it does not hold up the others', async () => {
    const nurse = await verona.nurse()
    nurse.socket.pause()
    for (let n = 0; n < 200; n++)
      verona.romeo.send(`<message to='nurse@localhost/home'><body>${'x'.repeat(100_000)}</body></message>`)
    await verona.talk()
  })
})
