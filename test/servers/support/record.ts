import type { Element } from 'ltx/lib/ltx.js'
import type { TestEntity } from './entity.js'
import { isSettling } from './settle.js'

const LIMIT_MS = 60_000
const POLL_MS = 25
const SHOWN = 20

export interface Recorded {
  readonly direction: 'in' | 'out'
  readonly stanza: Element
  /** The stanza as it was when it passed. */
  readonly text: string
  /** Position among everything that all recordings have noted. */
  readonly order: number
}

/** What has passed an entity since `record`, without the pings of `settled`. */
export interface Recording {
  readonly entity: TestEntity
  /** Both directions. An outgoing stanza counts once it is written. */
  readonly all: readonly Recorded[]
  readonly received: readonly Element[]
  readonly sent: readonly Element[]
  /** Incoming stanzas of a kind, e.g. `incoming('presence', 'subscribe')`. */
  incoming(name: 'iq' | 'message' | 'presence', type?: string): readonly Element[]
  /** Forgets everything so far. */
  clear(): void
  /** Stops recording. */
  stop(): void
}

interface Live {
  readonly label: string
  readonly all: readonly Recorded[]
}

const live = new Set<Live>()
const watchers = new Set<() => void>()
let order = 0

const wake = (): void => {
  for (const watcher of [...watchers]) watcher()
}

class EntityRecording implements Recording {
  all: Recorded[] = []

  constructor(readonly entity: TestEntity) {
    entity.on('stanza', this.#received)
    entity.on('send', this.#sent)
    entity.on('status', wake)
    live.add(this)
  }

  get label(): string {
    return this.entity.jid?.toString() ?? '(no JID)'
  }

  get received(): readonly Element[] {
    return this.all.filter(({ direction }) => direction === 'in').map(({ stanza }) => stanza)
  }

  get sent(): readonly Element[] {
    return this.all.filter(({ direction }) => direction === 'out').map(({ stanza }) => stanza)
  }

  incoming(name: string, type?: string): readonly Element[] {
    return this.received.filter((stanza) => stanza.is(name) && (type === undefined || stanza.attrs['type'] === type))
  }

  clear(): void {
    this.all = []
  }

  stop(): void {
    this.entity.removeListener('stanza', this.#received)
    this.entity.removeListener('send', this.#sent)
    this.entity.removeListener('status', wake)
    live.delete(this)
  }

  readonly #received = (stanza: Element): void => this.#note('in', stanza)

  readonly #sent = (stanza: Element): void => {
    if (['iq', 'message', 'presence'].includes(stanza.name)) this.#note('out', stanza)
  }

  #note(direction: 'in' | 'out', stanza: Element): void {
    if (isSettling(stanza)) return
    order += 1
    this.all.push({ direction, stanza, text: stanza.toString(), order })
    wake()
  }
}

/** Notes every stanza that passes an entity from now on. Call it in `before` to miss nothing. */
export const record = (entity: TestEntity): Recording => new EntityRecording(entity)

/** Stops all recordings; a suite of `describeServers` does so after each test. */
export const stopRecording = (): void => live.clear()

const conversation = (): string => {
  const lines = [...live].flatMap(({ label, all }) =>
    all.map(({ direction, text, order: at }) => ({ at, line: `${label} ${direction === 'in' ? '<-' : '->'} ${text}` })),
  )
  lines.sort((one, other) => one.at - other.at)
  const shown = lines.slice(-SHOWN).map(({ line }) => line)
  return shown.length === 0 ? '(nothing was recorded)' : shown.join('\n')
}

/**
 * Waits until the condition holds and resolves with what it returned. It is asked again at every recorded stanza, at
 * every change of a recorded entity's status and every 25 ms. Rejects after 15 s, or when the condition throws, and
 * then shows the last 20 stanzas of all recordings.
 */
export const until = <T>(condition: () => T | undefined | null | false, what: string): Promise<T> => {
  // The place that waits is worth more in the report than the timer that gave up.
  const failure = new Error(`Waited in vain: ${what}`)
  return new Promise<T>((resolve, reject) => {
    const finish = (end: () => void): void => {
      clearInterval(poll)
      clearTimeout(limit)
      watchers.delete(check)
      end()
    }
    const fail = (reason?: unknown): void => {
      failure.message += `\nThe last stanzas:\n${conversation()}`
      if (reason !== undefined) failure.cause = reason
      reject(failure)
    }
    const check = (): void => {
      try {
        const value = condition()
        if (value !== undefined && value !== null && value !== false) finish(() => resolve(value))
      } catch (error) {
        finish(() => fail(error))
      }
    }
    const poll = setInterval(check, POLL_MS)
    const limit = setTimeout(() => finish(fail), LIMIT_MS)
    watchers.add(check)
    check()
  })
}
