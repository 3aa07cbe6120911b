import { type Clock, systemClock } from '../../core/clock.js'
import { inWords, RosterError } from '../../core/errors.js'
import type { Listen } from '../listen.js'

/** The part of a client of `pg` that is used. */
interface PostgresClient {
  query(sql: string): PromiseLike<unknown>
  end(): PromiseLike<unknown>
  on(
    event: 'notification',
    listener: (message: { readonly channel: string; readonly payload?: string }) => void,
  ): unknown
  on(event: 'error' | 'end', listener: (error?: unknown) => void): unknown
}

/** Milliseconds before the first new attempt; each further one waits twice as long, */
const FIRST_WAIT = 50
/** up to this. */
const LONGEST_WAIT = 10_000
/** Milliseconds between two questions whether anybody is there: a connection that only listens would never notice. */
const HEARTBEAT = 30_000
/** Milliseconds to wait for the answer. */
const PATIENCE = 10_000

/**
 * `listen` for PostgreSQL: a client of its own for each watcher, because only a connection that stays hears anything. A
 * pooler that gives out connections for one transaction each will not do.
 *
 * `connect` makes a client of `pg`, connected, anew each time: `async () => { const client = new Client(url); await
 * client.connect(); return client }`. When the connection is lost, it is called again until there is one: first after 50 ms,
 * at last every 10 s. After each loss `gap` is told once the channel is heard again. A silent connection is asked every
 * 30 s whether it still is one. `watch` resolves when the first connection hears the channel, and rejects when that one
 * fails: with `STORAGE_FAILED`, which a `Roster` tells as `error` and tries again, or with `UNSUPPORTED` where `connect` gives
 * something else than a client of `pg`.
 *
 * @param options `clock`: time, for tests. Default: the real one.
 */
export function postgresListen(connect: () => Promise<unknown>, options: { readonly clock?: Clock } = {}): Listen {
  const { clock = systemClock } = options
  return (channel, onMessage, onGap) =>
    new Promise((resolve, reject) => {
      const line = new Line(channel, connect, clock, {
        message: onMessage,
        heard: (isFirst) => (isFirst ? resolve(() => line.stop()) : onGap()),
        refused: reject,
      })
      line.open()
    })
}

interface Ears {
  readonly message: (text: string) => void
  /** The channel is heard, for the first time or again. */
  readonly heard: (isFirst: boolean) => void
  /** It could not be heard at the start. */
  readonly refused: (error: RosterError) => void
}

/** A connection to one channel that comes back. */
class Line {
  readonly #channel: string
  readonly #connect: () => Promise<unknown>
  readonly #clock: Clock
  readonly #ears: Ears
  #client: PostgresClient | undefined
  #cancel: () => void = () => undefined
  #isFirst = true
  #isStopped = false
  #attempts = 0

  constructor(channel: string, connect: () => Promise<unknown>, clock: Clock, ears: Ears) {
    this.#channel = channel
    this.#connect = connect
    this.#clock = clock
    this.#ears = ears
  }

  open(): void {
    this.#attempt().catch((cause: unknown) => this.#again(cause))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    const client = this.#client
    this.#client = undefined
    if (client !== undefined) await this.#ended(client)
  }

  async #attempt(): Promise<void> {
    const client: unknown = await this.#connect()
    if (!isClient(client)) return this.#ears.refused(noClient())
    // Without a listener a lost connection would end the process.
    client.on('error', (cause) => this.#lost(client, cause))
    client.on('end', () => this.#lost(client))
    if (this.#isStopped) return ended(client)
    client.on('notification', ({ channel, payload }) => {
      if (client === this.#client && channel === this.#channel) this.#ears.message(payload ?? '')
    })
    this.#client = client
    try {
      await client.query(`LISTEN "${this.#channel.replaceAll('"', '""')}"`)
    } catch (cause) {
      this.#lost(client, cause)
    }
    if (client !== this.#client) return
    this.#attempts = 0
    this.#ears.heard(this.#isFirst)
    this.#isFirst = false
    this.#beat(client)
  }

  #beat(client: PostgresClient): void {
    this.#cancel = this.#clock.after(HEARTBEAT, () => {
      this.#cancel = this.#clock.after(PATIENCE, () => this.#lost(client))
      client.query('SELECT 1').then(
        () => {
          if (client !== this.#client) return
          this.#cancel()
          this.#beat(client)
        },
        () => this.#lost(client),
      )
    })
  }

  /** A connection that is silent never says that it has ended. */
  async #ended(client: PostgresClient): Promise<void> {
    let cancel = (): void => undefined
    const late = new Promise<void>((resolve) => {
      cancel = this.#clock.after(PATIENCE, resolve)
    })
    await Promise.race([ended(client), late])
    cancel()
  }

  /** Also told by a client that was given up already. */
  #lost(client: PostgresClient, cause?: unknown): void {
    if (client !== this.#client) return
    this.#client = undefined
    void ended(client)
    this.#again(cause)
  }

  /** Who was never heard is not tried again: whoever wanted to hear is told, and can do that. */
  #again(cause: unknown): void {
    if (this.#isStopped) return
    this.#cancel()
    if (this.#isFirst) {
      this.#isStopped = true
      this.#ears.refused(unheard(cause))
      return
    }
    const wait = Math.min(FIRST_WAIT * 2 ** this.#attempts, LONGEST_WAIT)
    this.#attempts += 1
    // Jitter, so that the processes that lost one server do not all come back in one moment.
    this.#cancel = this.#clock.after(Math.ceil(wait * (0.5 + Math.random() / 2)), () => this.open())
  }
}

function isClient(value: unknown): value is PostgresClient {
  return typeof value === 'object' && value !== null && ['query', 'end', 'on'].every((name) => name in value)
}

const noClient = (): RosterError =>
  new RosterError('UNSUPPORTED', 'connect() should resolve with a client of pg, but something else came.')

/** Lets go of a client; one that is broken may refuse. */
async function ended(client: PostgresClient): Promise<void> {
  try {
    await client.end()
  } catch {
    // It is gone already, which is what was wanted.
  }
}

const unheard = (cause: unknown): RosterError =>
  new RosterError(
    'STORAGE_FAILED',
    `The notifications of PostgreSQL cannot be heard: ${cause === undefined ? 'the connection was lost' : inWords(cause)}`,
    { cause },
  )
