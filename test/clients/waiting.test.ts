import { createElement } from 'ltx/lib/ltx.js'
import { describe, expect, test } from 'vitest'
import { Clients } from '../../src/clients.js'
import { manualClock } from '../../src/testing.js'
import { FakeClient, SESSION, turn, ACCOUNT as WHO } from '../support/fake-client.js'
import { FakeComponent } from '../support/fake-component.js'
import { clientsOf, listenersOf, NS } from './stage.js'

const STREAMS = 'http://etherx.jabber.org/streams'

/** Juliet's client with its session begun, before it is asked anything. */
function onStage() {
  const juliet = new FakeClient()
  juliet.online()
  const before = listenersOf(juliet.entity)
  const clock = manualClock(0)
  const clients = new Clients(juliet.entity, { clock })
  return { juliet, clients, clock, unheard: () => expect(listenersOf(juliet.entity)).toEqual(before) }
}

/** A result for the last question. */
function result(juliet: FakeClient, attrs: Readonly<Record<string, string>> = {}, payload = clientsOf()): string {
  const id = juliet.written.at(-1)?.attrs['id'] as string
  const iq = createElement('iq', { type: 'result', id, ...attrs })
  return iq.toString().replace('/>', `>${payload}</iq>`)
}

/** What has come of a promise by now. */
async function state(promise: Promise<unknown>): Promise<unknown> {
  await turn()
  return Promise.race([promise.catch((error: unknown) => error), Promise.resolve('open')])
}

describe('A question to the server', () => {
  test('goes to no address, under an id that nobody can guess', async () => {
    const { juliet, clients } = onStage()
    const lists = [clients.list(), clients.list()]
    await turn()
    const ids = juliet.written.map(({ attrs }) => attrs['id'])
    expect(juliet.said()).toEqual(Array(2).fill(`<iq type="get"><list xmlns="${NS}"/></iq>`))
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(id).toMatch(/^xr-[0-9a-f]{32}$/)
    for (const id of ids) juliet.receive(result(juliet, { id: id as string }))
    expect(await Promise.all(lists)).toEqual([[], []])
  })

  test.for<[who: string, from: Record<string, string>]>([
    ['nobody, as Prosody says it', {}],
    ['the bare JID', { from: WHO }],
    ['the bare JID in other letters', { from: 'Juliet@EXAMPLE.com' }],
    ['the full JID', { from: SESSION }],
  ])('is answered from %s', async ([, from]) => {
    const { juliet, clients, unheard } = onStage()
    const list = clients.list()
    await turn()
    juliet.receive(result(juliet, from))
    expect(await list).toEqual([])
    unheard()
  })

  test.for(['example.com', 'mallory@example.net', 'juliet@example.com/orchard', 'juliet@example.com.evil.example', ''])(
    'is not answered from %j: the wait goes on',
    async (from) => {
      const { juliet, clients } = onStage()
      const outcome = clients.revoke('grant/1')
      await turn()
      juliet.receive(result(juliet, { from }))
      expect(await state(outcome)).toBe('open')
      juliet.receive(result(juliet))
      expect(await outcome).toBe('revoked')
    },
  )

  test.for(['message', 'presence'])('is not answered by a %s with its id', async (name) => {
    const { juliet, clients } = onStage()
    const outcome = clients.revoke('grant/1')
    await turn()
    const id = juliet.written.at(-1)?.attrs['id']
    juliet.receive(`<${name} type="error" id="${id}"/>`, `<iq type="get" id="${id}"><ping xmlns="urn:xmpp:ping"/></iq>`)
    expect(await state(outcome)).toBe('open')
    juliet.receive(`<iq type="result" id="${id}"/>`)
    expect(await outcome).toBe('revoked')
  })

  test('is heard for as long as it is open, and one listener serves all', async () => {
    const { juliet, clients, unheard } = onStage()
    unheard()
    const before = listenersOf(juliet.entity)
    const outcomes = Array.from({ length: 20 }, () => clients.revoke('grant/1'))
    await turn()
    for (const [event, count] of Object.entries(listenersOf(juliet.entity)))
      expect(count, event).toBe((before[event] ?? 0) + 1)
    for (const { attrs } of juliet.sent()) juliet.receive(`<iq type="result" id="${attrs['id']}"/>`)
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['revoked']))
    unheard()
    expect(juliet.errors).toEqual([])
  })

  test('does not hide its answer from the stream management of xmpp.js (XEP-0198)', async () => {
    const { juliet, clients } = onStage()
    const seen: unknown[] = []
    juliet.entity.middleware.use((context: { readonly stanza: { readonly name: string } }, next: () => unknown) => {
      seen.push(context.stanza.name)
      return next()
    })
    const list = clients.list()
    await turn()
    juliet.receive(result(juliet))
    await list
    await turn()
    expect(seen).toEqual(['iq'])
  })
})

