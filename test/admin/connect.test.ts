import { describe, expect, test } from 'vitest'
import { areConnected, connect, disconnect } from '../../src/admin.js'
import { RosterError } from '../../src/index.js'
import { MemoryAdmin } from './support/memory-admin.js'

const ROMEO = 'romeo@example.com'
const JULIET = 'juliet@example.com'

const refused = (): RosterError => new RosterError('REFUSED', 'The server said no.', { condition: 'not-allowed' })

/** Fails when this call comes. */
const failing = (admin: MemoryAdmin, start: string, reason: () => unknown = refused): MemoryAdmin => {
  admin.before = (call) => {
    if (call.startsWith(start)) throw reason()
  }
  return admin
}

describe('connect', () => {
  test('gives each the other with "both", first b to a, then a to b', async () => {
    const admin = new MemoryAdmin()
    await connect(admin, 'Romeo@EXAMPLE.com/orchard', JULIET)
    expect(admin.calls).toEqual([
      'put romeo juliet {"subscription":"both"}',
      'put juliet romeo {"subscription":"both"}',
    ])
    expect(await areConnected(admin, ROMEO, JULIET)).toBe(true)
  })

  test('names and groups are of a, then of b, and stand in the roster of the other', async () => {
    const admin = new MemoryAdmin()
    await connect(admin, ROMEO, JULIET, { names: ['Romeo', 'Juliet'], groups: [['Montague'], ['Capulet']] })
    expect(admin.item('romeo', 'juliet')).toMatchObject({ name: 'Juliet', groups: ['Capulet'], subscription: 'both' })
    expect(admin.item('juliet', 'romeo')).toMatchObject({ name: 'Romeo', groups: ['Montague'], subscription: 'both' })
  })

  test('names and groups that are there stay unless others are given', async () => {
    const admin = new MemoryAdmin({
      romeo: { juliet: { name: 'Love', groups: ['Verona'], subscription: 'to' } },
      juliet: { romeo: { name: 'Enemy', groups: ['Verona'] } },
    })
    await connect(admin, ROMEO, JULIET, { names: ['Romeo'], groups: [undefined, []] })
    expect(admin.item('romeo', 'juliet')).toMatchObject({ name: 'Love', groups: [], subscription: 'both' })
    expect(admin.item('juliet', 'romeo')).toMatchObject({ name: 'Romeo', groups: ['Verona'], subscription: 'both' })
  })

  test.each(['$(touch /tmp/x)', "O'Brien", 'Pamela Hall', '"', '', ' ', 'Ζωή 🎭'])(
    'a name is data, also %j',
    async (name) => {
      const admin = new MemoryAdmin()
      await connect(admin, ROMEO, JULIET, { names: [undefined, name] })
      expect(admin.item('romeo', 'juliet')?.name).toBe(name === '' ? undefined : name)
    },
  )

  test.each([
    ['nobody connects to itself', ROMEO, 'ROMEO@example.com/x', {}, 'ITEM_INVALID'],
    ['a name that XML cannot carry', ROMEO, JULIET, { names: ['\u0007'] as [string] }, 'ITEM_INVALID'],
    ['an empty group', ROMEO, JULIET, { groups: [['']] as [string[]] }, 'ITEM_INVALID'],
    ['what is no JID', ROMEO, 'juliet@@', {}, 'JID_MALFORMED'],
  ] as const)('%s is refused before anything is written', async (_, a, b, options, code) => {
    const admin = new MemoryAdmin()
    await expect(connect(admin, a, b, options)).rejects.toMatchObject({ code })
    expect(admin.calls).toEqual([])
  })

  test('when the first side is refused, the second is not tried', async () => {
    const admin = failing(new MemoryAdmin(), 'put romeo')
    await expect(connect(admin, ROMEO, JULIET)).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'The server said no.',
    })
    expect(admin.writes).toHaveLength(1)
    expect(admin.items('romeo')).toEqual([])
  })

  test('when the second side is refused, the error says what has happened on the first', async () => {
    const admin = failing(new MemoryAdmin(), 'put juliet')
    await expect(connect(admin, ROMEO, JULIET)).rejects.toMatchObject({
      code: 'REFUSED',
      condition: 'not-allowed',
      owner: JULIET,
      contact: ROMEO,
      message:
        'The roster of romeo@example.com has juliet@example.com with "both" by now. Connecting them again is safe. ' +
        'But the change of romeo@example.com in the roster of juliet@example.com ended with this: The server said no.',
      cause: expect.any(RosterError),
    })
    expect(admin.item('romeo', 'juliet')?.subscription).toBe('both')
    admin.before = () => undefined
    await connect(admin, ROMEO, JULIET)
    expect(await areConnected(admin, ROMEO, JULIET)).toBe(true)
  })

  test('of a second side that may be done all the same, nothing is said but what the place says', async () => {
    const admin = failing(new MemoryAdmin(), 'put juliet', () => new RosterError('TIMED_OUT', 'It may still happen.'))
    const connecting = connect(admin, ROMEO, JULIET)
    await expect(connecting).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: expect.stringMatching(/may still happen/),
    })
    await expect(connecting).rejects.not.toThrow(/is not|as it was|Half/)
  })

  test('what a place of somebody else throws is one of our errors there, and says that it may have happened', async () => {
    const admin = failing(new MemoryAdmin(), 'put juliet', () => new TypeError('fetch failed'))
    await expect(connect(admin, ROMEO, JULIET)).rejects.toMatchObject({
      name: 'RosterError',
      code: 'NOT_CONNECTED',
      message: expect.stringMatching(/is not known: fetch failed$/),
    })
  })

  test('an abort before the first side rejects with its reason; once that is written, the second follows', async () => {
    const reason = new RosterError('TIMED_OUT', 'Enough.')
    const admin = new MemoryAdmin()
    await expect(connect(admin, ROMEO, JULIET, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(admin.calls).toEqual([])

    const leaving = new AbortController()
    admin.before = (call) => {
      if (call.startsWith('put juliet')) leaving.abort(reason)
    }
    await connect(admin, ROMEO, JULIET, { signal: leaving.signal })
    expect(await areConnected(admin, ROMEO, JULIET)).toBe(true)
  })
})

