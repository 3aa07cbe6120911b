import { appendFileSync } from 'node:fs'
import type { RosterStorage, StoredRoster } from '../../../src/index.js'
import type { Death, Note } from './messages.js'

/** Instants at which this process may be killed, counted as they come. */
export class Points {
  readonly #journal: string
  #death: Death | undefined
  #passed = 0

  constructor(journal: string) {
    this.#journal = journal
  }

  /** In the hands of the operating system at once: what is noted outlives this process. */
  note(note: Note): void {
    appendFileSync(this.#journal, `${JSON.stringify(note)}\n`)
  }

  /** Counts from now on; returns how many came before. */
  arm(death: Death | undefined): number {
    const passed = this.#passed
    this.#passed = 0
    this.#death = death
    return passed
  }

  pass(at: string): void {
    if (this.#isLast()) this.#die(at)
  }

  /** Something is under way. */
  passWithin(at: string, isOver: () => boolean): void {
    if (!this.#isLast()) return
    let left = this.#death?.turns ?? 0
    const turn = (): void => {
      if (left <= 0 || isOver()) this.#die(at)
      left -= 1
      setImmediate(turn)
    }
    turn()
  }

  #isLast(): boolean {
    this.#passed += 1
    return this.#passed === this.#death?.after
  }

  #die(at: string): void {
    this.note({ kind: 'dies', at })
    process.kill(process.pid, 'SIGKILL')
  }

  /** Does it, with an instant before, one within and one after. */
  async through<T>(what: string, act: () => Promise<T>): Promise<T> {
    this.pass(`before ${what}`)
    let over = false
    const doing = act().finally(() => (over = true))
    // Whoever is told of a failure is the library: not this process before it.
    doing.catch(() => undefined)
    this.passWithin(`within ${what}`, () => over)
    const value = await doing
    this.pass(`after ${what}`)
    return value
  }
}

/** The storage, with an instant before, within and after each call; what it tells and acknowledges is noted. */
export function watchedStorage(storage: RosterStorage, points: Points): RosterStorage {
  const { loadMany, changes } = storage
  const heard = (owner: string, stored: StoredRoster | undefined): void =>
    points.note({ kind: 'known', owner, whole: true, put: statesOf(stored?.items), remove: [] })
  return {
    load: (owner) =>
      points.through('load', async () => {
        const stored = await storage.load(owner)
        heard(owner, stored)
        return stored
      }),
    commit: (owner, change) =>
      points.through('commit', async () => {
        await storage.commit(owner, change)
        points.note({ kind: 'known', owner, whole: false, put: statesOf(change.put), remove: change.remove ?? [] })
      }),
    async *owners(options) {
      points.pass('before owners')
      yield* storage.owners(options)
      points.pass('after owners')
    },
    ...(loadMany === undefined
      ? {}
      : {
          loadMany: (owners: readonly string[]) =>
            points.through('loadMany', async () => {
              const all = await loadMany.call(storage, owners)
              for (const owner of owners) heard(owner, all.get(owner))
              return all
            }),
        }),
    ...(changes === undefined
      ? {}
      : {
          changes: (owner: string, since: string) =>
            points.through('changes', async () => {
              const news = await changes.call(storage, owner, since)
              if (news !== undefined)
                points.note({ kind: 'known', owner, whole: false, put: statesOf(news.put), remove: news.remove })
              return news
            }),
        }),
  }
}

const statesOf = (items: StoredRoster['items'] = []) => items.map(({ jid, state }) => [jid, state] as const)
