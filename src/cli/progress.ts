import type { Context } from './context.js'
import type { Output } from './output.js'
import { plain, widthOf } from './text.js'

const BAR = 24
/** Where there is no terminal, so many lines tell of the whole work. */
const LINES = 10
const TO_START_AND_CLEAR = '\r\u001b[K'

/** How far long work has come: a bar on a terminal, a line for each tenth elsewhere, and nothing for a single thing. */
export class Progress {
  readonly #err: Output
  readonly #title: string
  readonly #total: number
  #told = 0

  constructor({ err }: Context, title: string, total: number) {
    this.#err = err
    this.#title = title
    this.#total = total
  }

  /** So many are done, failed ones included. */
  at(done: number): void {
    if (this.#total < 2) return
    if (this.#err.isTerminal) this.#err.write(`${TO_START_AND_CLEAR}${this.#bar(done)}`)
    else this.#line(done)
  }

  /** Something that stays to be read, above the bar. */
  say(line: string): void {
    this.end()
    this.#err.line(line)
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#err.isTerminal) this.#err.write(TO_START_AND_CLEAR)
  }

  #bar(done: number): string {
    const total = this.#total
    const text = `${plain(this.#title)} ${done} of ${total}`
    if (widthOf(text) + BAR + 3 > (this.#err.columns ?? 0)) return text
    const full = Math.floor((BAR * done) / total)
    return `${text} [${'#'.repeat(full)}${'.'.repeat(BAR - full)}]`
  }

  #line(done: number): void {
    const step = Math.max(1, this.#total / LINES)
    if (done < this.#told + step && done !== this.#total) return
    this.#told = done
    this.#err.line(`${plain(this.#title)}: ${done} of ${this.#total}`)
  }
}
