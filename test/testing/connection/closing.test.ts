import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { RosterError } from '../../../src/core/errors.js'
import { manualClock } from '../../../src/testing/clock.js'
import { Listener } from '../../../src/testing/connection/listener.js'
import { ROOT } from '../../repository/support/source.js'
import { COMPONENT, FakeHost } from './support/fake-host.js'
import { bindIq, HEADER, headerTo, plainAuth, RawPeer, SM, streamError } from './support/raw.js'

const listen = (host = new FakeHost(), ports = { c2s: 0, component: 0 }, clock = manualClock()) =>
  Listener.listen(host, { clock, onStanza: () => undefined, ports })

/** The sockets and servers of this process. */
const handles = (): readonly string[] => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'))

/** What was just closed is listed until its turn has come: a few turns of the event loop. */
async function expectNothingLeft(): Promise<void> {
  for (let turn = 0; turn < 100 && handles().length > 0; turn++) await new Promise(setImmediate)
  expect(handles()).toEqual([])
}

const peers: RawPeer[] = []
afterEach(() => {
  for (const peer of peers.splice(0)) peer.vanish()
})

async function raw(port: number, said: string): Promise<RawPeer> {
  const peer = await RawPeer.to(port)
  peers.push(peer)
  peer.send(said)
  return peer
}

test('everybody is told system-shutdown, and nothing is left, however far they were', async () => {
  const host = new FakeHost()
  const clock = manualClock()
  const { listener, c2s, component } = await listen(host, { c2s: 0, component: 0 }, clock)
  const session = HEADER + plainAuth() + HEADER
  const told = await Promise.all([
    raw(c2s, ''),
    raw(c2s, HEADER.slice(0, 30)),
    raw(c2s, `${HEADER}<auth`),
    raw(c2s, session),
    raw(c2s, session + bindIq('a')),
    raw(c2s, `${session + bindIq('b')}<enable ${SM} resume='true'/>`),
    raw(component, headerTo(COMPONENT, 'jabber:component:accept', '')),
  ])
  const cut = await raw(c2s, `${session + bindIq('c')}<enable ${SM} resume='true'/>`)
  await cut.hears('<enabled')
  host.present('juliet@localhost/c')?.link.cut(true)
  await cut.hearsEnd()
  const deaf = await RawPeer.client(c2s, 'deaf')
  peers.push(deaf)
  deaf.socket.pause()
  host.present('juliet@localhost/deaf')?.link.send(`<message>${'x'.repeat(10_000_000)}</message>`)

  await listener.close()
  for (const peer of told) expect(await peer.hearsEnd()).toMatch(streamError('system-shutdown'))
  expect(host.visitors.map(({ gone }) => gone)).toEqual([1, 1, 1, 1])
  expect(clock.waiting).toBe(0)
  deaf.vanish()
  await deaf.hearsEnd()
  await expectNothingLeft()
})

test('closing twice is closing once, and nobody comes in any more', async () => {
  const { listener, c2s } = await listen()
  const first = listener.close()
  expect(listener.close()).toBe(first)
  await first
  await expect(RawPeer.to(c2s)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('what a guest does when it has gone disturbs nothing', async () => {
  const host = new FakeHost()
  const { listener, c2s } = await listen(host)
  for (const resource of ['a', 'b']) peers.push(await RawPeer.client(c2s, resource))
  const bind = host.visitors.map(({ link }) => link)
  await listener.close()
  for (const link of bind) {
    link.send('<message/>')
    link.end('conflict')
    link.cut(true)
  }
  expect(host.visitors.map(({ gone }) => gone)).toEqual([1, 1])
})

test.each(['c2s', 'component'] as const)(
  'a port for %s that is taken is an error, and nothing listens',
  async (which) => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const refused = listen(new FakeHost(), { c2s: 0, component: 0, [which]: port })
    await expect(refused).rejects.toThrow(RosterError)
    await expect(refused).rejects.toMatchObject({ code: 'NOT_CONNECTED', cause: { code: 'EADDRINUSE' } })
    await new Promise((resolve) => other.close(resolve))
    await expectNothingLeft()
  },
)

test('a port that is none is an error', async () => {
  await expect(listen(new FakeHost(), { c2s: 70_000, component: 0 })).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
})

const PROGRAM = `
import { client } from '@xmpp/client'
import { systemClock } from './src/core/clock.ts'
import { Listener } from './src/testing/connection/listener.ts'
import { FakeHost } from './test/testing/connection/support/fake-host.ts'
import { RawPeer } from './test/testing/connection/support/raw.ts'

const ports = { c2s: 0, component: 0 }
const { listener, c2s } = await Listener.listen(new FakeHost(), { clock: systemClock, onStanza() {}, ports })
const juliet = client({ service: 'xmpp://127.0.0.1:' + c2s, domain: 'localhost', username: 'juliet', password: 'secret' })
juliet.on('error', () => {})
juliet.reconnect.stop()
await juliet.start()
await RawPeer.to(c2s)
await RawPeer.client(c2s)
await listener.close()
process.stdout.write('closed')
`

test('a process ends by itself once its server is closed', async () => {
  const args = ['--import', 'tsx', '--input-type=module', '--eval', PROGRAM]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, timeout: 110_000 })
  expect(stdout).toBe('closed')
})
