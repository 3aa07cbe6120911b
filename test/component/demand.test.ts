import { describe, expect, test } from 'vitest'
import { MemoryStorage, type RosterChange, RosterError, type StoredRoster } from '../../src/index.js'
import { DOMAIN, presence, probe, ROMEO, stage, store, subscribe, subscribed, turn } from './stage.js'

/** A storage that notes who is asked for, together or alone. */
class Noting extends MemoryStorage {
  readonly asked: (readonly string[])[] = []
  isDown = false

  #note(owners: readonly string[]): void {
    this.asked.push(owners)
    if (this.isDown) throw new Error('no connection')
  }

  override async load(owner: string): Promise<StoredRoster | undefined> {
    this.#note([owner])
    return super.load(owner)
  }

  override async loadMany(owners: readonly string[]): ReturnType<MemoryStorage['loadMany']> {
    this.#note(owners)
    return super.loadMany(owners)
  }

  override async commit(owner: string, change: RosterChange): Promise<void> {
    if (this.isDown) throw new Error('no connection')
    return super.commit(owner, change)
  }
}

/** The same without `loadMany`. */
class OneByOne extends Noting {
  override readonly loadMany = undefined as never
}

const ownerNr = (nr: number): string => `owner${nr}@${DOMAIN}`
const owners = (count: number): readonly string[] => Array.from({ length: count }, (_, nr) => ownerNr(nr))

async function filled<S extends MemoryStorage>(storage: S, count: number): Promise<S> {
  for (const owner of owners(count)) await store(storage, { [ROMEO]: 'from' }, owner)
  return storage
}

describe('Starting with many stored owners', () => {
  test('loads none of those that owe nothing, and asks for no more than it loads (promise 18)', async () => {
    const storage = await filled(new Noting(), 2_000)
    const debtor = await storage.load(ownerNr(7))
    const stanza = `<presence from="${ownerNr(7)}" to="${ROMEO}" type="subscribed"/>`
    const owe = [{ id: 'left', at: 1, xml: stanza }]
    await storage.commit(ownerNr(7), { base: debtor?.revision, revision: 'owing', owe })
    storage.asked.length = 0

    const { roster, clock, fake } = await stage({ storage })
    await clock.advance(0)

    expect(storage.asked.flat().filter((owner) => owner !== DOMAIN)).toEqual([ownerNr(7)])
    expect(roster.size).toBeLessThanOrEqual(2)
    expect(fake.errors).toEqual([])
  })
})

/** Cannot read one of its rosters, whoever is asked for along with it. */
class DamagedIn extends Noting {
  readonly #damaged: string

  constructor(damaged: string) {
    super()
    this.#damaged = damaged
  }

