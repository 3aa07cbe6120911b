import { expect, test } from 'vitest'
import {
  applyPlan,
  areConnected,
  clear,
  connect,
  connectedPairs,
  disconnect,
  planRoster,
  type RosterAdmin,
  stats,
} from '../../../src/admin.js'

/** A place of rosters, and owners in it whose rosters are empty. */
export interface Operated {
  readonly admin: RosterAdmin
  /** Bare JIDs. */
  readonly people: readonly [string, string, string, string]
}

const NOT_STOPPED = { failed: 0, stopped: false, errors: [] }

/** What an operator does, the same wherever the rosters are kept. */
export const operating = (open: () => Promise<Operated>): void => {
  const itemOf = async (admin: RosterAdmin, owner: string, contact: string) =>
    (await admin.list(owner)).find(({ jid }) => jid === contact)

  /** Of these people alone: others may have been there before. */
  const pairsOf = async (admin: RosterAdmin, people: readonly string[]): Promise<readonly string[]> => {
    const pairs: string[] = []
    for await (const [a, b] of connectedPairs(admin))
      if (people.includes(a) && people.includes(b)) pairs.push(`${a} ${b}`)
    return pairs.sort()
  }

  test('two are connected, with names and groups, and again without harm', async () => {
    const { admin, people } = await open()
    const [romeo, juliet] = people
    await admin.put(romeo, juliet, { name: 'Love', groups: ['Verona'] })
    expect(await areConnected(admin, romeo, juliet)).toBe(false)
    await connect(admin, romeo, juliet, { names: ['Romeo "$(id)"'], groups: [['Montague', 'Enemies']] })
    await connect(admin, romeo, juliet)
    expect(await areConnected(admin, juliet, romeo)).toBe(true)
    expect(await itemOf(admin, romeo, juliet)).toMatchObject({ name: 'Love', groups: ['Verona'], subscription: 'both' })
    const other = await itemOf(admin, juliet, romeo)
    expect(other).toMatchObject({ name: 'Romeo "$(id)"', subscription: 'both' })
    expect(new Set(other?.groups)).toEqual(new Set(['Enemies', 'Montague']))
  })

  test('four who are all connected are six pairs, and membership alone is none', async () => {
    const { admin, people } = await open()
    const expected: string[] = []
    for (const [at, a] of people.entries()) {
      for (const b of people.slice(at + 1)) {
        await connect(admin, a, b)
        expected.push([a, b].sort().join(' '))
      }
    }
    expect(await pairsOf(admin, people)).toEqual(expected.sort())
    const [romeo, juliet] = people
    await admin.put(romeo, juliet, { subscription: 'to' })
    expect(await pairsOf(admin, people)).toHaveLength(5)
    expect(await areConnected(admin, romeo, juliet)).toBe(false)
  })

  test('disconnected, one may keep the other, with name and groups', async () => {
    const { admin, people } = await open()
    const [romeo, juliet, nurse] = people
    await connect(admin, romeo, juliet, { names: [undefined, 'Juliet'], groups: [undefined, ['Capulet']] })
    await connect(admin, romeo, nurse)
    expect(await disconnect(admin, romeo, juliet, { keep: 'to' })).toBe(true)
    expect(await itemOf(admin, romeo, juliet)).toMatchObject({
      name: 'Juliet',
      groups: ['Capulet'],
      subscription: 'to',
    })
    expect(await itemOf(admin, juliet, romeo)).toBeUndefined()
    expect(await disconnect(admin, romeo, juliet)).toBe(false)
    expect(await disconnect(admin, nurse, romeo)).toBe(true)
    expect((await admin.list(romeo)).map(({ jid }) => jid)).toEqual([juliet])
    expect(await admin.list(nurse)).toEqual([])
  })

  test('a roster is cleared, counted first; those of others keep their items', async () => {
    const { admin, people } = await open()
    const [romeo, juliet, nurse] = people
    await connect(admin, romeo, juliet)
    await admin.put(romeo, nurse, { groups: ['Staff'] })
    await admin.put(nurse, juliet, { subscription: 'to' })
    expect(await clear(admin, { owner: romeo, dryRun: true })).toEqual({ done: 2, ...NOT_STOPPED })
    expect(stats(await admin.list(romeo))).toMatchObject({ contacts: 2, both: 1, none: 1, ungrouped: 1 })
    expect(await clear(admin, { owner: romeo })).toEqual({ done: 2, ...NOT_STOPPED })
    expect(await admin.list(romeo)).toEqual([])
    expect(await itemOf(admin, juliet, romeo)).toBeDefined()
    expect(await itemOf(admin, nurse, juliet)).toMatchObject({ subscription: 'to' })
    expect(await clear(admin, { owner: romeo })).toEqual({ done: 0, ...NOT_STOPPED })
  })

  test('a plan is applied, stopped and applied again; the second plan is empty, what is foreign stays', async () => {
    const { admin, people } = await open()
    const [romeo, juliet, nurse, paris] = people
    await admin.put(romeo, nurse, { name: 'Nurse', groups: ['Mine'], subscription: 'from' })
    await admin.put(romeo, paris, { name: 'Paris', groups: ['Court'], subscription: 'both' })
    const base = [{ jid: paris, name: 'Paris', groups: ['Court'] }]
    const wanted = [
      { jid: juliet, name: "O'Juliet; `x`", groups: ['Capulet', 'Öther $x'], subscription: 'both' as const },
      { jid: nurse, subscription: 'from' as const },
    ]
    const plan = planRoster(await admin.list(romeo), wanted, { base, maxRemovals: 1 })
    expect(plan).toMatchObject({ add: [{ jid: juliet }], update: [], remove: [paris], conflicts: [], unchanged: 1 })

    const leaving = new AbortController()
    const stopped = await applyPlan({ admin, owner: romeo }, plan, {
      signal: leaving.signal,
      onProgress: () => leaving.abort(),
    })
    expect(stopped).toEqual({ done: 1, failed: 0, stopped: true, errors: [] })
    expect(await itemOf(admin, romeo, paris)).toBeDefined()
    expect(await applyPlan({ admin, owner: romeo }, plan)).toEqual({ done: 2, ...NOT_STOPPED })

    const items = await admin.list(romeo)
    expect(new Set(items.map(({ jid }) => jid))).toEqual(new Set([juliet, nurse]))
    const added = items.find(({ jid }) => jid === juliet)
    expect(added).toMatchObject({ name: "O'Juliet; `x`", subscription: 'both' })
    expect(new Set(added?.groups)).toEqual(new Set(['Capulet', 'Öther $x']))
    expect(items.find(({ jid }) => jid === nurse)).toMatchObject({
      name: 'Nurse',
      groups: ['Mine'],
      subscription: 'from',
    })
    const nothing = { add: [], update: [], remove: [], conflicts: [], unchanged: 2 }
    expect(planRoster(items, wanted, { base: wanted })).toEqual(nothing)
  })
}
