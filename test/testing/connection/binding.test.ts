import { expect, test } from 'vitest'
import { bindIq, HEADER, plainAuth, streamError } from './support/raw.js'
import { useStage } from './support/stage.js'

const stage = useStage()

test('the features after authentication are those of the stream and those of the host', async () => {
  const peer = await stage.raw()
  peer.send(HEADER + plainAuth() + HEADER)
  await peer.hears(/<success.*?>/)
  const features = await peer.hears('</stream:features>')
  expect(features.slice(features.indexOf('<stream:features>'))).toBe(
    `<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session><sm xmlns='urn:xmpp:sm:3'/><ver xmlns='urn:xmpp:features:rosterver'/></stream:features>`,
  )
})

test.each([
  ['what the client asks for', bindIq('balcony'), 'balcony'],
  ['what the server chooses', bindIq(), 'r1'],
  ['what the server chooses, when it is asked for nothing', bindIq(''), 'r1'],
  ['in its canonical form', bindIq('bal\u00a0cony'), 'bal cony'],
  ['with characters that XML cares for', bindIq('&lt;&amp;'), '&lt;&amp;'],
])('the resource is %s', async (_what, iq, resource) => {
  const peer = await stage.authenticated()
  peer.send(iq)
  const bind = `<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><jid>juliet@localhost/${resource}</jid></bind>`
  expect(await peer.hears('</iq>')).toBe(`<iq type="result" id="bind">${bind}</iq>`)
})

test.each([
  ['a resource that is too long', bindIq('x'.repeat(1024))],
  ['a resource with invisible characters', bindIq('a\u200bb')],
  ['a get', bindIq('a').replace(`'set'`, `'get'`)],
])('%s is a bad request, and another may follow (RFC 6120 §7.7.2.1)', async (_what, iq) => {
  const peer = await stage.authenticated()
  peer.send(iq)
  const error = `<error type="modify"><bad-request xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`
  expect(await peer.hears('</iq>')).toBe(`<iq type="error" id="bind">${error}</iq>`)
  peer.send(bindIq('balcony'))
  await peer.hears('<jid>juliet@localhost/balcony</jid>')
})

test('a session has one resource: another is not allowed', async () => {
  const peer = await stage.client()
  peer.send(bindIq('second', 'again'))
  const error = `<error type="cancel"><not-allowed xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`
  expect(await peer.hears('</iq>')).toBe(`<iq type="error" id="again">${error}</iq>`)
  expect(stage.visitor().received).toEqual([])
})

test.each(['', ` to='localhost'`, ` to='juliet@localhost'`])('a session as of old is established%s', async (to) => {
  const peer = await stage.client()
  peer.send(`<iq type='set' id='s'${to}><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>`)
  expect(await peer.hears(/<iq .*>/)).toBe(`<iq type="result" id="s"/>`)
})

test('what looks like it but is for somebody else is not for the stream', async () => {
  const peer = await stage.client()
  peer.send(bindIq('second', 'x').replace('<iq ', `<iq to='romeo@localhost' `))
  peer.send(`<iq type='get' id='1'/>`)
  await peer.hears(`<iq type='result' id='1'/>`)
  expect(stage.visitor().received[0]?.attrs['id']).toBe('x')
})

test('who binds a resource that is taken has it; the other one ends', async () => {
  const first = await stage.client('balcony')
  const second = await stage.client('balcony')
  await first.hears(streamError('conflict'))
  second.send(`<iq type='get' id='1'/>`)
  await second.hears(`<iq type='result' id='1'/>`)
  expect(stage.host.visitors.map(({ gone }) => gone)).toEqual([1, 0])
})

test('stanzas come to the host in order and as they are', async () => {
  const peer = await stage.client()
  peer.send(`<presence from='forged@localhost'/><message xmlns='jabber:client' to='a@b'><body>c</body></message>`)
  peer.send(`<iq type='get' id='1'/>`)
  await peer.hears(`<iq type='result' id='1'/>`)
  expect(stage.visitor().received.map(String)).toEqual([
    '<presence from="forged@localhost"/>',
    '<message to="a@b"><body>c</body></message>',
    '<iq type="get" id="1"/>',
  ])
})
