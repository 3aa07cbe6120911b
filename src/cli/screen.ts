import type { Context } from './context.js'
import type { Output } from './output.js'
import type { World } from './world.js'

/** The other page of the terminal, without a cursor; and back, as if nothing had been. */
const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[2K'
const CLEAR_REST = '\u001b[J'

/** Milliseconds. Whatever happens so shortly after something else is drawn together with it. */
const TOGETHER = 50

/** Lines of a terminal that are drawn again and again, until it is left. */
export class Screen {
  readonly #out: Output
  readonly #clock: World['clock']
  readonly #lines: () => readonly string[]
  #cancel: (() => void) | undefined
  #isLeft = false

  /** @param lines one for each line of the window but the last one, none wider than it */
  constructor({ out, world }: Context, lines: () => readonly string[]) {
    this.#out = out
    this.#clock = world.clock
    this.#lines = lines
    out.write(ENTER)
    out.onResize(() => this.draw())
    this.draw()
  }

  draw(): void {
    // Cleared before it is written: afterwards, the cursor would stand on the last character of a full line.
    const lines = this.#isLeft ? [] : this.#lines().map((line) => `${CLEAR_LINE}${line}\n`)
    if (!this.#isLeft) this.#out.write(`${HOME}${lines.join('')}${CLEAR_REST}`)
  }

  drawSoon(): void {
    this.#cancel ??= this.#clock.after(TOGETHER, () => {
      this.#cancel = undefined
      this.draw()
    })
  }

  leave(): void {
    this.#isLeft = true
    this.#cancel?.()
    this.#out.write(LEAVE)
  }
}

/** Keeps what is typed off the screen; `q` and Ctrl-C, which is no signal then, are told. Returns how to end that. */
export function onQuit({ stdin }: World, quit: () => void): () => void {
  if (stdin.isTTY !== true || stdin.setRawMode === undefined) return () => undefined
  const read = (part: Buffer | string): void => {
    if (['q', 'Q', '\u0003'].some((key) => String(part).includes(key))) quit()
  }
  stdin.setRawMode(true)
  stdin.on('data', read)
  return () => {
    stdin.removeListener('data', read)
    stdin.setRawMode?.(false)
    stdin.pause()
  }
}
