import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { sourcesIn } from '../repository/support/source.js'
import { compile, namesIn, PRELUDE } from './support/compile.js'
import { blocksOf, firstCellsUnder, README, ROOT } from './support/markdown.js'

// Compilations: minutes on a machine that is busy with other things.
const GUARD = 240_000

const isDeclaration = (text: string): boolean => text.includes('declare module')
const code = blocksOf(README).filter(({ language }) => language === 'js' || language === 'ts')

describe('the README', () => {
  test('has code that compiles, in a strict project', { timeout: GUARD }, () => {
    const programs = code.filter(({ text }) => !isDeclaration(text))
    expect(programs.length).toBeGreaterThan(6)
    expect(compile(new Map(programs.map(({ line, text }) => [`README-${line}`, text])), PRELUDE)).toEqual([])
  })

  test('shows the types of @xmpp/component that the examples use', () => {
    const shown = code.filter(({ text }) => isDeclaration(text)).map(({ text }) => text)
    expect(shown).toEqual([readFileSync(`${ROOT}examples/xmpp-component.d.ts`, 'utf8')])
  })

  test('explains every error code, and no other', { timeout: GUARD }, () => {
    const codes = firstCellsUnder('Errors')
    expect([...codes].sort()).toEqual([...namesIn('RosterErrorCode')].sort())
  })

  test('explains every event, and no other', { timeout: GUARD }, () => {
    expect([...firstCellsUnder('Events')].sort()).toEqual([...namesIn('RosterEvents')].sort())
  })

  test('has no link to a heading that it does not have', () => {
    const anchor = (heading: string): string =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-')
    const anchors = [...README.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading ?? ''))
    const linked = [...README.matchAll(/\]\(#([^)]+)\)/g)].map(([, target]) => target)
    expect(linked.length).toBeGreaterThan(0)
    expect(linked.filter((target) => target === undefined || !anchors.includes(target))).toEqual([])
  })
})

describe('for those who come from SleekXMPP, the README', () => {
  const table = README.split('## From SleekXMPP')[1]?.split('\n## ')[0] ?? ''

  test.each([
    ...[
      'auto_authorize',
      'auto_subscribe',
      'client_roster',
      'roster[owner][jid]',
      'whitelisted',
      'groups()',
      'has_jid',
    ],
    ...["['name']", "['subscription']", "['groups']", '.resources', 'update_roster', 'del_roster_item', 'get_roster'],
    ...['send_presence(', 'ptype=', 'send_presence_subscription', 'pnick', 'send_last_presence', 'set_backend'],
    ...['keys()', 'own.version', 'entries(owner)', 'presence_subscribe', 'presence_subscribed', 'presence_unsubscribe'],
    ...[
      'presence_unsubscribed',
      'got_online',
      'got_offline',
      'changed_status',
      'changed_subscription',
      'roster_update',
    ],
  ])('says what has become of %s', (name) => {
    expect(table).toContain(name)
  })
})

test('the examples in doc comments compile', { timeout: GUARD }, () => {
  const examples = sourcesIn('src').flatMap(({ path, text }) =>
    blocksOf(text, ' * ').map((block) => [`${path.replaceAll('/', '-')}-${block.line}`, block.text] as const),
  )
  expect(examples.length).toBeGreaterThan(0)
  expect(compile(new Map(examples))).toEqual([])
})

test('what does not compile is found', { timeout: GUARD }, () => {
  expect(compile(new Map([['wrong', `own.get(1)\nimport 'no-such-package'`]]), PRELUDE)).toHaveLength(2)
})
