import { describe, expect, test } from 'vitest'
import { RosterError } from '../../src/core/errors.js'
import type { RosterItem, RosterItemPatch } from '../../src/core/item.js'
import { SUBSCRIPTION_STATES } from '../../src/core/state.js'
import { step } from '../../src/core/step.js'
import { JULIET, listed, NOW, nobody } from './support/contacts.js'

const friend = listed('both', { name: 'Juliet', groups: ['Verona', 'Capulets'] })

function patched(patch: RosterItemPatch, contact = friend): RosterItem {
  const { item } = step(contact, { kind: 'update', patch }, NOW).contact
  if (item === undefined) throw new Error('The update left no item')
  return item
}

/** Plain JavaScript can say anything. */
const fromJavaScript = (patch: unknown): RosterItemPatch => patch as RosterItemPatch

function refusalOf(patch: unknown): RosterError {
  try {
    patched(fromJavaScript(patch))
  } catch (error) {
    if (error instanceof RosterError) return error
    throw error
  }
  throw new Error('It was not refused')
}

describe('update changes what it names, and keeps the rest (IQ2)', () => {
  const patches: readonly (readonly [string, RosterItemPatch, string | undefined, readonly string[]])[] = [
    ['nothing', {}, 'Juliet', ['Verona', 'Capulets']],
    ['a name keeps the groups', { name: 'J.' }, 'J.', ['Verona', 'Capulets']],
    ['groups keep the name', { groups: ['Lovers'] }, 'Juliet', ['Lovers']],
    ['null clears the name', { name: null }, undefined, ['Verona', 'Capulets']],
    ['empty text is no name', { name: '' }, undefined, ['Verona', 'Capulets']],
    ['an empty list clears the groups', { groups: [] }, 'Juliet', []],
    ['add puts groups after the others', { groups: { add: ['Lovers'] } }, 'Juliet', ['Verona', 'Capulets', 'Lovers']],
    ['remove takes some', { groups: { remove: ['Verona'] } }, 'Juliet', ['Capulets']],
    ['add and remove at once', { groups: { add: ['A'], remove: ['Capulets'] } }, 'Juliet', ['Verona', 'A']],
    ['a group that is there is not added twice', { groups: { add: ['Verona'] } }, 'Juliet', ['Verona', 'Capulets']],
    ['who is not in a group need not leave it', { groups: { remove: ['X'] } }, 'Juliet', ['Verona', 'Capulets']],
    ['a group named twice is one (RFC 6121 §2.1.2.6)', { groups: ['A', 'B', 'A'] }, 'Juliet', ['A', 'B']],
    ['groups differ by case', { groups: ['a', 'A'] }, 'Juliet', ['a', 'A']],
  ]

  test.each(patches)('%s', (_, patch, name, groups) => {
    expect(patched(patch)).toMatchObject({ name, groups })
  })

  test.each(SUBSCRIPTION_STATES)('%s: the subscription and the pre-approval stay, nothing is sent or told', (state) => {
    const after = step(listed(state, { approved: true }), { kind: 'update', patch: { name: 'J.' } }, NOW)

    expect(after.contact.item).toMatchObject({ state, approved: true, name: 'J.' })
    expect(after.sends).toEqual([])
    expect(after.facts).toEqual([])
  })

  test('Whoever was not listed is now, in "None"', () => {
    expect(patched({ name: 'Juliet' }, nobody)).toMatchObject({
      jid: JULIET,
      state: 'none',
      name: 'Juliet',
      groups: [],
    })
  })

  test('An item is never changed in place: the former one stays as it was', () => {
    const before = structuredClone(friend.item)

    expect(Object.isFrozen(patched({ name: 'J.', groups: { add: ['Lovers'] } }))).toBe(true)
    expect(Object.isFrozen(patched({ groups: ['Lovers'] }).groups)).toBe(true)
    expect(friend.item).toEqual(before)
  })

  test("The caller's list can change afterwards without changing the item", () => {
    const groups = ['Lovers']
    const item = patched({ groups })

    groups.push('Enemies')

    expect(item.groups).toEqual(['Lovers'])
  })

  test('Five thousand groups are as good as one', () => {
    const groups = Array.from({ length: 5_000 }, (_, number) => `Group ${number}`)

    expect(patched({ groups }).groups).toEqual(groups)
    expect(patched({ groups: { remove: groups.slice(1) } }, listed('both', { groups })).groups).toEqual(['Group 0'])
  })
})

describe('What XML cannot carry, or what is no text, is refused before anything happens: ITEM_INVALID', () => {
  const refused: readonly (readonly [string, unknown])[] = [
    ['a control character in a name', { name: 'Jul\u0000iet' }],
    ['a vertical tab in a name', { name: 'Jul\u000Biet' }],
    ['a lone high surrogate in a name', { name: 'Juliet \uD83D' }],
    ['a lone low surrogate in a name', { name: '\uDE00 Juliet' }],
    ['a noncharacter in a name', { name: 'Juliet\uFFFF' }],
    ['a control character in a group', { groups: ['Ver\u001Bona'] }],
    ['a lone surrogate in a group to add', { groups: { add: ['Verona \uD83D'] } }],
    ['an empty group (RFC 6121 §2.1.2.6)', { groups: [''] }],
    ['an empty group to add', { groups: { add: ['Lovers', ''] } }],
    ['one bad group among five thousand', { groups: [...Array.from({ length: 4_999 }, (_, n) => `${n}`), '\u0001'] }],
    ['a number as name', { name: 7 }],
    ['text as groups', { groups: 'Verona' }],
    ['null as groups', { groups: null }],
    ['a number among the groups', { groups: [1] }],
    ['text as groups to add', { groups: { add: 'Verona' } }],
  ]

  test.each(refused)('%s', (_, patch) => {
    expect(refusalOf(patch)).toMatchObject({ code: 'ITEM_INVALID', contact: JULIET })
  })

  test('The message shows no control character', () => {
    expect(refusalOf({ name: 'Jul\u001B[31miet' }).message).toContain('Jul\\u{1b}[31miet')
  })

  test.each([
    ['an emoji', 'Juliet 😀'],
    ['a tab and a newline', 'Juliet\t\n'],
    ['markup', '<b>&"\''],
    ['a name of the language', '__proto__'],
  ])('%s is a name like any other', (_, name) => {
    expect(patched({ name, groups: [name] })).toMatchObject({ name, groups: [name] })
  })
})
