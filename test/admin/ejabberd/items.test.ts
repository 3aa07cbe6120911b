import { describe, expect, test } from 'vitest'
import { ejabberdAdmin } from '../../../src/admin.js'
import { type Answering, before2402, done, fakeApi, json, since2402 } from './support/fake-api.js'

const ALICE = 'alice@example.com'
const BOB = 'bob@example.net'

/** A server whose only roster has these rows. */
const withRows =
  (...rows: readonly object[]): Answering =>
  ({ path }) =>
    path === 'get_roster' ? json(rows) : done

const BOB_ROW = { jid: BOB, nick: 'Bob', subscription: 'to', pending: 'undefined', groups: ['A', 'B'] }

describe('list', () => {
  test('rows of one contact, one for each group, are one item; the order is the server’s', async () => {
    const row = { jid: BOB, nick: 'Bob', subscription: 'both', ask: 'undefined' }
    const api = await fakeApi(
      before2402(
        withRows(
          { ...row, group: 'Work' },
          { jid: 'carol@example.com', nick: '', subscription: 'none', ask: 'subscribe', group: '' },
          { ...row, group: 'Chess' },
          { ...row, group: 'Work' },
        ),
      ),
    )
    expect(await ejabberdAdmin(api).list(ALICE)).toEqual([
      { jid: BOB, name: 'Bob', groups: ['Work', 'Chess'], subscription: 'both', pendingOut: false, pendingIn: false },
      {
        jid: 'carol@example.com',
        name: undefined,
        groups: [],
        subscription: 'none',
        pendingOut: true,
        pendingIn: false,
      },
    ])
  })

  test.each([
    ['pending', 'out', 'none', { pendingOut: true, pendingIn: false }],
    ['pending', 'in', 'none', { pendingOut: false, pendingIn: true }],
    ['pending', 'both', 'none', { pendingOut: true, pendingIn: true }],
    ['pending', 'subscribe', 'from', { pendingOut: true, pendingIn: false }],
    ['pending', 'none', 'none', { pendingOut: false, pendingIn: false }],
    ['pending', 'undefined', 'none', { pendingOut: false, pendingIn: false }],
    ['ask', 'subscribe', 'none', { pendingOut: true, pendingIn: false }],
    // RFC 6121 §2.1.2.5: who has it already does not wait for it.
    ['pending', 'both', 'to', { pendingOut: false, pendingIn: true }],
    ['ask', 'subscribe', 'both', { pendingOut: false, pendingIn: false }],
  ])('%s "%s" beside "%s"', async (field, word, subscription, waits) => {
    const api = await fakeApi(since2402(withRows({ jid: BOB, nick: '', subscription, [field]: word, groups: [] })))
    expect(await ejabberdAdmin(api).list(ALICE)).toMatchObject([{ subscription, ...waits }])
  })

  test('an unknown subscription is none; a JID that XMPP would not take is left out, the others count', async () => {
    const api = await fakeApi(
      since2402(
        withRows(
          { ...BOB_ROW, subscription: 'bogus' },
          { ...BOB_ROW, jid: 'x@b@d host' },
          { ...BOB_ROW, jid: '' },
          { jid: 'GateWay.Example.com', nick: 'G' },
        ),
      ),
    )
    expect(await ejabberdAdmin(api).list(ALICE)).toMatchObject([
      { jid: BOB, subscription: 'none' },
      { jid: 'gateway.example.com', name: 'G', groups: [], subscription: 'none' },
    ])
  })
})

