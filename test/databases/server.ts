import { chownSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Command, type Daemon, launch } from '../servers/support/daemon.js'
import { freePorts } from '../servers/support/ports.js'
import { type Account, accountOf } from './programs.js'

const START_MS = 120_000
const BACKOFF_MS = 30
const TRIES = 5
const CLASH = /address already in use|could not bind/i

/** A database server of the tests: on a free port of the loopback interface, its data in a folder of its own. */
export interface DatabaseServer {
  readonly port: number
  /** What drivers connect to; it has no password. */
  readonly url: string
  readonly pid: number
  logs(): string
  /** Orderly, as an administrator does it: clients are disconnected, data stays. */
  shutDown(): Promise<void>
  /** As a crash: nothing is written any more. What was acknowledged before is in the hands of the operating system. */
  kill(): Promise<void>
  /** Starts again on the same port with the same data; shuts down first if it runs. */
  restart(): Promise<void>
  /** The end: the process and its folder are gone. */
  stop(): Promise<void>
}

/** What has to be known of a kind of server to run it. */
export interface DatabaseKind {
  readonly name: string
  /** Who runs it when the tests run as root. */
  readonly account: string
  /** Makes an empty database in the folder. */
  create(folder: string, account: Account): Promise<void>
  command(folder: string, port: number, account: Account): Command
  url(port: number): string
  /** Resolves if it answers. */
  ping(url: string): Promise<void>
  readonly signals: { readonly shutDown: NodeJS.Signals; readonly kill: NodeJS.Signals }
}

class RunningDatabase implements DatabaseServer {
  port = 0
  readonly #kind: DatabaseKind
  readonly #folder: string
  readonly #account: Account
  #log = ''
  #daemon: Daemon | undefined

  constructor(kind: DatabaseKind, folder: string, account: Account) {
    this.#kind = kind
    this.#folder = folder
    this.#account = account
  }

  get url(): string {
    return this.#kind.url(this.port)
  }

  get pid(): number {
    return this.#daemon?.pid ?? 0
  }

  logs(): string {
    return this.#log
  }

  /** The first start: another port if this one is not to be had. */
  async start(): Promise<void> {
    await this.#kind.create(this.#folder, this.#account)
    for (let left = TRIES; ; left--) {
      const [port = 0] = await freePorts(1)
      this.port = port
      const from = this.#log.length
      try {
        await this.#run()
        return
      } catch (error) {
        if (left === 1 || !CLASH.test(this.#log.slice(from))) throw error
      }
    }
  }

  shutDown(): Promise<void> {
    return this.#end(this.#kind.signals.shutDown)
  }

  kill(): Promise<void> {
    return this.#end(this.#kind.signals.kill)
  }

  async restart(): Promise<void> {
    await this.shutDown()
    await this.#run()
  }

  async stop(): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const daemon = this.#daemon
    if (daemon?.running === true) process.kill(daemon.pid, signal)
    await daemon?.stop()
  }

  async #run(): Promise<void> {
    const from = this.#log.length
    const daemon = launch(this.#kind.command(this.#folder, this.port, this.#account), this.#folder, (text) => {
      this.#log += text
    })
    this.#daemon = daemon
    const end = Date.now() + START_MS
    while (daemon.running && Date.now() < end) {
      if (await answers(this.#kind, this.url)) return
      await delay(BACKOFF_MS)
    }
    await daemon.stop()
    throw new Error(`${this.#kind.name} did not start:\n${this.#log.slice(from).slice(-4000)}`)
  }
}

const answers = (kind: DatabaseKind, url: string): Promise<boolean> =>
  kind.ping(url).then(
    () => true,
    () => false,
  )

/** Makes a folder and an empty database in it, and resolves once that answers. */
export async function startDatabase(kind: DatabaseKind): Promise<DatabaseServer> {
  const folder = await mkdtemp(join(tmpdir(), `roster-${kind.name}-`))
  const account = accountOf(kind.account)
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid ?? account.uid)
  const server = new RunningDatabase(kind, folder, account)
  try {
    await server.start()
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}
