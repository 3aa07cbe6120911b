import { describe, expect, test } from 'vitest'
import { type Town, town } from './support/town.js'

const ROMEO = 'romeo@localhost'

const rosterOf = async (people: Town, name: string): Promise<readonly Record<string, unknown>[]> =>
  JSON.parse((await people.as(name, 'get', '--json')).out)

const sets = (people: Town, name: string): readonly string[] =>
  people.sent(name).filter((xml) => xml.includes('jabber:iq:roster') && xml.includes('type="set"'))

describe('add', () => {
  test('makes a contact with a name and groups, and says so', async () => {
    const verona = await town(['juliet'])
    const result = await verona.as('juliet', 'add', 'Romeo@LOCALHOST', '-n', 'Romeo', '-g', 'Friends', '-g', 'Verona')
    expect(result).toEqual({ code: 0, out: `${ROMEO} added\n`, err: '' })
    const [item] = await rosterOf(verona, 'juliet')
    expect(item).toMatchObject({ jid: ROMEO, name: 'Romeo', groups: ['Friends', 'Verona'], state: 'none' })
  })

  test('changes what is given of one that is there, and keeps the rest', async () => {
    const verona = await town(['juliet'])
    await verona.as('juliet', 'add', ROMEO, '-n', 'Romeo', '-g', 'Friends')
    expect((await verona.as('juliet', 'add', ROMEO, '-g', 'Verona')).out).toBe(`${ROMEO} changed\n`)
    const [item] = await rosterOf(verona, 'juliet')
    expect(item).toMatchObject({ name: 'Romeo', groups: ['Friends', 'Verona'] })
  })

  test.each([
    ['a program for a shell', '$(touch /tmp/x) `id` ; exit'],
    ['quotes', `O'Brien "Bob" \\`],
    ['spaces and no ASCII', ' Pamela  Håll 羅 '],
    ['what looks like an option', '--force'],
    ['XML', '<b>&amp;</b>'],
  ])('takes a name with %s as it stands', async (_what, name) => {
    const verona = await town(['juliet'])
    expect((await verona.as('juliet', 'add', ROMEO, `--name=${name}`, `--group=${name}`)).code).toBe(0)
    expect(await rosterOf(verona, 'juliet')).toMatchObject([{ name, groups: [name] }])
  })

  test.each<[what: string, words: readonly string[]]>([
    ['an empty group (RFC 6121 §2.1.2.6: the server MUST refuse it)', ['-g', '']],
    ['a name that XML cannot carry', ['-n', 'a\u0000b']],
  ])('refuses %s before anything is sent', async (_what, words) => {
    const verona = await town(['juliet'])
    const { code, err } = await verona.as('juliet', 'add', ROMEO, ...words)
    expect(code).toBe(2)
    expect(err).toMatch(/^xmpp-roster: ITEM_INVALID: [^\n]*\n$/)
    expect(sets(verona, 'juliet')).toEqual([])
  })

  test('asks for presence as well when it is told to', async () => {
    const verona = await town(['juliet', 'romeo'])
    const { code, out } = await verona.as('juliet', 'add', ROMEO, '--subscribe')
    expect([code, out]).toEqual([0, `${ROMEO} added\n${ROMEO} asked\n`])
    expect(await rosterOf(verona, 'juliet')).toMatchObject([{ state: 'none+out' }])
  })
})

