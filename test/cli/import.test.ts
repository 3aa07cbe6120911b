import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { planRoster } from '../../src/admin.js'
import { exportLines, parseExport } from '../../src/cli/export-format.js'
import { additive, wantedOf } from '../../src/cli/wanted.js'
import { type RosterItem, rosterItem } from '../../src/core/item.js'
import { stateFrom } from '../../src/core/state.js'
import { type Town, town } from './support/town.js'

const NAME = 'Romeo "R" $(touch x) 東京'

/** Juliet's contacts as they are, in a file of hers. */
const exported = async (at: Town, name = 'juliet'): Promise<string> => {
  const path = join(at.homeOf(name), 'roster.jsonl')
  expect(await at.as(name, 'export', '-o', path)).toEqual({ code: 0, out: '', err: '' })
  return path
}

const rosterOf = async (at: Town, name = 'juliet'): Promise<unknown> =>
  JSON.parse((await at.as(name, 'get', '--json')).out)

/** Juliet, who has asked Romeo, and knows her nurse. */
const verona = async (): Promise<Town> => {
  const at = await town(['juliet', 'romeo', 'nurse', 'paris'])
  await at.as('juliet', 'add', 'romeo@localhost', '-n', NAME, '-g', 'A;B', '-g', 'Friends', '--subscribe')
  await at.as('juliet', 'add', 'nurse@localhost')
  return at
}

describe('export', () => {
  test('writes lines that say what they are and are counted, or CSV for spreadsheets', async () => {
    const at = await verona()
    const { code, out } = await at.as('juliet', 'export')
    const [head, nurse, romeo, end, ...rest] = out.split('\n')
    expect(code).toBe(0)
    expect(JSON.parse(head!)).toMatchObject({ format: 'xmpp-roster-export', version: 1, owner: 'juliet@localhost' })
    expect(JSON.parse(nurse!)).toMatchObject({ jid: 'nurse@localhost', name: null, groups: [] })
    expect(JSON.parse(romeo!)).toMatchObject({ jid: 'romeo@localhost', name: NAME, pendingOut: true })
    expect([end, ...rest]).toEqual(['{"items":2}', ''])
    expect((await at.as('juliet', 'export', '--csv')).out.split('\n')).toEqual([
      'jid,name,groups,subscription,pendingOut,pendingIn,approved',
      'nurse@localhost,,,none,false,false,false',
      `romeo@localhost,"${NAME.replaceAll('"', '""')}",A;B;Friends,none,true,false,false`,
      '',
    ])
  })

  test('writes to the standard output where the file is called -', async () => {
    const at = await verona()
    const { out } = await at.as('juliet', 'export', '--csv')
    expect(await at.as('juliet', 'export', '--csv', '-o', '-')).toEqual({ code: 0, out, err: '' })
    const planned = await at.asWith('juliet', { piped: '[]' }, 'plan', '-', '-o', '-')
    expect(JSON.parse(planned.out)).toMatchObject({ add: [], remove: [] })
    expect(existsSync('-')).toBe(false)
  })

  test('writes a file for nobody else’s eyes, whole or not at all', async () => {
    const at = await verona()
    const path = await exported(at)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const nowhere = join(at.homeOf('juliet'), 'no', 'roster.jsonl')
    const { code, err } = await at.as('juliet', 'export', '-o', nowhere)
    expect(code).toBe(1)
    expect(err).toBe(`xmpp-roster: FAILED: ${err.slice(21)}`)
    expect(err).toContain(`${nowhere} could not be written: ENOENT`)
    expect(err.split('\n')).toHaveLength(2)
  })
})

