/**
 * A bot that accepts colleagues and tells them who is online.
 *
 * Whoever has an account of the bot's own domain may subscribe and is subscribed to in return; all others are declined.
 * A contact that sends the message "who" gets the contacts that are online.
 *
 * From a clone, after `npm install`:
 *
 *     XMPP_SERVICE=xmpp://localhost:5222 XMPP_JID=bot@localhost XMPP_PASSWORD=secret node --import tsx examples/bot.ts
 *
 * In a project of your own: `npm install xmpp-roster @xmpp/client`, `npm install --save-dev tsx`, and the same command
 * with the path of your copy. Ctrl-C ends it.
 */
import { client, xml } from '@xmpp/client'
import { domainOf, domains, firstOf, Roster } from 'xmpp-roster'

const { XMPP_SERVICE = 'xmpp://localhost:5222', XMPP_JID = 'bot@localhost', XMPP_PASSWORD = 'secret' } = process.env
const domain = domainOf(XMPP_JID)
const username = XMPP_JID.slice(0, XMPP_JID.indexOf('@'))

const xmpp = client({ service: XMPP_SERVICE, domain, username, password: XMPP_PASSWORD })
// Without a listener an error of the connection would end the process; xmpp.js connects again by itself.
xmpp.on('error', (error: Error) => console.error(error.message))

// Before start(): the roster is there from the first stanza on.
const roster = new Roster(xmpp, {
  autoAuthorize: firstOf(domains([domain], 'authorize'), () => 'deny'),
  presence: { status: 'Send me "who"' },
})

roster.on('subscribe', ({ contact, decision }) => console.log(`${contact} asked to subscribe: ${decision}`))
roster.on('online', ({ contact }) => console.log(`${contact} is online`))
roster.on('offline', ({ contact }) => console.log(`${contact} is offline`))

function whoIsOnline(): string {
  const online = [...roster.own.keys()].filter((contact) => roster.own.presence(contact).available)
  return online.length === 0 ? 'nobody' : online.sort().join(', ')
}

async function answer(from: string): Promise<void> {
  // Strangers learn nothing: only whom the bot has accepted may know who is online.
  const subscription = roster.own.get(from)?.subscription
  if (subscription !== 'from' && subscription !== 'both') return
  await xmpp.send(xml('message', { type: 'chat', to: from }, xml('body', {}, `Online: ${whoIsOnline()}`)))
}

xmpp.on('stanza', (stanza) => {
  const from = stanza.attrs['from']
  if (!stanza.is('message') || stanza.attrs['type'] === 'error' || stanza.getChildText('body') !== 'who') return
  answer(from).catch((error: Error) => console.error(error.message))
})

async function stop(): Promise<void> {
  await roster.close()
  await xmpp.stop()
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)

await xmpp.start()
await roster.ready()
console.log(`${roster.own.owner} is ready; its roster has ${roster.own.size} contacts`)
