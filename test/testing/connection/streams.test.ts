import { describe, expect, test } from 'vitest'
import { COMPONENT, DOMAIN } from './support/fake-host.js'
import { bindIq, FOOTER, HEADER, headerTo, plainAuth, streamError } from './support/raw.js'
import { useStage } from './support/stage.js'

const stage = useStage()

/** More than the system takes at once from who writes to somebody who does not read. */
const LONG = 20_000_000

describe('a stream header', () => {
  test('is answered with id, from, version and language (RFC 6120 §4.7)', async () => {
    const peer = await stage.raw()
    peer.send(HEADER.replace(' to=', ` from='juliet@localhost' to=`))
    const answer = await peer.hears('</stream:features>')
    expect(answer).toMatch(/^<\?xml version='1.0'\?><stream:stream /)
    expect(answer).toMatch(/ id='[0-9a-f]{32}'/)
    for (const attribute of [`from='localhost'`, `to='juliet@localhost'`, `version='1.0'`, `xml:lang='en'`])
      expect(answer).toContain(` ${attribute}`)
  })

  test('has another id each time', async () => {
    const ids = new Set<string | undefined>()
    for (let i = 0; i < 3; i++) {
      const peer = await stage.raw()
      peer.send(HEADER)
      ids.add(/ id='(\w+)'/.exec(await peer.hears('</stream:features>'))?.[1])
    }
    expect(ids.size).toBe(3)
  })

  test('may name the domain in another way', async () => {
    const peer = await stage.raw()
    peer.send(headerTo('LocalHost'))
    await peer.hears('</stream:features>')
  })

  test.each([
    ['an unknown host', headerTo('example.net'), 'host-unknown'],
    ['no host at all', headerTo('@@'), 'host-unknown'],
    ['nobody', HEADER.replace(` to='${DOMAIN}'`, ''), 'improper-addressing'],
    ['another content namespace', headerTo(DOMAIN, 'jabber:server'), 'invalid-namespace'],
    ['another stream namespace', HEADER.replace('etherx', 'ether'), 'invalid-namespace'],
    ['another element', HEADER.replaceAll('stream:stream', 'stream:river'), 'bad-format'],
    ['no version', headerTo(DOMAIN, 'jabber:client', ''), 'unsupported-version'],
    ['version 0.9', headerTo(DOMAIN, 'jabber:client', ` version='0.9'`), 'unsupported-version'],
    ['a request of the web', 'GET / HTTP/1.1\r\n\r\n', 'not-well-formed'],
    ['no UTF-8', Buffer.from([0x3c, 0x61, 0xc3, 0x28]), 'unsupported-encoding'],
  ])('with %s is answered with a header and an error (RFC 6120 §4.9.1.2)', async (_what, header, condition) => {
    const peer = await stage.raw()
    peer.send(header)
    const answer = await peer.hears(streamError(condition))
    expect(answer).toMatch(/^<\?xml version='1.0'\?><stream:stream [^>]*><stream:error>/)
    expect(await peer.hearsEnd()).toBe('')
    expect(peer.broken).toBeUndefined()
  })
})

test('a stanza before authentication ends the stream: not-authorized (RFC 6120 §4.3.5)', async () => {
  for (const stanza of [`<presence/>`, `<message to='romeo@localhost'/>`, bindIq()]) {
    const peer = await stage.raw()
    peer.send(HEADER + stanza)
    await peer.hears(streamError('not-authorized'))
    await peer.hearsEnd()
  }
})

test('a stanza before binding ends the stream: not-authorized (RFC 6120 §7.1)', async () => {
  for (const stanza of [`<presence/>`, `<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>`]) {
    const peer = await stage.authenticated()
    peer.send(stanza)
    await peer.hears(streamError('not-authorized'))
  }
  expect(stage.host.visitors).toEqual([])
})

describe.each([
  ['before authentication', () => stage.raw(), HEADER],
  ['before binding', () => stage.authenticated(), ''],
  ['in a session', () => stage.client(), ''],
] as const)('%s', (_when, arrive, first) => {
  test.each([
    ['XML that is not well-formed', '<message></body>', 'not-well-formed'],
    ['a comment', '<!-- hello -->', 'restricted-xml'],
    ['an unknown element', `<a xmlns='urn:a'/>`, 'unsupported-stanza-type'],
    ['an element that is no stanza', `<handshake/>`, 'unsupported-stanza-type'],
    ['a stanza of servers', `<message xmlns='jabber:server'/>`, 'invalid-namespace'],
    ['TLS that was not offered', `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`, 'unsupported-stanza-type'],
    ['nesting of 100,000 levels', '<a>'.repeat(100_000), 'policy-violation'],
    ['a stanza of 1 MB', `<message><body>${'x'.repeat(1_000_000)}</body></message>`, 'policy-violation'],
    ['an attribute of 1 MB', `<message to='${'x'.repeat(1_000_000)}'/>`, 'policy-violation'],
    ['a character that is cut', Buffer.from([0x3c, 0x61, 0xe6, 0x97, 0x3e]), 'unsupported-encoding'],
  ])('%s ends the stream', async (_what, bad, condition) => {
    const peer = await arrive()
    peer.send(first)
    peer.send(bad)
    await peer.hears(streamError(condition))
    peer.vanish()
  })
})

