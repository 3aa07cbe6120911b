/**
 * A component with three JIDs: each has a roster and a policy of its own.
 *
 *     lobby@…   accepts everybody, but not more than ten requests a minute from one domain
 *     staff@…   accepts accounts of XMPP_STAFF_DOMAIN, declines the others
 *     closed@…  declines everybody
 *
 * The server has to know the component (Prosody: `Component "bots.localhost"` with a `component_secret`; ejabberd: a
 * listener of `module: ejabberd_service`). From a clone, after `npm install`:
 *
 *     XMPP_SERVICE=xmpp://localhost:5347 XMPP_DOMAIN=bots.localhost XMPP_PASSWORD=secret XMPP_STAFF_DOMAIN=localhost \
 *       node --import tsx examples/component.ts
 *
 * In a project of your own: `npm install xmpp-roster @xmpp/component`, `npm install --save-dev tsx`, and the same command
 * with the path of your copy (and xmpp-component.d.ts beside it, for the compiler). Ctrl-C ends it.
 */
import { component } from '@xmpp/component'
import type { AutoAuthorize } from 'xmpp-roster'
import { domains, firstOf, Roster, rateLimit } from 'xmpp-roster'

const {
  XMPP_SERVICE = 'xmpp://localhost:5347',
  XMPP_DOMAIN = 'bots.localhost',
  XMPP_PASSWORD = 'secret',
  XMPP_STAFF_DOMAIN = 'localhost',
} = process.env

const xmpp = component({ service: XMPP_SERVICE, domain: XMPP_DOMAIN, password: XMPP_PASSWORD })
// Without a listener an error of the connection would end the process; xmpp.js connects again by itself.
xmpp.on('error', (error: Error) => console.error(error.message))

const roster = new Roster(xmpp, { presence: (owner) => ({ status: `You have reached ${owner}` }) })

roster.on('subscribe', ({ owner, contact, decision }) => console.log(`${owner}: ${contact} asked: ${decision}`))
roster.on('online', ({ owner, contact }) => console.log(`${owner}: ${contact} is online`))
roster.on('offline', ({ owner, contact }) => console.log(`${owner}: ${contact} is offline`))

const policies: Readonly<Record<string, AutoAuthorize>> = {
  lobby: firstOf(rateLimit({ perDomain: 10 }), () => 'authorize'),
  staff: firstOf(domains([XMPP_STAFF_DOMAIN], 'authorize'), () => 'deny'),
  closed: false,
}

// Before start(): no request comes before the policy that decides it. An owner that is open announces itself by itself.
for (const [name, policy] of Object.entries(policies)) {
  const own = await roster.open(`${name}@${XMPP_DOMAIN}`)
  own.autoAuthorize = policy
}

async function stop(): Promise<void> {
  // Says unavailable for each of the three first.
  await roster.close()
  await xmpp.stop()
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)

await xmpp.start()
await roster.ready()
console.log(`${[...roster.keys()].join(', ')} are ready`)
