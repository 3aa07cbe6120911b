/**
 * A component that keeps its rosters in Redis, in as many processes as the server allows (examples/guides/several-processes.md):
 * ejabberd takes several connections, Prosody one at a time. The JID desk@… leaves each request to whoever is asked;
 * what one process is told, all of them do.
 *
 *     list          who waits for an answer, whichever process heard it
 *     yes JID       accept a request; also: no JID
 *
 * Ctrl-C says goodbye to the subscribers; SIGTERM ends this process and leaves the desk to another one.
 *
 *     XMPP_SERVICE=xmpp://localhost:5347 XMPP_DOMAIN=bots.localhost XMPP_PASSWORD=secret \
 *       REDIS_URL=redis://localhost:6379 node --import tsx examples/component-redis.ts
 *
 * In a project of your own: `npm install xmpp-roster @xmpp/component ioredis`, `npm install --save-dev tsx`, and the same
 * command with the path of your copy (and xmpp-component.d.ts beside it, for the compiler).
 */
import { createInterface } from 'node:readline'
import { component } from '@xmpp/component'
import { Redis } from 'ioredis'
import { Roster, RosterError } from 'xmpp-roster'
import { RedisStorage, redisListen } from 'xmpp-roster/redis'

const {
  XMPP_SERVICE = 'xmpp://localhost:5347',
  XMPP_DOMAIN = 'bots.localhost',
  XMPP_PASSWORD = 'secret',
  REDIS_URL = 'redis://localhost:6379',
} = process.env

const report = (error: Error): void => console.error(error.message)
const xmpp = component({ service: XMPP_SERVICE, domain: XMPP_DOMAIN, password: XMPP_PASSWORD })
xmpp.on('error', report)

// A connection that listens takes no other commands, so there are two. Both come back by themselves.
const client = new Redis(REDIS_URL)
const ear = client.duplicate()
for (const redis of [client, ear]) redis.on('error', report)

const storage = new RedisStorage({ client, listen: redisListen(ear) })
const roster = new Roster(xmpp, { storage, autoSubscribe: false, presence: { status: 'Leave a request' } })
roster.on('error', report)
roster.on('subscribe', ({ contact, decision }) => console.log(`${contact} asked: ${decision}`))
roster.on('transition', ({ contact, before, after, cause }) =>
  console.log(`${contact}: ${before} > ${after} (${cause})`),
)

const desk = await roster.open(`desk@${XMPP_DOMAIN}`)

async function obey(line: string): Promise<void> {
  const [command, jid = ''] = line.trim().split(/\s+/)
  if (command === 'list') for (const { contact } of desk.requests()) console.log(`${contact} waits`)
  else if (command === 'yes')
    console.log(`${jid}: ${(await desk.authorize(jid)) ? 'accepted' : 'does not wait any more'}`)
  else if (command === 'no')
    console.log(`${jid}: ${(await desk.unauthorize(jid)) ? 'declined' : 'does not wait any more'}`)
  else console.log('list, yes JID, no JID')
}
const terminal = createInterface(process.stdin)
terminal.on('line', (line) => {
  obey(line).catch((error: unknown) => console.log(error instanceof RosterError ? error.message : error))
})

async function stop(announce: boolean): Promise<void> {
  terminal.close()
  await roster.close({ announce })
  await xmpp.stop()
  for (const redis of [client, ear]) redis.disconnect()
}
process.once('SIGINT', () => stop(true))
process.once('SIGTERM', () => stop(false))

await xmpp.start()
await roster.ready()
console.log(`${desk.owner} is ready; ${desk.size} contacts, ${desk.requests().length} requests`)