test('nothing is done of what comes behind the end of a stream', async () => {
  const peer = await stage.client()
  const visitor = stage.visitor()
  peer.send(`<message id='1'/></a><message id='2'/>`)
  await peer.hears(streamError('not-well-formed'))
  expect(visitor.received.map(({ attrs }) => attrs['id'])).toEqual(['1'])
})

test('a stream that the client closes is closed, and its session ends (RFC 6120 §4.4)', async () => {
  const peer = await stage.client()
  const visitor = stage.visitor()
  peer.send(`<presence/>${FOOTER}`)
  await peer.hears(FOOTER)
  await peer.hearsEnd()
  expect(visitor.received.map(String)).toEqual(['<presence/>'])
  expect(visitor.gone).toBe(1)
})

test('a stream error of the client ends the stream', async () => {
  const peer = await stage.client()
  peer.send(`<stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`)
  expect(await peer.hearsEnd()).toBe(FOOTER)
})

test('everything may come byte by byte', async () => {
  const peer = await stage.raw()
  const drip = async (text: string): Promise<void> => {
    for (const byte of Buffer.from(text)) {
      peer.send(Uint8Array.of(byte))
      await new Promise(setImmediate)
    }
  }
  await drip(HEADER)
  await peer.hears('</stream:features>')
  await drip(plainAuth())
  await peer.hears(/<success.*>/)
  await drip(HEADER + bindIq('raw'))
  await peer.hears('</iq>')
  await drip(`<message to='romeo@localhost'><body>Rómeo 日本 👩‍🚀</body></message>${FOOTER}`)
  await peer.hears(FOOTER)
  expect(stage.host.visitors[0]?.received.map(String)).toEqual([
    `<message to="romeo@localhost"><body>Rómeo 日本 👩‍🚀</body></message>`,
  ])
})

test.each([1, 2, 3])('a character is whole when two packets share it after byte %i', async (n) => {
  const peer = await stage.client()
  const bytes = Buffer.from('<message><body>👩</body></message>')
  const cut = bytes.indexOf('👩') + n
  peer.send(bytes.subarray(0, cut))
  await new Promise(setImmediate)
  peer.send(bytes.subarray(cut))
  peer.send(`<iq type='get' id='1'/>`)
  await peer.hears(`<iq type='result' id='1'/>`)
  expect(String(stage.visitor().received[0])).toBe('<message><body>👩</body></message>')
})

test('everything may come at once', async () => {
  const peer = await stage.raw()
  peer.send([HEADER, plainAuth(), HEADER, bindIq('raw'), `<iq type='get' id='1'/>`, FOOTER].join(''))
  const heard = await peer.hearsEnd()
  expect(heard).toMatch(
    /<success [^>]*>.*<jid>juliet@localhost\/raw<\/jid>.*<iq type='result' id='1'\/><\/stream:stream>$/,
  )
})

test('spaces keep a connection alive and are no stanzas (RFC 6120 §4.6.1)', async () => {
  const peer = await stage.client()
  peer.send(' \n '.repeat(1_000))
  peer.send(`<iq type='get' id='1'/>`)
  expect(await peer.hears(/<iq [^>]*>/)).toBe(`<iq type='result' id='1'/>`)
})

describe('a connection that stops half-way leaves nothing behind', () => {
  test.each([
    ['silent from the beginning', ''],
    ['half a header', HEADER.slice(0, 40)],
    ['a header', HEADER],
    ['half a stanza', `${HEADER}<auth`],
    ['half a character', Buffer.from([0xe6, 0x97])],
  ])('%s: after a minute it ends', async (_what, said) => {
    const peer = await stage.raw()
    peer.send(said)
    // The server must have heard of it.
    await stage.serves()
    await stage.clock.advance(60_000)
    await peer.hears(streamError('connection-timeout'))
    await peer.hearsEnd()
  })

  test.each([
    ['silent from the beginning', ''],
    ['half a header', HEADER.slice(0, 40)],
    ['a header', HEADER],
    ['half a stanza', `${HEADER}<auth`],
  ])('%s: it may vanish', async (_what, said) => {
    const peer = await stage.raw()
    peer.send(said)
    peer.vanish()
    await stage.serves()
  })

  test('a session may be silent for as long as it likes', async () => {
    const peer = await stage.client()
    await stage.clock.advance(86_400_000)
    peer.send(`<iq type='get' id='1'/>`)
    await peer.hears(`<iq type='result' id='1'/>`)
  })

  test('who sends nothing more still hears what was said before', async () => {
    const peer = await stage.client()
    const visitor = stage.visitor()
    visitor.link.send(`<message>${'x'.repeat(LONG)}</message>`)
    peer.socket.end(`<iq type='get' id='1'/>`)
    const heard = await peer.hearsEnd()
    expect(heard.length).toBeGreaterThan(LONG)
    expect(heard).toMatch(/<iq type='result' id='1'\/>$/)
    expect(visitor.gone).toBe(1)
  })

  test('who sends nothing more, and never reads, is put out', async () => {
    const peer = await stage.client()
    const visitor = stage.visitor()
    peer.socket.pause()
    visitor.link.send(`<message>${'x'.repeat(LONG)}</message>`)
    peer.socket.end()
    await stage.serves()
    expect(visitor.gone).toBe(1)
    await stage.clock.advance(5_000)
    peer.socket.resume()
    expect((await peer.hearsEnd()).length).toBeLessThan(LONG)
  })

  test('who does not close its side after the end is put out', async () => {
    const peer = await stage.raw(stage.c2s, { allowHalfOpen: true })
    peer.send('nonsense')
    await peer.hears(streamError('not-well-formed'))
    await stage.clock.advance(5_000)
    // What is written to a socket that is no more breaks the connection; one that is half open would take it for ever.
    const insisting = setInterval(() => peer.send(' '), 1)
    await peer.hearsEnd().finally(() => clearInterval(insisting))
  })

  test('who never reads is put out before the memory is full', async () => {
    const peer = await stage.client()
    const visitor = stage.visitor()
    peer.socket.pause()
    for (let i = 0; i < 100 && visitor.gone === 0; i++) {
      visitor.link.send(`<message>${'x'.repeat(1_000_000)}</message>`)
      await new Promise(setImmediate)
    }
    expect(visitor.gone).toBe(1)
  })
})