describe('set', () => {
  test('of a contact that is not there is an error, and nothing is sent', async () => {
    const verona = await town(['juliet'])
    const { code, err } = await verona.as('juliet', 'set', ROMEO, '-n', 'Romeo')
    expect([code, err]).toEqual([
      16,
      `xmpp-roster: NOT_FOUND: ${ROMEO} is not in the roster; nothing was sent. "xmpp-roster add ${ROMEO}" adds it.\n`,
    ])
    expect(sets(verona, 'juliet')).toEqual([])
  })

  test('adds to the groups, takes out of single ones, and clears the name', async () => {
    const verona = await town(['juliet'])
    await verona.as('juliet', 'add', ROMEO, '-n', 'Romeo', '-g', 'A', '-g', 'B')
    expect((await verona.as('juliet', 'set', ROMEO, '-g', 'C', '--ungroup', 'A')).out).toBe(`${ROMEO} changed\n`)
    expect(await rosterOf(verona, 'juliet')).toMatchObject([{ name: 'Romeo', groups: ['B', 'C'] }])
    await verona.as('juliet', 'set', ROMEO, '-n', '')
    expect(await rosterOf(verona, 'juliet')).toMatchObject([{ name: null, groups: ['B', 'C'] }])
  })

  test('-R writes the contact as it is given, also one that is not there', async () => {
    const verona = await town(['juliet'])
    await verona.as('juliet', 'add', ROMEO, '-n', 'Romeo', '-g', 'A')
    expect((await verona.as('juliet', 'set', ROMEO, '-R', '-g', 'B')).out).toBe(`${ROMEO} changed\n`)
    expect(await rosterOf(verona, 'juliet')).toMatchObject([{ name: null, groups: ['B'] }])
    await verona.as('juliet', 'set', ROMEO, '-R')
    expect(await rosterOf(verona, 'juliet')).toMatchObject([{ name: null, groups: [] }])
    expect((await verona.as('juliet', 'set', 'nurse@localhost', '-R', '-n', 'Nurse')).out).toBe(
      'nurse@localhost added\n',
    )
  })

  test('that changes nothing sends nothing', async () => {
    const verona = await town(['juliet'])
    await verona.as('juliet', 'add', ROMEO, '-n', 'Romeo', '-g', 'A', '-g', 'B')
    verona.sent('juliet')
    for (const words of [
      ['-n', 'Romeo'],
      ['-g', 'A'],
      ['--ungroup', 'C'],
      ['-R', '-n', 'Romeo', '-g', 'B', '-g', 'A', '-g', 'A'],
    ])
      expect(await verona.as('juliet', 'set', ROMEO, ...words)).toEqual({
        code: 0,
        out: `${ROMEO} unchanged\n`,
        err: '',
      })
    expect(sets(verona, 'juliet')).toEqual([])
  })

  test('says no subscription: the wire has none (RFC 6121 §2.3.1)', async () => {
    const verona = await town(['juliet'])
    await verona.as('juliet', 'add', ROMEO, '-n', 'Romeo')
    expect(sets(verona, 'juliet').join()).not.toContain('subscription')
  })
})

describe('delete', () => {
  const romeoAndNurse = async (): Promise<Town> => {
    const verona = await town(['juliet'])
    for (const jid of [ROMEO, 'nurse@localhost']) await verona.as('juliet', 'add', jid)
    verona.sent('juliet')
    return verona
  }

  test('of somebody who is not in the roster is 16, and nothing is sent, not even for the others', async () => {
    const verona = await romeoAndNurse()
    const { code, err } = await verona.as('juliet', 'delete', '-f', ROMEO, 'tybalt@localhost')
    expect([code, err]).toEqual([
      16,
      'xmpp-roster: NOT_FOUND: tybalt@localhost is not in the roster; nothing was sent.\n',
    ])
    expect(verona.sent('juliet').filter((xml) => xml.startsWith('<presence') || xml.includes('remove'))).toEqual([])
    expect(await rosterOf(verona, 'juliet')).toHaveLength(2)
  })

  test('of several is one command, and each is one stanza', async () => {
    const verona = await romeoAndNurse()
    const { code, out } = await verona.as('juliet', 'delete', '-f', ROMEO, 'nurse@localhost', ROMEO)
    expect([code, out]).toEqual([0, `${ROMEO} deleted\nnurse@localhost deleted\n`])
    const sent = verona.sent('juliet').filter((xml) => xml.startsWith('<presence') || xml.includes('remove'))
    expect(sent).toHaveLength(2)
    expect(await rosterOf(verona, 'juliet')).toEqual([])
  })

  test('without a terminal and without -f ends with 20, at once', async () => {
    const verona = await romeoAndNurse()
    const { code, err } = await verona.as('juliet', 'delete', ROMEO)
    expect([code, err]).toEqual([
      20,
      'xmpp-roster: CANCELLED: There is no terminal to ask on; nothing was done. -f goes ahead without asking.\n',
    ])
  })

  test.each(['y\n', 'yes\n', ' YES \n', 'Y\n'])('goes ahead when the answer is %j', async (typed) => {
    const verona = await romeoAndNurse()
    const { code, err } = await verona.asWith('juliet', { columns: 80, typed }, 'delete', ROMEO)
    expect(code).toBe(0)
    expect(err).toContain(`Delete ${ROMEO} from the roster? (y/N) `)
    expect(await rosterOf(verona, 'juliet')).toHaveLength(1)
  })

  test.each(['\n', 'n\n', 'yep\n', 'maybe\n', '\u0004', '\u0003'])(
    'ends with 20 when the answer is %j',
    async (typed) => {
      const verona = await romeoAndNurse()
      const { code, err } = await verona.asWith('juliet', { columns: 80, typed }, 'delete', ROMEO)
      expect(code).toBe(20)
      expect(err).toContain('xmpp-roster: CANCELLED: Cancelled; nothing was done.')
      expect(await rosterOf(verona, 'juliet')).toHaveLength(2)
    },
  )
})