describe('put', () => {
  test.each([
    [{ subscription: 'BOTH' }],
    [{ subscription: 'bogus' }],
    [{ subscription: 'remove' }],
    [{ subscription: '' }],
    [{ subscription: null }],
    [{ name: '\u0000' }],
    [{ name: 7 }],
    [{ groups: [''] }],
    [{ groups: ['\ud800'] }],
    [{ groups: 'Friends' }],
  ])('%j is refused before the wire', async (init) => {
    const api = await fakeApi(since2402(() => done))
    const written = ejabberdAdmin(api).put(ALICE, BOB, init as object)
    await expect(written).rejects.toMatchObject({ code: 'ITEM_INVALID', contact: BOB })
    expect(api.calls).toEqual([])
  })

  test('an owner without a local part, and what is no JID, are refused before the wire', async () => {
    const api = await fakeApi(since2402(() => done))
    const admin = ejabberdAdmin(api)
    const malformed = { code: 'JID_MALFORMED' }
    for (const owner of ['example.com', '', 'a@b@c', '@example.com']) {
      await expect(admin.put(owner, BOB, {})).rejects.toMatchObject(malformed)
      await expect(admin.list(owner)).rejects.toMatchObject(malformed)
      await expect(admin.remove(owner, BOB)).rejects.toMatchObject(malformed)
    }
    await expect(admin.put(ALICE, 'b@', {})).rejects.toMatchObject(malformed)
    await expect(admin.remove(ALICE, 'b@')).rejects.toMatchObject(malformed)
    expect(api.calls).toEqual([])
  })

  test('the roster is read first only when something is to be kept', async () => {
    const api = await fakeApi(since2402(withRows(BOB_ROW)))
    const admin = ejabberdAdmin(api)
    await admin.put(ALICE, BOB, { name: '', groups: [], subscription: 'none' })
    expect(api.commands()).toEqual(['add_rosteritem/v1'])
    await admin.put(ALICE, BOB, { name: 'Robert' })
    await admin.put(ALICE, BOB, { groups: ['C', 'C'], subscription: 'from' })
    await admin.put(ALICE, 'carol@example.com', {})
    expect(api.commands().slice(1)).toEqual([
      ...['get_roster/v1', 'add_rosteritem/v1'],
      ...['get_roster/v1', 'add_rosteritem/v1'],
      ...['get_roster/v1', 'add_rosteritem/v1'],
    ])
    const to = { localuser: 'alice', localhost: 'example.com', user: 'bob', host: 'example.net' }
    expect(api.args('add_rosteritem/v1')).toEqual([
      { ...to, nick: '', groups: [], subs: 'none' },
      { ...to, nick: 'Robert', groups: ['A', 'B'], subs: 'to' },
      { ...to, nick: 'Bob', groups: ['C'], subs: 'from' },
      { ...to, user: 'carol', host: 'example.com', nick: '', groups: [], subs: 'none' },
    ])
  })

  test('a gateway has an empty user', async () => {
    const api = await fakeApi(since2402(withRows({ ...BOB_ROW, jid: 'gw.example.net' })))
    const admin = ejabberdAdmin(api)
    await admin.put(ALICE, 'gw.example.net', { name: 'G' })
    expect(await admin.remove(ALICE, 'gw.example.net/x')).toBe(true)
    expect(api.args('add_rosteritem/v1')).toMatchObject([{ user: '', host: 'gw.example.net', groups: ['A', 'B'] }])
    expect(api.args('delete_rosteritem/v1')).toMatchObject([{ user: '', host: 'gw.example.net' }])
  })

  test('a group with ";" is refused where groups are joined with it, also one that is only kept', async () => {
    const api = await fakeApi(before2402(withRows({ ...BOB_ROW, groups: ['a;b'] })))
    const admin = ejabberdAdmin(api)
    const refused = { code: 'ITEM_INVALID', owner: ALICE, contact: BOB }
    await expect(admin.put(ALICE, BOB, { groups: ['x', 'a;b'] })).rejects.toMatchObject(refused)
    await expect(admin.put(ALICE, BOB, { name: 'Bob' })).rejects.toMatchObject(refused)
    expect(api.commands()).not.toContain('add_rosteritem')
    await admin.put(ALICE, BOB, { groups: ['x'] })
    expect(api.args('add_rosteritem')).toMatchObject([{ group: 'x' }])
  })

  test('a contact whom ejabberd has in another spelling is changed and removed there', async () => {
    const stored = 'romeo@xn--bcher-kva.example'
    const api = await fakeApi(since2402(withRows({ ...BOB_ROW, jid: stored })))
    const admin = ejabberdAdmin(api)
    await admin.put(ALICE, 'romeo@bücher.example', { name: 'R.', groups: [], subscription: 'to' })
    expect(await admin.remove(ALICE, 'romeo@BÜCHER.example')).toBe(true)
    const key = { user: 'romeo', host: 'xn--bcher-kva.example' }
    expect(api.args('add_rosteritem/v1')).toMatchObject([key])
    expect(api.args('delete_rosteritem/v1')).toMatchObject([key])
  })
})

