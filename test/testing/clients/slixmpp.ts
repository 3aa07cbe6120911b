import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { addressOf, itemInWords, type LogIn, type Person, presenceInWords, type SeenItem } from './person.js'

// Debian's package is Debian's Python's; another one that comes first on the path would not find it.
const PYTHON = ['/usr/bin/python3', 'python3'].find(
  (python) => spawnSync(python, ['-c', 'import slixmpp'], { stdio: 'ignore' }).status === 0,
)

export const hasSlixmpp = PYTHON !== undefined

const SCRIPT = fileURLToPath(new URL('./slixmpp_person.py', import.meta.url))

/** A line of the script. */
interface Told {
  readonly started?: string
  readonly failed?: string
  readonly presence?: string
  readonly what?: string
  readonly push?: readonly SeenItem[]
  readonly version?: string
  readonly number?: number
  readonly answer?: unknown
  readonly error?: string
}

interface RosterAnswer {
  readonly items: readonly SeenItem[] | null
  readonly version: string
  readonly kept: readonly string[]
}

type Child = ReturnType<typeof start>

const start = (python: string) => spawn(python, [SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'] })

interface Waiting {
  resolve(answer: unknown): void
  reject(error: Error): void
}

/** slixmpp as it is, in a process of its own. */
export class SlixmppPerson implements Person {
  readonly #child: Child
  readonly #waiting = new Map<number, Waiting>()
  #count = 0
  #heard: string[] = []
  #complaints = ''
  jid = ''
  version: string | undefined
  /** The contacts that it knows without asking. */
  kept: readonly string[] = []

  constructor(child: Child, version: string | undefined) {
    this.#child = child
    this.version = version
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#complaints += text))
    createInterface({ input: child.stdout }).on('line', (line) => this.#told(JSON.parse(line)))
    child.on('close', () => {
      const error = new Error(`slixmpp has ended:\n${this.#complaints}`)
      for (const { reject } of this.#waiting.values()) reject(error)
    })
  }

  /** Tells the script who it is; done when it is logged in. */
  async enter(login: Parameters<LogIn>[0]): Promise<void> {
    const started = this.#answer(0)
    this.#say({ ...login, ...addressOf(login.service) })
    await started
  }

  #say(what: object): void {
    this.#child.stdin.write(`${JSON.stringify(what)}\n`)
  }

  #answer(number: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }))
  }

  #ask(question: object): Promise<unknown> {
    this.#count += 1
    this.#say({ ...question, number: this.#count })
    return this.#answer(this.#count)
  }

  #told(told: Told): void {
    if (told.version !== undefined) this.version = told.version
    if (told.presence !== undefined) this.#heard.push(presenceInWords(told.presence, told.what, undefined))
    else if (told.push !== undefined) this.#heard.push(`push ${told.push.map(itemInWords).sort().join(', ')}`)
    else this.#answered(told)
  }

  #answered({ started, failed, number = 0, answer, error = failed }: Told): void {
    if (started !== undefined) this.jid = started
    const waiting = this.#waiting.get(number)
    this.#waiting.delete(number)
    if (error === undefined) waiting?.resolve(answer)
    else waiting?.reject(new Error(error))
  }

  async roster(): Promise<readonly string[] | 'current'> {
    const { items, version, kept } = (await this.#ask({ what: 'roster' })) as RosterAnswer
    this.version = version
    this.kept = kept
    return items === null ? 'current' : items.map(itemInWords).sort()
  }

  async update(jid: string, item: { readonly name?: string; readonly groups?: readonly string[] }): Promise<void> {
    await this.#ask({ what: 'update', jid, item })
  }

  async remove(jid: string): Promise<void> {
    await this.#ask({ what: 'remove', jid })
  }

  async says(what: string, jid: string): Promise<void> {
    await this.#ask({ what, jid })
  }

  async announce(show?: string): Promise<void> {
    await this.#ask({ what: 'announce', show })
  }

  async ping(): Promise<void> {
    await this.#ask({ what: 'ping' })
  }

  heard(): readonly string[] {
    return this.#heard.splice(0)
  }

  async survives(cut: () => void): Promise<void> {
    const resumed = this.#ask({ what: 'resume' })
    // It is ready for it by then.
    await this.ping()
    cut()
    await resumed
  }

  async leave(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = once(this.#child, 'close')
    await this.#ask({ what: 'leave' })
    await ended
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

/** Logs in with what slixmpp chooses itself without TLS: SCRAM. */
export const logInWithSlixmpp: LogIn = async (login) => {
  if (PYTHON === undefined) throw new Error('slixmpp is not installed: install the Debian package "python3-slixmpp"')
  const person = new SlixmppPerson(start(PYTHON), login.version)
  try {
    await person.enter(login)
  } catch (cause) {
    person.kill()
    throw cause
  }
  return person
}
