/**
 * A policy of one's own: it asks a slow database, and what the database does not know a person decides later.
 *
 * The component's JID desk@… accepts members, declines who is banned and defers everybody else. Deferred requests wait
 * in the storage (here: in memory); type on the terminal
 *
 *     list              to see them
 *     yes alice@host    to authorize one
 *     no alice@host     to deny one
 *
 * From a clone, after `npm install` (examples/component.ts says what the server needs):
 *
 *     XMPP_SERVICE=xmpp://localhost:5347 XMPP_DOMAIN=bots.localhost XMPP_PASSWORD=secret \
 *       MEMBERS=alice@localhost BANNED=mallory@localhost node --import tsx examples/custom-policy.ts
 *
 * In a project of your own: `npm install xmpp-roster @xmpp/component`, `npm install --save-dev tsx`, and the same command
 * with the path of your copy (and xmpp-component.d.ts beside it, for the compiler). Ctrl-C ends it.
 */
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { component } from '@xmpp/component'
import type { SubscriptionPolicy } from 'xmpp-roster'
import { Roster } from 'xmpp-roster'

const {
  XMPP_SERVICE = 'xmpp://localhost:5347',
  XMPP_DOMAIN = 'bots.localhost',
  XMPP_PASSWORD = 'secret',
  MEMBERS = '',
  BANNED = '',
} = process.env

/** Stands in for a database: it takes its time, and gives up when it is told to. */
async function lookUp(jid: string, signal: AbortSignal): Promise<'member' | 'banned' | 'unknown'> {
  await setTimeout(100, undefined, { signal })
  if (MEMBERS.split(',').includes(jid)) return 'member'
  return BANNED.split(',').includes(jid) ? 'banned' : 'unknown'
}

/** When the database fails, or is slower than `policyTimeout`, the request is deferred: nobody gets in by accident. */
const askDatabase: SubscriptionPolicy = async ({ contact }, { signal }) => {
  const found = await lookUp(contact, signal)
  if (found === 'member') return 'authorize'
  return found === 'banned' ? 'deny' : 'defer'
}

const xmpp = component({ service: XMPP_SERVICE, domain: XMPP_DOMAIN, password: XMPP_PASSWORD })
xmpp.on('error', (error: Error) => console.error(error.message))

const roster = new Roster(xmpp, { autoAuthorize: askDatabase, policyTimeout: 5_000 })
roster.on('error', (error) => console.error(`${error.code}: ${error.message}`))
roster.on('subscribe', ({ contact, decision }) => console.log(`${contact} asked: ${decision}`))

/** The requests of all owners that wait for a person, loaded or not. */
async function decide(line: string): Promise<void> {
  const [verdict, jid] = line.trim().split(/\s+/)
  for await (const request of roster.pending()) {
    if (verdict === 'list') console.log(`${request.contact} waits since ${request.receivedAt.toISOString()}`)
    if (request.contact !== jid) continue
    // `false`: it was withdrawn, or somebody else has answered it.
    if (verdict === 'yes' && (await request.authorize())) console.log(`${jid} was authorized`)
    if (verdict === 'no' && (await request.deny({ status: 'Sorry' }))) console.log(`${jid} was denied`)
  }
}

const terminal = createInterface({ input: process.stdin })
terminal.on('line', (line) => void decide(line).catch((error: Error) => console.error(error.message)))

async function stop(): Promise<void> {
  terminal.close()
  await roster.close()
  await xmpp.stop()
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)

const desk = await roster.open(`desk@${XMPP_DOMAIN}`)
await xmpp.start()
await roster.ready()
console.log(`${desk.owner} is ready; ${desk.requests().length} requests wait`)
