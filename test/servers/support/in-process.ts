import { systemClock } from '../../../src/core/clock.js'
import { RosterError } from '../../../src/core/errors.js'
import { Listener } from '../../../src/testing/connection/listener.js'
import { TestHost } from '../../../src/testing/host.js'
import { ACCOUNTS, DEFAULT_COMPONENTS, DOMAIN, PASSWORD, type ServerOptions, type TestedServer } from './types.js'

interface Ports {
  readonly c2s: number
  readonly component: number
}

const listen = (host: TestHost, ports: Ports) =>
  Listener.listen(host, {
    clock: systemClock,
    onStanza: (direction, jid, xml) => host.note(direction, jid, xml),
    ports,
  })

/** As a real server's administration says it. */
const noSession = (error: unknown): never => {
  if (error instanceof RosterError && error.code === 'NOT_CONNECTED') throw new Error('no session', { cause: error })
  throw error
}

/**
 * The library's own server, in this process: what `xmpp-roster/testing` publishes, with the ways of an administrator
 * that the conversations need. A restart takes its connections and leaves its memory.
 */
export const startInProcess = async (options: ServerOptions = {}): Promise<TestedServer> => {
  const { tls = false, components = DEFAULT_COMPONENTS } = options
  if (tls) throw new Error('The server in the process has no TLS')
  const accounts = Object.fromEntries(ACCOUNTS.map((name) => [name, PASSWORD]))
  const host = new TestHost({ domain: DOMAIN, accounts, components })
  let running = await listen(host, { c2s: 0, component: 0 })
  const { c2s, component } = running
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    await running.listener.close()
    await host.close()
  }
  return {
    kind: 'in-process',
    domain: DOMAIN,
    c2s: `xmpp://127.0.0.1:${c2s}`,
    component: `xmpp://127.0.0.1:${component}`,
    componentDomain: Object.keys(components)[0] ?? '',
    componentDomains: Object.keys(components),
    components,
    certificate: undefined,
    addAccount: async (username, password = PASSWORD) => host.addAccount(username, password),
    inject: async (fullJid, xml) => {
      try {
        host.inject(fullJid, xml)
      } catch (error) {
        noSession(error)
      }
      await host.settled()
    },
    deliver: (from, to, xml) => host.deliver(from, to, xml),
    kick: async (fullJid) => host.kick(fullJid),
    sessions: async () => host.sessions(),
    setRosterItem: (owner, contact, entry = {}) => host.setItem(owner, contact, entry),
    removeRosterItem: (owner, contact) => host.setItem(owner, contact, undefined),
    restart: async () => {
      await running.listener.close()
      running = await listen(host, { c2s, component })
    },
    stop: () => {
      stopped ??= stop()
      return stopped
    },
    logs: () => host.log.map(({ at, direction, xml }) => `${at} ${direction} ${xml}`).join('\n'),
  }
}
