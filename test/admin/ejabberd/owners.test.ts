import { expect, test } from 'vitest'
import { ejabberdAdmin } from '../../../src/admin.js'
import { type Answering, fakeApi, html, json, since2402 } from './support/fake-api.js'

const all = async (owners: AsyncIterable<string>): Promise<readonly string[]> => {
  const found: string[] = []
  for await (const owner of owners) found.push(owner)
  return found
}

const pair = (user: string, contact: string): object => ({ user, contact })

test('owners of the table of items come each once, in their canonical form', async () => {
  const pairs = [
    pair('alice@example.com', '@gw.example.net'),
    pair('bob@example.com', 'alice@example.com'),
    pair('alice@example.com', 'bob@example.com'),
    pair('@example.com', 'x@y'),
    pair('b@d@example.com', 'x@y'),
    pair('Alice@EXAMPLE.com', 'carol@example.com'),
  ]
  const api = await fakeApi(since2402(() => json(pairs)))
  expect(await all(ejabberdAdmin(api).owners())).toEqual(['alice@example.com', 'bob@example.com'])
  expect(api.commands()).toEqual(['process_rosteritems/v1'])
  expect(api.args('process_rosteritems/v1')).toMatchObject([{ action: 'list', users: 'any', contacts: 'any' }])
})

test('the server sifts by domain where that is safe, and what it gives is sifted again', async () => {
  const pairs = ['a@example.com', 'b@mexample.com', 'c@sub.example.com', 'd@bücher.example', 'e@[::1]']
  const api = await fakeApi(since2402(() => json(pairs.map((user) => pair(user, 'x@y')))))
  const admin = ejabberdAdmin(api)
  expect(await all(admin.owners({ domain: 'Example.COM' }))).toEqual(['a@example.com'])
  expect(await all(admin.owners({ domain: 'xn--bcher-kva.example' }))).toEqual(['d@bücher.example'])
  expect(await all(admin.owners({ domain: '[::1]' }))).toEqual(['e@[::1]'])
  const users = api.args('process_rosteritems/v1').map((args) => args['users'])
  expect(users).toEqual(['*@example.com', 'any', 'any'])
})

test.each(['*', '*.example.com', 'e?ample.com', '[a-z].example.com', '!x', 'a:b', 'alice@example.com', ''])(
  'the domain %j is none, and nothing is asked',
  async (domain) => {
    const api = await fakeApi(since2402(() => json([])))
    await expect(all(ejabberdAdmin(api).owners({ domain }))).rejects.toMatchObject({ code: 'JID_MALFORMED' })
    expect(api.calls).toEqual([])
  },
)

const HOSTS = ['example.com', 'other.example']
const ROSTERS = new Map([
  ['alice@example.com', [{ jid: 'bob@example.com' }]],
  ['carol@other.example', [{ jid: 'bob@example.com' }]],
])

/** With rosters in SQL, ejabberd fails at what it is asked of the table. */
const withSql: Answering = ({ path, args }) => {
  const { user, host } = args
  if (path === 'process_rosteritems') return json('internal_error', 500)
  if (path === 'registered_vhosts') return json(HOSTS)
  if (path === 'registered_users') return json(host === 'example.com' ? ['alice', 'b@d', 'bob'] : ['carol'])
  return json(ROSTERS.get(`${user}@${host}`) ?? [])
}

test('where the table cannot be asked, each account is asked for its roster', async () => {
  const api = await fakeApi(since2402(withSql))
  const admin = ejabberdAdmin(api)
  expect(await all(admin.owners())).toEqual(['alice@example.com', 'carol@other.example'])
  expect(await all(admin.owners({ domain: 'other.example' }))).toEqual(['carol@other.example'])
  expect(await all(admin.owners({ domain: 'nowhere.example' }))).toEqual([])
})

test('whoever has seen enough stops, and no further account is asked', async () => {
  const api = await fakeApi(since2402(withSql))
  for await (const owner of ejabberdAdmin(api).owners()) {
    expect(owner).toBe('alice@example.com')
    break
  }
  expect(api.args('get_roster/v1')).toEqual([{ user: 'alice', host: 'example.com' }])
})

test('a refusal is a refusal, and no reason to ask every account', async () => {
  const refusal = json({ status: 'error', code: 32, message: 'AccessRules' }, 403)
  const api = await fakeApi(since2402(() => refusal))
  await expect(all(ejabberdAdmin(api).owners())).rejects.toMatchObject({ code: 'REFUSED', condition: 'forbidden' })
  expect(api.commands()).toEqual(['process_rosteritems/v1'])
})

test.each([
  [500, 'REFUSED'],
  [502, 'NOT_CONNECTED'],
  [504, 'TIMED_OUT'],
  [520, 'NOT_CONNECTED'],
])('nor is a page of a proxy that says %i', async (status, code) => {
  const api = await fakeApi(since2402(() => html(status)))
  await expect(all(ejabberdAdmin(api).owners())).rejects.toMatchObject({ code })
  expect(api.commands()).toEqual(['process_rosteritems/v1'])
})

test.each([[[{ contact: 'x@y' }]], [['alice@example.com']], [[null]]])(
  'pairs such as %j make no sense',
  async (pairs) => {
    const api = await fakeApi(since2402(() => json(pairs)))
    await expect(all(ejabberdAdmin(api).owners())).rejects.toMatchObject({ code: 'STANZA_INVALID' })
  },
)