describe('areConnected', () => {
  test.each([
    ['both', 'both', true],
    ['none', 'none', false],
    ['both', 'none', false],
    ['to', 'both', false],
    ['both', 'from', false],
  ] as const)('%s here and %s there is %s: membership alone is no connection (defect 4)', async (here, there, is) => {
    const admin = new MemoryAdmin({ romeo: { juliet: here }, juliet: { romeo: there } })
    expect(await areConnected(admin, ROMEO, JULIET)).toBe(is)
    expect(await areConnected(admin, JULIET, ROMEO)).toBe(is)
  })

  test('is false for those who have no roster, and for one and the same', async () => {
    const admin = new MemoryAdmin({ romeo: { juliet: 'both', romeo: 'both' } })
    expect(await areConnected(admin, ROMEO, JULIET)).toBe(false)
    expect(await areConnected(admin, ROMEO, 'romeo@EXAMPLE.com')).toBe(false)
  })

  test('rejects when a roster cannot be read', async () => {
    const admin = failing(new MemoryAdmin({ romeo: { juliet: 'both' } }), 'list juliet')
    await expect(areConnected(admin, ROMEO, JULIET)).rejects.toMatchObject({ code: 'REFUSED' })
  })
})

describe('disconnect', () => {
  const mutual = (): MemoryAdmin =>
    new MemoryAdmin({
      romeo: { juliet: { name: 'Juliet', groups: ['Capulet'], subscription: 'both' }, nurse: 'to' },
      juliet: { romeo: 'both' },
    })

  test('takes each out of the other’s roster, and nobody else', async () => {
    const admin = mutual()
    expect(await disconnect(admin, ROMEO, JULIET)).toBe(true)
    expect(admin.writes).toEqual(['remove juliet romeo', 'remove romeo juliet'])
    expect(admin.items('romeo').map(({ jid }) => jid)).toEqual(['nurse@example.com'])
    expect(admin.items('juliet')).toEqual([])
  })

  test.each(['to', 'from', 'none'] as const)(
    'with keep: %s, b stays with that, its name and its groups',
    async (keep) => {
      const admin = mutual()
      expect(await disconnect(admin, ROMEO, JULIET, { keep })).toBe(true)
      expect(admin.item('romeo', 'juliet')).toMatchObject({ name: 'Juliet', groups: ['Capulet'], subscription: keep })
      expect(admin.items('juliet')).toEqual([])
    },
  )

  test('a server that forgets the item when the other side removes it does not cost its name', async () => {
    const admin = mutual()
    admin.before = (call) => {
      if (call === 'remove juliet romeo') admin.rosters.get(ROMEO)?.delete(JULIET)
    }
    await disconnect(admin, ROMEO, JULIET, { keep: 'to' })
    expect(admin.item('romeo', 'juliet')).toMatchObject({ name: 'Juliet', groups: ['Capulet'], subscription: 'to' })
  })

  test('is false when neither has the other with `both`, and nothing is written', async () => {
    const admin = new MemoryAdmin({ romeo: { juliet: 'to', romeo: 'both' }, juliet: { romeo: 'from' } })
    expect(await disconnect(admin, ROMEO, JULIET)).toBe(false)
    expect(await disconnect(admin, ROMEO, ROMEO)).toBe(false)
    expect(admin.writes).toEqual([])
  })

  test('ends the half that is there; less than `both` is none, and is left alone', async () => {
    const admin = new MemoryAdmin({ romeo: { juliet: 'both' }, juliet: { romeo: 'from' } })
    expect(await disconnect(admin, ROMEO, JULIET)).toBe(true)
    expect(admin.writes).toEqual(['remove romeo juliet'])
    const other = new MemoryAdmin({ romeo: { juliet: 'from' }, juliet: { romeo: 'both' } })
    expect(await disconnect(other, ROMEO, JULIET, { keep: 'to' })).toBe(true)
    expect(other.writes).toEqual(['remove juliet romeo'])
  })

  test.each([
    [undefined, undefined],
    ['to', 'to'],
  ] as const)('what was left half done is finished by calling again, with keep: %s', async (keep, left) => {
    const admin = failing(mutual(), keep === undefined ? 'remove romeo' : 'put romeo')
    const options = keep === undefined ? {} : { keep }
    await expect(disconnect(admin, ROMEO, JULIET, options)).rejects.toMatchObject({ code: 'REFUSED' })
    admin.before = () => undefined
    expect(await disconnect(admin, ROMEO, JULIET, options)).toBe(true)
    expect(admin.item('romeo', 'juliet')?.subscription).toBe(left)
    expect(await disconnect(admin, ROMEO, JULIET, options)).toBe(false)
  })

  test('of one half alone, the error is what the place says, and the signal counts', async () => {
    const admin = failing(new MemoryAdmin({ romeo: { juliet: 'both' } }), 'remove romeo')
    await expect(disconnect(admin, ROMEO, JULIET)).rejects.toThrow(/^The server said no\.$/)
    const leaving = new AbortController()
    admin.before = (call) => void (call.startsWith('remove') && leaving.abort('enough'))
    await expect(disconnect(admin, ROMEO, JULIET, { signal: leaving.signal })).rejects.toBe('enough')
  })

  test('another keep is refused before anything is read', async () => {
    const admin = mutual()
    await expect(disconnect(admin, ROMEO, JULIET, { keep: 'both' as 'to' })).rejects.toMatchObject({
      code: 'ITEM_INVALID',
    })
    expect(admin.calls).toEqual([])
  })

  test('when the second side is refused, the error says that the first is done', async () => {
    const admin = failing(mutual(), 'remove romeo')
    await expect(disconnect(admin, ROMEO, JULIET)).rejects.toMatchObject({
      code: 'REFUSED',
      owner: ROMEO,
      contact: JULIET,
      message: expect.stringMatching(
        /^romeo@example\.com is out of the roster of juliet@example\.com by now\. .* ended with this: The server said no\.$/,
      ),
    })
    expect(admin.items('juliet')).toEqual([])
    expect(admin.item('romeo', 'juliet')?.subscription).toBe('both')
  })
})
