/**
 * A demonstration that needs nothing but Node: an XMPP server in the process, a bot, a component with three owners,
 * and four people who talk to them over TCP. It ends by itself after some seconds; what it shows is checked, and the
 * exit code is 1 when something is not as it should be.
 *
 *     npm run demo
 *     npm run demo -- --serve     stays up afterwards, for a client of your own (`--serve=5222`: on that port)
 */
import { parseArgs } from 'node:util'
import { MemoryStorage, type OwnerRoster, type Roster, type SubscriptionState } from 'xmpp-roster'
import { TestServer } from 'xmpp-roster/testing'
import {
  type Actor,
  BOT,
  DESK,
  DOMAIN,
  GATEWAY,
  NEWS,
  PASSWORD,
  PEOPLE,
  startBot,
  startGateway,
  startPerson,
  until,
  VIP,
} from './demo/cast.js'
import { chapter, does, line, paint, table } from './demo/print.js'
import { sayHowToConnect, sayHowToDoTheSame } from './demo/recipe.js'

const SECRET = 'secret of the component'
const { values } = parseArgs({
  args: process.argv.slice(2).map((word) => (word === '--serve' ? '--serve=0' : word)),
  options: { serve: { type: 'string' } },
})

const jid = (name: string): string => `${name}@${DOMAIN}`
const stateOf = (roster: Roster, owner: string, name: string): SubscriptionState | undefined =>
  roster.get(owner)?.state(jid(name))

/** All that storage has to keep, in an order of its own. */
const memory = (rosters: Iterable<OwnerRoster>): string =>
  [...rosters]
    .map((one) => [one.owner, [...one].sort(), one.requests().map(({ contact, status }) => [contact, status])])
    .map((one) => JSON.stringify(one))
    .sort()
    .join('\n')

const server = new TestServer({
  domain: DOMAIN,
  accounts: Object.fromEntries(['bot', 'you', ...PEOPLE].map((name) => [name, PASSWORD])),
  components: { [GATEWAY]: SECRET },
})
const storage = new MemoryStorage()
const started = Date.now()
const people = new Map<string, Actor>()

function person(name: string): OwnerRoster {
  const actor = people.get(name)
  if (actor === undefined) throw new Error(`Nobody is called ${name}`)
  return actor.roster.own
}

async function asks(name: string, owner: string, status?: string): Promise<void> {
  does(jid(name), `subscribes to ${owner}`)
  await person(name).subscribe(owner, status === undefined ? {} : { status })
}

async function meetTheBot(bot: Roster): Promise<void> {
  chapter('The bot accepts whoever asks, and asks back (autoAuthorize: true, autoSubscribe: true)')
  for (const name of ['alice', 'bob']) {
    await asks(name, BOT, name === 'alice' ? 'We met yesterday' : undefined)
    await until(
      () => stateOf(bot, BOT, name) === 'both' && bot.own.presence(jid(name)).available,
      `${name} and the bot`,
    )
  }
  await bot.own.update(jid('alice'), { name: 'Alice', groups: ['Colleagues'] })
}

async function meetTheGateway(gateway: Roster): Promise<void> {
  chapter('A component with three owners: news accepts all, vip only Alice, desk leaves it to a person')
  for (const name of PEOPLE) await asks(name, NEWS)
  await asks('alice', VIP)
  await asks('dave', VIP)
  await asks('carol', DESK, 'May I?')
  const isDone = (): boolean =>
    PEOPLE.every(
      (name) => stateOf(gateway, NEWS, name) === 'both' && gateway.get(NEWS)?.presence(jid(name)).available,
    ) &&
    stateOf(gateway, VIP, 'alice') === 'both' &&
    gateway.get(DESK)?.requests().length === 1 &&
    person('dave').state(VIP) === 'none'
  await until(isDone, 'the component has answered')
}

async function comeAndGo(bot: Roster, gateway: Roster): Promise<void> {
  chapter('Who is there')
  does(jid('bob'), 'goes to lunch')
  await person('bob').sendPresence({ show: 'away', status: 'lunch' })
  await until(() => bot.own.presence(jid('bob')).best?.show === 'away', 'Bob is away')
  does(jid('dave'), 'logs out')
  await people.get('dave')?.end()
  await until(() => gateway.get(NEWS)?.presence(jid('dave')).available === false, 'Dave is offline')
}

async function restart(gateway: Actor, service: string): Promise<{ readonly gateway: Actor; readonly kept: boolean }> {
  chapter('The component stops, and starts again on the same storage')
  const before = memory(gateway.roster.values())
  await gateway.end({ announce: false })
  line(GATEWAY, paint('dim', 'stopped'))
  const next = await startGateway(service, SECRET, storage)
  const kept = before === memory(next.roster.values())
  line(GATEWAY, kept ? paint('green', 'is back, and nothing is lost') : paint('red', 'is back, and its rosters differ'))
  const alice = (): boolean | undefined => next.roster.get(NEWS)?.presence(jid('alice')).available
  await until(() => alice() === true, 'Alice is seen again')
  const [request] = next.roster.get(DESK)?.requests() ?? []
  line(DESK, `${request?.contact} has waited all the time: ${paint('green', 'authorize')}`)
  await request?.authorize()
  await until(() => stateOf(next.roster, DESK, 'carol') === 'both', 'Carol is accepted')
  return { gateway: next, kept }
}

async function stop(actors: readonly Actor[]): Promise<void> {
  for (const { end } of actors) await end()
  await server.close()
}

async function play(): Promise<void> {
  const { c2s, component } = await server.listen(values.serve === undefined ? 0 : Number(values.serve))
  chapter(`An XMPP server in this process: ${c2s} for clients, ${component} for components`)
  const bot = await startBot(c2s)
  const first = await startGateway(component, SECRET, storage)
  for (const name of PEOPLE) people.set(name, await startPerson(c2s, name))
  does(PEOPLE.join(', '), 'log in')
  await meetTheBot(bot.roster)
  await meetTheGateway(first.roster)
  await comeAndGo(bot.roster, first.roster)
  table([bot.roster.own, ...first.roster.values()].filter(({ size }) => size > 0))
  const { gateway, kept } = await restart(first, component)
  table([...gateway.roster.values()].filter(({ size }) => size > 0))
  const seconds = ((Date.now() - started) / 1_000).toFixed(1)
  const pairs = [bot.roster.own, ...gateway.roster.values()].reduce((sum, { size }) => sum + size, 0)
  chapter(
    `${server.log.length} stanzas and ${pairs} contacts in ${seconds} s; the restart lost ${kept ? 'nothing' : 'something'}`,
  )
  process.exitCode = kept ? 0 : 1
  sayHowToDoTheSame()
  const actors = [...people.values(), gateway, bot]
  if (values.serve === undefined) return stop(actors)
  sayHowToConnect(c2s)
  process.once('SIGINT', () => void stop(actors))
  process.once('SIGTERM', () => void stop(actors))
}

play().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
