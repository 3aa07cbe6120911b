/** Who takes part in the demonstration. Each connects as it would to any other server. */
import { client } from '@xmpp/client'
import { component } from '@xmpp/component'
import { contacts, firstOf, type MemoryStorage, Roster } from 'xmpp-roster'
import { decisionInColour, line, paint } from './print.js'

export const DOMAIN = 'localhost'
export const GATEWAY = 'gateway.localhost'
export const PEOPLE = ['alice', 'bob', 'carol', 'dave'] as const
export const PASSWORD = 'demo'
export const BOT = `bot@${DOMAIN}`
export const NEWS = `news@${GATEWAY}`
export const VIP = `vip@${GATEWAY}`
export const DESK = `desk@${GATEWAY}`

/** A roster and how to end its connection. */
export interface Actor {
  readonly roster: Roster
  end(options?: { readonly announce?: boolean }): Promise<void>
}

const checks = new Set<() => void>()
const notice = (): void => {
  for (const check of checks) check()
}

/** Resolves when the condition holds: it is looked at whenever somebody's roster tells something. */
export function until(condition: () => boolean, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (act: () => void): void => {
      clearTimeout(limit)
      checks.delete(check)
      act()
    }
    const check = (): void => void (condition() && end(resolve))
    const limit = setTimeout(() => end(() => reject(new Error(`Waited in vain: ${what}`))), 8_000)
    checks.add(check)
    check()
  })
}

function watch(roster: Roster): void {
  for (const type of [
    'loaded',
    'added',
    'updated',
    'removed',
    'transition',
    'presence',
    'subscribe',
    'offline',
  ] as const)
    roster.on(type, notice)
}

/** Says where subscriptions went, one line for each contact: a policy may take several steps at once. */
function narrateTransitions(roster: Roster): void {
  const steps = new Map<string, string[]>()
  const flush = (owner: string, contact: string, cause: string): void => {
    const path = steps.get(`${owner} ${contact}`) ?? []
    steps.delete(`${owner} ${contact}`)
    line(owner, `${contact}: ${path.join(' → ')} ${paint('dim', `(${cause})`)}`)
  }
  roster.on('transition', ({ owner, contact, before, after, cause }) => {
    const key = `${owner} ${contact}`
    if (!steps.has(key)) queueMicrotask(() => flush(owner, contact, cause))
    steps.set(key, [...(steps.get(key) ?? [before]), paint('bold', after)])
  })
}

/** Prints what a roster tells, as an application would react to it. */
function narrate(roster: Roster): void {
  roster.on('subscribe', ({ owner, contact, decision, status }) => {
    const words = status === undefined ? '' : ` ("${status}")`
    line(owner, `${contact} asks to subscribe${words}: ${decisionInColour(decision)}`)
  })
  roster.on('subscribed', ({ owner, contact }) => line(owner, `${contact} granted the request`))
  roster.on('unsubscribe', ({ owner, contact }) => line(owner, `${contact} unsubscribed`))
  narrateTransitions(roster)
  roster.on('online', ({ owner, contact }) => line(owner, `${paint('green', '●')} ${contact} is online`))
  roster.on('offline', ({ owner, contact }) => line(owner, `${paint('dim', '○')} ${contact} is offline`))
  roster.on('presence', ({ owner, contact, presence, previous }) => {
    if (presence === undefined || previous === undefined) return
    const words = presence.status === undefined ? '' : `: "${presence.status}"`
    line(owner, `${contact} is ${presence.show ?? 'available'}${words}`)
  })
}

const actor = (roster: Roster, stop: () => Promise<unknown>): Actor => ({
  roster,
  end: async (options) => {
    await roster.close(options)
    await stop()
  },
})

async function login(
  service: string,
  username: string,
  options: ConstructorParameters<typeof Roster>[1],
): Promise<Actor> {
  const xmpp = client({ service, domain: DOMAIN, username, password: PASSWORD })
  xmpp.on('error', (error: Error) => console.error(error.message))
  const roster = new Roster(xmpp, options)
  watch(roster)
  await xmpp.start()
  await roster.ready()
  return actor(roster, () => xmpp.stop())
}

/** Both policies on, as they are by default: it accepts whoever asks, and asks back. */
export async function startBot(service: string): Promise<Actor> {
  const bot = await login(service, 'bot', { autoAuthorize: true, autoSubscribe: true })
  narrate(bot.roster)
  return bot
}

/** A person, who grants what she is asked and asks back nobody. */
export const startPerson = (service: string, name: string): Promise<Actor> =>
  login(service, name, { autoAuthorize: true, autoSubscribe: false })

/** A component with three owners, and a policy for each. */
export async function startGateway(service: string, secret: string, storage: MemoryStorage): Promise<Actor> {
  const xmpp = component({ service, domain: GATEWAY, password: secret })
  xmpp.on('error', (error: Error) => console.error(error.message))
  const roster = new Roster(xmpp, {
    storage,
    autoSubscribe: true,
    presence: (owner) => ({ status: `This is ${owner}` }),
  })
  watch(roster)
  narrate(roster)
  const [news, vip] = [await roster.open(NEWS), await roster.open(VIP)]
  news.autoAuthorize = true
  vip.autoAuthorize = firstOf(contacts([`alice@${DOMAIN}`], 'authorize'), () => 'deny')
  // Nobody decides for this one: its requests wait for an answer.
  await roster.open(DESK)
  await xmpp.start()
  await roster.ready()
  return actor(roster, () => xmpp.stop())
}
