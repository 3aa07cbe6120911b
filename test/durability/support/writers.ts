import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Instruction, Labour, Word, Work } from './labour.js'

const AGAIN_MS = 50

/** A writer in a process of its own. */
export class WriterProcess {
  readonly #child: ChildProcess
  readonly #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []
  #report = ''
  /** How many operations it has done. */
  operations = 0
  /** It has begun a commit, and may stand still within it. */
  isStopping = false
  #isContinued = false
  /** Something has changed. */
  onWord: () => void = () => undefined

  /** `program`: the bundle; `storage`: as in `openStorage`. */
  constructor(program: string, storage: string) {
    this.#child = fork(program, [storage], { execArgv: [] })
    this.#child.on('message', (word: Word) => this.#heard(word))
    this.#child.on('exit', (code, signal) => this.#fail(`The writer ended with ${code ?? signal}`))
  }

  #heard(word: Word): void {
    if (word.kind === 'done') this.#waiting.shift()?.resolve()
    else if (word.kind === 'failed') this.#fail(word.message)
    else if (word.kind === 'progress') this.operations = word.operations
    else if (word.kind === 'stopping') this.isStopping = true
    else this.#isContinued = true
    this.onWord()
  }

  #fail(message: string): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(message))
  }

  #told(instruction: Instruction): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }))
    this.#child.send(instruction)
    return done
  }

  /** Resolves when all is done. */
  work(labour: Labour): Promise<void> {
    this.#report = labour.report
    return this.#told({ kind: 'work', labour })
  }

  advance(ms: number): Promise<void> {
    return this.#told({ kind: 'advance', ms })
  }

  /** It goes on, however soon it stands still. */
  async goOn(): Promise<void> {
    while (!this.#isContinued) {
      this.#child.kill('SIGCONT')
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }

  async report(): Promise<Work> {
    await this.#told({ kind: 'report' })
    return JSON.parse(readFileSync(this.#report, 'utf8')) as Work
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}