describe('remove', () => {
  test('looks first, takes out one item, and never deletes behind the server’s back', async () => {
    const api = await fakeApi(since2402(withRows(BOB_ROW)))
    const admin = ejabberdAdmin(api)
    expect(await admin.remove(ALICE, 'carol@example.com')).toBe(false)
    expect(api.commands()).toEqual(['get_roster/v1'])
    expect(await admin.remove(ALICE, 'Bob@Example.net/phone')).toBe(true)
    expect(api.args('delete_rosteritem/v1')).toEqual([
      { localuser: 'alice', localhost: 'example.com', user: 'bob', host: 'example.net' },
    ])
    expect(api.commands()).not.toContain('process_rosteritems/v1')
  })
})

describe('sessions', () => {
  test.each<[what: string, presence: object, code: string]>([
    ['a show that is none', { show: 'lunch' }, 'STANZA_INVALID'],
    ['a priority out of range', { priority: 128 }, 'STANZA_INVALID'],
    ['half a priority', { priority: 0.5 }, 'STANZA_INVALID'],
    ['a type that is no announcement', { type: 'subscribe' }, 'STANZA_INVALID'],
    ['a status that XML cannot carry', { status: '\u0001' }, 'STANZA_INVALID'],
    ['another resource', { resource: 'phone' }, 'STANZA_INVALID'],
    ['children', { children: ['<c/>'] }, 'UNSUPPORTED'],
  ])('a presence with %s is refused before the wire', async (_what, presence, code) => {
    const api = await fakeApi(since2402(() => done))
    await expect(ejabberdAdmin(api).setPresence(`${ALICE}/desk`, presence)).rejects.toMatchObject({ code })
    expect(api.calls).toEqual([])
  })

  test('a session needs a full JID of an account, and a message a body', async () => {
    const api = await fakeApi(since2402(() => done))
    const admin = ejabberdAdmin(api)
    for (const jid of [ALICE, `${ALICE}/`, 'example.com/x', 'example.com', '']) {
      await expect(admin.kick(jid)).rejects.toMatchObject({ code: 'JID_MALFORMED' })
      await expect(admin.setPresence(jid, {})).rejects.toMatchObject({ code: 'JID_MALFORMED' })
    }
    for (const body of ['', '\u0000', undefined as unknown as string])
      await expect(admin.sendMessage(ALICE, BOB, body)).rejects.toMatchObject({ code: 'STANZA_INVALID' })
    await expect(admin.sendMessage(ALICE, 'b@', 'Hi')).rejects.toMatchObject({ code: 'JID_MALFORMED' })
    expect(api.calls).toEqual([])
  })

  test('a session that is not there is not touched: ejabberd would say that it is done', async () => {
    const api = await fakeApi(since2402(({ path }) => (path === 'user_resources' ? json(['desk']) : done)))
    const admin = ejabberdAdmin(api)
    const missing = { code: 'REFUSED', condition: 'item-not-found', owner: ALICE }
    await expect(admin.kick(`${ALICE}/Desk`)).rejects.toMatchObject(missing)
    await expect(admin.setPresence(`${ALICE}/phone`, {})).rejects.toMatchObject(missing)
    expect(new Set(api.commands())).toEqual(new Set(['user_resources/v1']))
    await admin.kick(`${ALICE}/desk`)
    expect(api.args('kick_session/v1')).toEqual([{ user: 'alice', host: 'example.com', resource: 'desk', reason: '' }])
  })

  test('who is connected comes as full JIDs in their canonical form; what is none is left out', async () => {
    const api = await fakeApi(since2402(() => json(['Alice@Example.com/Desk 1', 'x@@y/z', 'bob@example.net/ü'])))
    const admin = ejabberdAdmin(api)
    expect(await admin.connected()).toEqual(['alice@example.com/Desk 1', 'bob@example.net/ü'])
    await admin.connected({ domain: 'Example.com' })
    expect(api.args('connected_users_vhost/v1')).toEqual([{ host: 'example.com' }])
    await expect(admin.connected({ domain: '*' })).rejects.toMatchObject({ code: 'JID_MALFORMED' })
  })
})