describe('groups', () => {
  const household = async (): Promise<Town> => {
    const verona = await town(['juliet'])
    await verona.as('juliet', 'add', ROMEO, '-g', 'Friends', '-g', 'Lovers')
    await verona.as('juliet', 'add', 'nurse@localhost', '-g', 'Friends')
    await verona.as('juliet', 'add', 'paris@localhost')
    verona.sent('juliet')
    return verona
  }
  const groupsOf = async (people: Town): Promise<object> => {
    const items = await rosterOf(people, 'juliet')
    return Object.fromEntries(
      items.map(({ jid, groups }) => [String(jid).split('@')[0], [...(groups as string[])].sort()]),
    )
  }

  test('are counted', async () => {
    const verona = await household()
    expect((await verona.as('juliet', 'groups')).out).toBe('GROUP    CONTACTS\n(none)   1\nFriends  2\nLovers   1\n')
    expect(JSON.parse((await verona.as('juliet', 'groups', '--json')).out)).toEqual([
      { group: null, contacts: 1 },
      { group: 'Friends', contacts: 2 },
      { group: 'Lovers', contacts: 1 },
    ])
  })

  test('are renamed for all of their contacts, which keep their other groups', async () => {
    const verona = await household()
    const { code, out, err } = await verona.as('juliet', 'groups', 'rename', 'Friends', 'Lovers')
    expect([code, out]).toEqual([0, `nurse@localhost moved to Lovers\n${ROMEO} moved to Lovers\n`])
    expect(err).toBe('Renaming: 1 of 2\nRenaming: 2 of 2\n')
    expect(await groupsOf(verona)).toEqual({ nurse: ['Lovers'], paris: [], romeo: ['Lovers'] })
  })

  test('are deleted without their contacts, after a question', async () => {
    const verona = await household()
    expect((await verona.as('juliet', 'groups', 'delete', 'Friends')).code).toBe(20)
    expect(sets(verona, 'juliet')).toEqual([])
    expect((await verona.as('juliet', 'groups', 'delete', 'Friends', '-f')).code).toBe(0)
    expect(await groupsOf(verona)).toEqual({ nurse: [], paris: [], romeo: ['Lovers'] })
  })

  test('that are not there are 16', async () => {
    const verona = await household()
    for (const words of [
      ['rename', 'Enemies', 'Friends'],
      ['delete', '-f', 'Enemies'],
    ])
      expect(await verona.as('juliet', 'groups', ...words)).toEqual({
        code: 16,
        out: '',
        err: 'xmpp-roster: NOT_FOUND: There is no group Enemies; nothing was sent.\n',
      })
  })
})
