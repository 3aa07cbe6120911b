import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connectedPairs } from '../../src/admin.js'
import { full, type Items, MemoryAdmin, short } from './support/memory-admin.js'

const pairsOf = async (admin: MemoryAdmin, domain?: string): Promise<readonly string[]> => {
  const pairs: string[] = []
  for await (const [a, b] of connectedPairs(admin, domain === undefined ? {} : { domain })) {
    expect(a < b).toBe(true)
    pairs.push(`${short(a)}+${short(b)}`)
  }
  return pairs
}

/** Everybody with everybody. */
const circle = (names: readonly string[]): MemoryAdmin =>
  new MemoryAdmin(
    Object.fromEntries(
      names.map((name) => [
        name,
        Object.fromEntries(names.filter((other) => other !== name).map((other) => [other, 'both'])) as Items,
      ]),
    ),
  )

describe('connectedPairs', () => {
  test('four mutual users are six pairs, each once (defect 5)', async () => {
    const pairs = await pairsOf(circle(['u1', 'u2', 'u3', 'u4']))
    expect([...pairs].sort()).toEqual(['u1+u2', 'u1+u3', 'u1+u4', 'u2+u3', 'u2+u4', 'u3+u4'])
  })

  test('each roster is read once', async () => {
    const admin = circle(['u1', 'u2', 'u3', 'u4', 'u5'])
    await pairsOf(admin)
    expect(admin.calls.filter((call) => call.startsWith('list'))).toHaveLength(5)
  })

  test('both on one side is no pair, nor is membership on both, nor oneself', async () => {
    const admin = new MemoryAdmin({
      a: { a: 'both', b: 'both', c: 'none', d: 'both' },
      b: { a: 'from' },
      c: { a: 'none' },
      d: {},
    })
    expect(await pairsOf(admin)).toEqual([])
  })

  test('with a domain, both are of it', async () => {
    const admin = new MemoryAdmin({
      a: { b: 'both', 'x@other.example': 'both' },
      b: { a: 'both' },
      'x@other.example': { a: 'both' },
    })
    expect(await pairsOf(admin, 'EXAMPLE.com')).toEqual(['a+b'])
    expect(await pairsOf(admin)).toEqual(['a+b', 'a+x@other.example'])
  })

  test('a place that names an owner twice, or a contact twice, has one pair of them all the same', async () => {
    const admin = new MemoryAdmin({ a: { b: 'both' }, b: { a: 'both' } })
    const owners = admin.owners.bind(admin)
    admin.owners = async function* (options) {
      yield* owners(options)
      yield* owners(options)
    }
    const list = admin.list.bind(admin)
    admin.list = async (owner, options) => [...(await list(owner, options)), ...admin.items(String(owner))]
    expect(await pairsOf(admin)).toEqual(['a+b'])
  })

  test('pairs come as they are found; who leaves early has not read the rest', async () => {
    const admin = circle(['u1', 'u2', 'u3', 'u4'])
    for await (const [a, b] of connectedPairs(admin)) {
      expect([a, b]).toEqual([full('u1'), full('u2')])
      break
    }
    expect(admin.calls).toEqual(['owners', 'list u1', 'list u2'])
  })

  test('a roster that cannot be read ends the stream, an abort with its reason', async () => {
    const admin = circle(['u1', 'u2'])
    admin.before = (call) => (call === 'list u2' ? Promise.reject(new RangeError('broken')) : undefined)
    await expect(pairsOf(admin)).rejects.toThrow('broken')
    const stream = connectedPairs(circle(['u1', 'u2']), { signal: AbortSignal.abort('enough') })
    await expect(stream.next()).rejects.toBe('enough')
  })

  test('whatever the rosters are, they are the pairs that hold each other', async () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const roster = fc.dictionary(fc.constantFrom(...names, 'foreign@x.example'), fc.constantFrom('both', 'to', 'none'))
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...names), roster), async (rosters) => {
        const holds = (a: string, b: string): boolean => rosters[a]?.[b] === 'both'
        const expected = names.flatMap((a) =>
          names.filter((b) => a < b && holds(a, b) && holds(b, a)).map((b) => `${a}+${b}`),
        )
        const admin = new MemoryAdmin(rosters as Record<string, Items>)
        expect([...(await pairsOf(admin))].sort()).toEqual(expected)
      }),
    )
  })
})
