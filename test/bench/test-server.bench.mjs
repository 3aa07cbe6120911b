// How many people a TestServer bears: a thousand accounts log in, each with fifty contacts that log in as well.
import { TestServer } from 'xmpp-roster/testing'
import { login } from './support/bare-client.mjs'
import { compare } from './support/measure.mjs'
import { milliseconds, row, table } from './support/report.mjs'

const ACCOUNTS = 1_000
const CONTACTS = 50

const nameAt = (index) => `user${index % ACCOUNTS}`
const names = Array.from({ length: ACCOUNTS }, (_, index) => nameAt(index))
/** Whom an account asks; as many ask it. */
const asked = (index) => Array.from({ length: CONTACTS / 2 }, (_, step) => `${nameAt(index + step + 1)}@localhost`)

const until = async (condition) => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

/** Everybody logs in at once and has seen everything: the contacts, and each of them online. */
async function everybody(port, contacts) {
  const clients = await Promise.all(names.map((name) => login(port, name)))
  const seen = (part) => clients.reduce((sum, client) => sum + client[part], 0)
  // A roster has all contacts; of two contacts each sees the other; and each client sees itself.
  await until(() => seen('items') >= ACCOUNTS * contacts && seen('presences') >= ACCOUNTS * (contacts + 1))
  return clients
}

const leave = (clients) => Promise.all(clients.map((client) => client.end()))

async function serve() {
  const server = new TestServer({ accounts: Object.fromEntries(names.map((name) => [name, 'secret'])) })
  const { c2s } = await server.listen()
  return { server, port: Number(new URL(c2s).port) }
}

/** Everybody subscribes to half of its contacts and approves the other half beforehand; then the other way round. */
async function befriend(port) {
  const clients = await Promise.all(names.map((name) => login(port, name)))
  const fromEach = (type) =>
    clients.forEach((client, index) => {
      client.send(
        asked(index)
          .map((to) => `<presence type='${type}' to='${to}'/>`)
          .join(''),
      )
    })
  const toEach = (type) =>
    clients.forEach((client, index) => {
      const asking = Array.from(
        { length: CONTACTS / 2 },
        (_, step) => `${nameAt(index + ACCOUNTS - step - 1)}@localhost`,
      )
      client.send(asking.map((to) => `<presence type='${type}' to='${to}'/>`).join(''))
    })
  fromEach('subscribed')
  toEach('subscribed')
  fromEach('subscribe')
  toEach('subscribe')
  await Promise.all(
    clients.map((client) => client.ask("<iq type='get' id='done'><ping xmlns='urn:xmpp:ping'/></iq>", 'done')),
  )
  await leave(clients)
}

table(
  `${ACCOUNTS} accounts log in to a TestServer at once, with PLAIN`,
  'Server and clients in one process; each has its roster, and has seen every contact come online.',
)
const strangers = await serve()
const friends = await serve()
await befriend(friends.port)
let slowest = 0
const wave = (port, contacts) => async () => {
  const start = process.hrtime.bigint()
  const clients = await everybody(port, contacts)
  const taken = Number(process.hrtime.bigint() - start)
  if (contacts > 0) slowest = Math.max(slowest, taken)
  await leave(clients)
  return taken
}
const { ratio, ours, theirs } = await compare(wave(friends.port, CONTACTS), wave(strangers.port, 0), {
  rounds: 5,
  warmups: 1,
})
row('without contacts', theirs, { text: milliseconds(theirs) })
row(`with ${CONTACTS} contacts each`, ours, { text: milliseconds(ours), note: `slowest ${milliseconds(slowest)}` })
row('with contacts : without', ratio)
await Promise.all([strangers.server.close(), friends.server.close()])
process.exit()
