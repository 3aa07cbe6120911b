import { describe, expect, test } from 'vitest'
import { type BulkProgress, type ClearOptions, clear } from '../../src/admin.js'
import { RosterError } from '../../src/index.js'
import { MemoryAdmin, short } from './support/memory-admin.js'

const three = (): MemoryAdmin =>
  new MemoryAdmin({
    a: { b: 'both', c: 'to' },
    b: { a: 'both' },
    'x@other.example': { a: 'none', b: 'from' },
  })

const inWords = ({ done, total, failed, owner, contact, error }: BulkProgress): string =>
  [
    short(owner),
    contact === undefined ? '*' : short(contact),
    `${done}/${total ?? '?'}`,
    failed,
    error?.code ?? 'ok',
  ].join(' ')

describe('clear', () => {
  test('removes every item of one owner, and nobody else’s', async () => {
    const admin = three()
    const told: string[] = []
    const onProgress = (progress: BulkProgress): void => void told.push(inWords(progress))
    const summary = await clear(admin, { owner: 'A@example.com/desk', onProgress })
    expect(summary).toEqual({ done: 2, failed: 0, stopped: false, errors: [] })
    expect(admin.writes).toEqual(['remove a b', 'remove a c'])
    expect(admin.items('b')).toHaveLength(1)
    expect(told).toEqual(['a b 1/2 0 ok', 'a c 2/2 0 ok'])
  })

  test('of a domain, or of all', async () => {
    const admin = three()
    expect(await clear(admin, { domain: 'Example.COM' })).toMatchObject({ done: 3 })
    expect(admin.items('x@other.example')).toHaveLength(2)
    expect(await clear(admin, { all: true })).toMatchObject({ done: 2, failed: 0 })
    expect([...admin.rosters.values()].every((roster) => roster.size === 0)).toBe(true)
  })

  test('with dryRun it only counts', async () => {
    const admin = three()
    const told: string[] = []
    const onProgress = (progress: BulkProgress): void => void told.push(inWords(progress))
    expect(await clear(admin, { all: true, dryRun: true, onProgress })).toMatchObject({ done: 5, stopped: false })
    expect(admin.writes).toEqual([])
    expect(told).toEqual(['a * 2/? 0 ok', 'b * 3/? 0 ok', 'x@other.example * 5/? 0 ok'])
  })

  test('goes on after failures, of a roster that cannot be read and of an item that cannot be removed', async () => {
    const admin = three()
    const refused = new RosterError('REFUSED', 'No.')
    admin.before = (call) => {
      if (call === 'list b') throw new TypeError('garbage')
      if (call === 'remove a b') throw refused
    }
    const summary = await clear(admin, { all: true })
    expect(summary).toMatchObject({ done: 3, failed: 2, stopped: false })
    expect(summary.errors).toEqual([
      { owner: 'a@example.com', contact: 'b@example.com', error: refused },
      { owner: 'b@example.com', contact: undefined, error: expect.objectContaining({ code: 'NOT_CONNECTED' }) },
    ])
    expect(summary.errors[1]?.error.message).toContain('garbage')
  })

  test('what was gone meanwhile is done', async () => {
    const admin = three()
    admin.remove = async () => false
    expect(await clear(admin, { owner: 'a@example.com' })).toMatchObject({ done: 2, failed: 0 })
  })

  test('stops on the signal: no throw, and the rest is still there', async () => {
    const admin = three()
    const leaving = new AbortController()
    const onProgress = (): void => leaving.abort()
    expect(await clear(admin, { all: true, signal: leaving.signal, onProgress })).toEqual({
      done: 1,
      failed: 0,
      stopped: true,
      errors: [],
    })
    expect(admin.items('a')).toHaveLength(1)
    expect(admin.items('b')).toHaveLength(1)
  })

  test('an abort during the call counts its change as neither done nor failed', async () => {
    const admin = three()
    const leaving = new AbortController()
    admin.before = (call) => void (call === 'remove a c' && leaving.abort())
    expect(await clear(admin, { all: true, signal: leaving.signal })).toMatchObject({
      done: 1,
      failed: 0,
      stopped: true,
    })
    const before = clear(three(), { all: true, signal: AbortSignal.abort() })
    expect(await before).toMatchObject({ done: 0, failed: 0, stopped: true })
  })

  test('an abort after the last change has stopped nothing', async () => {
    const leaving = new AbortController()
    const onProgress = ({ done }: BulkProgress): void => void (done === 2 && leaving.abort())
    expect(await clear(three(), { owner: 'a@example.com', signal: leaving.signal, onProgress })).toMatchObject({
      done: 2,
      stopped: false,
    })
  })

  test.each([
    ['nothing', {}, /none came/],
    ['an owner that is undefined', { owner: undefined }, /none came/],
    ['all: false', { all: false }, /none came/],
    ['all: "no"', { all: 'no' }, /all came/],
    ['two of them', { owner: 'a@example.com', all: true }, /owner, all came/],
    ['a rate of nothing', { all: true, rate: 0 }, /rate/],
    ['a rate that is no number', { all: true, rate: Number.NaN }, /rate/],
  ])('%s is refused before anything is read', async (_, options, message) => {
    const admin = three()
    await expect(clear(admin, options as unknown as ClearOptions)).rejects.toMatchObject({
      code: 'ITEM_INVALID',
      message: expect.stringMatching(message),
    })
    expect(admin.calls).toEqual([])
  })

  test('owners that cannot be named: it rejects, and nothing was removed', async () => {
    const admin = three()
    admin.before = () => {
      throw new RosterError('UNSUPPORTED', 'Pass the owners.')
    }
    await expect(clear(admin, { all: true })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(admin.writes).toEqual([])
  })
})
