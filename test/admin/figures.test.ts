import { describe, expect, test } from 'vitest'
import { purgeCandidates, stats } from '../../src/admin.js'
import { type RosterItem, rosterItem } from '../../src/core/item.js'
import { adminItem } from './support/memory-admin.js'

describe('stats', () => {
  test('of a roster as `li roster stats` has them, and those that it lacks', () => {
    const items = [
      adminItem('pierre', { subscription: 'to', groups: ['housemates', 'friends'] }),
      adminItem('louise', { subscription: 'both', groups: ['friends'], name: 'Enjolras' }),
      adminItem('x@other.example', { subscription: 'from' }),
      adminItem('y@other.example', { pendingOut: true, groups: ['work'] }),
      adminItem('z@other.example', { subscription: 'to', pendingIn: true }),
      adminItem('gw.example', {}),
      adminItem('anna', { subscription: 'both', groups: ['friends', 'work'] }),
    ]
    const { hosts, groups, ...counts } = stats(items)
    expect(counts).toEqual({
      contacts: 7,
      both: 2,
      toOnly: 2,
      fromOnly: 1,
      none: 2,
      pendingOut: 1,
      pendingIn: 1,
      ungrouped: 3,
      contactsPerGroup: 6 / 3,
      groupsPerContact: 6 / 7,
    })
    // Most first; equals in the order of their first contact.
    expect([...hosts]).toEqual([
      ['example.com', 3],
      ['other.example', 3],
      ['gw.example', 1],
    ])
    expect([...groups]).toEqual([
      ['friends', 3],
      ['work', 2],
      ['housemates', 1],
    ])
  })

  test('of nothing are zeros, no averages that are no numbers', () => {
    expect(stats([])).toEqual({
      contacts: 0,
      hosts: new Map(),
      both: 0,
      toOnly: 0,
      fromOnly: 0,
      none: 0,
      pendingOut: 0,
      pendingIn: 0,
      groups: new Map(),
      ungrouped: 0,
      contactsPerGroup: 0,
      groupsPerContact: 0,
    })
  })

  test('without groups there are no contacts per group', () => {
    expect(stats([adminItem('a'), adminItem('b')])).toMatchObject({ contactsPerGroup: 0, groupsPerContact: 0 })
  })

  test('a group or a domain is a key like any other', () => {
    const { groups, hosts } = stats([adminItem('a@constructor', { groups: ['__proto__', 'toString'] })])
    expect([...groups.keys()]).toEqual(['__proto__', 'toString'])
    expect(hosts.get('constructor')).toBe(1)
  })
})

describe('purgeCandidates', () => {
  const states = ['none', 'none+out', 'none+in', 'none+out+in', 'to', 'to+in', 'from', 'from+out', 'both'] as const
  const items = [...states]
    .reverse()
    .map((state): RosterItem => rosterItem({ jid: `${state.replaceAll('+', '-')}@x.example`, state }))
  const named = (options: Parameters<typeof purgeCandidates>[1]): readonly string[] =>
    purgeCandidates(items, options).map(({ state }) => state)

  test.each([
    [{}, ['none']],
    [{ noFrom: true }, ['to', 'none']],
    [{ noTo: true }, ['from', 'none']],
    [{ noFrom: true, noTo: true }, ['from', 'to', 'none']],
    [{ pending: true }, ['none+out+in', 'none+in', 'none+out', 'none']],
    [{ pending: true, noFrom: true }, ['to+in', 'to', 'none+out+in', 'none+in', 'none+out', 'none']],
    [{ pending: true, noTo: true }, ['from+out', 'from', 'none+out+in', 'none+in', 'none+out', 'none']],
  ])('%o names %o: a pending one only when it is asked for, both never, the order stays', (options, expected) => {
    expect(named(options)).toEqual(expected)
  })

  test('the items are the very same, of whichever kind; of nothing, none', () => {
    const item = adminItem('a')
    expect(purgeCandidates(new Set([item]))[0]).toBe(item)
    expect(purgeCandidates([])).toEqual([])
    expect(Object.isFrozen(purgeCandidates([item]))).toBe(true)
  })
})
