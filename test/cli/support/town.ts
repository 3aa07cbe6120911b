import { onTestFinished } from 'vitest'
import { TestServer, type TestServerOptions } from '../../../src/testing.js'
import { freshHome, type Result, type RunOptions, run } from './command.js'

const PASSWORD = 'secret'

/** A server, and people who use the command there, each with a home of her own. */
export interface Town {
  readonly server: TestServer
  readonly c2s: string
  readonly component: string
  /** Runs a command as one of them. */
  as(name: string, ...words: readonly string[]): Promise<Result>
  /** The same with a terminal, and whatever else is to be set. */
  asWith(name: string, options: RunOptions, ...words: readonly string[]): Promise<Result>
  homeOf(name: string): string
  /** The variables that name an account. */
  envOf(name: string): Record<string, string>
  /** The stanzas that somebody has sent since the last call, as XML; the ones that the server has sent her: `to`. */
  sent(name: string): readonly string[]
  received(name: string): readonly string[]
}

/** A server in this process, with these accounts. */
export async function town(names: readonly string[], options: TestServerOptions = {}): Promise<Town> {
  const accounts = Object.fromEntries(names.map((name) => [name, PASSWORD]))
  const server = new TestServer({ accounts, components: { 'bots.localhost': PASSWORD }, ...options })
  onTestFinished(() => server.close())
  const { c2s, component } = await server.listen()
  const homes = new Map<string, string>()
  const homeOf = (name: string): string => {
    const home = homes.get(name) ?? freshHome()
    homes.set(name, home)
    return home
  }
  const envOf = (name: string): Record<string, string> => ({
    XMPP_SERVICE: c2s,
    XMPP_JID: `${name}@localhost`,
    XMPP_PASSWORD: PASSWORD,
  })
  const asWith: Town['asWith'] = (name, given, ...words) =>
    run(words, { home: homeOf(name), ...given, env: { ...envOf(name), ...given.env } })
  const seen = { sent: 0, received: 0 }
  const news = (direction: 'sent' | 'received', name: string): readonly string[] => {
    const from = seen[direction]
    seen[direction] = server.log.length
    const isWanted = (jid: string): boolean => jid.startsWith(`${name}@`)
    return server.log
      .slice(from)
      .filter((entry) => (direction === 'sent' ? entry.direction === 'in' : entry.direction === 'out'))
      .filter((entry) => isWanted(direction === 'sent' ? entry.from : entry.to))
      .map(({ xml }) => xml)
  }
  return {
    ...{ server, c2s, component, homeOf, envOf, asWith },
    as: (name, ...words) => asWith(name, {}, ...words),
    sent: (name) => news('sent', name),
    received: (name) => news('received', name),
  }
}

/** Both see each other: as people do it, by four commands. */
export async function befriend(people: Town, one: string, other: string): Promise<void> {
  const steps = [
    [one, 'subscribe', `${other}@localhost`],
    [other, 'authorize', `${one}@localhost`, '--subscribe'],
    [one, 'authorize', `${other}@localhost`],
  ] as const
  for (const [name, ...words] of steps) {
    const { code, err } = await people.as(name, ...words)
    if (code !== 0) throw new Error(err)
  }
}
