import { describe, expect, test } from 'vitest'
import { PASSWORD } from './support/fake-host.js'
import { bindIq, HEADER, plainAuth, type RawPeer, SASL, streamError } from './support/raw.js'
import { challenge, scram, sends } from './support/scram.js'
import { useStage } from './support/stage.js'

const stage = useStage()

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const failure = (condition: string): string =>
  `<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><${condition}/></failure>`
const plain = (text: string): string => `<auth ${SASL} mechanism='PLAIN'>${text}</auth>`

/** A stream whose features have come. */
async function opened(): Promise<RawPeer> {
  const peer = await stage.raw()
  peer.send(HEADER)
  await peer.hears('</stream:features>')
  return peer
}

/** The bare JID under which it is known from now on. */
async function loggedIn(peer: RawPeer): Promise<string | undefined> {
  peer.send(HEADER)
  await peer.hears('</stream:features>')
  peer.send(bindIq('raw'))
  return /<jid>(.*)\/raw<\/jid>/.exec(await peer.hears('</iq>'))?.[1]
}

test('the mechanisms are offered, the better one first', async () => {
  const peer = await stage.raw()
  peer.send(HEADER)
  const features = await peer.hears('</stream:features>')
  expect(features).toContain(
    '<stream:features><mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms></stream:features>',
  )
})

describe('PLAIN', () => {
  test.each([
    ['the right password', plain(base64('\0juliet\0secret'))],
    ['the name in capitals', plain(base64('\0JULIET\0secret'))],
    ['herself to act for', plain(base64('Juliet@localhost\0juliet\0secret'))],
  ])('takes %s', async (_what, auth) => {
    const peer = await opened()
    peer.send(auth)
    await peer.hears('<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>')
    expect(await loggedIn(peer)).toBe('juliet@localhost')
  })

  test('asks for what did not come at once', async () => {
    const peer = await opened()
    peer.send(plain(''))
    await peer.hears('<challenge xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>')
    peer.send(`<response ${SASL}>${base64('\0juliet\0secret')}</response>`)
    await peer.hears('<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>')
    expect(await loggedIn(peer)).toBe('juliet@localhost')
  })

  test.each([
    ['a wrong password', base64('\0juliet\0Secret'), 'not-authorized'],
    ['an unknown account', base64('\0nurse\0secret'), 'not-authorized'],
    ['a name that is none', base64('\0juliet@localhost\0secret'), 'not-authorized'],
    ['a resource in the name', base64('\0juliet/a\0secret'), 'not-authorized'],
    ['somebody else to act for', base64('romeo@localhost\0juliet\0secret'), 'invalid-authzid'],
    ['no password', base64('\0juliet\0'), 'malformed-request'],
    ['no name', base64('\0\0secret'), 'malformed-request'],
    ['too few parts', base64('juliet\0secret'), 'malformed-request'],
    ['too many parts', base64('\0juliet\0secret\0'), 'malformed-request'],
    ['nothing', '=', 'malformed-request'],
    ['no UTF-8', Buffer.from([0, 0xff, 0, 0x61]).toString('base64'), 'malformed-request'],
    ['no base64', '~~~', 'incorrect-encoding'],
    ['base64 without its padding', base64('\0juliet\0secret').replace('=', ''), 'incorrect-encoding'],
    ['base64 with spaces in it', ` ${base64('\0juliet\0secret')} `, 'incorrect-encoding'],
    ['base64 with bits too much', 'AGp1bGlldAB=', 'incorrect-encoding'],
  ])('refuses %s', async (_what, initial, condition) => {
    const peer = await opened()
    peer.send(plain(initial))
    expect(await peer.hears('</failure>')).toBe(failure(condition))
    // RFC 6120 §6.4.5: another try is allowed.
    peer.send(plainAuth())
    await peer.hears('<success')
  })
})