describe('A question that is not answered', () => {
  test.for([
    [undefined, 30_000],
    [50, 50],
  ] as const)('with a timeout of %s is given up after %s ms', async ([timeout, ms]) => {
    const { clients, clock, unheard } = onStage()
    const list = clients.list(timeout === undefined ? {} : { timeout })
    await clock.advance(ms - 1)
    expect(await state(list)).toBe('open')
    await clock.advance(1)
    await expect(list).rejects.toMatchObject({ code: 'TIMED_OUT', owner: WHO })
    unheard()
    expect(clock.waiting).toBe(0)
  })

  test('and comes late changes nothing', async () => {
    const { juliet, clients, clock } = onStage()
    const outcome = clients.revoke('grant/1', { timeout: 10 }).catch((error: unknown) => error)
    await turn()
    await clock.advance(10)
    juliet.receive(result(juliet))
    expect(await outcome).toMatchObject({ code: 'TIMED_OUT' })
    await turn()
    expect(juliet.errors).toEqual([])
  })

  test('is given up when its signal says so, with the reason of the signal', async () => {
    const { clients, clock, unheard } = onStage()
    const controller = new AbortController()
    const outcome = clients.revoke('grant/1', { signal: controller.signal })
    await turn()
    controller.abort('Enough')
    await expect(outcome).rejects.toBe('Enough')
    unheard()
    expect(clock.waiting).toBe(0)
  })

  test('whose signal was aborted before is not asked', async () => {
    const { juliet, clients } = onStage()
    const signal = AbortSignal.abort('Never')
    await expect(clients.list({ signal })).rejects.toBe('Never')
    await expect(clients.revoke('grant/1', { signal })).rejects.toBe('Never')
    expect(juliet.written).toEqual([])
  })

  test('that was answered leaves nothing at its signal', async () => {
    const { juliet, clients } = onStage()
    const controller = new AbortController()
    const list = clients.list({ signal: controller.signal })
    await turn()
    juliet.receive(result(juliet))
    expect(await list).toEqual([])
    controller.abort('Too late')
    await turn()
    expect(juliet.errors).toEqual([])
  })

  test('because there is no session rejects at once, and nothing is sent', async () => {
    const juliet = new FakeClient()
    const clients = new Clients(juliet.entity)
    await expect(clients.list()).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    juliet.online()
    juliet.cut()
    await expect(clients.revoke('grant/1')).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    expect(juliet.written).toEqual([])
  })

  test('because it could not be written rejects with why', async () => {
    const { juliet, clients, clock, unheard } = onStage()
    const cause = new TypeError('EPIPE')
    juliet.breakSocket(cause)
    await expect(clients.list()).rejects.toMatchObject({ code: 'NOT_CONNECTED', cause })
    unheard()
    expect(clock.waiting).toBe(0)
  })

  test('because it comes from a component is not asked: it has no account', async () => {
    const gateway = new FakeComponent('gateway.example.com')
    gateway.online()
    await expect(new Clients(gateway.entity).list()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(new Clients(gateway.entity).revoke('grant/1')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(gateway.sent()).toEqual([])
  })
})

describe('The end of the session', () => {
  test('that the server brings about in good order is what a client is told that revokes itself', async () => {
    const { juliet, clients, clock, unheard } = onStage()
    const outcome = clients.revoke('client/self')
    await turn()
    juliet.entity._status('close', { clean: true })
    expect(await outcome).toBe('disconnected')
    unheard()
    expect(clock.waiting).toBe(0)
  })

  test('in good order is the answer to what was asked first: what waits behind it was perhaps never looked at', async () => {
    const { juliet, clients, clock, unheard } = onStage()
    const outcomes = [clients.revoke('client/self'), clients.revoke('grant/website'), clients.list()]
    const ends = Promise.allSettled(outcomes)
    await turn()
    juliet.entity._status('close', { clean: true })
    expect(await ends).toMatchObject([
      { value: 'disconnected' },
      { reason: { code: 'NOT_CONNECTED', message: expect.stringContaining('may have happened') } },
      { reason: { code: 'NOT_CONNECTED', message: expect.stringContaining('nothing was to be changed') } },
    ])
    unheard()
    expect(clock.waiting).toBe(0)
  })

  test.for<[what: string, end: (juliet: FakeClient) => void]>([
    [
      'with a stream error',
      (juliet) => {
        const conflict = '<conflict xmlns="urn:ietf:params:xml:ns:xmpp-streams"/>'
        juliet.receive(`<stream:error xmlns:stream="${STREAMS}">${conflict}</stream:error>`)
        juliet.entity._status('close')
      },
    ],
    ['because the application stops', (juliet) => juliet.entity._status('closing')],
    ['without a word', (juliet) => juliet.cut()],
    [
      'without a word, and the application stops before it is resumed',
      (juliet) => {
        juliet.cut({ max: '60' })
        juliet.entity.socket = null
        juliet.entity._status('close')
      },
    ],
    [
      'and another one begins, because it could not be resumed',
      (juliet) => {
        juliet.cut({ max: '60' })
        juliet.online()
      },
    ],
    [
      'for good',
      (juliet) => {
        juliet.cut({ max: '60' })
        juliet.entity._status('offline')
      },
    ],
  ])('%s leaves the question unanswered', async ([, end]) => {
    const { juliet, clients, clock, unheard } = onStage()
    const outcome = clients.revoke('client/self')
    await turn()
    end(juliet)
    await expect(outcome).rejects.toMatchObject({ code: 'NOT_CONNECTED', owner: WHO })
    unheard()
    expect(clock.waiting).toBe(0)
  })

  test('in good order is no list', async () => {
    const { juliet, clients } = onStage()
    const list = clients.list()
    await turn()
    juliet.entity._status('close', { clean: true })
    await expect(list).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
  })

  test('is none when it is resumed: the answer comes then (XEP-0198)', async () => {
    const { juliet, clients } = onStage()
    const outcome = clients.revoke('grant/1')
    await turn()
    juliet.cut({ max: '60' })
    expect(await state(outcome)).toBe('open')
    juliet.resume()
    juliet.receive(result(juliet))
    expect(await outcome).toBe('revoked')
  })
})
