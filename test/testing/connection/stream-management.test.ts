import { describe, expect, test } from 'vitest'
import { bindIq, FOOTER, type RawPeer, SM, streamError } from './support/raw.js'
import { useStage } from './support/stage.js'

const stage = useStage()

const failed = (condition: string): string =>
  `<failed xmlns='urn:xmpp:sm:3'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`

const messages = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `<message id='${from + i}'/>`)

/** A session that can be resumed, and its id. */
async function managed(attributes = ` resume='true'`): Promise<{ readonly peer: RawPeer; readonly id: string }> {
  const peer = await stage.client()
  peer.send(`<enable ${SM}${attributes}/>`)
  return { peer, id: / id='(\w+)'/.exec(await peer.hears(/<enabled [^>]*>/))?.[1] ?? '' }
}

/** Another stream that asks for a session. */
async function resuming(id: string, h = 0, username?: string): Promise<RawPeer> {
  const peer = await stage.authenticated(username)
  peer.send(`<resume ${SM} previd='${id}' h='${h}'/>`)
  return peer
}

const send = (...stanzas: readonly string[]): void => {
  for (const stanza of stanzas) stage.visitor().link.send(stanza)
}

describe('enable', () => {
  test.each([
    [` resume='true'`, /^<enabled xmlns='urn:xmpp:sm:3' id='\w{32}' resume='true' max='300'\/>$/],
    [` resume='1' max='30'`, /^<enabled .* resume='true' max='30'\/>$/],
    [` resume='true' max='100000'`, /^<enabled .* resume='true' max='300'\/>$/],
    [` resume='true' max='for ever'`, /^<enabled .* resume='true' max='300'\/>$/],
    ['', /^<enabled xmlns='urn:xmpp:sm:3'\/>$/],
    [` resume='false'`, /^<enabled xmlns='urn:xmpp:sm:3'\/>$/],
  ])('%j', async (attributes, answer) => {
    const peer = await stage.client()
    peer.send(`<enable ${SM}${attributes}/>`)
    expect(await peer.hears(/<enabled [^>]*>/)).toMatch(answer)
  })

  test('is refused before a resource is bound, which may follow (XEP-0198 §3)', async () => {
    const peer = await stage.authenticated()
    peer.send(`<enable ${SM}/>`)
    await peer.hears(failed('unexpected-request'))
    peer.send(bindIq('raw'))
    await peer.hears('</iq>')
  })

  test('a second time ends the stream (XEP-0198 §3)', async () => {
    const { peer } = await managed()
    peer.send(`<enable ${SM}/>`)
    await peer.hears(failed('unexpected-request'))
    await peer.hears(streamError('policy-violation'))
  })

  test.each(['before authentication', 'before it is enabled'])('nothing of it is known %s', async (when) => {
    const peer = when === 'before authentication' ? await stage.raw() : await stage.client()
    if (when === 'before authentication')
      peer.send(
        `<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
      )
    peer.send(`<r ${SM}/>`)
    await peer.hears(streamError('unsupported-stanza-type'))
  })
})

describe('counting', () => {
  test('stanzas of the client are acknowledged when it asks: those since enable, and no other elements', async () => {
    const peer = await stage.client()
    peer.send(`<presence/><enable ${SM}/><presence/><message/><r ${SM}/>`)
    expect(await peer.hears(/<a [^>]*>/)).toContain(`h='2'`)
    peer.send(`<iq type='get' id='1'/><r ${SM}/>`)
    expect(await peer.hears(/<a [^>]*>/)).toContain(`h='3'`)
  })

  test('what the stream answers itself counts as well', async () => {
    const { peer } = await managed()
    peer.send(`${bindIq('b')}<r ${SM}/>`)
    expect(await peer.hears(/<a [^>]*>/)).toContain(`h='1'`)
    peer.send(`<a ${SM} h='1'/><r ${SM}/>`)
    expect(await peer.hears(/<a [^>]*>/)).toContain(`h='1'`)
  })

  test('who acknowledges more than was sent is told so, and ends (XEP-0198 §6)', async () => {
    const { peer } = await managed()
    send('<message/>', '<message/>')
    peer.send(`<a ${SM} h='3'/>`)
    const heard = await peer.hears(streamError('undefined-condition'))
    expect(heard).toContain(`<handled-count-too-high xmlns='urn:xmpp:sm:3' h='3' send-count='2'/></stream:error>`)
    expect(stage.host.visitors[0]?.gone).toBe(1)
  })

  test.each(['', ` h=''`, ` h='-1'`, ` h='1e3'`, ` h='many'`, ` h='99999999999'`])(
    'an acknowledgement with%s is none',
    async (h) => {
      const { peer } = await managed()
      peer.send(`<a ${SM}${h}/>`)
      await peer.hears(streamError('invalid-xml'))
    },
  )

  test('who acknowledges less than before is forgiven: xmpp.js begins to count late', async () => {
    const { peer, id } = await managed()
    send(...messages(1, 9))
    peer.send(`<a ${SM} h='4'/><a ${SM} h='2'/><iq type='get' id='1'/>`)
    await peer.hears(`<iq type='result' id='1'/>`)
    peer.vanish()
    const next = await resuming(id, 3)
    const replayed = [...messages(5, 9), `<iq type='result' id='1'/>`].join('')
    expect(await next.hears(`id='1'/>`)).toMatch(new RegExp(`<resumed [^>]*>${replayed}$`))
  })

  test('a client that has not shown that it counts is asked after a thousand stanzas', async () => {
    const { peer } = await managed()
    send(...messages(1, 999))
    expect(await peer.hears(`<message id='999'/>`)).not.toContain('<r ')
    send(...messages(1000, 1001))
    expect(await peer.hears(`<message id='1001'/>`)).toBe(
      `<message id='1000'/><r xmlns='urn:xmpp:sm:3'/><message id='1001'/>`,
    )
  })

  test.each([
    ['asking', `<r ${SM}/>`],
    ['answering', `<a ${SM} h='0'/>`],
  ])('a client that has shown by %s that it counts is asked after every hundred', async (_how, xml) => {
    const { peer } = await managed()
    peer.send(`${xml}<iq type='get' id='1'/>`)
    await peer.hears(`<iq type='result' id='1'/>`)
    send(...messages(2, 201))
    const heard = await peer.hears(`<message id='201'/>`)
    expect(heard.match(/<message id='\d+'\/><r /g)).toEqual([`<message id='100'/><r `, `<message id='200'/><r `])
  })
})

describe('resume', () => {
  test('replays what was not acknowledged, in order, then what was sent meanwhile, then what is new', async () => {
    const { peer, id } = await managed()
    peer.send(`<presence/><message/><r ${SM}/>`)
    await peer.hears(/<a [^>]*>/)
    send(...messages(1, 4))
    peer.send(`<a ${SM} h='1'/><iq type='get' id='i'/>`)
    await peer.hears(`<iq type='result' id='i'/>`)
    stage.visitor().link.cut(true)
    await peer.hearsEnd()
    send(...messages(6, 7))

    const next = await resuming(id, 3)
    await next.hears('<resumed')
    send('<message id="8"/>')
    expect(await next.hears('<message id="8"/>')).toBe(
      ` xmlns='urn:xmpp:sm:3' previd='${id}' h='3'/><message id='4'/><iq type='result' id='i'/><message id='6'/><message id='7'/><message id="8"/>`,
    )
    expect(stage.visitor().gone).toBe(0)
  })

  test('goes on counting in both directions', async () => {
    const { peer, id } = await managed()
    send(...messages(1, 2))
    peer.send('<presence/>')
    await peer.hears(`<message id='2'/>`)
    await stage.serves()
    peer.vanish()
    const next = await resuming(id, 2)
    next.send(`<presence/><r ${SM}/>`)
    expect(await next.hears(/<a [^>]*>/)).toContain(`h='2'`)
    send('<message/>')
    next.send(`<a ${SM} h='3'/><r ${SM}/>`)
    await next.hears(/<a [^>]*>/)
    next.send(`<a ${SM} h='4'/>`)
    expect(await next.hears(streamError('undefined-condition'))).toContain(`send-count='3'`)
  })

  test('may be done again and again', async () => {
    const { peer, id } = await managed()
    let last = peer
    for (let i = 1; i <= 3; i++) {
      send(`<message id='${i}'/>`)
      last.vanish()
      last = await resuming(id, i - 1)
      await last.hears(`<message id='${i}'/>`)
    }
    await last.leave()
    expect(stage.host.visitors[0]?.gone).toBe(1)
  })

  test('what is in the first breath of the new stream comes in order', async () => {
    const { peer, id } = await managed()
    peer.vanish()
    const next = await stage.authenticated()
    next.send(`<resume ${SM} previd='${id}' h='0'/><message id='1'/><message id='2'/><r ${SM}/>`)
    expect(await next.hears(/<a [^>]*>/)).toContain(`h='2'`)
    expect(stage.visitor().received.map(({ attrs }) => attrs['id'])).toEqual(['1', '2'])
  })

  test('while the old stream still lives ends that with conflict (XEP-0198 §5)', async () => {
    const { peer, id } = await managed()
    send('<message/>')
    const next = await resuming(id)
    await next.hears('<message/>')
    await peer.hears(streamError('conflict'))
    peer.send('<presence/>')
    next.send(`<iq type='get' id='1'/>`)
    await next.hears(`<iq type='result' id='1'/>`)
    expect(stage.visitor()).toMatchObject({ gone: 0, received: [{ name: 'iq' }] })
  })

  test.each([
    ['an unknown session', async () => 'constructor'],
    [
      'a session that is over',
      async () => {
        const { peer, id } = await managed()
        await peer.leave()
        return id
      },
    ],
    [
      'a session that was cut for good',
      async () => {
        const { peer, id } = await managed()
        stage.visitor().link.cut(false)
        await peer.hearsEnd()
        return id
      },
    ],
    [
      'a session that ended with an error',
      async () => {
        const { peer, id } = await managed()
        peer.send('</what>')
        await peer.hearsEnd()
        return id
      },
    ],
    [
      'a session that waited too long',
      async () => {
        const { peer, id } = await managed(` resume='true' max='30'`)
        stage.visitor().link.cut(true)
        await peer.hearsEnd()
        await stage.clock.advance(30_000)
        return id
      },
    ],
  ])('%s is not found, and a new one may be bound', async (_what, prepare) => {
    const next = await resuming(await prepare())
    await next.hears(failed('item-not-found'))
    expect(stage.host.visitors.map(({ gone }) => gone)).not.toContain(0)
    next.send(bindIq('raw'))
    await next.hears('</iq>')
    next.send(`<enable ${SM} resume='true'/>`)
    await next.hears(/<enabled [^>]*>/)
  })

  test('the session of somebody else is not found, and stays', async () => {
    const { peer, id } = await managed()
    peer.vanish()
    stage.host.accounts.set('romeo', 'secret')
    const thief = await resuming(id, 0, 'romeo')
    await thief.hears(failed('item-not-found'))
    const next = await resuming(id)
    await next.hears('<resumed')
  })

  test('with a count that is too high ends the new stream, and the session goes on waiting', async () => {
    const { peer, id } = await managed()
    peer.vanish()
    const wrong = await resuming(id, 7)
    expect(await wrong.hears(streamError('undefined-condition'))).toContain(`h='7' send-count='0'`)
    await wrong.hearsEnd()
    const right = await resuming(id)
    await right.hears('<resumed')
  })

  test('with a resource bound is refused', async () => {
    const { peer, id } = await managed()
    peer.send(`<resume ${SM} previd='${id}' h='0'/>`)
    await peer.hears(failed('unexpected-request'))
  })
})

describe('the session', () => {
  test('waits as long as was agreed, and then has gone', async () => {
    const { peer } = await managed()
    const visitor = stage.visitor()
    visitor.link.cut(true)
    await peer.hearsEnd()
    await stage.clock.advance(299_999)
    expect(visitor.gone).toBe(0)
    await stage.clock.advance(1)
    expect(visitor.gone).toBe(1)
    visitor.link.send('<message/>')
  })

  test('is not kept when its stream was closed', async () => {
    const { peer } = await managed()
    const visitor = stage.visitor()
    peer.send(FOOTER)
    await peer.hearsEnd()
    expect(visitor.gone).toBe(1)
  })

  test('is not kept when it is not to be resumed', async () => {
    const { peer } = await managed('')
    const visitor = stage.visitor()
    visitor.link.cut(true)
    await peer.hearsEnd()
    expect(visitor.gone).toBe(1)
  })

  test.each([
    ['ended', (link: { end(condition?: string): void }) => link.end('conflict')],
    ['cut for good', (link: { cut(resume: boolean): void }) => link.cut(false)],
  ])('may be %s while it waits', async (_what, how) => {
    const { peer } = await managed()
    const visitor = stage.visitor()
    visitor.link.cut(true)
    await peer.hearsEnd()
    visitor.link.cut(true)
    expect(visitor.gone).toBe(0)
    how(visitor.link)
    expect(visitor.gone).toBe(1)
  })

  test('ends when more than 100,000 stanzas wait for somebody who does not come back', async () => {
    const { peer } = await managed()
    const visitor = stage.visitor()
    visitor.link.cut(true)
    await peer.hearsEnd()
    for (let i = 0; i < 100_000; i++) visitor.link.send('<message/>')
    expect(visitor.gone).toBe(0)
    visitor.link.send('<message/>')
    expect(visitor.gone).toBe(1)
  })

  test('that waits is logged only what passes the wire, each time it does', async () => {
    const { peer, id } = await managed()
    stage.visitor().link.cut(true)
    await peer.hearsEnd()
    const before = stage.log.length
    send('<message/>')
    expect(stage.log).toHaveLength(before)
    for (let i = 0; i < 2; i++) {
      const next = await resuming(id)
      await next.hears('<message/>')
      stage.visitor().link.cut(true)
      await next.hearsEnd()
    }
    expect(stage.log.slice(before)).toEqual(Array(2).fill('out juliet@localhost/raw <message/>'))
  })
})
