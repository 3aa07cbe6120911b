/**
 * A component that keeps its rosters in PostgreSQL, and a command beside it that answers requests straight in the
 * database: it needs no connection to the XMPP server, as a web page would not either.
 *
 *     XMPP_SERVICE=xmpp://localhost:5347 XMPP_DOMAIN=bots.localhost XMPP_PASSWORD=secret \
 *       DATABASE_URL=postgres://localhost/bots node --import tsx examples/component-postgres.ts
 *
 * With arguments it is the command. The running component sends the answer, and its presence behind a grant:
 *
 *     … node --import tsx examples/component-postgres.ts pending
 *     … node --import tsx examples/component-postgres.ts authorize desk@bots.localhost juliet@localhost
 *     … node --import tsx examples/component-postgres.ts deny desk@bots.localhost juliet@localhost
 *
 * In a project of your own: `npm install xmpp-roster @xmpp/component kysely pg`, `npm install --save-dev tsx @types/pg`,
 * and the same command with the path of your copy (and xmpp-component.d.ts beside it, for the compiler). Ctrl-C ends it.
 */
import { component } from '@xmpp/component'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { Roster } from 'xmpp-roster'
import { answerRequest } from 'xmpp-roster/admin'
import { postgresListen, SqlStorage } from 'xmpp-roster/sql'

const {
  XMPP_SERVICE = 'xmpp://localhost:5347',
  XMPP_DOMAIN = 'bots.localhost',
  XMPP_PASSWORD = 'secret',
  DATABASE_URL = 'postgres://localhost/bots',
} = process.env

const report = (error: Error): void => console.error(error.message)

const pool = new pg.Pool({ connectionString: DATABASE_URL })
pool.on('error', report)
pool.on('connect', (client) => client.on('error', report))
const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
// Notifications of commits: every process that writes has to be given this, the command too.
const listen = postgresListen(async () => {
  const client = new pg.Client(DATABASE_URL)
  await client.connect()
  return client
})
const storage = new SqlStorage({ db, dialect: 'postgres', listen })
await storage.migrate()

async function printPending(): Promise<void> {
  for await (const owner of storage.owners({ with: 'request' })) {
    const stored = await storage.load(owner)
    for (const { jid, request } of stored?.items ?? []) if (request !== undefined) console.log(`${owner}: ${jid} waits`)
  }
}

async function serve(): Promise<void> {
  const xmpp = component({ service: XMPP_SERVICE, domain: XMPP_DOMAIN, password: XMPP_PASSWORD })
  xmpp.on('error', report)
  const roster = new Roster(xmpp, { storage, presence: { status: 'At your service' } })
  roster.on('error', report)
  roster.on('subscribe', ({ contact, decision }) => console.log(`${contact} asked: ${decision}`))
  roster.on('transition', ({ contact, after, cause }) => console.log(`${contact}: ${after} (${cause})`))
  const desk = await roster.open(`desk@${XMPP_DOMAIN}`)
  const stop = async (): Promise<void> => {
    await roster.close()
    await xmpp.stop()
    await db.destroy()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  await xmpp.start()
  await roster.ready()
  console.log(`${desk.owner} is ready; ${desk.requests().length} requests wait`)
}

const [command, owner = '', contact = ''] = process.argv.slice(2)
if (command === undefined) await serve()
else {
  if (command === 'pending') await printPending()
  else if (command === 'authorize' || command === 'deny') {
    const isAnswered = await answerRequest(storage, owner, contact, command)
    console.log(isAnswered ? `${contact} is answered` : `${contact} does not wait any more`)
  } else console.log('pending, authorize OWNER CONTACT, deny OWNER CONTACT')
  await db.destroy()
}
