import { describe, expect, it } from 'vitest'
import { GroupLists } from '../../src/core/groups.js'

describe('GroupLists', () => {
  it('gives all who are in the same groups one frozen list', () => {
    const lists = new GroupLists()
    const first = lists.share(['Friends', 'Family'])
    expect(first).toEqual(['Friends', 'Family'])
    expect(Object.isFrozen(first)).toBe(true)
    expect(lists.share(['Friends', 'Family'])).toBe(first)
  })

  it.each([
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
    [['a,b'], ['a', 'b']],
    [['a","b'], ['a', 'b']],
    [['a\0b'], ['a', 'b']],
    [[], ['']],
  ])('tells %j from %j', (one, other) => {
    const lists = new GroupLists()
    lists.share(one)
    expect(lists.share(other)).toEqual(other)
  })

  it('keeps nothing of what it was given', () => {
    const given = ['Friends']
    const list = new GroupLists().share(given)
    given.push('Family')
    expect(list).toEqual(['Friends'])
  })
})
