import { once } from 'node:events'
import { type Agent, createClient, type Stanzas } from 'stanza'
import { openBridge } from './bridge.js'
import { itemInWords, type LogIn, type Person, presenceInWords } from './person.js'

const inWords = ({ items = [] }: Stanzas.Roster): readonly string[] =>
  items
    .map(({ jid, subscription, pending, name, groups = [] }) =>
      itemInWords({ jid, subscription, asked: pending === 'subscribe', name, groups }),
    )
    .sort()

/** stanza.js as it is, over WebSocket. */
class StanzaJsPerson implements Person {
  readonly #agent: Agent
  readonly #close: () => Promise<void>
  #heard: string[] = []

  constructor(agent: Agent, close: () => Promise<void>) {
    this.#agent = agent
    this.#close = close
    agent.on('presence', ({ from, type, show }) => this.#heard.push(presenceInWords(from, type, show)))
    agent.on('roster:update', ({ roster }) => this.#heard.push(`push ${inWords(roster).join(', ')}`))
  }

  get jid(): string {
    return this.#agent.jid
  }

  get version(): string | undefined {
    return this.#agent.config.rosterVer
  }

  /** It hands out an empty roster when the server says that the one it has is current: only the answer itself tells. */
  async roster(): Promise<readonly string[] | 'current'> {
    const answers: Stanzas.IQ[] = []
    const note = (iq: Stanzas.IQ): void => void answers.push(iq)
    this.#agent.on('iq', note)
    const roster = await this.#agent.getRoster()
    this.#agent.off('iq', note)
    const answer = answers.find(({ type }) => type === 'result')
    return answer?.roster === undefined ? 'current' : inWords(roster)
  }

  async update(jid: string, item: { readonly name?: string; readonly groups?: readonly string[] }): Promise<void> {
    const { name, groups = [] } = item
    const wish: Partial<Stanzas.RosterItem> = { jid, groups: [...groups], ...(name !== undefined && { name }) }
    await this.#asked(this.#agent.updateRosterItem(wish as Stanzas.RosterItem))
  }

  async remove(jid: string): Promise<void> {
    await this.#asked(Promise.resolve(this.#agent.removeRosterItem(jid)))
  }

  async #asked(answer: Promise<void>): Promise<void> {
    await answer.catch((iq: Stanzas.IQ) => {
      throw new Error(iq.error?.condition ?? 'no answer', { cause: iq })
    })
  }

  async says(type: 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed', to: string): Promise<void> {
    if (type === 'subscribe') this.#agent.subscribe(to)
    else if (type === 'subscribed') this.#agent.acceptSubscription(to)
    else if (type === 'unsubscribe') this.#agent.unsubscribe(to)
    else this.#agent.denySubscription(to)
  }

  async announce(show?: 'away' | 'chat' | 'dnd' | 'xa'): Promise<void> {
    this.#agent.sendPresence(show === undefined ? {} : { show })
  }

  async ping(): Promise<void> {
    await this.#agent.ping(this.#agent.config.server)
  }

  heard(): readonly string[] {
    return this.#heard.splice(0)
  }

  async survives(cut: () => void): Promise<void> {
    const resumed = once(this.#agent, 'stream:management:resumed')
    this.#agent.once('disconnected', () => this.#agent.connect())
    cut()
    await resumed
  }

  async leave(): Promise<void> {
    if (this.#agent.transport === undefined) return
    // What it has still to answer it would send behind its end, and complain.
    await this.ping()
    const gone = once(this.#agent, 'disconnected')
    this.#agent.disconnect()
    await gone
    await this.#close()
  }
}

/** Logs in with what stanza.js chooses itself: SCRAM. */
export const logInWithStanzaJs: LogIn = async ({ service, domain, username, password, resource, version }) => {
  const bridge = await openBridge(service)
  const agent = createClient({
    jid: `${username}@${domain}`,
    resource,
    password,
    transports: { websocket: bridge.url, bosh: false },
    ...(version !== undefined && { rosterVer: version }),
  })
  const person = new StanzaJsPerson(agent, () => bridge.close())
  const started = new Promise<void>((resolve, reject) => {
    agent.once('session:started', () => resolve())
    agent.once('auth:failed', () => reject(new Error('not-authorized')))
    agent.once('stream:error', (error) => reject(new Error(error.condition)))
  })
  agent.connect()
  try {
    await started
  } catch (cause) {
    await bridge.close()
    throw cause
  }
  return person
}
