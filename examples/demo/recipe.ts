/** What somebody would copy who has seen the demonstration. */
import { BOT, DOMAIN, NEWS, PASSWORD } from './cast.js'
import { chapter, paint } from './print.js'

const RECIPE = `
  npm install xmpp-roster @xmpp/client @xmpp/component

  import { client } from '@xmpp/client'
  import { Roster } from 'xmpp-roster'
  import { TestServer } from 'xmpp-roster/testing'

  const server = new TestServer({ accounts: { bot: 'secret', alice: 'secret' } })
  const { c2s } = await server.listen()
  const xmpp = client({ service: c2s, domain: 'localhost', username: 'bot', password: 'secret' })
  const roster = new Roster(xmpp) // accepts whoever asks, and asks back
  roster.on('online', ({ contact }) => console.log(\`\${contact} is online\`))
  await xmpp.start()`

export function sayHowToDoTheSame(): void {
  chapter('To do the same in a project of your own')
  console.log(RECIPE)
  console.log(`\n  ${paint('dim', 'The story is told in examples/demo.ts, the cast in examples/demo/cast.ts.')}`)
}

export function sayHowToConnect(service: string): void {
  const { hostname, port } = new URL(service)
  chapter('The server stays up: connect a client of your own')
  console.log(`
  JID       you@${DOMAIN}
  password  ${PASSWORD}
  server    ${hostname}, port ${port}, without TLS

  const xmpp = client({ service: '${service}', domain: '${DOMAIN}', username: 'you', password: '${PASSWORD}' })

  Subscribe to ${BOT} or ${NEWS}, and see what is said here. Ctrl-C ends it.`)
}