  #check(owners: readonly string[]): void {
    if (owners.includes(this.#damaged)) throw new RosterError('STORAGE_CORRUPT', 'It is damaged.')
  }

  override async load(owner: string): Promise<StoredRoster | undefined> {
    this.#check([owner])
    return super.load(owner)
  }

  override async loadMany(owners: readonly string[]): ReturnType<MemoryStorage['loadMany']> {
    this.#check(owners)
    return super.loadMany(owners)
  }
}

describe('Owners that arrive in one tick (promise 23)', () => {
  test('are loaded although one of them cannot be', async () => {
    const storage = await filled(new DamagedIn(ownerNr(3)), 5)
    const { hear, said, told } = await stage({ storage })
    await hear(...owners(5).map((owner) => probe(`${ROMEO}/x`, owner)))

    expect(said()).toHaveLength(4)
    expect(told()).toEqual(['error STORAGE_CORRUPT'])
  })

  test('are loaded in one round trip', async () => {
    const storage = await filled(new Noting(), 100)
    const { hear, said } = await stage({ storage })
    storage.asked.length = 0
    await hear(...owners(100).map((owner) => probe(`${ROMEO}/x`, owner)))

    expect(storage.asked).toEqual([owners(100)])
    expect(said()).toHaveLength(100)
  })

  test('are loaded one by one where the storage knows no better, each once', async () => {
    const storage = await filled(new OneByOne(), 10)
    const { hear, said } = await stage({ storage })
    storage.asked.length = 0
    const probes = owners(10).map((owner) => probe(`${ROMEO}/x`, owner))
    await hear(...probes, ...probes)

    expect(storage.asked).toEqual(owners(10).map((owner) => [owner]))
    expect(said()).toHaveLength(20)
  })

  test('and many stanzas for one of them are one load, in their order', async () => {
    const storage = await filled(new Noting(), 1)
    const { hear, told, roster } = await stage({ storage, autoAuthorize: true })
    storage.asked.length = 0
    const people = Array.from({ length: 50 }, (_, nr) => `p${nr}@home.example`)
    const opening = roster.open(ownerNr(0))
    await hear(...people.map((person) => subscribe(person, ownerNr(0))))

    expect(storage.asked).toEqual([[ownerNr(0)]])
    expect((await opening).size).toBe(51)
    const asked = told().filter((word) => word.startsWith('subscribe '))
    expect(asked.map((word) => /p\d+/.exec(word)?.[0])).toEqual(people.map((person) => person.split('@')[0]))
  })
})

describe('A load that fails', () => {
  test('fails for all who wait for it, and the next one tries again', async () => {
    const storage = await filled(new Noting(), 1)
    const { roster } = await stage({ storage })
    storage.asked.length = 0
    storage.isDown = true
    const waiting = [roster.open(ownerNr(0)), roster.open(ownerNr(0)), roster.forget(ownerNr(0))]
    const codes = await Promise.all(waiting.map((one) => one.then(String, ({ code }: { code: string }) => code)))
    expect(codes).toEqual(['STORAGE_FAILED', 'STORAGE_FAILED', 'STORAGE_FAILED'])
    expect(storage.asked).toHaveLength(1)

    storage.isDown = false
    expect((await roster.open(ownerNr(0))).get(ROMEO)?.state).toBe('from')
  })

  test('fails for one alone, also where the storage throws instead of rejecting', async () => {
    const damaged = (): never => {
      throw new RosterError('STORAGE_CORRUPT', 'not what was written')
    }
    const storage = Object.assign(await filled(new MemoryStorage(), 2), { loadMany: damaged })
    const load = storage.load.bind(storage)
    storage.load = (owner) => (owner === ownerNr(0) ? damaged() : load(owner))
    const { roster } = await stage({ storage })
    const opening = [roster.open(ownerNr(0)), roster.open(ownerNr(1))]
    const outcomes = await Promise.allSettled(opening)
    expect(outcomes).toMatchObject([{ reason: { code: 'STORAGE_CORRUPT' } }, { value: { owner: ownerNr(1) } }])
  })
})

describe('A storage that is down (promises 16, 20)', () => {
  test('costs no answer that would be wrong, and service resumes when it returns', async () => {
    // Given owners in memory and in storage
    const storage = await filled(new Noting(), 20)
    const { roster, hear, said, told, clock } = await stage({ storage, autoAuthorize: true, autoSubscribe: false })
    await roster.open(ownerNr(0))
    said()
    told()

    // When everybody asks and probes while it is down
    storage.isDown = true
    const stranger = 'nurse@home.example'
    await hear(...owners(20).map((owner) => subscribe(stranger, owner)))
    await hear(...owners(20).map((owner) => probe(`${stranger}/x`, owner)))

    // Then nobody is told anything that is not stored; the application hears why
    expect(said()).toEqual([])
    expect(told().filter((word) => word === 'error STORAGE_FAILED').length).toBeGreaterThan(0)

    // And once it is back, a repeated request is granted as if nothing had been
    storage.isDown = false
    await hear(...owners(20).map((owner) => subscribe(stranger, owner)))
    await clock.advance(2_000)
    expect(said().filter((word) => word.endsWith('nurse: subscribed'))).toHaveLength(20)
    for (const owner of owners(20)) expect((await storage.load(owner))?.owed).toEqual([])
  })
})

describe('Rosters that leave memory (promise 24)', () => {
  test('lose nothing: what a hundred owners were told with room for five is all there', async () => {
    const storage = new Noting()
    const own = await stage({ storage, maxLoaded: 5, autoAuthorize: true, owners: () => true })
    const people = Array.from({ length: 4 }, (_, nr) => `p${nr}@home.example`)
    for (const person of people) {
      await own.hear(...owners(100).map((owner) => subscribe(person, owner)))
      await own.clock.advance(1_500)
      await own.hear(...owners(100).map((owner) => subscribed(person, owner)))
      await own.hear(...owners(100).map((owner) => presence(`${person}/x`, owner)))
      await own.clock.advance(31_500)
    }

    expect(own.roster.counters['evictions']).toBeGreaterThan(300)
    expect(own.roster.size).toBeLessThanOrEqual(6)
    const said = own.said()
    for (const owner of owners(100)) {
      const stored = await storage.load(owner)
      expect(stored?.items.map(({ jid, state }) => [jid, state])).toEqual(people.map((person) => [person, 'both']))
      expect(stored?.owed).toEqual([])
      const name = owner.split('@')[0]
      for (const person of people) {
        const word = `${name} > ${person.split('@')[0]}: subscribed`
        expect(said.filter((one) => one === word)).toHaveLength(1)
      }
    }
  })

  test('keep those who still owe: what cannot be sent yet is not put out of sight', async () => {
    const storage = await filled(new Noting(), 10)
    const { roster, hear, fake, said, clock } = await stage({ storage, maxLoaded: 2, autoAuthorize: true })
    fake.cut()
    await hear(...owners(10).map((owner) => subscribe('nurse@home.example', owner)))
    expect(roster.size).toBeGreaterThanOrEqual(10)
    fake.online()
    await clock.advance(1_500)
    await turn()
    expect(said().filter((word) => word.endsWith('nurse: subscribed'))).toHaveLength(10)
  })
})