describe('a link', () => {
  test('writes in order, and what is said in one turn in one packet', async () => {
    const peer = await stage.client()
    const packets: string[] = []
    peer.socket.on('data', (packet) => packets.push(String(packet)))
    const stanzas = Array.from({ length: 100 }, (_, i) => `<message id='${i}'/>`)
    for (const stanza of stanzas) stage.visitor().link.send(stanza)
    await peer.hears(`<message id='99'/>`)
    expect(packets).toEqual([stanzas.join('')])
  })

  test('ends the stream with an error, or without one; the guest is gone by then, and nothing happens after it', async () => {
    for (const [condition, end] of [
      ['conflict', streamError('conflict')],
      [undefined, /^<\/stream:stream>$/],
    ] as const) {
      const peer = await stage.client()
      const visitor = stage.visitor()
      visitor.link.end(condition)
      expect(visitor.gone).toBe(1)
      visitor.link.send('<message/>')
      visitor.link.end('reset')
      visitor.link.cut(true)
      expect(await peer.hearsEnd()).toMatch(end)
    }
  })

  test.each([true, false])('cuts the connection: no end is written (resume: %s)', async (resume) => {
    const peer = await stage.client()
    const visitor = stage.visitor()
    visitor.link.send('<message/>')
    visitor.link.cut(resume)
    expect(await peer.hearsEnd()).toBe('')
    expect(visitor.gone).toBe(1)
  })

  test('is of no use to the client before it knows its address', async () => {
    stage.host.onArrival = (link) => link.send(`<message id='early'/>`)
    const peer = await stage.authenticated()
    peer.send(bindIq('raw'))
    expect(await peer.hears('<message')).toContain('</bind></iq>')
  })

  test.each(['end', 'cut'] as const)('may %s while the session is bound', async (how) => {
    stage.host.onArrival = (link) => (how === 'end' ? link.end('policy-violation') : link.cut(false))
    const peer = await stage.authenticated()
    peer.send(bindIq('raw'))
    expect(await peer.hearsEnd()).toMatch(how === 'end' ? streamError('policy-violation') : /^$/)
    stage.host.onArrival = () => undefined
  })
})

test('an error of the host ends that stream alone, and says what it was', async () => {
  stage.host.onStanza = (stanza) => {
    if (stanza.name === 'message') throw new TypeError('No such thing')
    return undefined
  }
  const peer = await stage.client()
  peer.send('<message/>')
  expect(await peer.hears(streamError('internal-server-error'))).toContain('No such thing')
  stage.host.onStanza = (stanza, { link }) => link.send(`<iq type='result' id='${stanza.attrs['id']}'/>`)
})

test('every stanza is logged as it passes the wire', async () => {
  const peer = await stage.client()
  peer.send(`<message to='romeo@localhost'/>`)
  stage.visitor().link.send(`<message from='romeo@localhost'/>`)
  await peer.leave()
  expect(stage.log).toEqual([
    expect.stringMatching(/^in juliet@localhost <iq type="set" id="bind">.*<resource>raw</),
    expect.stringMatching(/^out juliet@localhost\/raw <iq type="result" id="bind">.*<jid>juliet@localhost\/raw</),
    `out juliet@localhost/raw <message from='romeo@localhost'/>`,
    `in juliet@localhost/raw <message to="romeo@localhost"/>`,
  ])
})

test('a component is no client', async () => {
  const peer = await stage.raw()
  peer.send(headerTo(COMPONENT, 'jabber:component:accept'))
  await peer.hears(streamError('invalid-namespace'))
})
