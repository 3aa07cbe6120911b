import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Command, type Daemon, launch } from './daemon.js'
import { freePorts } from './ports.js'
import { listens, offersFeatures } from './probe.js'

const START_MS = 120_000
const BACKOFF_MS = 40
const TRIES = 5
const CLASH = /address already in use|port is in use|already in use|eaddrinuse/i

/** What has to be known of a kind of server to run it. */
export interface Blueprint {
  readonly name: string
  /** How many ports it needs; the first one is for clients. */
  readonly ports: number
  /** Writes whatever the server reads before its first start. */
  prepare(folder: string, ports: readonly number[]): Promise<Command>
}

/** A server process together with its folder and ports, which survive a restart. */
export interface Machine {
  readonly folder: string
  readonly ports: readonly number[]
  readonly pid: number
  restart(): Promise<void>
  stop(): Promise<void>
  logs(): string
}

const allListen = async (ports: readonly number[]): Promise<boolean> => {
  const [c2s = 0, ...rest] = ports
  if (!(await offersFeatures(c2s))) return false
  return (await Promise.all(rest.map(listens))).every(Boolean)
}

type Outcome = 'ready' | 'clash' | 'died' | 'silent'

/** Watches a process until it serves on every port. A port that somebody else serves on is no success. */
const outcomeOf = async (daemon: Daemon, ports: readonly number[], logged: () => string): Promise<Outcome> => {
  const end = Date.now() + START_MS
  while (Date.now() < end) {
    const ready = await allListen(ports)
    if (CLASH.test(logged())) return 'clash'
    if (!daemon.running) return 'died'
    if (ready) return 'ready'
    await delay(BACKOFF_MS)
  }
  return 'silent'
}

class RunningMachine implements Machine {
  ports: readonly number[] = []
  #log = ''
  #command: Command | undefined
  #daemon: Daemon | undefined

  constructor(
    readonly blueprint: Blueprint,
    readonly folder: string,
  ) {}

  get pid(): number {
    return this.#daemon?.pid ?? 0
  }

  logs(): string {
    return this.#log
  }

  /** The first start: other ports may be taken if these are not to be had. */
  async start(): Promise<void> {
    await this.#untilReady(async () => {
      this.ports = await freePorts(this.blueprint.ports)
      this.#command = await this.blueprint.prepare(this.folder, this.ports)
      return this.#command
    })
  }

  async restart(): Promise<void> {
    const command = this.#command
    if (command === undefined) throw new Error(`${this.blueprint.name} was never started`)
    await this.#daemon?.stop()
    await this.#untilReady(async () => command)
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop()
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }

  async #untilReady(command: () => Promise<Command>): Promise<void> {
    for (let left = TRIES; ; left--) {
      const from = this.#log.length
      const daemon = launch(await command(), this.folder, (text) => {
        this.#log += text
      })
      this.#daemon = daemon
      const outcome = await outcomeOf(daemon, this.ports, () => this.#log.slice(from))
      if (outcome === 'ready') return
      await daemon.stop()
      if (outcome === 'clash' && left > 1) continue
      throw new Error(`${this.blueprint.name} did not start (${outcome}):\n${this.#log.slice(from).slice(-4000)}`)
    }
  }
}

/** Makes a folder, starts the server in it and resolves once clients are answered. */
export const startMachine = async (blueprint: Blueprint): Promise<Machine> => {
  const folder = await mkdtemp(join(tmpdir(), `roster-${blueprint.name}-`))
  const machine = new RunningMachine(blueprint, folder)
  try {
    await machine.start()
  } catch (error) {
    await machine.stop()
    throw error
  }
  return machine
}
