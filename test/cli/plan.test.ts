import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Town, town } from './support/town.js'

/** A file of Juliet's. */
const fileOf = (at: Town, name: string, content: unknown): string => {
  const path = join(at.homeOf('juliet'), name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const rosterOf = async (at: Town): Promise<readonly object[]> =>
  JSON.parse((await at.as('juliet', 'get', '--json')).out)

const STAFF = [
  { jid: 'ann@localhost', name: 'Ann "A" 東京', groups: ['Staff'] },
  { jid: 'bob@localhost', groups: ['Staff'] },
]
const NOTHING = { add: [], update: [], remove: [], conflicts: [], unchanged: 0 }

describe('plan', () => {
  test('says what would be done, and sends nothing', async () => {
    const at = await town(['juliet'])
    await at.as('juliet', 'add', 'bob@localhost', '-n', 'Bob', '-g', 'Staff', '-g', 'Old')
    await at.as('juliet', 'add', 'cid@localhost', '-g', 'Staff')
    await at.as('juliet', 'add', 'mum@localhost')
    at.sent('juliet')
    const result = await at.as('juliet', 'plan', fileOf(at, 'staff.json', STAFF), '--owns', 'Staff')
    expect(result).toEqual({
      code: 0,
      out: [
        '+ ann@localhost  "Ann \\"A\\" 東京"  [Staff]',
        '~ bob@localhost  [Staff]',
        '- cid@localhost',
        '1 to add, 1 to change, 1 to remove, 0 unchanged.\n',
      ].join('\n'),
      err: '',
    })
    expect(at.sent('juliet').filter((xml) => xml.includes('type="set"') && xml.includes('jabber:iq:roster'))).toEqual(
      [],
    )
  })

  test('reads lines as well as an array, and an export, and writes the same plan as JSON', async () => {
    const at = await town(['juliet'])
    const array = await at.as('juliet', 'plan', '--json', fileOf(at, 'a.json', STAFF))
    const lines = STAFF.map((one) => JSON.stringify(one)).join('\r\n\n')
    const piped = await at.asWith('juliet', { piped: lines }, 'plan', '--json', '-')
    const plan = { ...NOTHING, add: STAFF }
    expect([JSON.parse(array.out), JSON.parse(piped.out)]).toEqual([plan, plan])
    const out = join(at.homeOf('juliet'), 'plan.json')
    await at.as('juliet', 'plan', fileOf(at, 'a.json', STAFF), '-o', out)
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(plan)
    await at.as('juliet', 'apply', out)
    const exported = join(at.homeOf('juliet'), 'roster.jsonl')
    await at.as('juliet', 'export', '-o', exported)
    expect((await at.as('juliet', 'plan', exported, '--mirror')).out).toBe(
      '0 to add, 0 to change, 0 to remove, 2 unchanged.\n',
    )
  })

  test('leaves to her what she has changed since the base was applied', async () => {
    const at = await town(['juliet'])
    await at.as('juliet', 'add', 'ann@localhost', '-n', 'Annie', '-g', 'Staff')
    const base = fileOf(at, 'base.json', STAFF)
    const wanted = fileOf(at, 'wanted.json', [{ ...STAFF[0], name: 'Dr. Ann' }, STAFF[1]])
    const { out } = await at.as('juliet', 'plan', wanted, '--base', base)
    const [ann, bob, counts] = out.split('\n')
    expect(ann).toMatch(/^! ann@localhost {2}The name: "Dr. Ann" is wanted and .* meanwhile it became "Annie"\.$/)
    expect(bob).toMatch(/^! bob@localhost {2}It is wanted, but its owner has removed it/)
    expect(counts).toBe('0 to add, 0 to change, 0 to remove, 2 left to you, 0 unchanged.')
  })

  test('one list serves all who are on it: nobody becomes a contact of their own', async () => {
    const at = await town(['juliet'])
    const staff = fileOf(at, 'staff.json', [{ jid: 'Juliet@localhost', name: 'Juliet' }, { jid: 'romeo@localhost' }])
    const { code, out } = await at.as('juliet', 'plan', staff)
    expect([code, out]).toEqual([0, '+ romeo@localhost\n1 to add, 0 to change, 0 to remove, 0 unchanged.\n'])
  })

  test('an empty list removes nothing beyond the guard', async () => {
    const at = await town(['juliet'])
    for (const name of ['a', 'b', 'c']) await at.as('juliet', 'add', `${name}@localhost`)
    const { code, out, err } = await at.as('juliet', 'plan', fileOf(at, 'w.json', []), '--mirror')
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^xmpp-roster: PLAN_REFUSED: The plan would remove 3 of 3 .*50%.*\n$/)
    const told = await at.as('juliet', 'plan', fileOf(at, 'w.json', []), '--mirror', '--max-removals', '100%')
    expect([told.code, told.out.split('\n').length]).toEqual([0, 5])
  })

  test.each<[what: string, content: string, message: string]>([
    ['what is no JSON', '{"jid":', 'w.json, line 1: this is no JSON.'],
    ['a line that is no JSON', '{"jid":"a@b"}\noops', 'w.json, line 2: this is no JSON.'],
    ['an array that was cut off', '[{"jid":"a@b"},\n{"ji', 'w.json, line 1: this is no JSON.'],
    [
      'a field that nobody knows',
      '{"jid":"a@b"}\n{"jid":"c@d","nick":"C"}',
      'w.json, line 2: Expected no fields but jid, name, groups, subscription in the contact, but "nick" came.',
    ],
    [
      'a subscription that is none',
      '[{"jid":"a@b","subscription":"BOTH"}]',
      'w.json: Expected none, to, from or both as contacts[0].subscription, but "BOTH" came.',
    ],
    ['a contact twice', '{"jid":"a@b"}\n{"jid":"A@B"}', 'w.json: a@b is wanted twice, as "a@b" and as "A@B".'],
    ['a JID that is none', '{"jid":"@"}', 'w.json, line 1: '],
    ['a plan', JSON.stringify(NOTHING), 'w.json is a plan already: "apply" carries it out.'],
  ])('refuses %s before it connects: one line, exit code 2', async (_what, content, message) => {
    const at = await town(['juliet'])
    const { code, out, err } = await at.as('juliet', 'plan', fileOf(at, 'w.json', content))
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^xmpp-roster: FILE_INVALID: [^\n]*\n$/)
    expect(err).toContain(message)
    expect(at.sent('juliet')).toEqual([])
  })

  test.each([
    [['--max-removals', 'many'], '--max-removals is a number, or a share such as 10%.'],
    [['--max-removals', '101%'], '--max-removals is a number, or a share such as 10%.'],
    [['--mirror', '--owns', 'Staff'], 'Of --mirror and --owns only one makes sense.'],
  ])('refuses %j as usage', async (words, message) => {
    const at = await town(['juliet'])
    const { code, err } = await at.as('juliet', 'plan', fileOf(at, 'w.json', []), ...words)
    expect([code, err]).toEqual([2, `xmpp-roster: USAGE: ${message}\n`])
  })
})

