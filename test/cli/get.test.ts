import { client } from '@xmpp/client'
import { describe, expect, test } from 'vitest'
import { xml } from '../servers/support/index.js'
import { befriend, type Town, town } from './support/town.js'

const household = async (): Promise<Town> => {
  const verona = await town(['juliet'])
  const add = (...words: string[]) => verona.as('juliet', 'add', ...words)
  await add('romeo@localhost', '-n', 'Romeo \u009b2J', '-g', 'Friends', '-g', 'Verona')
  await add('luo@example.cn', '-n', '羅密歐', '-g', 'Friends')
  await add('nurse@localhost', '-n', '=nurse, "old"')
  await add('anna@example.cn')
  return verona
}
const jids = (out: string): readonly string[] =>
  out
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(/\s/)[0] ?? '')

test('get of an empty roster prints nothing, but for JSON the empty list', async () => {
  const verona = await town(['juliet'])
  expect(await verona.as('juliet', 'get')).toEqual({ code: 0, out: '', err: '' })
  expect((await verona.as('juliet', 'get', '--json')).out).toBe('[]\n')
  expect((await verona.as('juliet', 'get', '--jsonl')).out).toBe('')
})

describe('get', () => {
  test('lists contacts in an order, aligned, with controls written out', async () => {
    const verona = await household()
    expect((await verona.as('juliet', 'get')).out).toBe(
      [
        'JID              NAME            SUBSCRIPTION',
        'anna@example.cn                  none',
        'luo@example.cn   羅密歐          none',
        'nurse@localhost  =nurse, "old"   none',
        'romeo@localhost  Romeo \\u{9b}2J  none',
        '',
      ].join('\n'),
    )
    expect((await verona.as('juliet', 'get', '-v')).out).toContain('Friends, Verona')
    expect((await verona.as('juliet', 'get', '-vv')).out).toContain('APPROVED')
  })

  test('filters by group and subscription, and sorts', async () => {
    const verona = await household()
    const got = async (...words: string[]) => jids((await verona.as('juliet', 'get', ...words)).out)
    expect(await got('--group', 'Friends')).toEqual(['luo@example.cn', 'romeo@localhost'])
    expect(await got('-g', 'Verona', '-g', '')).toEqual(['anna@example.cn', 'nurse@localhost', 'romeo@localhost'])
    expect(await got('-g', 'friends')).toEqual([])
    expect(await got('--subscription', 'both')).toEqual([])
    expect(await got('--sort', 'host')).toEqual([
      'anna@example.cn',
      'luo@example.cn',
      'nurse@localhost',
      'romeo@localhost',
    ])
    expect((await got('--sort', 'group'))[3]).toBe('romeo@localhost')
    expect((await got('--sort', 'name'))[0]).toBe('nurse@localhost')
  })

  test('gives other programs every field, always', async () => {
    const verona = await household()
    const { out } = await verona.as('juliet', 'get', '--jsonl')
    const items = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(items).toEqual(JSON.parse((await verona.as('juliet', 'get', '--json')).out))
    const rest = { state: 'none', subscription: 'none', pendingOut: false, pendingIn: false, approved: false }
    expect(items[0]).toEqual({ jid: 'anna@example.cn', name: null, groups: [], ...rest })
    expect(items[3]).toMatchObject({ name: 'Romeo \u009b2J', groups: ['Friends', 'Verona'] })
    expect(out).toContain('Romeo \\u009b2J')
    expect((await verona.as('juliet', 'get', '--csv')).out.split('\n').slice(0, 4)).toEqual([
      'jid,name,subscription,pending,approved,groups,show,status',
      'anna@example.cn,,none,,false,,,',
      'luo@example.cn,羅密歐,none,,false,Friends,,',
      `nurse@localhost,"'=nurse, ""old""",none,,false,,,`,
    ])
  })

  test('fits on the terminal', async () => {
    const verona = await household()
    const { out } = await verona.asWith('juliet', { columns: 40, env: { NO_COLOR: '1' } }, 'get', '-v')
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(40)
    expect(out).toContain('…')
  })

  test('does not announce the account', async () => {
    const verona = await household()
    verona.sent('juliet')
    for (const words of [['get'], ['stats'], ['groups'], ['resync']]) await verona.as('juliet', ...words)
    expect(verona.sent('juliet').filter((stanza) => stanza.startsWith('<presence'))).toEqual([])
  })

  test('shows with --online who is there, and what they say', { timeout: 120_000 }, async () => {
    const verona = await town(['juliet', 'romeo', 'nurse'])
    await befriend(verona, 'juliet', 'romeo')
    await befriend(verona, 'juliet', 'nurse')
    const romeo = client({
      service: verona.c2s,
      domain: 'localhost',
      username: 'romeo',
      password: 'secret',
      resource: 'orchard',
    })
    romeo.on('error', () => undefined)
    await romeo.start()
    verona.sent('juliet')
    await romeo.send(xml('presence', {}, xml('show', {}, 'away'), xml('status', {}, 'Climbing \u202e')))
    try {
      const { code, out } = await verona.as('juliet', 'get', '--online')
      expect(code).toBe(0)
      expect(out).toBe(
        'JID              NAME  SUBSCRIPTION  SHOW  STATUS\nromeo@localhost        both          away  Climbing \\u{202e}\n',
      )
      const [item, ...others] = JSON.parse((await verona.as('juliet', 'get', '--online', '--json')).out)
      expect(others).toEqual([])
      expect(item).toMatchObject({
        available: true,
        resources: [{ resource: 'orchard', show: 'away', status: 'Climbing \u202e', priority: 0 }],
      })
    } finally {
      await romeo.stop()
    }
    const presences = verona
      .sent('juliet')
      .filter((stanza) => stanza.startsWith('<presence') && !stanza.includes('to='))
    expect(presences.length).toBeGreaterThan(0)
    for (const presence of presences) expect(presence).toContain('<priority>-1</priority>')
  })
})

describe('stats', () => {
  test('has the figures of Libervia and those that it lacks', async () => {
    const verona = await household()
    const { code, out } = await verona.as('juliet', 'stats')
    expect(code).toBe(0)
    for (const line of [
      'Contacts: 4',
      'Hosts: 2',
      '  on localhost: 2 (50.0%)',
      'Subscribed both ways (both): 0',
      'Not subscribed at all (none): 4',
      'You asked and wait: 0',
      'Groups: 2',
      '  in Friends: 2',
      'In no group: 2',
      'Contacts per group: 1.5',
      'Groups per contact: 0.8',
    ])
      expect(out.split('\n')).toContain(line)
    expect(JSON.parse((await verona.as('juliet', 'stats', '--json')).out)).toMatchObject({
      contacts: 4,
      hosts: { localhost: 2, 'example.cn': 2 },
      groups: { Friends: 2, Verona: 1 },
      ungrouped: 2,
      none: 4,
    })
  })

  test('of an empty roster are zeros', async () => {
    const verona = await town(['juliet'])
    const { code, out } = await verona.as('juliet', 'stats')
    expect(code).toBe(0)
    expect(out).toContain('Contacts: 0\nHosts: 0\n')
    expect(out).not.toContain('NaN')
  })
})
