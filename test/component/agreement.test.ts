import { EventEmitter } from 'eventemitter3'
import type { Element } from 'ltx'
import { parse } from 'ltx/lib/ltx.js'
import { describe, expect, test } from 'vitest'
import type { AutoAuthorize, Clock, Decision, RosterChange, SubscriptionState } from '../../src/index.js'
import { MemoryStorage, Roster, RosterError } from '../../src/index.js'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A linear congruential generator: a seed is all that a failing run needs to be run again. */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** A millisecond is a turn, forty at the most; a policy's time never passes. */
const clock: Clock = {
  now: () => 0,
  after(ms, run) {
    let left = ms > 1_000 ? Number.POSITIVE_INFINITY : Math.min(ms, 40)
    const tick = (): void => {
      left -= 1
      if (left === 0) run()
      else if (left > 0) setImmediate(tick)
    }
    if (left <= 40) setImmediate(tick)
    return () => {
      left = -1
    }
  },
}

/** Two servers, each with the connections of one component; stanzas keep their order, whoever takes them. */
class Network {
  readonly log: string[] = []
  readonly #random: (below: number) => number
  readonly #connections = new Map<string, Connection[]>()
  readonly #queue: Element[] = []

  constructor(random: (below: number) => number) {
    this.#random = random
  }

  connect(domain: string): Connection {
    const connection = new Connection(domain, (stanza) => {
      this.log.push(stanza.toString())
      this.#queue.push(parse(stanza.toString()))
    })
    this.#connections.set(domain, [...(this.#connections.get(domain) ?? []), connection])
    return connection
  }

  /** Delivers one stanza; `false`: there was none. */
  deliver(): boolean {
    const stanza = this.#queue.shift()
    if (stanza === undefined) return false
    const to = String(stanza.attrs['to'])
    const connections = this.#connections.get(to.slice(to.indexOf('@') + 1)) ?? []
    connections[this.#random(connections.length)]?.emit('stanza', stanza)
    return true
  }

  async quiet(): Promise<void> {
    for (let still = 0; still < 60; still++) {
      if (this.deliver()) still = 0
      await turn()
    }
  }
}

class Connection extends EventEmitter<string> {
  readonly NS = 'jabber:component:accept'
  readonly options: { readonly domain: string }
  readonly status = 'online'
  readonly jid: { toString(): string }
  readonly iqCallee = { get: () => undefined, set: () => undefined }
  readonly iqCaller = { request: () => Promise.reject(new RosterError('UNSUPPORTED', 'not here')) }
  readonly middleware = { use: () => undefined }
  readonly #route: (stanza: Element) => void

  constructor(domain: string, route: (stanza: Element) => void) {
    super()
    this.options = { domain }
    this.jid = { toString: () => domain }
    this.#route = route
  }

  async send(stanza: Element): Promise<void> {
    this.#route(stanza)
    await turn()
    this.emit('send', stanza)
  }
}

/** Takes its time, a different one for each call. */
class SlowStorage extends MemoryStorage {
  readonly #random: (below: number) => number

  constructor(random: (below: number) => number) {
    super()
    this.#random = random
  }

  async #wait(): Promise<void> {
    for (let turns = this.#random(6); turns > 0; turns--) await turn()
  }

  override async commit(owner: string, change: RosterChange): Promise<void> {
    await this.#wait()
    await super.commit(owner, change)
    await this.#wait()
  }

  override async load(owner: string): ReturnType<MemoryStorage['load']> {
    await this.#wait()
    const stored = await super.load(owner)
    await this.#wait()
    return stored
  }

  override async loadMany(owners: readonly string[]): ReturnType<MemoryStorage['loadMany']> {
    const stored = await super.loadMany(owners)
    await this.#wait()
    return stored
  }
}

const POLICIES: readonly AutoAuthorize[] = [
  true,
  false,
  null,
  async (): Promise<Decision> => {
    await turn()
    return 'authorize'
  },
]
const VERBS = ['subscribe', 'subscribe', 'authorize', 'authorize', 'unsubscribe', 'unauthorize', 'remove'] as const
const PEOPLE = ['ann', 'ben', 'cat'] as const

interface Side {
  readonly domain: string
  readonly storage: MemoryStorage
  readonly rosters: readonly Roster[]
}

function side(
  domain: string,
  processes: number,
  policy: number,
  network: Network,
  random: (below: number) => number,
): Side {
  const storage = new SlowStorage(random)
  const autoAuthorize = POLICIES[policy % POLICIES.length] ?? null
  const options = { storage, autoAuthorize, clock, owners: () => true }
  return {
    domain,
    storage,
    rosters: Array.from({ length: processes }, () => new Roster(network.connect(domain), options)),
  }
}

async function act(from: Side, to: Side, random: (below: number) => number): Promise<void> {
  const roster = from.rosters[random(from.rosters.length)]
  const verb = VERBS[random(VERBS.length)] ?? 'subscribe'
  const owner = `${PEOPLE[random(PEOPLE.length)]}@${from.domain}`
  const contact = `${PEOPLE[random(PEOPLE.length)]}@${to.domain}`
  await (await roster?.open(owner))?.[verb](contact)
}

const receives = (state: SubscriptionState): boolean => state.startsWith('to') || state === 'both'
const isSeen = (state: SubscriptionState): boolean => state.startsWith('from') || state === 'both'

async function stored(of: Side, owner: string, contact: string): Promise<SubscriptionState> {
  return (await of.storage.load(owner))?.items.find((item) => item.jid === contact)?.state ?? 'none'
}

async function check(here: Side, there: Side, network: Network, isOrdered: boolean): Promise<void> {
  for (const owner of PEOPLE.map((name) => `${name}@${here.domain}`)) {
    for (const contact of PEOPLE.map((name) => `${name}@${there.domain}`)) {
      const state = await stored(here, owner, contact)
      const other = await stored(there, contact, owner)
      const story = network.log.filter((xml) => xml.includes(`"${owner}"`) && xml.includes(`"${contact}"`)).join('\n')
      const agrees = !receives(state) || isSeen(other)
      expect(agrees || !isOrdered, `${owner} is ${state}, ${contact} is ${other}\n${story}`).toBe(true)
      for (const roster of here.rosters) expect(roster.get(owner)?.state(contact) ?? state, story).toBe(state)
    }
  }
}

describe.each([
  ['one process each', 1],
  ['two processes on one storage each', 2],
])('components that do as they please, %s', (_title, processes) => {
  test.each(Array.from({ length: 40 }, (_, seed) => seed + 1))(
    'nobody ends up waiting for a presence that is not granted, and every process knows what is stored: seed %i',
    async (seed) => {
      const random = seeded(seed * 7_919)
      const network = new Network(random)
      const left = side('left.example', processes, seed, network, random)
      const right = side('right.example', processes, seed >> 2, network, random)
      const work: Promise<void>[] = []
      for (let round = 0; round < 60; round++) {
        work.push(random(2) === 0 ? act(left, right, random) : act(right, left, random))
        for (let turns = random(4); turns > 0; turns--) {
          network.deliver()
          await turn()
        }
      }
      await Promise.all(work)
      await network.quiet()
      // Two connections of one component may overtake each other: then only each side agrees with itself.
      await check(left, right, network, processes === 1)
      await check(right, left, network, processes === 1)
    },
  )
})