describe('SCRAM-SHA-1', () => {
  test.each([
    ['the right password', 'juliet', PASSWORD, {}],
    ['the name in capitals', 'Juliet', PASSWORD, {}],
    ['a password with commas and equals signs', 'romeo', 'pass,word=ü', {}],
    ['a client that could bind a channel', 'juliet', PASSWORD, { gs2: 'y,,' }],
    ['herself to act for', 'juliet', PASSWORD, { gs2: 'n,a=juliet@localhost,' }],
  ])('takes %s, and proves that the server knows it as well', async (_what, username, password, lie) => {
    const peer = await opened()
    expect(await scram(peer, username, password, lie)).toMatch(/^<success/)
    expect(await loggedIn(peer)).toBe(`${username.toLowerCase()}@localhost`)
  })

  test('takes names with commas and equals signs, written as RFC 5802 §5.1 says', async () => {
    stage.host.accounts.set('a,b=c', PASSWORD)
    const peer = await opened()
    expect(await scram(peer, 'a=2Cb=3Dc', PASSWORD)).toMatch(/^<success/)
    expect(await loggedIn(peer)).toBe('a,b=c@localhost')
  })

  test('is begun by the client, who is asked to', async () => {
    const peer = await opened()
    sends(peer, 'auth', '')
    await peer.hears('<challenge xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>')
    sends(peer, 'response', base64('n,,n=juliet,r=abc'))
    expect(await peer.hears('</challenge>')).toMatch(/^<challenge [^>]*>[\w+/]+=*<\/challenge>$/)
  })

  test.each([
    ['a wrong password', 'juliet', 'Secret', {}, 'not-authorized'],
    ['an unknown account', 'nurse', PASSWORD, {}, 'not-authorized'],
    ['a name that is none', 'juliet@localhost', PASSWORD, {}, 'not-authorized'],
    ['somebody else to act for', 'juliet', PASSWORD, { gs2: 'n,a=romeo@localhost,' }, 'invalid-authzid'],
    ['another header than was agreed on', 'juliet', PASSWORD, { binding: base64('y,,') }, 'malformed-request'],
    ['another nonce', 'juliet', PASSWORD, { nonce: 'abcabc' }, 'malformed-request'],
    ['the nonce of the client alone', 'juliet', PASSWORD, { nonce: 'abc' }, 'malformed-request'],
    [
      'half a proof',
      'juliet',
      PASSWORD,
      { proof: (all: Buffer) => all.subarray(10).toString('base64') },
      'malformed-request',
    ],
    ['no proof', 'juliet', PASSWORD, { proof: () => '' }, 'malformed-request'],
    ['a proof that is off by one bit', 'juliet', PASSWORD, { proof: changed }, 'not-authorized'],
  ] as const)('refuses %s', async (_what, username, password, lie, condition) => {
    const peer = await opened()
    expect(await scram(peer, username, password, lie)).toBe(failure(condition))
    expect(await scram(peer, 'juliet', PASSWORD)).toMatch(/^<success/)
  })

  test.each([
    ['channel binding that was not offered', 'p=tls-unique,,n=juliet,r=abc'],
    ['an extension that is mandatory', 'n,,m=x,n=juliet,r=abc'],
    ['an equals sign that stands for itself', 'n,,n=juliet=,r=abc'],
    ['no nonce', 'n,,n=juliet,r='],
    ['no name', 'n,,n=,r=abc'],
    ['no header', 'n=juliet,r=abc'],
    ['nothing it knows', 'hello'],
  ])('refuses %s', async (_what, first) => {
    const peer = await opened()
    sends(peer, 'auth', base64(first))
    expect(await peer.hears('</failure>')).toBe(failure('malformed-request'))
  })

  test('tells nobody whether there is an account: the salt is always the same, whatever the name', async () => {
    const salt = async (username: string) => /s=([^,]+),i=128$/.exec(await challenge(await opened(), username))?.[1]
    for (const username of ['juliet', 'nurse']) {
      expect(await salt(username)).toBe(await salt(username))
      expect(await salt(username)).toBe(await salt(username.toUpperCase()))
    }
    expect(await salt('juliet')).not.toBe(await salt('nurse'))
  })

  test('knows a password that has changed', async () => {
    expect(await scram(await opened(), 'juliet', PASSWORD)).toMatch(/^<success/)
    stage.host.accounts.set('juliet', 'another')
    expect(await scram(await opened(), 'juliet', PASSWORD)).toBe(failure('not-authorized'))
    expect(await scram(await opened(), 'juliet', 'another')).toMatch(/^<success/)
    stage.host.accounts.set('juliet', PASSWORD)
  })
})

function changed(proof: Buffer): string {
  proof[0]! ^= 1
  return proof.toString('base64')
}

test.each([
  ['an unknown mechanism', `<auth ${SASL} mechanism='SCRAM-SHA-1-PLUS'/>`, 'invalid-mechanism'],
  ['no mechanism', `<auth ${SASL}/>`, 'invalid-mechanism'],
  ['a name that objects inherit', `<auth ${SASL} mechanism='constructor'/>`, 'invalid-mechanism'],
  ['an answer to no question', `<response ${SASL}>AAAA</response>`, 'malformed-request'],
  ['an end', `<abort ${SASL}/>`, 'aborted'],
])('%s is refused (RFC 6120 §6.5)', async (_what, xml, condition) => {
  const peer = await opened()
  peer.send(xml)
  expect(await peer.hears('</failure>')).toBe(failure(condition))
})

test('what was aborted is over', async () => {
  const peer = await opened()
  await challenge(peer, 'juliet')
  peer.send(`<abort ${SASL}/>`)
  expect(await peer.hears('</failure>')).toBe(failure('aborted'))
  sends(peer, 'response', base64('c=biws,r=abc,p=AAAA'))
  expect(await peer.hears('</failure>')).toBe(failure('malformed-request'))
})

test('the fifth failure is the last on a stream: policy-violation (RFC 6120 §6.4.5)', async () => {
  const peer = await opened()
  for (let i = 0; i < 5; i++) {
    peer.send(plainAuth('juliet', 'guess'))
    await peer.hears(failure('not-authorized'))
  }
  await peer.hears(streamError('policy-violation'))
  await peer.hearsEnd()
})

test('nobody authenticates twice', async () => {
  const peer = await stage.authenticated()
  peer.send(plainAuth('romeo', 'pass,word=ü'))
  await peer.hears(streamError('unsupported-stanza-type'))
})

test('an element of SASL that only servers send ends the stream', async () => {
  const peer = await opened()
  peer.send(`<success ${SASL}/>`)
  await peer.hears(streamError('unsupported-stanza-type'))
})
