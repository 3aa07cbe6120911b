// One of several processes that work on the same owners: `writer.child.ts <storage>`.
import { writeFileSync } from 'node:fs'
import { type OwnerRoster, Roster, RosterError, type RosterStorage } from '../../../src/index.js'
import { FakeComponent } from '../../support/fake-component.js'
import { type Commit, type Instruction, type Labour, SHARED, type Word, type Work } from './labour.js'
import { oneOf, seeded } from './random.js'
import { type OpenStorage, openStorage } from './storages.js'

const DOMAIN = 'bots.example'
/** Operations that a process has under way at a time. */
const LANES = 16
const PROGRESS = 50
/** So many operations are a second of its time: what was sent is settled now and then, and nobody is given up meanwhile. */
const SECOND = 300
/** Longer waits are for the time that is told. */
const REAL_MS = 250

const say = (word: Word): Promise<void> => new Promise((resolve) => process.send?.(word, () => resolve()))
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

type Pair = readonly [owner: string, second: string]

/** Time that moves when it is told to; only those who got into each other's way wait in real time. */
class Time {
  #now = Date.UTC(2026, 0, 1)
  readonly #due = new Set<{ readonly at: number; readonly run: () => void }>()

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    if (ms <= REAL_MS) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    }
    const entry = { at: this.#now + ms, run }
    this.#due.add(entry)
    return () => this.#due.delete(entry)
  }

  advance(ms: number): void {
    this.#now += ms
    for (const entry of [...this.#due]) {
      if (entry.at <= this.#now && this.#due.delete(entry)) entry.run()
    }
  }
}

class Writer {
  readonly #labour: Labour
  readonly #random: (below: number) => number
  readonly #open: OpenStorage
  readonly #time = new Time()
  readonly #fake = new FakeComponent(DOMAIN)
  readonly #roster: Roster
  readonly #commits: Commit[] = []
  readonly #work = {
    added: [] as Pair[],
    removed: [] as Pair[],
    grouped: [] as Pair[],
    asked: [] as Pair[],
    granted: [] as Pair[],
  }
  readonly #errors: string[] = []
  readonly #own: Pair[] = []
  #rosters: readonly OwnerRoster[] = []
  #disturbances = 0
  #started = 0
  #done = 0
  #commitCount = 0

  constructor(labour: Labour, open: OpenStorage) {
    this.#labour = labour
    this.#open = open
    this.#random = seeded(labour.seed)
    this.#roster = new Roster(this.#fake.entity, {
      storage: this.#watched(open.storage),
      presence: false,
      autoAuthorize: null,
      clock: this.#time,
    })
    this.#roster.on('error', (error) => this.#mind(error))
  }

  /** A storage whose connections are ended fails; anything else is somebody's mistake. */
  #mind(error: unknown): void {
    if (error instanceof RosterError && ['STORAGE_FAILED', 'STORAGE_CONFLICT'].includes(error.code)) return
    this.#errors.push(error instanceof Error ? String(error.stack) : String(error))
  }

  #watched(storage: RosterStorage): RosterStorage {
    const commit: RosterStorage['commit'] = async (owner, change) => {
      const { base, revision } = change
      const settle = (outcome: Commit['outcome']): void => void this.#commits.push({ owner, base, revision, outcome })
      this.#commitCount += 1
      const at = this.#commitCount
      if (at === this.#labour.stopAt) await say({ kind: 'stopping' })
      const doing = storage.commit(owner, change)
      doing.catch(() => undefined)
      await this.#within(at)
      try {
        await doing
      } catch (error) {
        settle(error instanceof RosterError && error.code === 'STORAGE_CONFLICT' ? 'refused' : 'unknown')
        throw error
      }
      settle('acknowledged')
    }
    return new Proxy(storage, {
      get(target, name) {
        if (name === 'commit') return commit
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  /** A commit is on its way: what may happen then. */
  async #within(at: number): Promise<void> {
    if (at === this.#labour.stopAt) {
      await turn()
      process.kill(process.pid, 'SIGSTOP')
      await say({ kind: 'continued' })
    }
    if (this.#open.disturb === undefined || at % this.#labour.disturbEvery !== 0) return
    for (let left = this.#random(20); left > 0; left--) await turn()
    this.#disturbances += 1
    await this.#open.disturb()
  }

  async start(): Promise<void> {
    this.#fake.online()
    const { owners } = this.#labour
    const opened: OwnerRoster[] = []
    for (const owner of owners) opened.push(await this.#persist(() => this.#roster.open(owner)))
    this.#rosters = opened
  }

  /** Until storage takes it: whoever is told of a failure does it again. */
  async #persist<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act()
      } catch (error) {
        if (!(error instanceof RosterError && ['STORAGE_FAILED', 'STORAGE_CONFLICT'].includes(error.code))) throw error
        await new Promise((resolve) => setTimeout(resolve, 1 + this.#random(20)))
      }
    }
  }

  async work(): Promise<void> {
    await Promise.all(Array.from({ length: LANES }, () => this.#lane()))
    for (const roster of this.#rosters) await this.#answerAll(roster)
  }

  async #lane(): Promise<void> {
    while (this.#started < this.#labour.operations) {
      const nr = this.#started
      this.#started += 1
      await this.#operate(oneOf(this.#random, this.#rosters), `${this.#labour.name}${nr}`)
      this.#done += 1
      if (this.#done % SECOND === 0) this.#time.advance(1_000)
      if (this.#done % PROGRESS === 0) void say({ kind: 'progress', operations: this.#done })
    }
  }

  #operate(roster: OwnerRoster, name: string): Promise<void> {
    const dice = this.#random(100)
    if (dice < 40) return this.#add(roster, `${name}@people.example`)
    if (dice < 65) return this.#group(roster, name)
    if (dice < 75) return this.#remove()
    if (dice < 85) return this.#ask(roster, `asker-${name}@people.example`)
    return this.#answerOne(roster)
  }

  async #add(roster: OwnerRoster, contact: string): Promise<void> {
    await this.#persist(() => roster.update(contact, { name: contact }))
    this.#work.added.push([roster.owner, contact])
    this.#own.push([roster.owner, contact])
  }

  async #group(roster: OwnerRoster, group: string): Promise<void> {
    await this.#persist(() => roster.update(SHARED, { groups: { add: [group] } }))
    this.#work.grouped.push([roster.owner, group])
  }

  async #remove(): Promise<void> {
    const pair = this.#own.splice(this.#random(this.#own.length), 1)[0]
    if (pair === undefined) return
    const [owner, contact] = pair
    await this.#persist(async () => (await this.#roster.open(owner)).remove(contact))
    this.#work.removed.push(pair)
  }

  /** A person asks, and asks again when nothing came of it. */
  async #ask(roster: OwnerRoster, contact: string): Promise<void> {
    this.#work.asked.push([roster.owner, contact])
    do {
      this.#fake.receive(`<presence from='${contact}' to='${roster.owner}' type='subscribe'/>`)
      await this.#persist(() => roster.resync())
    } while (roster.state(contact) === 'none')
  }

  async #answerOne(roster: OwnerRoster): Promise<void> {
    await this.#persist(() => roster.resync())
    const requests = roster.requests()
    if (requests.length > 0) await this.#grant(roster, oneOf(this.#random, requests).contact)
  }

  async #answerAll(roster: OwnerRoster): Promise<void> {
    await this.#persist(() => roster.resync())
    for (const { contact } of roster.requests()) await this.#grant(roster, contact)
  }

  async #grant(roster: OwnerRoster, contact: string): Promise<void> {
    if (await this.#persist(() => roster.authorize(contact))) this.#work.granted.push([roster.owner, contact])
  }

  /** Resolves when everything that is due by then was stored. */
  async advance(ms: number): Promise<void> {
    for (const roster of this.#rosters) await this.#persist(() => roster.resync())
    this.#time.advance(ms)
    for (const roster of this.#rosters) await this.#persist(() => roster.resync())
  }

  report(): void {
    const sent = this.#fake.written.filter(({ attrs }) => attrs['type'] === 'subscribed')
    const work: Work = {
      ...this.#work,
      commits: this.#commits,
      subscribed: sent.map(({ attrs }) => [String(attrs['from']), String(attrs['to'])]),
      disturbances: this.#disturbances,
      errors: [...this.#errors, ...this.#fake.errors.map(String)],
    }
    writeFileSync(this.#labour.report, JSON.stringify(work))
  }
}

const opening = openStorage(process.argv[2] ?? '')
let writer: Writer | undefined

async function obey(instruction: Instruction): Promise<void> {
  if (instruction.kind === 'work') {
    writer = new Writer(instruction.labour, await opening)
    await writer.start()
    await writer.work()
  } else if (instruction.kind === 'advance') await writer?.advance(instruction.ms)
  else writer?.report()
}

process.on('message', (instruction: Instruction) => {
  obey(instruction).then(
    () => say({ kind: 'done' }),
    (error: unknown) => say({ kind: 'failed', message: error instanceof Error ? String(error.stack) : String(error) }),
  )
})
process.on('disconnect', () => process.exit())
