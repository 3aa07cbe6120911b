import { parseStanza } from '../../../src/xmpp/codec.js'
import { eventually } from './eventually.js'
import { grants } from './judge.js'
import type { Death, Deed } from './messages.js'
import type { Person } from './person.js'
import { type Pair, STRANGERS, type Step, stateOf } from './script.js'
import type { Stage } from './stage.js'

const SHOWN = 40

/** Says how a process dies that comes to so many instants if it lives. `undefined`: it lives. */
export type Fate = (instants: number) => Death | undefined

/** About as many instants has a process that takes over before it is at work again. */
const BEGINNING = 8

/** One owner of the component and the people. */
export class Conversation {
  readonly owner: string
  /** Grants that came from the owner while nothing of what was said allowed them. */
  readonly unfounded: string[] = []
  readonly #stage: Stage
  readonly #fate: Fate
  /** How many instants each step had. */
  readonly instants: number[] = []
  readonly #pairs = new Map<string, Pair>()
  #isAcknowledged = false
  /** In this step. */
  #deaths = 0

  constructor(stage: Stage, owner: string, fate: Fate) {
    this.#stage = stage
    this.owner = owner
    this.#fate = fate
  }

  /** Plays it, and resolves with how it ends on both sides. `instants`: how many each step has if nobody dies. */
  async play(script: readonly Step[], instants: readonly number[] = []): Promise<unknown> {
    const { component } = this.#stage
    if (!(await component.open(this.owner))) await component.live([this.owner])
    for (const [at, step] of script.entries()) {
      await component.die(this.#fate(instants[at] ?? 0))
      await this.#play(step)
      this.instants.push((await component.die(undefined)) ?? 0)
    }
    if (!component.isAlive) await component.live([this.owner])
    return this.#end()
  }

  /** The owner is no more, whoever dies over that. Resolves with what is left of it on both sides. */
  async forget(instants = 0): Promise<unknown> {
    const { component, storage, people } = this.#stage
    await component.die(this.#fate(instants))
    await component.forget(this.owner)
    await eventually(
      async () => (await this.#forgetOn()) && (await this.#isForgotten()),
      () => this.#report('forgetting'),
    )
    this.instants.push((await component.die(undefined)) ?? 0)
    const seen: Record<string, unknown> = {}
    for (const [name, person] of people) seen[name] = await person.end(this.owner)
    return { stored: await storage.load(this.owner), seen }
  }

  /** Nobody opens the owner, and it is forgotten again only where that had not come to be stored. */
  async #forgetOn(): Promise<boolean> {
    const { component, storage } = this.#stage
    if (component.isAlive) return true
    await component.live([], this.#fate(BEGINNING))
    if ((await storage.load(this.owner))?.owed.length === 0) await component.forget(this.owner)
    return false
  }

  async #isForgotten(): Promise<boolean> {
    const { storage, people } = this.#stage
    for (const person of people.values())
      if (person.state(this.owner) !== 'none' || person.sees(this.owner)) return false
    return (await storage.load(this.owner)) === undefined && (await this.#isQuiet())
  }

  async #play(step: Step): Promise<void> {
    const before = this.#pairs.get(step.person) ?? STRANGERS
    this.#pairs.set(step.person, step.leadsTo)
    const from = this.#stage.server.log.length
    this.#isAcknowledged = false
    this.#deaths = 0
    await this.#act(step)
    await eventually(
      async () => (await this.#goOn(step)) && (await this.#isOver()),
      () => this.#report(JSON.stringify(step)),
    )
    this.#watch(step, before, from)
  }

  /** Whoever was not acknowledged, or has seen nothing come of it, does it again. */
  async #goOn(step: Step): Promise<boolean> {
    const { component } = this.#stage
    if (component.isAlive) return true
    this.#deaths += 1
    await component.live([this.owner], this.#fate(BEGINNING), step.regrets ? this.#regretted(step) : [])
    await this.#act(step)
    return false
  }

  #deed(command: Deed['command'], { person }: Step): Deed {
    return { command, owner: this.owner, contact: this.#person(person).jid }
  }

  /** It was granted, whether or not that came to be stored: who was never granted anything would be a stranger afterwards. */
  #regretted(step: Step): readonly Deed[] {
    return [this.#deed('authorize', step), this.#deed('unauthorize', step)]
  }

  async #act(step: Step): Promise<void> {
    const { who, person: name, does } = step
    const person = this.#person(name)
    // Who asks anew, or is subscribed to, is asked anew.
    if (does === 'subscribe') person.reconsider(this.owner)
    if (who === 'person') await person.does(does, this.owner)
    else if (does !== 'returns' && !this.#isAcknowledged) await this.#command(step, does, person.jid)
  }

  /** Who died over what it regrets has taken it back already. */
  async #command(step: Step, command: Deed['command'], contact: string): Promise<void> {
    const { component } = this.#stage
    if (step.regrets && this.#deaths > 0) return
    const isDone = await component.command({ command, owner: this.owner, contact })
    this.#isAcknowledged = isDone && (!step.regrets || (await component.command(this.#deed('unauthorize', step))))
  }

  #person(name: string): Person {
    const person = this.#stage.people.get(name)
    if (person === undefined) throw new Error(`There is no ${name}`)
    return person
  }

  /** Both sides stand where they should, and nothing that would change it is under way: answers must not cross the next step. */
  async #isOver(): Promise<boolean> {
    return (await this.#isReached()) && (await this.#isQuiet()) && this.#isReached()
  }

  async #isQuiet(): Promise<boolean> {
    const { people, component } = this.#stage
    for (const person of people.values())
      if ((await component.unlessDead(person.reaches(this.owner))) !== true) return false
    return true
  }

  /** Both sides stand where they should, everything that is owed was sent, and no policy has still to be asked. */
  async #isReached(): Promise<boolean> {
    const isSeen = [...this.#pairs].every(([name, { there, back }]) => {
      const person = this.#person(name)
      return person.state(this.owner) === stateOf(there, back) && person.sees(this.owner) === (there === 'granted')
    })
    if (!isSeen) return false
    const stored = await this.#stage.storage.load(this.owner)
    if (stored?.owed.length !== 0 || stored.items.some(({ request }) => request?.deferred === false)) return false
    const states = new Map(stored?.items.map(({ jid, state }) => [jid, state]))
    return [...this.#pairs].every(
      ([name, { there, back }]) => (states.get(this.#person(name).jid) ?? 'none') === stateOf(back, there),
    )
  }

  /** Judged by what was said alone: during a step, what was or will be granted may be used. */
  #watch({ person: name, leadsTo: after, regrets }: Step, before: Pair, from: number): void {
    const allowed = new Set([...this.#pairs].filter(([, { there }]) => there === 'granted').map(([one]) => one))
    if (regrets || before.there === 'granted' || after.there === 'granted') allowed.add(name)
    const jids = [...allowed].map((one) => this.#person(one).jid)
    for (const entry of this.#stage.server.log.slice(from)) {
      const stanza = parseStanza(entry.xml)
      if (stanza?.name !== 'presence' || !entry.from.startsWith(this.owner) || !grants(stanza.attrs['type'])) continue
      if (!jids.some((jid) => entry.to === jid || entry.to.startsWith(`${jid}/`))) this.unfounded.push(entry.xml)
    }
  }

  /** What is worth knowing when it goes wrong. */
  async #report(what: string): Promise<string> {
    const { server, component, storage, people } = this.#stage
    return [
      `${what} of ${this.owner}`,
      ...[...people.values()].map(
        (person) => `${person.jid} is ${person.state(this.owner)}, sees ${person.sees(this.owner)}`,
      ),
      JSON.stringify(await storage.load(this.owner)),
      ...component.failures,
      ...server.log
        .slice(-SHOWN)
        .map(({ at, direction, from, to, xml }) => `${at} ${direction} ${from} > ${to} ${xml}`),
      ...component
        .notes()
        .slice(-SHOWN)
        .map((note) => JSON.stringify(note)),
    ].join('\n')
  }

  /** Everything is sent and settled; what is left is what both sides keep. */
  async #end(): Promise<unknown> {
    const { storage, people } = this.#stage
    await eventually(
      () => this.#isOver(),
      () => this.#report('the end'),
    )
    const stored = await storage.load(this.owner)
    const items = (stored?.items ?? []).map(({ jid, name, groups, state, approved, unlisted, request }) => ({
      ...{ jid, name, groups, state, approved, unlisted },
      // Asked again, it has come again.
      request: request === undefined ? undefined : { deferred: request.deferred },
    }))
    const seen: Record<string, unknown> = {}
    for (const [name, person] of people) seen[name] = await person.end(this.owner)
    return { items: items.sort((a, b) => (a.jid < b.jid ? -1 : 1)), seen }
  }
}
