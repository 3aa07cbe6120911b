import { assemble, type Controls } from './assemble.js'
import { ejabberdBlueprint } from './ejabberd-config.js'
import { localPart, splitJid } from './jids.js'
import { startMachine } from './machine.js'
import {
  ACCOUNTS,
  DEFAULT_COMPONENTS,
  DOMAIN,
  PASSWORD,
  type RosterEntry,
  type ServerOptions,
  type TestedServer,
} from './types.js'

type Call = (command: string, args: object) => Promise<unknown>

class CommandFailed extends Error {
  constructor(
    command: string,
    readonly status: number,
    body: string,
  ) {
    super(`ejabberd refused ${command}: ${status} ${body}`)
  }
}

const api =
  (port: number): Call =>
  async (command, args) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/${command}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(args),
      signal: AbortSignal.timeout(60_000),
    })
    const body = await response.text()
    if (!response.ok) throw new CommandFailed(command, response.status, body)
    return JSON.parse(body)
  }

const register = (call: Call, user: string, password: string): Promise<unknown> =>
  call('register', { user, host: DOMAIN, password })

const sessionsOf = async (call: Call): Promise<readonly string[]> => {
  const answer = await call('connected_users', {})
  return Array.isArray(answer) ? answer.map(String).sort() : []
}

const existing = async (call: Call, fullJid: string): Promise<{ user: string; host: string; resource: string }> => {
  if (!(await sessionsOf(call)).includes(fullJid)) throw new Error(`no session ${fullJid}`)
  const { local, domain, resource } = splitJid(fullJid)
  return { user: local, host: domain, resource }
}

const setItem = async (call: Call, owner: string, contact: string, entry: RosterEntry): Promise<void> => {
  const { subscription = 'both', name = '', groups = [] } = entry
  const { local, domain } = splitJid(contact)
  const item = {
    localuser: localPart(owner),
    localhost: DOMAIN,
    user: local,
    host: domain,
    nick: name,
    subs: subscription,
  }
  try {
    await call('add_rosteritem', { ...item, group: groups.join(';') })
  } catch (error) {
    // From ejabberd 24 on the groups are a list.
    if (!(error instanceof CommandFailed && error.status === 400)) throw error
    await call('add_rosteritem', { ...item, groups })
  }
}

const removeItem = (call: Call, owner: string, contact: string): Promise<unknown> => {
  const { local, domain } = splitJid(contact)
  return call('delete_rosteritem', { localuser: localPart(owner), localhost: DOMAIN, user: local, host: domain })
}

/** The part of a server that is done through the HTTP API. */
const controlsOf = (call: Call): Controls => ({
  addAccount: async (username, password = PASSWORD) => void (await register(call, username, password)),
  inject: async (fullJid, stanza) =>
    void (await call('send_stanza_c2s', { ...(await existing(call, fullJid)), stanza })),
  deliver: async (from, to, stanza) => void (await call('send_stanza', { from, to, stanza })),
  kick: async (fullJid) => void (await call('kick_session', { ...(await existing(call, fullJid)), reason: 'kicked' })),
  sessions: () => sessionsOf(call),
  setRosterItem: (owner, contact, entry = {}) => setItem(call, owner, contact, entry),
  removeRosterItem: async (owner, contact) => void (await removeItem(call, owner, contact)),
})

/** Starts ejabberd on free ports of the loopback interface. Resolves once clients can log in. */
export const startEjabberd = async (options: ServerOptions = {}): Promise<TestedServer> => {
  const { components = DEFAULT_COMPONENTS } = options
  const blueprint = ejabberdBlueprint(components, options)
  const machine = await startMachine(blueprint)
  const call = api(machine.ports[2] ?? 0)
  await Promise.all(ACCOUNTS.map((name) => register(call, name, PASSWORD)))
  const server = assemble({ kind: 'ejabberd', machine, components, pem: blueprint.pem() }, controlsOf(call))
  return { ...server, api: `http://127.0.0.1:${machine.ports[2]}/api` }
}
