import { trust } from './certificate.js'
import type { Machine } from './machine.js'
import { DOMAIN, type ServerKind, type TestedServer } from './types.js'

/** What is done through a server's own administration, and hence differs. */
export type Controls = Pick<
  TestedServer,
  'addAccount' | 'inject' | 'deliver' | 'kick' | 'sessions' | 'setRosterItem' | 'removeRosterItem'
>

interface Parts {
  readonly kind: ServerKind
  /** Its first two ports are those for clients and for components. */
  readonly machine: Machine
  readonly components: Readonly<Record<string, string>>
  readonly pem: string | undefined
}

/** Makes a server out of a running machine and the ways to administer it. */
export const assemble = ({ kind, machine, components, pem }: Parts, controls: Controls): TestedServer => {
  const { folder, ports } = machine
  const distrust = pem === undefined ? undefined : trust(pem)
  return {
    ...controls,
    kind,
    domain: DOMAIN,
    c2s: `xmpp://127.0.0.1:${ports[0]}`,
    component: `xmpp://127.0.0.1:${ports[1]}`,
    componentDomain: Object.keys(components)[0] ?? '',
    componentDomains: Object.keys(components),
    components,
    certificate: pem,
    machine: {
      folder,
      get pid() {
        return machine.pid
      },
    },
    restart: () => machine.restart(),
    stop: async () => {
      distrust?.()
      await machine.stop()
    },
    logs: () => machine.logs(),
  }
}
