import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import type { Death, Deed, Life, Note, Order, Report } from './messages.js'

/** What stays the same from one life to the next. */
export interface Setting extends Pick<Life, 'service' | 'domain' | 'secret' | 'journal'> {
  /** As in `openStorage`. */
  readonly storage: string
  /** The component as a bundle. */
  readonly program: string
}

/** What is unanswered for a day is asked again, and what a dead process has left is nobody's by then. */
const LATER = 25 * 3_600_000

/** A component that is killed, and lives again in another process. The next one waits beside it, loaded. */
export class Mortal {
  readonly #setting: Setting
  #spare: ChildProcess
  #current: ChildProcess | undefined
  #waiting: ((report: Report) => void)[] = []
  #now = Date.now()
  readonly #failures: string[] = []

  constructor(setting: Setting) {
    this.#setting = setting
    this.#spare = this.#fork()
  }

  #fork(): ChildProcess {
    const child = fork(this.#setting.program, [this.#setting.storage], { execArgv: [], serialization: 'json' })
    child.on('message', (report: Report) => {
      if (report.kind === 'wrote') void this.#tellRead(child)
      else this.#heard(report)
    })
    return child
  }

  /** The server is in this process: in a whole turn of the event loop it reads whatever has come. */
  async #tellRead(child: ChildProcess): Promise<void> {
    await turn()
    await turn()
    if (child.connected) child.send({ kind: 'read' } satisfies Order, () => undefined)
  }

  #heard(report: Report): void {
    if (report.kind === 'failed') this.#failures.push(report.message)
    else if (report.kind !== 'loaded') this.#waiting.shift()?.(report)
  }

  get isAlive(): boolean {
    return this.#current !== undefined && this.#current.exitCode === null && this.#current.signalCode === null
  }

  /** What no process should have said. */
  get failures(): readonly string[] {
    return this.#failures
  }

  /** Everything that all processes have noted. */
  notes(): readonly Note[] {
    const lines = readFileSync(this.#setting.journal, 'utf8').split('\n')
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Note)
  }

  /** Takes over, a day later. Resolves when the process is connected, or dead again. */
  async live(owners: readonly string[], death?: Death, first: readonly Deed[] = []): Promise<void> {
    if (this.isAlive) throw new Error('There is one component at a time')
    this.#now += LATER
    this.#waiting = []
    const child = this.#spare
    this.#current = child
    this.#spare = this.#fork()
    const { program: _, storage: __, ...setting } = this.#setting
    await this.#asked({ kind: 'live', life: { ...setting, owners, first, now: this.#now, death } })
  }

  /** Has the process that runs open another owner. `false`: there is none. */
  async open(owner: string): Promise<boolean> {
    return (await this.#asked({ kind: 'open', owner })) !== undefined
  }

  /** `false`: it was not acknowledged. */
  async forget(owner: string): Promise<boolean> {
    return (await this.#asked({ kind: 'forget', owner })) !== undefined
  }

  /** The process that runs dies at this instant. Resolves with how many came since it was told last; `undefined`: it is dead. */
  async die(death: Death | undefined): Promise<number | undefined> {
    const report = await this.#asked({ kind: 'die', death })
    return report?.kind === 'armed' ? report.passed : undefined
  }

  /** `false`: it was not acknowledged. */
  async command(deed: Deed): Promise<boolean> {
    return (await this.#asked({ kind: 'command', deed })) !== undefined
  }

  async #asked(order: Order): Promise<Report | undefined> {
    const answered = new Promise<Report>((resolve) => this.#waiting.push(resolve))
    // It may die while it is told.
    if (this.isAlive) this.#current?.send(order, () => undefined)
    return this.unlessDead(answered)
  }

  /** What is promised, or `undefined` when the process is dead. */
  async unlessDead<T>(promise: Promise<T>): Promise<T | undefined> {
    const child = this.#current
    if (child === undefined || !this.isAlive) return undefined
    const over = new AbortController()
    const gone = once(child, 'exit', { signal: over.signal }).then(
      () => undefined,
      () => undefined,
    )
    try {
      return await Promise.race([promise, gone])
    } finally {
      over.abort()
    }
  }

  async end(): Promise<void> {
    for (const child of [this.#current, this.#spare]) {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
}
