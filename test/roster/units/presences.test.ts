import { describe, expect, test } from 'vitest'
import type { Presence } from '../../../src/core/presence.js'
import { Presences } from '../../../src/roster/presences.js'

const JULIET = 'juliet@example.com'

const at = (resource: string, priority = 0): Presence => ({
  jid: `${JULIET}/${resource}`,
  resource,
  show: undefined,
  status: undefined,
  priority,
  since: new Date(0),
  extra: undefined,
})

function holding(...resources: readonly string[]): Presences {
  const presences = new Presences(3)
  for (const resource of resources) presences.set(JULIET, at(resource))
  return presences
}

const namesOf = (presences: Presences): readonly string[] => presences.resources(JULIET).map(({ resource }) => resource)

describe('Who is available', () => {
  test('Nobody, until somebody is; asking makes nobody (ME1)', () => {
    const presences = holding()

    expect(presences.get(JULIET, 'balcony')).toBeUndefined()
    expect(presences.view(JULIET)).toEqual({ available: false, best: undefined, resources: new Map() })
    expect(presences.resources(JULIET)).toEqual([])
    expect(presences.has(JULIET)).toBe(false)
    expect(presences.contacts()).toEqual([])
  })

  test('Each resource on its own, the last word of each', () => {
    const presences = holding('balcony', 'chamber')
    presences.set(JULIET, at('balcony', 5))

    expect(presences.get(JULIET, 'balcony')?.priority).toBe(5)
    expect(presences.get(JULIET, 'chamber')?.priority).toBe(0)
    expect(presences.view(JULIET).best?.resource).toBe('balcony')
  })

  test('Without a resource is a resource like any other: the empty one', () => {
    expect(holding('').get(JULIET, '')?.jid).toBe(`${JULIET}/`)
  })

  test('A resource that leaves is given back; the last one takes the contact along', () => {
    const presences = holding('balcony', 'chamber')

    expect(presences.delete(JULIET, 'balcony')?.resource).toBe('balcony')
    expect(presences.has(JULIET)).toBe(true)
    expect(presences.delete(JULIET, 'chamber')?.resource).toBe('chamber')
    expect(presences.has(JULIET)).toBe(false)
    expect(presences.contacts()).toEqual([])
  })

  test('Who leaves and was not there changes nothing', () => {
    const presences = holding('balcony')

    expect(presences.delete(JULIET, 'chamber')).toBeUndefined()
    expect(presences.delete('nurse@example.com', 'balcony')).toBeUndefined()
    expect(namesOf(presences)).toEqual(['balcony'])
  })

  test('One contact does not touch another', () => {
    const presences = holding('balcony')
    presences.set('nurse@example.com', at('hall'))
    presences.delete('nurse@example.com', 'hall')

    expect(presences.contacts()).toEqual([JULIET])
  })
})

describe('A contact with more resources than the limit', () => {
  test('The oldest goes, and whoever keeps it is told which', () => {
    const presences = holding('1', '2', '3')

    expect(presences.set(JULIET, at('4'))?.resource).toBe('1')
    expect(namesOf(presences)).toEqual(['2', '3', '4'])
  })

  test('A known resource that speaks again costs nobody its place', () => {
    const presences = holding('1', '2', '3')

    expect(presences.set(JULIET, at('2', 9))).toBeUndefined()
    expect(namesOf(presences)).toEqual(['1', '2', '3'])
  })

  test('A hundred resources stay at the limit', () => {
    const presences = holding(...Array.from({ length: 100 }, (_, number) => `${number}`))

    expect(namesOf(presences)).toEqual(['97', '98', '99'])
  })
})

describe('What is handed out', () => {
  test('does not change when presence does', () => {
    const presences = holding('balcony')
    const before = presences.view(JULIET)
    const list = presences.resources(JULIET)
    presences.set(JULIET, at('chamber'))
    presences.delete(JULIET, 'balcony')

    expect([...before.resources.keys()]).toEqual(['balcony'])
    expect(list.map(({ resource }) => resource)).toEqual(['balcony'])
  })

  test('can be walked while resources leave', () => {
    const presences = holding('1', '2', '3')
    for (const { resource } of presences.resources(JULIET)) presences.delete(JULIET, resource)

    expect(presences.has(JULIET)).toBe(false)
  })

  test.each(['__proto__', 'constructor', 'a/b', '😀'])('%s is a resource like any other (promise 25)', (resource) => {
    const presences = holding(resource)

    expect(presences.get(JULIET, resource)?.resource).toBe(resource)
    expect(presences.delete(JULIET, resource)?.resource).toBe(resource)
  })
})