describe('apply', () => {
  test('carries a plan out, and finds nothing to do the second time', async () => {
    const at = await town(['juliet'])
    const plan = fileOf(at, 'plan.json', { ...NOTHING, add: STAFF })
    const { code, out } = await at.as('juliet', 'apply', plan)
    expect([code, out.split('\n').slice(2)]).toEqual([
      0,
      ['2 to add, 0 to change, 0 to remove, 0 unchanged.', '2 of 2 done.', ''],
    ])
    expect(await rosterOf(at)).toMatchObject([{ jid: 'ann@localhost', name: 'Ann "A" 東京' }, { jid: 'bob@localhost' }])
    at.sent('juliet')
    expect((await at.as('juliet', 'apply', plan)).code).toBe(0)
    expect(at.sent('juliet').filter((xml) => xml.includes('type="set"') && xml.includes('jabber:iq:roster'))).toEqual(
      [],
    )
  })

  test('asks before it removes, and not before it adds', async () => {
    const at = await town(['juliet'])
    await at.as('juliet', 'add', 'bob@localhost')
    const plan = fileOf(at, 'plan.json', { ...NOTHING, remove: ['bob@localhost'] })
    at.sent('juliet')
    const unasked = await at.as('juliet', 'apply', plan)
    expect([unasked.code, unasked.out]).toEqual([
      20,
      '- bob@localhost\n0 to add, 0 to change, 1 to remove, 0 unchanged.\n',
    ])
    expect(at.sent('juliet')).toEqual([])
    const asked = await at.asWith('juliet', { columns: 80, typed: 'y\n' }, 'apply', plan)
    expect(asked.err).toContain('Remove 1 contact? (y/N) ')
    expect([asked.code, await rosterOf(at)]).toEqual([0, []])
  })

  test('goes on after a failure, says it, and ends with 1', async () => {
    const at = await town(['juliet'])
    const update = [{ jid: 'gone@localhost', name: 'Gone' }]
    const plan = fileOf(at, 'plan.json', { ...NOTHING, add: STAFF, update })
    const { code, out, err } = await at.as('juliet', 'apply', plan)
    expect(code).toBe(1)
    expect(out.split('\n').at(-2)).toBe('2 of 3 done, 1 failed.')
    expect(err).toMatch(/^xmpp-roster: PLAN_REFUSED: gone@localhost is not in the roster .* \(gone@localhost\)$/m)
    expect(await rosterOf(at)).toHaveLength(2)
  })

  test('waits between changes with --rate, which Ctrl-C ends at once: what was done is said, the next call goes on', async () => {
    const at = await town(['juliet'])
    const plan = fileOf(at, 'plan.json', { ...NOTHING, add: STAFF })
    const ctrlC = new AbortController()
    const onErr = (text: string): void => {
      if (text.includes('1 of 2')) ctrlC.abort()
    }
    const stopped = await at.asWith('juliet', { signal: ctrlC.signal, onErr }, 'apply', '--rate', '0.01', plan)
    expect(stopped.code).toBe(20)
    expect(stopped.err.trimEnd().split('\n').at(-1)).toBe(
      'xmpp-roster: CANCELLED: Cancelled: 1 of 2 done; what was under way may have happened, the rest did not; the same command goes on where this one stopped.',
    )
    expect(await rosterOf(at)).toHaveLength(1)
    expect((await at.as('juliet', 'apply', plan)).out.split('\n').at(-2)).toBe('2 of 2 done.')
    expect(await rosterOf(at)).toHaveLength(2)
  })

  test('says what was done when the connection is lost', async () => {
    const at = await town(['juliet'])
    const plan = fileOf(at, 'plan.json', { ...NOTHING, add: STAFF })
    const onErr = (text: string): void => {
      if (text.includes('1 of 2')) void at.server.close()
    }
    const { code, err } = await at.asWith('juliet', { onErr }, 'apply', '--rate', '0.01', plan)
    expect(code).toBe(5)
    expect(err.trimEnd().split('\n').at(-1)).toMatch(/^xmpp-roster: NOT_CONNECTED: .* 1 of 2 done; what was under way/)
  })

  test.each<[what: string, content: string, message: string]>([
    ['what is no JSON', '{"add":', 'plan.json is no JSON.'],
    ['what is no plan', '[]', 'plan.json: Expected an object as the plan, but [] came.'],
    [
      'a plan with a field that plans do not have',
      JSON.stringify({ ...NOTHING, drop: [] }),
      'plan.json: Expected no fields but',
    ],
    [
      'a contact with a field that contacts do not have',
      JSON.stringify({ ...NOTHING, add: [{ jid: 'a@b', nick: 'A' }] }),
      'in add[0], but "nick" came.',
    ],
    ['a plan that lacks a part', '{"add":[]}', 'plan.json: Expected '],
  ])('refuses %s before it connects: one line, exit code 2', async (_what, content, message) => {
    const at = await town(['juliet'])
    const { code, out, err } = await at.as('juliet', 'apply', fileOf(at, 'plan.json', content))
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^xmpp-roster: FILE_INVALID: [^\n]*\n$/)
    expect(err).toContain(message)
    expect(at.sent('juliet')).toEqual([])
  })
})
