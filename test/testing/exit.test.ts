import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ROOT } from '../repository/support/source.js'

/** A user's test that leaves everything open but the server: what bad clients leave behind, and good ones. */
const PROGRAM = `
import { client } from '@xmpp/client'
import { Roster } from './src/index.ts'
import { TestServer } from './src/testing.ts'
import { bindIq, HEADER, plainAuth, RawPeer, SM } from './test/testing/connection/support/raw.ts'
import { componentHeader, GATEWAY, handshakeFor, portOf, settled } from './test/testing/support/peers.ts'

const accounts = { juliet: 'secret', romeo: 'secret', nurse: 'secret' }
const server = new TestServer({ accounts, components: { [GATEWAY]: 'hush' } })
const addresses = await server.listen()
const [c2s, component] = [portOf(addresses.c2s), portOf(addresses.component)]

const says = async (port, ...said) => {
  const peer = await RawPeer.to(port)
  for (const text of said) peer.send(text)
  return peer
}
const session = HEADER + plainAuth() + HEADER

// What the server ends itself.
for (const bad of ['<message></a>', '<a>'.repeat(100_000), '<message>' + 'x'.repeat(1_000_000), '<presence/>']) {
  const peer = await says(c2s, HEADER, bad)
  await peer.hearsEnd()
}
const guessing = await says(c2s, HEADER, plainAuth('nobody', 'x').repeat(5))
await guessing.hearsEnd()
const join = async (peer) => peer.send(handshakeFor(await peer.hears(/<stream:stream [^>]*>/)))
const first = await says(component, componentHeader())
await join(first)
await first.hears('<handshake/>')
const second = await says(component, componentHeader())
await join(second)
await second.hearsEnd()

// What stops half-way: nobody ends these.
await says(c2s)
await says(c2s, HEADER.slice(0, 50))
await says(c2s, HEADER + '<auth')
await says(c2s, session)
await says(c2s, session + bindIq('half') + '<message><body>')
const half = await RawPeer.client(c2s, 'half-closed')
half.socket.end()

// Sessions: one that can be resumed, one that waits for it, one that does not read, one with a roster.
for (const resource of ['resumable', 'waiting']) {
  const peer = await RawPeer.client(c2s, resource)
  peer.send('<enable ' + SM + " resume='true'/><presence/>")
  await peer.hears('<enabled')
}
server.cut('juliet@localhost/waiting', { resume: true })
const deaf = await RawPeer.client(c2s, 'deaf', 'nurse')
const other = await RawPeer.client(c2s, 'other', 'nurse')
deaf.socket.pause()
for (let n = 0; n < 100; n++)
  other.send("<message to='nurse@localhost/deaf'><body>" + 'x'.repeat(100_000) + '</body></message>')
await settled(other)
server.pause('nurse@localhost')
const romeo = client({ service: addresses.c2s, domain: 'localhost', username: 'romeo', password: 'secret' })
romeo.on('error', () => {})
romeo.reconnect.stop()
const roster = new Roster(romeo)
await romeo.start()
const own = await roster.ready()
await own.subscribe('juliet@localhost')

await server.close()
process.stdout.write('closed')
// Its own end of a connection that it does not read would keep this process alive, whoever the server is.
deaf.vanish()
`

test('a process in which a server has gone through all this ends by itself once the server is closed', async () => {
  const args = ['--import', 'tsx', '--input-type=module', '--eval', PROGRAM]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, timeout: 110_000 })
  expect(stderr).toBe('')
  expect(stdout).toBe('closed')
})
