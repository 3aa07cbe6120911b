import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { COMPONENT, PASSWORD } from './support/fake-host.js'
import { FOOTER, headerTo, type RawPeer, streamError } from './support/raw.js'
import { useStage } from './support/stage.js'

const stage = useStage()

const header = (domain: string): string => headerTo(domain, 'jabber:component:accept', '')

/** A component's stream whose header was answered, and what it has to say. */
async function opened(domain = COMPONENT): Promise<{ readonly peer: RawPeer; handshake(secret?: string): string }> {
  const peer = await stage.raw(stage.component)
  peer.send(header(domain))
  const answer = await peer.hears(/<stream:stream [^>]*>/)
  expect(answer).toContain(`xmlns='jabber:component:accept'`)
  expect(answer).toContain(`from='${COMPONENT}'`)
  const id = / id='(\w+)'/.exec(answer)?.[1] ?? ''
  const hash = (secret: string): string =>
    createHash('sha1')
      .update(id + secret)
      .digest('hex')
  return { peer, handshake: (secret = PASSWORD) => `<handshake>${hash(secret)}</handshake>` }
}

async function connected(): Promise<RawPeer> {
  const { peer, handshake } = await opened()
  peer.send(handshake())
  await peer.hears('<handshake/>')
  return peer
}

test('a component shows its secret, sends and receives (XEP-0114 §3)', async () => {
  const peer = await connected()
  const visitor = stage.visitor(COMPONENT)
  peer.send(`<presence from='bot@${COMPONENT}/a' to='juliet@localhost' type='subscribe'/>`)
  peer.send(`<iq type='get' id='1' from='${COMPONENT}' to='localhost'/>`)
  await peer.hears(`<iq type='result' id='1'/>`)
  visitor.link.send(`<message to='bot@${COMPONENT}'/>`)
  await peer.hears(`<message to='bot@${COMPONENT}'/>`)
  await peer.leave()
  expect(visitor.received.map(String)[0]).toBe(
    `<presence from="bot@${COMPONENT}/a" to="juliet@localhost" type="subscribe"/>`,
  )
  expect(visitor.gone).toBe(1)
  expect(stage.log.map((line) => line.split(' <')[0])).toEqual([
    `in ${COMPONENT}`,
    `in ${COMPONENT}`,
    `out ${COMPONENT}`,
    `out ${COMPONENT}`,
  ])
})

test('its domain may be written in another way', async () => {
  const { peer, handshake } = await opened('BOTS.localhost')
  peer.send(handshake())
  await peer.hears('<handshake/>')
})

test.each([
  ['an unknown domain', header('rats.localhost'), 'host-unknown'],
  ['the domain of the server', header('localhost'), 'host-unknown'],
  ['no domain', header('').replace(` to=''`, ''), 'improper-addressing'],
  ["a client's header", headerTo(COMPONENT), 'invalid-namespace'],
])('%s is refused with a header and an error', async (_what, text, condition) => {
  const peer = await stage.raw(stage.component)
  peer.send(text)
  expect(await peer.hears(streamError(condition))).toMatch(
    /^<\?xml version='1.0'\?><stream:stream [^>]*><stream:error>/,
  )
  await peer.hearsEnd()
})

test.each([
  ['a wrong secret', (right: (secret?: string) => string) => right('Secret')],
  ['no secret', (right: (secret?: string) => string) => right('')],
  ['an empty handshake', () => '<handshake/>'],
  ['a stanza before the handshake', () => `<presence from='${COMPONENT}' to='juliet@localhost'/>`],
])('%s is not authorized', async (_what, said) => {
  const { peer, handshake } = await opened()
  peer.send(said(handshake))
  await peer.hears(streamError('not-authorized'))
  expect(await peer.hearsEnd()).toBe('')
  expect(stage.host.visitors).toEqual([])
})

test('a second one under the same domain is refused with conflict; the first one stays', async () => {
  const first = await connected()
  const { peer, handshake } = await opened()
  peer.send(handshake())
  await peer.hears(streamError('conflict'))
  await peer.hearsEnd()
  first.send(`<iq type='get' id='1' from='${COMPONENT}' to='localhost'/>`)
  await first.hears(`<iq type='result' id='1'/>`)
  await first.leave()
  await connected()
})

describe('a stanza', () => {
  test.each([
    ['without to', `<presence from='${COMPONENT}'/>`, 'improper-addressing'],
    ['without from', `<presence to='juliet@localhost'/>`, 'improper-addressing'],
    ['with an empty to', `<presence from='${COMPONENT}' to=''/>`, 'improper-addressing'],
    ['from another domain', `<presence from='romeo@localhost' to='juliet@localhost'/>`, 'invalid-from'],
    ['from a domain below', `<presence from='a@b.${COMPONENT}' to='juliet@localhost'/>`, 'invalid-from'],
    ['from no address', `<presence from='@@' to='juliet@localhost'/>`, 'invalid-from'],
    ['with another handshake', '<handshake/>', 'unsupported-stanza-type'],
    ['nested 100,000 times', '<a>'.repeat(100_000), 'policy-violation'],
    ['that is not well-formed', '<a></b>', 'not-well-formed'],
  ])('%s ends the stream', async (_what, xml, condition) => {
    const peer = await connected()
    const visitor = stage.visitor(COMPONENT)
    peer.send(xml)
    await peer.hears(streamError(condition))
    expect(visitor).toMatchObject({ received: [], gone: 1 })
  })

  test('may come from anybody of the domain, however it is written', async () => {
    const peer = await connected()
    const visitor = stage.visitor(COMPONENT)
    peer.send(`<presence from='Bot@BOTS.localhost/A' to='juliet@localhost'/>${FOOTER}`)
    await peer.hearsEnd()
    expect(visitor.received[0]?.attrs['from']).toBe('Bot@BOTS.localhost/A')
  })
})

test('what the host sends while a component joins comes after the handshake', async () => {
  stage.host.onArrival = (link) => link.send('<presence/>')
  const { peer, handshake } = await opened()
  peer.send(handshake())
  expect(await peer.hears('<presence/>')).toBe('<handshake/><presence/>')
})

test.each([true, false])('a connection that is cut is over (resume: %s)', async (resume) => {
  const peer = await connected()
  const visitor = stage.visitor(COMPONENT)
  visitor.link.cut(resume)
  expect(await peer.hearsEnd()).toBe('')
  expect(visitor.gone).toBe(1)
  visitor.link.send('<presence/>')
  visitor.link.end()
})

test('the host may end it', async () => {
  const peer = await connected()
  stage.visitor(COMPONENT).link.end('reset')
  expect(await peer.hearsEnd()).toMatch(streamError('reset'))
})

test('a component that stops half-way is put out after a minute', async () => {
  const { peer } = await opened()
  await stage.clock.advance(60_000)
  await peer.hears(streamError('connection-timeout'))
})
