import type { Sink, World } from './world.js'

const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const

/** How text can look on a terminal. */
export type Style = keyof typeof STYLES

/** What is said when nobody reads any more; `EIO`: of a terminal that is gone. */
const isParting = ({ code }: NodeJS.ErrnoException, isTerminal: boolean): boolean =>
  code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || (code === 'EIO' && isTerminal)

/**
 * Where lines go. A reader that has enough (`| head`) is no failure: what comes afterwards is dropped. A disk without space,
 * or whatever else keeps lines from being written, is one.
 */
export class Output {
  readonly isTerminal: boolean
  readonly hasColours: boolean
  readonly #sink: Sink
  readonly #closed = new AbortController()
  #failure: Error | undefined

  constructor(sink: Sink, env: World['env']) {
    this.#sink = sink
    this.isTerminal = sink.isTTY === true
    // https://no-color.org: any value but an empty one.
    this.hasColours = this.isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
    sink.on('error', (error) => this.#fail(error))
  }

  /** Why something that was written is not there; `undefined`: it is, or nobody wanted it any more. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** Aborted when nobody reads any more, or nothing can be written. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Cells of a line, 80 where the terminal does not know (some say 0); `undefined` where there is no terminal. */
  get columns(): number | undefined {
    return this.isTerminal ? this.#sink.columns || 80 : undefined
  }

  /** Lines of the window, 24 where it does not know; `undefined` where there is no terminal. */
  get rows(): number | undefined {
    return this.isTerminal ? this.#sink.rows || 24 : undefined
  }

  /** Told whenever the window has another size. */
  onResize(listener: () => void): void {
    this.#sink.on('resize', listener)
  }

  /** Text as it stands: it must be harmless. */
  write(text: string): void {
    if (!this.#closed.signal.aborted) this.#sink.write(text)
  }

  /** The same with a new line behind it. */
  line(text = ''): void {
    this.write(`${text}\n`)
  }

  /** Text that looks different where colours are wanted. */
  styled(text: string, style: Style): string {
    const [on, off] = STYLES[style]
    return this.hasColours && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text
  }

  /** Done when everything is written, or cannot be any more. */
  flush(): Promise<void> {
    if (this.#closed.signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      this.#closed.signal.addEventListener('abort', () => resolve(), { once: true })
      this.#sink.write('', (error) => {
        if (error) this.#fail(error)
        resolve()
      })
    })
  }

  #fail(error: Error): void {
    if (!isParting(error, this.isTerminal)) this.#failure ??= error
    this.#closed.abort()
  }
}