describe('import', () => {
  test('of what was exported brings a lost roster back, and what it asked for is asked for again', async () => {
    const at = await verona()
    const path = await exported(at)
    const before = await rosterOf(at)
    await at.as('juliet', 'delete', '-f', 'romeo@localhost', 'nurse@localhost')
    at.received('romeo')
    const { code, out } = await at.as('juliet', 'import', '-f', path)
    expect(out.split('\n')).toEqual([
      '+ nurse@localhost  none',
      `+ romeo@localhost  ${JSON.stringify(NAME)}  [A;B] [Friends]  to`,
      '2 to add, 0 to change, 0 to remove, 0 unchanged.',
      '2 of 2 done.',
      '',
    ])
    expect(code).toBe(0)
    expect(await rosterOf(at)).toEqual(before)
  })

  test('of what is there changes nothing, and asks nothing', async () => {
    const at = await verona()
    const path = await exported(at)
    at.sent('juliet')
    const result = await at.as('juliet', 'import', path)
    const out = '0 to add, 0 to change, 0 to remove, 2 unchanged.\n'
    expect(result).toEqual({ code: 0, out, err: '' })
    expect(at.sent('juliet').filter((xml) => xml.includes('type="set"') && xml.includes('roster'))).toEqual([])
  })

  test('shows what it would do with --dry-run, and does nothing', async () => {
    const at = await verona()
    const path = await exported(at)
    await at.as('juliet', 'delete', '-f', 'nurse@localhost')
    const { code, out } = await at.as('juliet', 'import', '--dry-run', path)
    expect([code, out]).toEqual([0, '+ nurse@localhost  none\n1 to add, 0 to change, 0 to remove, 1 unchanged.\n'])
    expect(await rosterOf(at)).toHaveLength(1)
  })

  test('asks first: yes does it, anything else and nobody to ask do nothing', async () => {
    const at = await verona()
    const path = await exported(at)
    await at.as('juliet', 'delete', '-f', 'nurse@localhost')
    const unasked = await at.as('juliet', 'import', path)
    expect([unasked.code, unasked.err]).toEqual([
      20,
      'xmpp-roster: CANCELLED: There is no terminal to ask on; nothing was done. -f goes ahead without asking.\n',
    ])
    expect((await at.asWith('juliet', { columns: 80, typed: 'n\n' }, 'import', path)).code).toBe(20)
    expect(await rosterOf(at)).toHaveLength(1)
    const asked = await at.asWith('juliet', { columns: 80, typed: 'y\n' }, 'import', path)
    expect(asked.err).toContain('Make these 1 changes in the roster of juliet@localhost? (y/N) ')
    expect(asked.code).toBe(0)
    expect(await rosterOf(at)).toHaveLength(2)
  })

  test('takes nothing away: what the file lacks stays', async () => {
    const at = await verona()
    const path = await exported(at)
    await at.as('juliet', 'set', 'nurse@localhost', '-n', 'Nurse', '-g', 'Capulet')
    await at.as('juliet', 'subscribe', 'nurse@localhost')
    await at.as('juliet', 'add', 'tybalt@localhost')
    await at.as('juliet', 'set', 'romeo@localhost', '-n', 'R.')
    const { out } = await at.as('juliet', 'import', '-f', path)
    expect(out).toBe(
      `~ romeo@localhost  ${JSON.stringify(NAME)}\n0 to add, 1 to change, 0 to remove, 1 unchanged.\n1 of 1 done.\n`,
    )
    expect(await rosterOf(at)).toMatchObject([
      { jid: 'nurse@localhost', name: 'Nurse', groups: ['Capulet'], pendingOut: true },
      { jid: 'romeo@localhost', name: NAME },
      { jid: 'tybalt@localhost' },
    ])
  })

  test('leaves a contact in the groups that the file does not name, and puts it into those that it does', async () => {
    const at = await verona()
    const path = await exported(at)
    await at.as('juliet', 'set', 'romeo@localhost', '--ungroup', 'A;B', '-g', 'Verona')
    const { out } = await at.as('juliet', 'import', '-f', path)
    expect(out.split('\n')[0]).toBe('~ romeo@localhost  [A;B] [Friends] [Verona]')
    expect(await rosterOf(at)).toMatchObject([{}, { jid: 'romeo@localhost', groups: ['A;B', 'Friends', 'Verona'] }])
    const mirrored = await at.as('juliet', 'import', '-f', '--mirror', path)
    expect(mirrored.out.split('\n')[0]).toBe('~ romeo@localhost  [A;B] [Friends]')
  })

  test('takes away what the file lacks with --mirror, as far as --max-removals goes', async () => {
    const at = await verona()
    const path = await exported(at)
    await at.as('juliet', 'set', 'nurse@localhost', '-n', 'Nurse')
    await at.as('juliet', 'add', 'tybalt@localhost')
    const refused = await at.as('juliet', 'import', '-f', '--mirror', '--max-removals', '0', path)
    expect([refused.code, refused.out]).toEqual([1, ''])
    expect(refused.err).toMatch(/^xmpp-roster: PLAN_REFUSED: The plan would remove 1 of 3 .*\n$/)
    const { out } = await at.as('juliet', 'import', '-f', '--mirror', path)
    expect(out.split('\n').slice(0, 3)).toEqual([
      '~ nurse@localhost  no name',
      '- tybalt@localhost',
      '0 to add, 1 to change, 1 to remove, 1 unchanged.',
    ])
    expect(await rosterOf(at)).toMatchObject([{ jid: 'nurse@localhost', name: null }, { jid: 'romeo@localhost' }])
  })

  test('leaves subscriptions alone with --no-subscriptions, and reads the standard input', async () => {
    const at = await verona()
    const piped = readFileSync(await exported(at), 'utf8')
    const { code } = await at.asWith('paris', { piped }, 'import', '-f', '--no-subscriptions', '-')
    expect(code).toBe(0)
    expect(await rosterOf(at, 'paris')).toMatchObject([
      { jid: 'nurse@localhost', state: 'none' },
      { jid: 'romeo@localhost', state: 'none' },
    ])
  })

  test.each<[what: string, damage: (text: string) => string, message: RegExp]>([
    [
      'an export whose last line is cut',
      (text) => text.slice(0, -4),
      /line 4: this is no JSON: the export was cut off here\.$/,
    ],
    ['an export without its count', (text) => text.replace('{"items":2}\n', ''), /line 3: .* was cut off here\.$/],
    [
      'an export that lacks a contact',
      (text) => text.replace(/\{"jid":"nurse.*\n/, ''),
      /line 3: 2 items should be there, but there are 1/,
    ],
    ['what is no text', () => '\ud800', /line 1: /],
    ['nothing', () => '', /line 1: /],
  ])('refuses %s before anything is sent: one line, exit code 2', async (_what, damage, message) => {
    const at = await verona()
    const path = await exported(at)
    writeFileSync(path, damage(readFileSync(path, 'utf8')))
    at.sent('juliet')
    const { code, out, err } = await at.as('juliet', 'import', '-f', path)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^xmpp-roster: FILE_INVALID: .*roster\.jsonl, line .*\n$/)
    expect(err.trimEnd()).toMatch(message)
    expect(at.sent('juliet')).toEqual([])
  })

  test('refuses bytes that are no UTF-8, and a file that is not there', async () => {
    const at = await verona()
    const path = join(at.homeOf('juliet'), 'latin1')
    writeFileSync(path, Buffer.from([0xe4, 0x0a]))
    expect(await at.as('juliet', 'import', path)).toEqual({
      code: 2,
      out: '',
      err: `xmpp-roster: FILE_INVALID: ${path} is no text in UTF-8.\n`,
    })
    const { code, err } = await at.as('juliet', 'import', `${path}.not`)
    expect(code).toBe(2)
    expect(err).toMatch(/^xmpp-roster: FILE_INVALID: .*latin1\.not cannot be read: ENOENT.*\n$/)
  })

  test('stopped by Ctrl-C says how far it came, and goes on when it is run again', async () => {
    const at = await town(['juliet'])
    const items = ['a', 'b', 'c', 'd'].map((name) => rosterItem({ jid: `${name}@localhost`, state: 'none' }))
    const path = join(at.homeOf('juliet'), 'roster.jsonl')
    const lines = exportLines({ owner: 'juliet@localhost', exported: '', items })
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
    const ctrlC = new AbortController()
    const onErr = (text: string): void => {
      if (text.includes('2 of 4')) ctrlC.abort()
    }
    const { code, err } = await at.asWith('juliet', { signal: ctrlC.signal, onErr }, 'import', '-f', path)
    expect(code).toBe(20)
    const last = err.trimEnd().split('\n').at(-1)
    expect(last).toMatch(/^xmpp-roster: CANCELLED: Cancelled: 2 of 4 done; what was under way may have happened/)
    expect(await rosterOf(at)).toHaveLength(2)
    const again = await at.as('juliet', 'import', '-f', path)
    expect([again.code, again.out.split('\n').at(-2)]).toEqual([0, '2 of 2 done.'])
    expect(await rosterOf(at)).toHaveLength(4)
  })
})

describe('import(export(x)) is x', () => {
  const items = fc
    .array(
      fc.record({
        name: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
        groups: fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 3 }),
        subscription: fc.constantFrom('none', 'to', 'from', 'both'),
        pending: fc.tuple(fc.boolean(), fc.boolean()),
        approved: fc.boolean(),
      }),
      { maxLength: 6 },
    )
    .map((list) =>
      list.map(({ subscription, pending: [out, waits], ...fields }, at) =>
        rosterItem({ ...fields, jid: `contact${at}@example.net`, state: stateFrom(subscription, out, waits) }),
      ),
    )
  const throughAFile = (list: readonly RosterItem[]): readonly RosterItem[] => {
    const lines = exportLines({ owner: 'juliet@example.com', exported: '', items: list })
    return parseExport({ where: '', text: lines.join('\n') }).items
  }

  test('for every roster: as it stands there is nothing to do, with --mirror as well', () => {
    fc.assert(
      fc.property(items, (list) => {
        const known = new Map(list.map((item) => [item.jid, item]))
        const read = throughAFile(list)
        const added = read.map((item) => additive(wantedOf(item), known.get(item.jid)))
        const nothing = { add: [], update: [], remove: [], conflicts: [], unchanged: list.length }
        expect(planRoster(list, added)).toEqual(nothing)
        expect(planRoster(list, read.map(wantedOf), { owns: () => true })).toEqual(nothing)
      }),
    )
  })

  test('for every roster: where there is none, all of it is wanted', () => {
    fc.assert(
      fc.property(items, (list) => {
        const { add } = planRoster(
          [],
          throughAFile(list).map((item) => additive(wantedOf(item), undefined)),
        )
        expect(add.map(({ jid, name, groups = [] }) => ({ jid, name, groups }))).toEqual(
          list.map(({ jid, name, groups }) => ({ jid, name, groups: [...groups].sort() })),
        )
        // What somebody asked for, or granted in advance, is on its way to the same subscription.
        expect(add.map(({ subscription }) => subscription)).toEqual(list.map((item) => wantedOf(item).subscription))
      }),
    )
  })

  test('for every roster and every other one: nothing of the other one is lost', () => {
    fc.assert(
      fc.property(items, items, (list, other) => {
        const known = new Map(other.map((item) => [item.jid, item]))
        const wanted = throughAFile(list).map((item) => additive(wantedOf(item), known.get(item.jid)))
        const { update, remove } = planRoster(other, wanted)
        expect(remove).toEqual([])
        for (const { jid, name, groups, subscription } of update) {
          expect(name).not.toBeNull()
          const item = known.get(jid)!
          if (groups !== undefined) expect(groups).toEqual(expect.arrayContaining([...item.groups]))
          const before = wantedOf(item).subscription
          if (subscription !== undefined && before !== 'none') expect(subscription).toBe('both')
        }
      }),
    )
  })
})
